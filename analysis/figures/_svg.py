"""Turn matplotlib's SVG into a small one with real text: no metadata, short numbers, ids of the figure's own, and titles of its marks.

A mark is an artist with the gid that `mark` returns; in the SVG it is a group with a class, the name of its arm, and a `<title>`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

FONTS = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
COLOUR = re.compile(r"#[0-9a-f]{6}")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
CIRCLE = re.compile(r"M0 ([\d.]+)(?:C[^C]*){8}z")  # a round marker, and its radius
MANY = 8  # dots that are written as one path
FONT_SIZE = "9"  # of most texts, which the root has
GEOMETRY = ("d", "x", "y", "width", "height", "transform", "points")
STROKE = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def mark(role: str, arm: str = "", title: str = "", **data: object) -> str:
    """Return the gid of an artist that a page can find: its role ("seed", "mean", "line"), its arm, its tooltip, and further `data-` values."""
    return json.dumps({"role": role, "arm": arm, "title": title} | data, sort_keys=True)


def mark_of(gid: object) -> dict[str, str] | None:
    """Return the values that `mark` wrote into a gid; None for any other one."""
    return json.loads(gid) if isinstance(gid, str) and gid.startswith('{"') else None


class Parts:
    """Pieces of a drawing by id, its definitions, and how to write them as an SVG of their own."""

    def __init__(self, svg: bytes, colours: Mapping[str, str]) -> None:
        root = ElementTree.fromstring(svg)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
            for name in [name for name in element.attrib if name.startswith("{")]:
                element.set(name.rpartition("}")[2], element.attrib.pop(name))
        self._definitions = _take_definitions(root)
        drawn = next(element for element in root if element.tag == "g")
        for element in (root, *self._definitions.values()):
            _tidy(element, colours)
        for parent in list(root.iter()):
            _join_dots(parent, self._definitions)
        self.pieces = {element.get("id", ""): element for element in drawn}
        self.background = next((element for element in drawn if element.get("id") == "patch_1"), None)

    def svg(self, pieces: Iterable[str], prefix: str, **attributes: str) -> Element:
        """Return an SVG of these pieces, whose ids begin with the prefix; attributes replace underscores by hyphens."""
        root = Element("svg", {name.replace("_", "-").rstrip("-"): value for name, value in attributes.items()})
        root.set("fill", "currentColor")
        root.set("font-family", FONTS)
        root.set("font-size", FONT_SIZE)
        root.set("style", _css(STROKE | _styles(root)))
        used: dict[str, str] = {}
        bodies = [deepcopy(self.pieces[piece]) for piece in pieces]
        for body in bodies:
            self._rename(body, prefix, used)
        if used:
            definitions = SubElement(root, "defs")
            for old, new in used.items():
                definition = _as_circle(deepcopy(self._definitions[old]))
                definition.set("id", new)
                definitions.append(definition)
        for body in bodies:
            root.extend(_flat(body))
        for parent in list(root.iter()):
            _join_grid(parent)
        return root

    def _rename(self, body: Element, prefix: str, used: dict[str, str]) -> None:
        """Give every reference to a definition its new id, and every mark its class and title; drop all other ids."""

        def renamed(old: str) -> str:
            return used.setdefault(old, f"{prefix}-{len(used)}")

        for element in list(body.iter()):
            found = mark_of(element.attrib.pop("id", None))
            if element.get("href", "").startswith("#"):
                element.set("href", f"#{renamed(element.attrib['href'][1:])}")
            clip = REFERENCE.fullmatch(element.get("clip-path", ""))
            if clip:
                element.set("clip-path", f"url(#{renamed(clip[1])})")
            if found:
                title = found.pop("title")
                element.set("class", found.pop("role"))
                for name, value in found.items():
                    if value != "":
                        element.set(f"data-{name}", str(value))
                if title:
                    heading = Element("title")
                    heading.text = title
                    element.insert(0, heading)


def text_of(element: Element) -> str:
    """Return an element as text, without line breaks between its children."""
    return ElementTree.tostring(element, encoding="unicode")


def _take_definitions(root: Element) -> dict[str, Element]:
    """Remove all definitions from a tree, and return them by id."""
    found: dict[str, Element] = {}
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in ("defs", "metadata")]:
            found |= {element.attrib["id"]: element for element in child if "id" in element.attrib}
            parent.remove(child)
    return found


def _tidy(root: Element, colours: Mapping[str, str]) -> None:
    """Shorten numbers, replace colours, and drop what is invisible or said by the root."""
    for element in list(root.iter()):
        for name in GEOMETRY:
            if name in element.attrib:
                element.set(name, _short(element.attrib[name], is_path=name == "d"))
        if element.get("transform", "").startswith("rotate(0 "):
            del element.attrib["transform"]
        styles = _styles(element)
        styles.pop("font-family", None)
        if styles.get("fill-opacity") == "0":
            del styles["fill-opacity"]
            styles["fill"] = "none"
        for name, usual in (("font-size", FONT_SIZE), ("text-anchor", "start")):
            value = styles.pop(name, usual).removesuffix("px")
            if value != usual:
                element.set(name, value)
        css = COLOUR.sub(lambda found: colours.get(found[0], found[0]), _css(styles))
        if element.tag == "text" and css == "fill:currentColor":  # as the root's
            css = ""
        element.attrib.pop("style", None)
        if css:
            element.set("style", css)
        element.text = element.text if element.tag in ("text", "tspan") and (element.text or "").strip() else None
        element.tail = None
    for parent in list(root.iter()):
        for child in [child for child in parent if _is_invisible(child)]:
            parent.remove(child)
        _share_style(parent)


def _is_invisible(element: Element) -> bool:
    """Return whether a path is neither filled nor stroked."""
    styles = _styles(element)
    return element.tag == "path" and styles.get("fill") == "none" and "stroke" not in styles


def _share_style(parent: Element) -> None:
    """Move the style of many equal marks to the group that holds them."""
    styles = {child.get("style", "") for child in parent}
    if parent.tag == "g" and len(parent) > 1 and len(styles) == 1 and all(child.tag == "use" for child in parent):
        (style,) = styles
        if style and "style" not in parent.attrib:
            parent.set("style", style)
            for child in parent:
                del child.attrib["style"]


def _join_dots(parent: Element, definitions: Mapping[str, Element]) -> None:
    """Write many equal dots without an edge as one path of round points, which is a quarter as long."""
    uses = list(parent)
    if parent.tag != "g" or len(uses) < MANY or any(child.tag != "use" or "style" in child.attrib for child in uses):
        return
    hrefs = {child.get("href", "") for child in uses}
    circle = CIRCLE.match(definitions[next(iter(hrefs))[1:]].get("d", "")) if len(hrefs) == 1 else None
    styles = _styles(parent)
    if circle and "fill" in styles and styles.get("stroke-width", "0") == "0":
        stroke = {
            "fill": "none",
            "stroke": styles["fill"],
            "stroke-width": f"{2 * float(circle[1]):g}",
            "stroke-linecap": "round",
        }
        opacity = {"stroke-opacity": styles["fill-opacity"]} if "fill-opacity" in styles else {}
        places = "".join(f"M{child.attrib['x']} {child.attrib['y']}h0" for child in uses)
        parent[:] = [Element("path", {"d": places, "style": _css(stroke | opacity)})]
        parent.set("style", "")


def _as_circle(marker: Element) -> Element:
    """Write a round marker as a circle, which is a sixth as long as its path."""
    found = CIRCLE.fullmatch(marker.get("d", ""))
    if found:
        del marker.attrib["d"]
        marker.tag = "circle"
        marker.set("r", found[1])
    return marker


def _join_grid(parent: Element) -> None:
    """Write the lines of a grid, which lie below all else, as one path in the place of the first."""
    first: dict[tuple[str, str], Element] = {}
    for line in [child for child in parent if child.tag == "path" and "--c-grid" in child.get("style", "")]:
        joined = first.setdefault((line.attrib["style"], line.get("clip-path", "")), line)
        if joined is not line:
            joined.set("d", joined.attrib["d"] + line.attrib["d"])
            parent.remove(line)


def _flat(element: Element) -> list[Element]:
    """Return an element, or what is inside a group that says nothing itself."""
    children = [inner for child in element for inner in _flat(child)]
    if element.tag == "g" and not element.attrib:
        return children
    element[:] = children
    return [] if element.tag == "g" and not [child for child in children if child.tag != "title"] else [element]


def _styles(element: Element) -> dict[str, str]:
    pairs = (rule.partition(":") for rule in element.get("style", "").split(";") if rule.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _css(styles: Mapping[str, str]) -> str:
    return ";".join(f"{name}:{value}" for name, value in styles.items())


def _short(text: str, is_path: bool) -> str:
    """Write numbers with at most two digits after the point, and in a path nothing between letters and numbers."""
    rounded = NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0:g}" if abs(float(found[0])) < 1e4 else found[0], text)
    rounded = re.sub(r"\s+", " ", rounded.replace("-0 ", "0 ")).strip()
    return re.sub(r" ?([MLCQZz]) ?", r"\1", rounded) if is_path else rounded
