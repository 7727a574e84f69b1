"""Cost of a network: parameters, multiply-adds and activations."""

from dataclasses import dataclass

LOWER_BOUND = "torch, at least"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Number of parameters, and of multiply-adds and activations (outputs of the counted layers) per image, with the counter's name."""

    params: int
    macs: int
    activations: int
    counted_by: str = "fvcore"

    @property
    def is_lower_bound(self) -> bool:
        """Whether the true multiply-adds and activations may be higher, so that no ratio or verdict may use them."""
        return self.counted_by.startswith(LOWER_BOUND)

    def exact(self, axis: str) -> int | None:
        """Return the count on an axis (params, macs or activations), or None if only a lower bound is known."""
        if self.is_lower_bound and axis != "params":
            return None
        count: int = getattr(self, axis)
        return count
