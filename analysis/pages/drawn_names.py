"""Users' names in the form in which figures can draw them, and the legend of those that cannot be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from benchmarks.store.drawable import key_of_names, shown_names

LONGEST_CLASS, LONGEST_NAME = 24, 60  # characters for which there is room
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names as they are drawn, by name, and the legend: what stands for a name that cannot be drawn, and the name."""

    shown: Mapping[str, str]
    key: Key

    def in_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with its names as they are drawn."""
        columns = [column for column in ("arm", "reference", "model") if column in frame]
        return frame.assign(**{column: frame[column].map(self.shown) for column in columns}) if len(frame) else frame


def names_of(names: list[str], sign: str, longest: int = LONGEST_NAME) -> Names:
    """These names as they are drawn, a dollar sign as such and not as the beginning of a formula."""
    shown = shown_names(names, sign, lambda text: len(text) <= longest)
    drawn = {name: text.replace("$", r"\$") for name, text in zip(names, shown, strict=True)}
    return Names(shown=drawn, key=key_of_names(names, shown))
