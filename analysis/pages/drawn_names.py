"""Convert users' names into names that figures can draw, with a legend of those that are replaced by numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from benchmarks.store.drawable import key_of_names, shown_names

LONGEST_CLASS, LONGEST_NAME = 24, 60  # characters that fit
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Drawn form of each name, and the legend: pairs of a number and the name that it replaces."""

    shown: Mapping[str, str]
    key: Key

    def in_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Replace the names in a frame by their drawn form."""
        columns = [column for column in ("arm", "reference", "model") if column in frame]
        return frame.assign(**{column: frame[column].map(self.shown) for column in columns}) if len(frame) else frame


def names_of(names: list[str], sign: str, longest: int = LONGEST_NAME) -> Names:
    """Return the drawn form of these names, with dollar signs escaped, since they would start a formula."""
    shown = shown_names(names, sign, lambda text: len(text) <= longest)
    drawn = {name: text.replace("$", r"\$") for name, text in zip(names, shown, strict=True)}
    return Names(shown=drawn, key=key_of_names(names, shown))


def is_drawable(name: str) -> bool:
    """Return whether a name of any length can be drawn as it is, and starts no formula."""
    return shown_names([name], "", lambda text: True) == (name,) and "$" not in name
