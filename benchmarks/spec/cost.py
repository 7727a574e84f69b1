"""Cost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

LOWER_BOUND = "torch, at least"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Numbers of parameters, of multiply-adds for one image, and of activations (outputs of what is counted); and who counted them."""

    params: int
    macs: int
    activations: int
    counted_by: str = "fvcore"

    @property
    def is_lower_bound(self) -> bool:
        """Whether more multiply-adds and activations may be needed than were counted: no ratio and no verdict may rest on them."""
        return self.counted_by.startswith(LOWER_BOUND)

    def exact(self, axis: str) -> int | None:
        """The number on an axis (params, macs or activations); None where only a lower bound of it is known."""
        if self.is_lower_bound and axis != "params":
            return None
        number: int = getattr(self, axis)
        return number
