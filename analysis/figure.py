"""Write one figure of a study as a file: python -m analysis.figure OUT --suite depth --figure error_by_depth -o depth.svg

The ending of the file says the format: SVG, PNG or PDF. It is the report's figure, or one panel of it, or a slide.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from analysis.figures._variants import ENDINGS, Variant
from analysis.results import StudyResults, UnknownStudyError, read_results
from benchmarks.spec.named import is_path
from benchmarks.spec.survey import suite_name
from benchmarks.store.files import made, write_whole
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import USAGE, start


def ending_of(path: Path) -> str:
    """Return the format that a file's ending says.

    Raises:
        ValueError: it says none.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in ENDINGS:
        raise ValueError(f"-o {path} must end in .{', .'.join(ENDINGS[:-1])} or .{ENDINGS[-1]}")
    return ending


def study_of(out: Path, suite: str, dataset: str | None, recipe: str | None) -> StudyResults:
    """Return the study of a suite in a folder.

    Raises:
        UnknownStudyError: there is none; names those of the folder.
        ValueError: there are several, none of which is on the suite's default data and recipe; or no run wrote the folder.
        NewerSchemaError: a record has a newer schema.
    """
    own = [suite] if is_path(suite) else []
    return read_results(out, own).study(suite_name(suite), dataset=dataset, recipe=recipe)


def write_figure(study: StudyResults, name: str, path: Path | None, variant: Variant) -> Path:
    """Write a figure into a file, whose folder is made, and return its path.

    Raises:
        ValueError: no figure or file is named, the records cannot fill the figure, or the file cannot be written.
    """
    if not name:
        raise ValueError(f"--figure names none; {study.folder} can fill {', '.join(study.figures()) or 'none'}")
    if path is None:
        raise ValueError(f"-o names no file, such as -o {name}.svg")
    drawn = study.variant(name, variant, ending_of(path))
    try:
        with made(path.parent):
            write_whole(path, drawn)
    except OSError as error:
        raise ValueError(f"-o {path} cannot be written ({error.strerror}): name another file") from error
    return path


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a run wrote.")],
    suite: Annotated[str, typer.Option(help="Suite or comparison of the figure: a name, FILE.py or an entry point.")],
    figure: Annotated[str, typer.Option(help="Name of the figure; --list lists them.")] = "",
    path: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="File to write: .svg, .png or .pdf.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Data set of the study, if the suite has several studies.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Recipe of the study, if the suite has several studies.")] = None,
    is_listed: Annotated[
        bool, typer.Option("--list", help="List the figures that the records can fill, and write none.")
    ] = False,
    is_slide: Annotated[
        bool,
        typer.Option("--slide", help="Write a slide: 16:9, 13.33 inches wide, no type under 18 points, the answer as title."),
    ] = False,
    title: Annotated[str, typer.Option(help="Title of the slide, in place of the answer.")] = "",
    panel: Annotated[int | None, typer.Option(help="Write one panel, by its number from 1.")] = None,
    is_linear: Annotated[bool, typer.Option("--linear", help="Draw errors on a linear axis.")] = False,
    is_transparent: Annotated[bool, typer.Option("--transparent", help="Leave out the ground.")] = False,
    is_dark: Annotated[bool, typer.Option("--dark", help="Draw in the colours for dark ground.")] = False,
) -> None:
    """Write one figure of a study as SVG, PNG or PDF, or list those that its records can fill."""
    try:
        ground = {"is_dark": is_dark, "is_transparent": is_transparent}
        variant = Variant(panel=panel, is_slide=is_slide, message=title, is_linear=is_linear, **ground)
        if path is not None:
            ending_of(path)
        study = study_of(out, suite, dataset, recipe)
        lines = [f"{name:24} {words}" for name, words in study.figures().items()] if is_listed else []
        print("\n".join(lines) if is_listed else write_figure(study, figure, path, variant))
    except (ValueError, UnknownStudyError, NewerSchemaError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(USAGE) from None


if __name__ == "__main__":
    start(main)
