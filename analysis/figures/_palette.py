"""Colours of all figures, by name, each with a value for light and for dark ground; no figure spells a colour itself.

A figure is drawn in the light values. In a page they become CSS variables, so that the reader's scheme decides: `var(--c-red, #c2334d)`.
Text has a contrast of at least 4.5 in every hue, on the light and on the dark ground.
"""

from collections.abc import Mapping

HUES = {  # by name: on light ground, on dark ground
    "red": ("#c2334d", "#ff7d90"),
    "teal": ("#00717f", "#35c0cf"),
    "orange": ("#a85300", "#f5a04e"),
    "purple": ("#6a4fa3", "#b9a2f2"),
    "blue": ("#2b66b8", "#79b0ff"),
    "green": ("#2a7a48", "#62cc8b"),
    "brown": ("#7a5a2b", "#cfae78"),
    "pink": ("#a8327f", "#f58ccb"),
    "olive": ("#666d00", "#c3cb4a"),
    "navy": ("#38456b", "#a9b9e8"),
    "grey": ("#5f6973", "#a9b4be"),
    "gold": ("#8a6800", "#e8c34a"),
}
RED, TEAL, ORANGE, PURPLE, BLUE, GREEN, BROWN, PINK, OLIVE, NAVY, GREY, GOLD = (light for light, _ in HUES.values())
INK, DARK_INK = "#1d2731", "#e6eaee"
SLATE = "#39424b"  # of ticks and axes; drawn as ink in a page
WHITE, DARK_GROUND = "#ffffff", "#1c232a"
GREYS = {"line": ("#8b949d", "#75808a"), "grid": ("#e3e6ea", "#323b44")}  # of marks that carry nothing, by name
SILVER, MIST = (light for light, _ in GREYS.values())
PALER, DEEPER = (0.22, 0.11), (0.17, 0.34)  # share of ground in the shades before a hue, and of ink in those after it
HUE = len(PALER)  # the shade that is the hue itself
NUM_SHADES = len(PALER) + 1 + len(DEEPER)


def shade_of(colour: str, number: int) -> str:
    """Return a shade of a hue: 0 is the palest, whose contrast is 3 at least, 2 the hue, and 4 is nearest to ink."""
    return _shade(colour, number, WHITE, INK)


def _shade(colour: str, number: int, ground: str, ink: str) -> str:
    if number == HUE:
        return colour
    return _mixed(colour, ground, PALER[number]) if number < HUE else _mixed(colour, ink, DEEPER[number - HUE - 1])


def _mixed(colour: str, other: str, share: float) -> str:
    """Mix two colours, with this share of the other one."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round((1 - share) * one + share * two):02x}" for one, two in pairs)


def variables() -> dict[str, tuple[str, str]]:
    """Return the CSS variables of all colours: by name, such as "red-2", the value on light and on dark ground."""
    shades = {
        f"{name}-{number}" if number != HUE else name: (
            shade_of(light, number),
            _shade(dark, number, DARK_GROUND, WHITE),
        )
        for name, (light, dark) in HUES.items()
        for number in range(NUM_SHADES)
    }
    return {**shades, **GREYS, "ground": (WHITE, DARK_GROUND)}


def css_colours() -> Mapping[str, str]:
    """Return what a page writes for each colour of a drawing: ink is the colour of the text around it."""
    named = {light: f"var(--c-{name},{light})" for name, (light, _) in variables().items()}
    return named | dict.fromkeys((INK, SLATE, "#000000"), "currentColor")


def dark_colours() -> Mapping[str, str]:
    """Return the value on dark ground of each colour of a drawing."""
    return dict(variables().values()) | dict.fromkeys((INK, SLATE, "#000000"), DARK_INK)
