"""Metrics over two classes that a network confuses, named "confused:cat/dog": the share of its test errors that take one for the other."""

from collections.abc import Iterator, Sequence

CONFUSED = "confused:"


def read_pair(metric: str) -> str | None:
    """Return the two classes that a metric names, such as "cat/dog"; None if it is another metric.

    Raises:
        ValueError: it does not name two classes.
    """
    if not metric.startswith(CONFUSED):
        return None
    classes = metric.removeprefix(CONFUSED)
    if not any(first and second and first != second for first, second in _divisions(classes)):
        raise ValueError(f"metric {metric!r} must name two classes with / between them, as in {CONFUSED}cat/dog")
    return classes


def in_words(classes: str) -> str:
    """Return "cat and dog" for "cat/dog"; names that contain a slash stay as they are."""
    return classes.replace("/", " and ") if classes.count("/") == 1 else classes


def numbers_of(classes: str, names: Sequence[str]) -> tuple[int, int] | None:
    """Return the numbers of two classes among the `names` of a data set's; None if it lacks one of them.

    The name of a class may contain a slash, as "T-shirt/top" does.
    """
    known = [(first, second) for first, second in _divisions(classes) if first in names and second in names]
    return (names.index(known[0][0]), names.index(known[0][1])) if known else None


def _divisions(classes: str) -> Iterator[tuple[str, str]]:
    """Yield the parts before and after each slash."""
    parts = classes.split("/")
    yield from (("/".join(parts[:place]), "/".join(parts[place:])) for place in range(1, len(parts)))
