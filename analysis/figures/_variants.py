"""Files of one figure in other forms than a report's: a panel, a slide, with linear axes, on dark ground or on none."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends import backend_pdf
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from PIL import Image

from analysis.figures._describe import title_of
from analysis.figures._inline import POINT, Panel, panels_of, svg_bytes, whole_file
from analysis.figures._palette import DARK_GROUND, WHITE, dark_colours

SLIDE: ContextVar[tuple[float, float] | None] = ContextVar("slide", default=None)  # size of the one panel of a slide, in inches
SLIDE_SIZE = (40 / 6, 22.5 / 6)  # inches of a slide as it is drawn; it is written twice as large, 13.33 by 7.5
SLIDE_PANEL = (SLIDE_SIZE[0], SLIDE_SIZE[1] - 0.6)  # without the title, for which labels are placed
TIMES = 2.0
LEAST_POINTS = 9.0  # of type on a slide as it is drawn, hence 18 as it is written
TITLE_POINTS, TITLE_WIDTH = 12.0, 64  # of a slide's title, and its characters on a line
EDGE = 0.1  # inches around what a slide shows
DOTS_PER_INCH = 160
ENDINGS = ("svg", "png", "pdf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """Form of a figure: a panel of it by its number from 1, a slide with a message as title, its axes of errors, and its ground."""

    panel: int | None = None
    is_slide: bool = False
    message: str = ""
    is_linear: bool = False
    is_dark: bool = False
    is_transparent: bool = False

    def __post_init__(self) -> None:
        if self.message and not self.is_slide:
            raise ValueError("--title is the title of a slide: add --slide")

    @property
    def ground(self) -> str | None:
        """Colour behind the figure; None if it is transparent."""
        return None if self.is_transparent else DARK_GROUND if self.is_dark else WHITE


def style_of(variant: Variant, style: Mapping[str, Any]) -> dict[str, Any]:
    """Return matplotlib's style for a variant."""
    dark = dark_colours() if variant.is_dark else {}
    coloured = {key: dark.get(value, value) if isinstance(value, str) else value for key, value in style.items()}
    return coloured | {"figure.facecolor": variant.ground or "none"}


def arrange(figure: Figure, variant: Variant) -> None:
    """Reduce a drawn figure to a panel, give it the form of a slide, and give it its colours.

    Raises:
        ValueError: the figure has no such panel, or does not fit a slide; names the choices.
    """
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    chosen = _chosen(panels, variant)
    if chosen is not None and len(panels) > 1:
        _reduce_to(figure, chosen, panels)
    if variant.is_slide:
        _make_slide(figure, variant.message)
    if variant.is_dark:
        recolour(figure, dark_colours())


def _chosen(panels: list[Axes], variant: Variant) -> Axes | None:
    """Return the requested panel; a slide shows the test error if no panel is named, else the first."""
    if variant.panel is not None:
        if not 1 <= variant.panel <= len(panels):
            listed = ", ".join(f"{number} ({title_of(axes) or 'untitled'})" for number, axes in enumerate(panels, start=1))
            raise ValueError(f"no panel {variant.panel}; choose from {listed}")
        return panels[variant.panel - 1]
    if not variant.is_slide:
        return None
    return next((axes for axes in panels if title_of(axes).startswith("Test error")), panels[0])


def _reduce_to(figure: Figure, chosen: Axes, panels: list[Axes]) -> None:
    """Remove all other panels, and make the figure as large as the one that stays."""
    spec = chosen.get_subplotspec()
    assert spec is not None
    rows, columns = spec.get_gridspec().get_geometry()
    for axes in panels:
        if axes is not chosen:
            axes.remove()
    chosen.set_subplotspec(GridSpec(1, 1, figure=figure)[0])
    for scale in (axes for axes in figure.axes if axes is not chosen):  # scales of colours of all panels
        scale._colorbar_info["parents"] = [chosen]  # type: ignore[attr-defined]  # the layout would look for the others
        chosen._colorbars = [scale]  # type: ignore[attr-defined]
    figure.set_size_inches(figure.get_figwidth() / columns, figure.get_figheight() / rows)


def _make_slide(figure: Figure, message: str) -> None:
    """Set the size and the title of a slide, and no type below the smallest."""
    figure.set_size_inches(*SLIDE_SIZE)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontsize(max(LEAST_POINTS, text.get_fontsize()))
    if message:
        escaped = message.replace("$", r"\$")
        figure.suptitle(fill(escaped, TITLE_WIDTH), x=0.01, ha="left", fontsize=TITLE_POINTS, fontweight="bold")
    layout = figure.get_layout_engine()
    if isinstance(layout, ConstrainedLayoutEngine):
        layout.set(w_pad=EDGE, h_pad=EDGE)
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    width, height = SLIDE_SIZE
    if box.x0 < -0.02 or box.y0 < -0.02 or box.x1 > width + 0.02 or box.y1 > height + 0.02:
        raise ValueError("this figure does not fit a slide with type of 18 points; choose another panel, or leave out --slide")


def recolour(figure: Figure, colours: Mapping[str, str]) -> None:
    """Replace the colours of all that is drawn, and keep how opaque it is."""

    def replaced(colour: Any) -> Any:
        if isinstance(colour, str) and colour == "none":
            return colour
        red, green, blue, opacity = to_rgba(colour)
        found = colours.get(to_hex((red, green, blue)))
        return colour if found is None else (*to_rgba(found)[:3], opacity)

    for artist in figure.findobj():
        _recolour(artist, replaced)


def _recolour(artist: Artist, replaced: Callable[[Any], Any]) -> None:
    if isinstance(artist, Line2D):
        face, edge = replaced(artist.get_markerfacecolor()), replaced(artist.get_markeredgecolor())
        artist.set_color(replaced(artist.get_color()))
        artist.set_markerfacecolor(face)
        artist.set_markeredgecolor(edge)
    elif isinstance(artist, Text):
        artist.set_color(replaced(artist.get_color()))
        if isinstance(artist, Annotation) and artist.arrow_patch is not None:
            _recolour(artist.arrow_patch, replaced)
    elif isinstance(artist, Patch):
        face, edge = replaced(artist.get_facecolor()), replaced(artist.get_edgecolor())
        artist.set_facecolor(face)
        artist.set_edgecolor(edge)
    elif isinstance(artist, Collection) and artist.get_array() is None:
        artist.set_facecolor([replaced(colour) for colour in artist.get_facecolor()])
        artist.set_edgecolor([replaced(colour) for colour in artist.get_edgecolor()])


def written(figure: Figure, variant: Variant, ending: str, names: tuple[str, str]) -> bytes:
    """Return the bytes of an arranged figure in the format of a file's ending; `names` are the figure's name and title."""
    name, title = names
    times = TIMES if variant.is_slide else 1.0
    panels = panels_of(figure, title)
    if variant.is_slide:
        full = Bbox.from_bounds(0, 0, SLIDE_SIZE[0] * POINT, SLIDE_SIZE[1] * POINT)
        panels = [Panel(pieces=(), box=full, title=variant.message or title, description=panels[0].description, row=0)]
    if ending == "svg":
        return whole_file(svg_bytes(figure), panels, (name, variant.message or title), variant.ground, times)
    buffer = BytesIO()
    if ending == "png":
        crop = {} if variant.is_slide else {"bbox_inches": "tight"}
        dots = DOTS_PER_INCH * times
        figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None}, transparent=variant.is_transparent, **crop)
    else:
        _write_pdf(figure, buffer, times)
    return buffer.getvalue()


def small_png(figure: Figure) -> bytes:
    """Write a figure as a PNG of at most 256 colours, a third the size of one with all of them."""
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None}, bbox_inches="tight")
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(small, format="png", optimize=True)
    return small.getvalue()


def _write_pdf(figure: Figure, buffer: BytesIO, times: float) -> None:
    """Write a page of this many times the figure's size, without a date."""
    width, height = figure.get_size_inches()
    pdf: Any = backend_pdf  # it has no types
    file = pdf.PdfFile(buffer, metadata={"CreationDate": None})
    file.newPage(times * width, times * height)
    file.output(times, 0, 0, times, 0, 0, pdf.Op.concat_matrix)
    renderer = pdf.RendererPdf(file, POINT, height, width)
    figure.draw(renderer)
    renderer.finalize()
    file.finalize()
    file.close()
