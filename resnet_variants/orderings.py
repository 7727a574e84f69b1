"""Orderings of normalisation, activation and convolution in a block, each one line of words.

The words are the operations of one unit, in order. A block has two units (basic) or three (bottleneck). In its last
unit, the words right of the bar come after the addition. To add an ordering, add a line to `ORDERINGS`; to add a word,
add a line to `blocks.WORDS`. A network may also spell a line in place of a name, and a word of a user's own by its
location: "my_words:gelu" is the module that `gelu` of my_words.py makes for a number of channels. Words of the branch's
end, such as `gain` in "conv bn gain | relu", stand directly left of the bar, in the last unit only.
"""

from dataclasses import dataclass

from resnet_variants.lookup import check_type, choose


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordering:
    """Words of one unit, split at its convolution and at the addition."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    after_addition: tuple[str, ...]

    @property
    def line(self) -> str:
        """Line that spells this ordering."""
        return " ".join((*self.before, "conv", *self.after, "|", *self.after_addition))

    @property
    def all_words(self) -> tuple[str, ...]:
        """All words but `conv`, in order."""
        return (*self.before, *self.after, *self.after_addition)

    @property
    def own_words(self) -> tuple[str, ...]:
        """Words of a user, which are named by their location, as in "my_words:gelu"."""
        return tuple(dict.fromkeys(word for word in self.all_words if ":" in word))

    def replaced(self, old: str, new: str) -> "Ordering":
        """Return the ordering with one word in the place of another."""
        parts = (tuple(new if word == old else word for word in part) for part in (self.before, self.after, self.after_addition))
        before, after, after_addition = parts
        return Ordering(before=before, after=after, after_addition=after_addition)

    @property
    def last_of_branch(self) -> str:
        """Last word of a branch before the addition."""
        return ("conv", *self.after)[-1]


# what stands directly left of the bar is in the last unit only, and is a field of the network: one network, one value
LAST_WORDS: dict[str, tuple[str, str | float]] = {
    "gain": ("branch_gain", "skipinit"),
    "gains": ("branch_gain", "layerscale"),
    "drop": ("drop_path", 0.5),  # Huang et al. 2016 (1603.09382): the last block's rate
}


def split_last_words(text: str) -> tuple[str, dict[str, str | float]]:
    """Return an ordering's text without the words of the branch's end, and the fields that these stand for.

    Raises:
        ValueError: such a word stands elsewhere, or two of them stand for the same field.
    """
    if not isinstance(text, str) or text.count("|") != 1:
        return text, {}
    left, right = (part.split() for part in text.split("|"))
    found: dict[str, str | float] = {}
    while left and left[-1] in LAST_WORDS:
        field, value = LAST_WORDS[word := left.pop()]
        if field in found:
            raise ValueError(f"ordering {text!r} must have at most one word for {field}, got another: {word!r}")
        found[field] = value
    astray = next((word for word in (*left, *right) if word in LAST_WORDS), None)
    if astray is not None:
        raise ValueError(f"ordering {text!r} must have {astray!r} at the branch's end, directly left of the '|'")
    return (" ".join((*left, "|", *right)) if found else text), found


def parse_ordering(line: str) -> Ordering:
    """Return the ordering that a line such as "conv bn | relu" spells.

    Raises:
        ValueError: the line does not have exactly one `|`, or not exactly one `conv` left of it.
        TypeError: the line is not text.
    """
    check_type("ordering", line, str, "text, such as 'conv bn | relu'")
    if line.count("|") != 1:
        raise ValueError(f"ordering {line!r} must have exactly one '|', for the addition")
    left, right = (part.split() for part in line.split("|"))
    if left.count("conv") != 1 or "conv" in right:
        raise ValueError(f"ordering {line!r} must have exactly one 'conv', left of the '|'")
    place = left.index("conv")
    return Ordering(before=tuple(left[:place]), after=tuple(left[place + 1 :]), after_addition=tuple(right))


# He et al. 2016 (1603.05027), figure 4, (a) to (e)
ORDERINGS: dict[str, Ordering] = {
    "post": parse_ordering("conv bn | relu"),
    "bn-after": parse_ordering("conv | bn relu"),
    "relu-before": parse_ordering("conv bn relu |"),
    "relu-only": parse_ordering("relu conv bn |"),
    "pre": parse_ordering("bn relu conv |"),
}


def ordering_of(text: str) -> Ordering:
    """Return the ordering that a name or a line stands for.

    Raises:
        ValueError: the name is unknown, or the line is invalid.
        TypeError: it is not text.
    """
    return parse_ordering(text) if isinstance(text, str) and "|" in text else choose("ordering", text, ORDERINGS)


def canonical_ordering(text: str) -> str:
    """Return the name of the ordering that a name or a line stands for, or its line if it has no name: one ordering, one text.

    Raises:
        ValueError: the name is unknown, or the line is invalid.
        TypeError: it is not text.
    """
    ordering = ordering_of(text)
    if text in ORDERINGS:
        return text
    return next((name for name, known in ORDERINGS.items() if known == ordering), ordering.line)
