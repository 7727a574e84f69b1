"""Seeds as they are given on the command line: N, for seeds 0 to N-1, A-B, for a study of its own, or as many as the claims need."""

import re
from collections.abc import Mapping
from math import inf

DECIDED = "decided"
MOST_DIGITS = 9


def read_seeds(text: str) -> tuple[range, bool]:
    """Return the seeds that a text names, and whether they are a study's own seeds, given as A-B.

    Raises:
        ValueError: the text is neither a number of at least 1 nor two seeds in order.
    """
    number, own = re.fullmatch(r"-?\d+", text.strip()), re.fullmatch(r"(\d+)\s*-\s*(\d+)", text.strip())
    if own and max(map(len, own.groups())) <= MOST_DIGITS and int(own[1]) <= int(own[2]):
        return range(int(own[1]), int(own[2]) + 1), True
    if number is None or len(text) > MOST_DIGITS:
        raise ValueError(f"--seeds must be a number N, for seeds 0 to N-1, or two seeds A-B in order, as in 5-9, got {text!r}")
    if int(text) < 1:
        raise ValueError(f"--seeds must be at least 1, got {int(text)}")
    return range(int(text)), False


def check_until(until: str | None, hours: float | None, excluded: Mapping[str, object]) -> None:
    """Check the values of --until and --hours, and that no excluded flag is given with them.

    Raises:
        ValueError: a value is wrong, or flags exclude each other.
    """
    if until not in (None, DECIDED):
        raise ValueError(f"--until must be {DECIDED!r}, got {until!r}")
    if hours is not None and (until is None or not 0 <= hours < inf):
        raise ValueError(f"--hours must be at least 0, and needs --until {DECIDED}")
    given = [flag for flag, value in excluded.items() if value is not None]
    if until and given:
        raise ValueError(
            f"{', '.join(given)} cannot be combined with --until {DECIDED}, which judges whole studies at declared looks: omit it"
        )
