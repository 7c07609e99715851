"""``layerscope cache``: what is kept on disk of earlier runs."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from layerscope.cli.kit.options import CacheMaxBytes

if TYPE_CHECKING:
    from layerscope.cache import Cache


def cache(
    action: Annotated[
        Literal["info", "clear", "prune"],
        typer.Argument(
            metavar="info|clear|prune",
            help="Tell what there is; remove it all; remove what is over the bounds.",
            show_default=False,
        ),
    ],
    *,
    cache_max_bytes: CacheMaxBytes = None,
) -> None:
    """Show what is kept of images that were read, or remove it."""
    from layerscope.cli.kit.cache import cache_of
    from layerscope.cli.kit.output import write
    from layerscope.render.kit.units import size

    kept = cache_of(max_bytes=cache_max_bytes)
    assert kept is not None  # noqa: S101 - nobody asked for none
    if action == "info":
        write(_told(kept), None)
    else:
        gone = kept.clear() if action == "clear" else kept.prune()
        write(f"{size(gone)} removed from {kept.folder}\n", None)


def _told(kept: "Cache") -> str:
    from layerscope.render.kit.units import count, size

    holdings = kept.holdings()
    total = sum(each.stored_bytes for each in holdings.values())
    rows = [(str(kind), count(each.entries, "entry"), each.stored_bytes) for kind, each in holdings.items()]
    lines = [
        f"{what:<10}{entries:>15}  {size(stored):>9}" for what, entries, stored in (*rows, ("together", "", total))
    ]
    hindrance = kept.hindrance()
    last = f"not in use: {hindrance}\n" if hindrance else ""
    return f"{kept.folder}\n" + "\n".join(lines) + f" of at most {size(kept.max_bytes)}\n{last}"
