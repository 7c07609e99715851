"""What stands at the head of a report: which image it is, and what it weighs in all."""

from typing import Final

from layerscope.render.kit.units import count, percent, size
from layerscope.render.kit.view import View
from layerscope.report import BaseReport, ImageReport, Report, Totals

_WAYS: Final = {
    "given": "as given",
    "buildah-comment": "as buildah noted",
    "provenance": "by its provenance",
    "same-archive": "in the same archive",
    "same-engine": "in the same engine",
    "history": "guessed from the history",
}


def facts(report: Report, view: View) -> list[tuple[str, str, str]]:
    """Say what the image weighs: name, number, and what the number is made of."""
    totals = report.totals
    made_of = ", ".join(
        (
            count(len(report.instructions), "instruction"),
            count(totals.layers, "layer"),
            count(totals.entries, "entry"),
        )
    )
    told = [
        ("content", size(totals.content_bytes), made_of),
        ("stored", *_stored(totals)),
        ("wasted", size(totals.wasted_bytes), _fates(totals)),
        ("efficiency", percent(totals.efficiency), ""),
    ]
    if totals.reclaimable_bytes:
        told.append(("reclaimable", size(totals.reclaimable_bytes), _claims(report, view)))
    if report.image.fetched_bytes is not None:
        told.append(("fetched", *_fetched(report.image.fetched_bytes, totals)))
    base = report.image.base
    return told + ([base_fact(base)] if base and base.confidence != "low" else [])  # what is only guessed marks no row


def _stored(totals: Totals) -> tuple[str, str]:
    if totals.blob_bytes is None:
        return "unknown", "this source does not tell what is stored or pulled"
    return size(totals.blob_bytes), "as blobs"


def _fetched(fetched: int, totals: Totals) -> tuple[str, str]:
    return size(fetched), f"{percent(fetched / totals.blob_bytes)} of the blobs" if totals.blob_bytes else ""


def _fates(totals: Totals) -> str:
    """Say how bytes were wasted."""
    fates = ((totals.overwritten_bytes, "overwritten"), (totals.removed_bytes, "removed"))
    return ", ".join(f"{size(number)} {fate}" for number, fate in fates if number)


def _claims(report: Report, view: View) -> str:
    """Say how many findings the reclaimable bytes are the union of."""
    counted = [each for each in report.findings if each.reclaimable_bytes and (view.include_base or not each.in_base)]
    return f"by {count(len(counted), 'finding')}"


def base_fact(base: BaseReport) -> tuple[str, str, str]:
    """Say what the base image is, how that is known, and how many layers it has."""
    name = f"{base.reference or base.digest or 'unnamed'}, {_WAYS.get(base.method, base.method)}"
    sureness = "" if base.confidence == "high" else f" ({base.confidence} confidence)"
    return "base", count(base.layers, "layer"), name + sureness


def identity(image: ImageReport) -> str:
    """Name the platform and the image, as short as the engine does."""
    platform = image.platform
    parts = (part for part in (platform.os, platform.architecture, platform.variant) if part)
    image_id = (image.image_id or "").rpartition(":")[2][:12]
    return f"{'/'.join(parts)}  {image_id}".strip()
