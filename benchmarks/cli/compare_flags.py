"""The flags of --compare: networks named on the command line instead of a suite."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, get_args

from benchmarks.cli.flag import Flag, flags_of
from benchmarks.spec.comparison import POINTS, RATIO, USUAL
from benchmarks.spec.metrics import COMPARABLE, METRICS, Metric
from resnet_variants.lookup import choose, no_such
from resnet_variants.published import Axis

COMPARE = "--compare"
MEASURES_OF = {"sessions": "throughput", "counts": "cost"}  # what measures a metric that needs no training
IS_OPTION = re.compile(r"\s*\w+\s*=")  # what follows a comma inside a network's name, as in resnet20:shortcut=C,ordering=pre


@dataclass(frozen=True, kw_only=True, slots=True)
class CompareOptions:
    """What is compared, on which metric and by which margin.

    Raises:
        ValueError: a value is invalid, or another flag of a comparison is given without --compare.
    """

    compare: Annotated[
        tuple[str, ...],
        Flag(
            metavar="NETWORK ...",
            help="Compare networks with the first one, as in --compare resnet20 my_nets:my_net: a suite of these arms, with the claim that each "
            "other is better. Verdicts also say worse or equivalent.",
        ),
    ] = ()
    margin: Annotated[
        float | None,
        Flag(
            metavar="X",
            help=f"Margin of --compare, in the metric's unit; a fraction for costs and times (default: {POINTS:g} points, or {RATIO:g}).",
        ),
    ] = None
    on: Annotated[
        str, Flag(metavar="METRIC", help="Metric of --compare, such as test_error_pct, macs, train_step_seconds; --list has all.")
    ] = USUAL
    matched: Annotated[
        str | None,
        Flag(
            metavar="AXIS",
            help="Solve the first network's width so that it costs what each other does: params, macs, activations.",
        ),
    ] = None
    name: Annotated[
        str | None, Flag(metavar="NAME", help="Name of the comparison and of its folder in OUT (default: its networks' names).")
    ] = None

    def __post_init__(self) -> None:
        if not self.compare:
            given = [option.spelled for option in flags_of(self) if option.is_given]
            if given:
                raise ValueError(f"{', '.join(given)} needs {COMPARE} NETWORK NETWORK ...: name the networks to compare")
            return
        if len(self.networks) < 2:
            raise ValueError(f"{COMPARE} needs at least two networks, the reference first, got {', '.join(self.networks)}")
        if "," in self.on:
            raise ValueError(f"--on takes one metric, got {self.on}: compare once for each, under names of their own (--name)")
        if self.on not in COMPARABLE:
            raise ValueError(f"{no_such('metric', self.on, COMPARABLE)}; --list describes them all")
        if self.matched is not None:
            choose("axis", self.matched, dict.fromkeys(get_args(Axis)))
        if self.margin is None and self._default_margin is None:
            raise ValueError(f"--on {self.on} needs --margin X, {self._unit}: no default suits it")
        if not (math.isfinite(self.chosen_margin) and self.chosen_margin > 0):
            raise ValueError(f"--margin must be above 0, got {self.chosen_margin:g}")
        if self.metric.over == "counts" and self.matched == self.on:
            raise ValueError(f"--on {self.on} cannot be combined with --matched {self.matched}, which makes it equal: omit one")

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks: one per word, or several with commas between them, as the options of a name have too."""
        parts: list[str] = []
        for word in self.compare:
            begun = False
            for part in word.split(","):
                if begun and parts and IS_OPTION.match(part) and ":" in parts[-1]:
                    parts[-1] += f",{part}"
                elif part.strip():
                    parts.append(part.strip())
                begun = True
        return tuple(parts)

    @property
    def metric(self) -> Metric:
        """Metric that is compared."""
        return METRICS[self.on]

    @property
    def axis(self) -> Axis | None:
        """Axis on which the reference is matched; None if it is not."""
        return next((axis for axis in get_args(Axis) if axis == self.matched), None)

    @property
    def chosen_margin(self) -> float:
        """Margin as given, or the default of the metric."""
        return self.margin if self.margin is not None else self._default_margin or math.nan

    @property
    def measure(self) -> str:
        """Measure that is enough for the metric; "" if its networks are trained."""
        return MEASURES_OF.get(self.metric.over, "") if self.compare else ""

    @property
    def _default_margin(self) -> float | None:
        if self.metric.is_ratio:
            return RATIO
        return POINTS if self.metric.unit == "points" else None

    @property
    def _unit(self) -> str:
        return f"in {self.metric.unit}" if self.metric.unit else "a number without unit"
