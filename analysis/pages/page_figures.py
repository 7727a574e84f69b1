"""The figures of a study or survey, drawn one at a time: as in its report, or in another form."""

from dataclasses import replace
from functools import cached_property

from analysis.figures import FigureData, SurveyData, load_figure, render_variant
from analysis.figures._variants import Variant
from analysis.pages.drawing import Drawn, draw_all, figures_for
from analysis.pages.drawn_names import Key
from analysis.pages.page import Page
from benchmarks.spec.figures import FIGURES
from benchmarks.spec.named import shipped
from benchmarks.store.out import Out


class PageFigures:
    """Figures that the records of a page can fill; their data are gathered when the first one is drawn."""

    def __init__(self, page: Page, out: Out) -> None:
        self._page, self._out = page, out

    @cached_property
    def _data(self) -> tuple[FigureData | SurveyData, Key]:
        return self._page.figure_data(self._out)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the figures by name, those of the report first."""
        return figures_for(self._data[0], self._page.figures)

    def drawn(self, name: str) -> Drawn:
        """Draw a figure as in the report.

        Raises:
            ValueError: there is no such figure, or the records cannot fill it.
        """
        self._check(name)
        data, key = self._data
        drawings = draw_all([name], data, key)
        if drawings.left_out:
            raise ValueError(drawings.left_out[0])
        return drawings.figures[0]

    def variant(self, name: str, variant: Variant, ending: str) -> bytes:
        """Draw a figure in another form, as "svg", "png" or "pdf"; a slide without a message has the answer of the page as title.

        Raises:
            ValueError: the records cannot fill the figure, it has no such panel, or it does not fit a slide.
        """
        self._check(name)
        kind = load_figure(name)
        if variant.is_slide and not variant.message:
            variant = replace(variant, message=str(getattr(self._page, "answer", "")) or kind.TITLE)
        return render_variant(kind, self._data[0], name, variant, ending)

    def _check(self, name: str) -> None:
        """Check that the records can fill a figure of this name.

        Raises:
            ValueError: they cannot; names those that they can fill.
        """
        if name not in self.titles:
            is_known = name in {*self._page.figures, *shipped(FIGURES)}
            reason = f"the records of {self._page.folder} cannot fill {name}" if is_known else f"unknown figure {name!r}"
            raise ValueError(f"{reason}; available: {', '.join(self.titles) or 'none'}")
