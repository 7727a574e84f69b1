"""Seeds as they are given on the command line: a number N, for seeds 0 to N-1, or A-B, for a study of its own seeds."""

import re

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
