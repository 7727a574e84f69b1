"""One colour and one mark for each arm, in all figures of a suite.

Arms of one kind, which differ in depth or in their share of the images, have one hue and one mark; deeper ones have a stronger shade.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.figures._palette import (
    BLUE,
    BROWN,
    GOLD,
    GREEN,
    GREY,
    HUE,
    NAVY,
    OLIVE,
    ORANGE,
    PINK,
    PURPLE,
    RED,
    TEAL,
    shade_of,
)
from analysis.tables.arm_words import ArmWords

OWN = {("plain",): (RED, "s"), ("residual",): (TEAL, "o")}  # kinds that look alike in every suite
HUES = (ORANGE, PURPLE, BLUE, GREEN, PINK, OLIVE, NAVY, BROWN, GREY, GOLD)
MARKS = "D^vPXp*<>h"
SHADES = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4)}  # by the number of depths
assert all(HUE in shades for number, shades in SHADES.items() if number % 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Colour of an arm, the hue of its kind, and its mark."""

    colour: str
    hue: str
    marker: str


def looks_of(words: Mapping[str, ArmWords], depths: Mapping[str, int]) -> dict[str, Look]:
    """Return the look of each arm, given the words and the depths of all arms of a suite."""
    kinds = list(dict.fromkeys(arm.kind for arm in words.values()))
    others = [kind for kind in kinds if kind not in OWN]
    hues = [hue for hue in HUES if len(others) <= len(HUES) or hue != GREY]
    given = {kind: (hues[number % len(hues)], MARKS[number % len(MARKS)]) for number, kind in enumerate(others)}
    looks = {}
    for arm, found in words.items():
        hue, marker = (OWN | given)[found.kind]
        order = sorted({depths[other] for other, its in words.items() if its.kind == found.kind})
        looks[arm] = Look(colour=_shaded(hue, order.index(depths[arm]), len(order)), hue=hue, marker=marker)
    return looks


def _shaded(hue: str, place: int, number: int) -> str:
    """Return the shade of a depth, from the palest to the strongest."""
    shades = SHADES.get(number)
    return shade_of(hue, shades[place] if shades else round(4 * place / (number - 1)))
