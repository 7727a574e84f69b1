"""What stands beside a block's branch, by the customary letters.

A shortcut names two paths: that of a block which keeps its input's shape, and that of one which changes it. The paths themselves are
modules, in `blocks.PATHS`. To add a shortcut made of known paths, add a line to `SHORTCUTS`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortcut:
    """The path beside a block that keeps its shape and beside one that changes it; None is no path, hence no addition."""

    same_shape: str | None
    new_shape: str | None


# A, B and C: He et al. 2015 (1512.03385), section 4.1
SHORTCUTS: dict[str, Shortcut] = {
    "none": Shortcut(same_shape=None, new_shape=None),
    "A": Shortcut(same_shape="identity", new_shape="zero-pad"),
    "B": Shortcut(same_shape="identity", new_shape="projection"),
    "C": Shortcut(same_shape="projection", new_shape="projection"),
}
