"""Fit the first figure of a page under its answer, so that a screen of 1280x800 shows both whole."""

import re
from math import ceil

SCREEN = 790.0  # pixels
LINE_OF_TITLE, LINE_OF_ANSWER, LINE = 35.0, 26.0, 26.0
LETTERS_OF_TITLE, LETTERS_OF_ANSWER = 62, 100  # that a line holds
FRAME = 118.0  # padding of the page and of the figure, margins, and the first line of the caption
GAP = 16.0  # between panels
NARROWEST = 260.0
_BOX = re.compile(r'<svg[^>]*viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')


def hero_width(inline: str, question: str, answer: str, *, has_warnings: bool) -> int:
    """Return the width in pixels that the panels of an inline figure may take, so that they fit under question and answer."""
    boxes = [(float(width), float(height)) for width, height in _BOX.findall(inline)]
    if not boxes:
        return round(SCREEN)
    title = LINE_OF_TITLE * ceil(len(question) / LETTERS_OF_TITLE)
    room = SCREEN - FRAME - title - LINE_OF_ANSWER * ceil(len(answer) / LETTERS_OF_ANSWER) - LINE * (1 + has_warnings)
    scale = room / max(height for _, height in boxes)
    return round(max(NARROWEST, scale * sum(width for width, _ in boxes) + GAP * (len(boxes) - 1)))
