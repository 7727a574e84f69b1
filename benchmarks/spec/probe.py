"""ProbeUse, ProbeTask, Findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.spec.plugins import names_in
from benchmarks.spec.trial import Trial

PROBES, MEASURE = "benchmarks.probes", "measure"
Cell = str | int | float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeUse:
    """That a suite asks a probe of some of its arms, or of all, where none is named."""

    probe: str
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a probe found: numbers that claims may speak of, rows for figures, and long lists of numbers by name; None is what is not finite."""

    values: Mapping[str, float | None] = field(default_factory=dict)
    rows: tuple[Mapping[str, Cell], ...] = ()
    arrays: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeTask:
    """A probe of a trained network; the weights travel with it, as safetensors."""

    trial: Trial
    probe: str
    weights: bytes


def probe_names() -> list[str]:
    """The probes there are."""
    return names_in(PROBES)
