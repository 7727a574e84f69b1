"""A survey by value: networks that are counted and timed, each on images of its own size, and not trained; and the claims about them.

Each survey is a file in `surveys/` that holds one `SURVEY`; the file's name is its name on the command line, beside the suites'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from benchmarks import surveys
from benchmarks.claims import Claim
from benchmarks.suite import Budget, check_claims
from benchmarks.timings import Step, TimingPlan, Workload
from resnet_variants.choices import choose
from resnet_variants.registry import parse
from resnet_variants.variant import Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """One question about what networks cost: the networks by label, the claims, the steps that are timed, and the figures.

    `batch_sizes` are images at once, by device: one that a processor fills is too small for a GPU.

    Raises:
        ValueError: a claim or a budget speaks of a network that is not there, a claim of what only training tells, or two claims share an id.
    """

    question: str
    networks: Mapping[str, Variant]
    claims: tuple[Claim, ...]
    steps: tuple[Step, ...]
    batch_sizes: Mapping[str, int]
    num_rounds: int
    figures: tuple[str, ...]
    budgets: tuple[Budget, ...] = ()

    def __post_init__(self) -> None:
        check_claims(self.claims, self.budgets, labels=self.networks, timed=self.steps)
        for claim in self.claims:
            if claim.measure.over == "seeds":
                raise ValueError(f"claim {claim.id!r} is about the {claim.measure.words}, and a survey trains nothing")

    def plan(self, labels: Iterable[str], device: str) -> TimingPlan:
        """The session that times some of its networks on a device, in fp32."""
        networks = [self.networks[label] for label in labels]
        return TimingPlan(
            workloads=tuple(Workload(architecture=network, task=network.task) for network in networks),
            steps=self.steps,
            batch_size=self.batch_sizes[device],
            precision="fp32",
            num_rounds=self.num_rounds,
        )


def networks_named(names: Iterable[str]) -> dict[str, Variant]:
    """Networks by their names, each of which is its label."""
    return {name: parse(name) for name in names}


def survey_names() -> list[str]:
    """The surveys there are."""
    return sorted(module.name for module in iter_modules(surveys.__path__))


def load_survey(name: str) -> Survey:
    """The survey called `name`.

    Raises:
        ValueError: no such survey; names the choices.
    """
    choose("survey", name, dict.fromkeys(survey_names()))
    survey = import_module(f"benchmarks.surveys.{name}").SURVEY
    assert isinstance(survey, Survey)
    return survey
