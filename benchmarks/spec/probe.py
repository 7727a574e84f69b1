"""Probes of trained networks by value: which probe a suite runs on which arms, and what the probe finds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from benchmarks.spec.named import name_of_file
from benchmarks.spec.plugins import load_module, names_in, path_of
from benchmarks.spec.trial import Trial

PROBES, MEASURE = "benchmarks.probes", "measure"
Cell = str | int | float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeUse:
    """A suite's request to run a probe, given by name or path, on some of its arms, or on all of them if `arms` is empty.

    Raises:
        ValueError: the file does not exist, or its name is invalid or that of a probe of this project.
    """

    probe: str
    arms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "probe", name_of_file("probe", PROBES, self.probe))

    def on(self, arms: Collection[str]) -> "ProbeUse | None":
        """Return the request for those of its arms that are among these; None if it names arms, and none of these."""
        kept = tuple(arm for arm in self.arms if arm in arms)
        return replace(self, arms=kept) if kept or not self.arms else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Numbers for claims, rows for figures, and named arrays, all measured by a probe; None stands for a number that is not finite."""

    values: Mapping[str, float | None] = field(default_factory=dict)
    rows: tuple[Mapping[str, Cell], ...] = ()
    arrays: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeTask:
    """A probe to run on a trained network, with the network's weights as safetensors."""

    trial: Trial
    probe: str
    weights: bytes


def load_probe(name: str) -> ModuleType:
    """Import a probe's file, whose `measure` takes a trained network with its images.

    Raises:
        ValueError: the file does not exist or fails, or its `measure` is no function; the message has its path.
    """
    module = load_module("probe", PROBES, name)
    if not callable(getattr(module, MEASURE, None)):
        raise ValueError(f"{path_of(PROBES, name)}: its {MEASURE} must be a function, not {getattr(module, MEASURE, None)!r}")
    return module


def probe_names() -> list[str]:
    """Return the names of the available probes."""
    return names_in(PROBES)
