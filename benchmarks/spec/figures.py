"""Figures by name: files of `analysis/figures`, or of a user, whose parts are checked without loading them."""

from benchmarks.spec.named import name_of_file
from benchmarks.spec.plugins import check_file

FIGURES = "analysis.figures"
FIGURE_PARTS = ("TITLE", "CAPTION", "is_possible", "draw")


def named_figures(figures: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of figures, of which some may be given by path, after checking that every figure's file is complete.

    Raises:
        ValueError: a figure is unknown or its file is wrong; the message names the first one.
    """
    names = tuple(name_of_file("figure", FIGURES, text) for text in figures)
    for name in names:
        check_file("figure", FIGURES, name, FIGURE_PARTS)
    return names
