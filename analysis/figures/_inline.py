"""A figure as inline SVG for a page: one SVG per panel, side by side where there is room and under each other on a phone.

The interface for pages, which `analysis.figures` exports:

    inline_svg(kind, data, name) -> str    one <div class="panels" data-figure="NAME"> with an <svg> per panel
    render(kind, data, name).inline        the same, from the drawing that also gives the files
    render(kind, data, name).linear        the same with linear axes of errors, without titles of seeds, which are those of `inline`; or empty
    STYLESHEET                             CSS of the panels and of the variables of all colours, for both schemes; once per page

An <svg> has role="img", a <title> and a <desc> with numbers, labelled by ids that begin with the figure's name, a viewBox, and no ground.
Its text is <text>; ink, axes and ticks are currentColor; hues are variables such as `var(--c-red,#c2334d)`, and `--c-ground` (the colour inside
hollow marks) is the page's to set. Marks are groups with a class and data: `seed` (data-arm, data-seed, data-key, data-failed="true" if it
is hollow, and a <title> with seed, key and errors), `mean` and `line` (data-arm). A page that prints on white ground sets the light values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from xml.etree.ElementTree import Element

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from analysis.figures._describe import describe, title_of
from analysis.figures._palette import css_colours, variables
from analysis.figures._svg import Parts, text_of

MARGIN = 3.0  # points around a panel
LARGEST = 1.5  # times its size in points a panel grows to, so that text stays in proportion to the page's
SMALLEST = 0.85  # times its size in points a panel shrinks to before it is put under the others
POINT = 72.0  # per inch


def _declared(number: int) -> str:
    return ";".join(f"--c-{name}:{values[number]}" for name, values in variables().items())


STYLESHEET = (
    f":root{{{_declared(0)}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_declared(1)}}}}}\n"
    ".panels{display:flex;flex-wrap:wrap;gap:.75rem 1rem;align-items:flex-start}\n"
    ".panels>i{flex-basis:100%;height:0;margin-top:-.75rem}\n"
    ".panels>svg{display:block;min-width:0;height:auto}\n"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Panel of a figure: the ids of its pieces in the SVG, its box in points from the top left, title, description and row."""

    pieces: tuple[str, ...]
    box: Bbox
    title: str
    description: str
    row: int


def panels_of(figure: Figure, title: str, described: str = "") -> list[Panel]:
    """Return the panels of a figure in the order in which they were made; what belongs to the whole figure comes last.

    `described` is what the kind says of its data, with which the first description begins. Every piece gets an id. Panels of one row have one
    height, so that their axes are level when they stand side by side.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout is final
    renderer = figure._get_renderer()  # type: ignore[attr-defined]  # there is no public way to it without a canvas
    axes = [one for one in figure.axes if one.get_label() != "<colorbar>" and one.get_visible()]
    for number, one in enumerate(axes):
        one.set_gid(f"panel-{number}")
    boxes = {one.get_gid(): _box(one, renderer, figure) for one in axes}
    rows = [list(row) for _, row in groupby(axes, _row)]
    panels: list[Panel] = []
    for place, row in enumerate(rows):
        tops, bottoms = zip(*((boxes[one.get_gid()].y0, boxes[one.get_gid()].y1) for one in row), strict=True)
        for one in row:
            box = boxes[one.get_gid()]
            level = Bbox([[box.x0, min(tops)], [box.x1, max(bottoms)]])
            heading = ": ".join(dict.fromkeys(text for text in (title, title_of(one)) if text))
            text = describe(one) if panels or not described else f"{described} {describe(one, is_told=True)}"
            panels.append(Panel(pieces=(str(one.get_gid()),), box=level, title=heading, description=text, row=place))
    return [*panels, *_common(figure, renderer, title)] or [_without_axes(figure, title, described)]


def _without_axes(figure: Figure, title: str, described: str) -> Panel:
    """Return the whole of a figure that has no axes and no text, such as a user's with lines of its own, as a panel."""
    pieces = [*figure.lines, *figure.patches, *figure.artists]
    for number, piece in enumerate(pieces):
        piece.set_gid(f"loose-{number}")
    box = Bbox([[0.0, 0.0], [figure.get_figwidth() * POINT, figure.get_figheight() * POINT]])
    return Panel(pieces=tuple(str(piece.get_gid()) for piece in pieces), box=box, title=title, description=described, row=0)


def _common(figure: Figure, renderer: RendererBase, title: str) -> list[Panel]:
    """Return a panel for each legend, colour scale and text of the whole figure."""
    scales = [one for one in figure.axes if one.get_label() == "<colorbar>"]
    pieces = [*scales, *figure.legends, *figure.texts, *([figure._suptitle] if figure._suptitle else [])]  # type: ignore[attr-defined]
    panels = []
    for number, piece in enumerate(dict.fromkeys(pieces)):
        piece.set_gid(f"common-{number}")
        words = [text.get_text() for text in piece.get_texts()] if piece in figure.legends else []
        text = "Colour scale." if piece in scales else f"Key: {', '.join(words)}." if words else ""
        box = _box(piece, renderer, figure)
        panels.append(Panel(pieces=(str(piece.get_gid()),), box=box, title=f"{title}: key", description=text, row=-1 - number))
    return panels


def _row(axes: Axes) -> object:
    spec = axes.get_subplotspec()
    return id(axes) if spec is None else spec.rowspan.start


def _box(artist: object, renderer: RendererBase, figure: Figure) -> Bbox:
    """Return the box around all that an artist draws, in points from the top left of the figure."""
    box = artist.get_tightbbox(renderer)  # type: ignore[attr-defined]  # axes, legends and texts
    scale, height = POINT / figure.dpi, figure.get_figheight() * POINT
    return Bbox(
        [
            [box.x0 * scale - MARGIN, height - box.y1 * scale - MARGIN],
            [box.x1 * scale + MARGIN, height - box.y0 * scale + MARGIN],
        ]
    )


def svg_bytes(figure: Figure) -> bytes:
    """Return matplotlib's own SVG of a whole figure, without a date."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def inlined(svg: bytes, panels: Sequence[Panel], name: str, *, has_titles: bool = True) -> str:
    """Write the panels of a drawn figure for a page, the seeds with their titles or without."""
    parts = Parts(svg, css_colours())
    texts = []
    for number, panel in enumerate(panels):
        prefix = f"{name}-{number + 1}"
        element = _svg(parts, panel, prefix)
        for seed in () if has_titles else element.iterfind(".//g[@class='seed']"):
            for title in seed.findall("title"):
                seed.remove(title)
        width = round(panel.box.width)
        element.set(
            "style", f"{element.get('style')};flex:{width} 1 {round(SMALLEST * width)}px;max-width:{round(LARGEST * width)}px"
        )
        texts.append(text_of(element))
        if number + 1 < len(panels) and panels[number + 1].row != panel.row:
            texts.append("<i></i>")
    return f'<div class="panels" data-figure="{name}">{"".join(texts)}</div>'


def _svg(parts: Parts, panel: Panel, prefix: str, **more: str) -> Element:
    """Return the SVG of a panel, with a title and a description of its own."""
    box = panel.box
    view = f"{box.x0:.1f} {box.y0:.1f} {box.width:.1f} {box.height:.1f}"
    element = parts.svg(panel.pieces, prefix, viewBox=view, role="img", aria_labelledby=f"{prefix}-title {prefix}-desc", **more)
    add_titles(element, prefix, panel.title, panel.description)
    return element


def add_titles(element: Element, prefix: str, title: str, description: str) -> None:
    """Put a title and a description, with ids, at the head of an SVG."""
    for place, (tag, text) in enumerate((("title", title), ("desc", description or title))):
        heading = Element(tag, {"id": f"{prefix}-{tag}"})
        heading.text = text
        element.insert(place, heading)


def whole_file(svg: bytes, panels: Iterable[Panel], names: tuple[str, str], ground: str | None, times: float = 1.0) -> bytes:
    """Write a drawn figure as a file of its own: colours as they are, on a ground, or transparent if it is None; `times` as large.

    `names` are the figure's name, with which its ids begin, and its title.
    """
    parts, shown = Parts(svg, {}), list(panels)
    box = Bbox.union([panel.box for panel in shown])
    view = f"{box.x0:.1f} {box.y0:.1f} {box.width:.1f} {box.height:.1f}"
    size = {"width": f"{times * box.width:.1f}pt", "height": f"{times * box.height:.1f}pt"}
    (name, heading), described = names, " ".join(panel.description for panel in shown)
    pieces = [piece for piece in parts.pieces if piece != "patch_1"]
    labels = f"{name}-title {name}-desc"
    element = parts.svg(
        pieces, name, xmlns="http://www.w3.org/2000/svg", viewBox=view, role="img", aria_labelledby=labels, **size
    )
    add_titles(element, name, heading, described)
    if ground:
        rectangle = Element(
            "rect", {"x": f"{box.x0:.1f}", "y": f"{box.y0:.1f}", "width": "100%", "height": "100%", "fill": ground}
        )
        element.insert(2, rectangle)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text_of(element)}\n'.encode()
