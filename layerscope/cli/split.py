"""``layerscope split``: one image, built in several stages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from layerscope.cli.kit.options import Base, BuildArgs, ImageOptions, Output, RunOptions, Stage, Target, format_option

if TYPE_CHECKING:
    from layerscope.proposals import SplitReport


def split(
    target: Target,
    *,
    dockerfile: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The Dockerfile that the image was built from; else the first stage is written from the history.",
            show_default=False,
        ),
    ] = None,
    target_stage: Stage = None,
    build_arg: BuildArgs = None,
    base: Base = None,
    kind: Annotated[
        Literal["multi-stage", "multi-stage-scratch"] | None,
        typer.Option(help="Only the proposal of this kind.", show_default=False),
    ] = None,
    format_: Annotated[
        str | None,
        format_option("split", "How it is written; by default text, and into a file the Dockerfile."),
    ] = None,
    output: Output = "-",
    images: ImageOptions,
    run: RunOptions,
) -> None:
    """Propose a multi-stage Dockerfile, and say what it saves."""
    from layerscope.api import split as read
    from layerscope.cli.kit.output import refuse_early, tell, write
    from layerscope.cli.kit.reading import reading
    from layerscope.cli.kit.recipe import recipe_of
    from layerscope.cli.kit.terminal import view
    from layerscope.render import renderer

    file = None if output == "-" else Path(output)
    refuse_early(file)
    recipe = recipe_of(dockerfile, target_stage, build_arg or ())
    with reading(images, run) as how:
        report = read(target, recipe=recipe, base=base, **how)
    if kind is not None and report.proposals:
        report = _only(report, kind)
    wanted = format_ or ("text" if file is None else "dockerfile")
    if wanted == "dockerfile" and not report.proposals:
        tell(report.reason)  # a file without a stage would be no Dockerfile
        return
    write(renderer(wanted, "split")(report, view(in_file=file is not None, top=0, sort="order", truncate=False)), file)


def _only(report: "SplitReport", kind: str) -> "SplitReport":
    """Leave the proposals of other kinds out, and what is noted of those alone."""
    from msgspec.structs import replace

    fitting = tuple(each for each in report.proposals if each.kind == kind)
    of_others = {note for each in report.proposals if each.kind != kind for note in each.notes}
    of_others.difference_update(note for each in fitting for note in each.notes)
    return replace(
        report,
        proposals=fitting,
        reason="" if fitting else f"No {kind} is proposed for this image.",
        notes=tuple(note for note in report.notes if note not in of_others),
    )
