"""Write a file of one's own that runs at once: python -m benchmarks.new suite|network|dataset|figure FILE"""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.spec.figures import FIGURES
from benchmarks.spec.images import DATASETS
from benchmarks.spec.named import refuse_name
from benchmarks.spec.suite import SUITES
from benchmarks.spec.survey import SURVEYS
from benchmarks.store.files import write_whole
from resnet_variants.command import USAGE, start
from resnet_variants.lookup import choose

# kind -> the packages whose names the file cannot have, and what to do with it
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "suite": ((SUITES, SURVEYS), "run it: python -m benchmarks.run --suite {file}"),
    "network": ((), "its layers: python -m resnet_variants describe {file}:my_net"),
    "dataset": ((DATASETS,), "use it: python -m benchmarks.run --suite depth --dataset {file}"),
    "figure": ((FIGURES,), 'draw it: name it in a suite, as figures=("{file}",)'),
}


def new(kind: str, path: Path) -> str:
    """Write the template of a kind into a new file; return a line on what to do with it.

    Raises:
        ValueError: the kind is unknown, the file exists or cannot be written, or it cannot have this name.
    """
    packages, use = choose("kind of file", kind, KINDS)
    if path.suffix != ".py":
        raise ValueError(f"{path} must end in .py, as a Python file does")
    if not path.stem.isidentifier():
        raise ValueError(
            f"{path}: the name must consist of letters, digits and underscores, and not begin with a digit: choose another"
        )
    refuse_name(kind, str(path), path, packages)
    if path.exists():
        raise ValueError(f"{path} exists, and is not overwritten: choose another name, or remove it")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is not a folder: create it first")
    file = str(path) if path.is_absolute() or len(path.parts) > 1 else f"./{path}"
    text = files("benchmarks").joinpath("templates", f"{kind}.txt").read_text(encoding="utf-8")
    try:
        write_whole(path, text.replace("FILE", file).replace("NAME", path.stem))
    except OSError as error:
        raise ValueError(f"{path} cannot be written ({error.strerror}): choose another folder") from error
    return use.format(file=file)


def main(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS), help="Kind of file.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Path of the new file, such as my_suite.py.")],
) -> None:
    """Write a suite, network, data set or figure of one's own that runs at once, to be edited."""
    try:
        use = new(kind, file)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error
    print(f"wrote {file}; {use}")


if __name__ == "__main__":
    start(main)
