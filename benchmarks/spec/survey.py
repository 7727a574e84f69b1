"""A survey by value: networks that are counted and timed on images of their own size, but not trained, and claims about them.

Each survey is a file in `surveys/` that holds one `SURVEY`; the file's name is its name on the command line, as with
suites.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.spec.checks import check_claims, check_labels, check_successors, main_of, make_tuple
from benchmarks.spec.claims import Claim
from benchmarks.spec.figures import named_figures
from benchmarks.spec.named import move, name_of_file, named
from benchmarks.spec.plugins import load_value, names_bound, names_in
from benchmarks.spec.suite import ALL, SUITES, Budget, Suite, load_suite, suite_names
from benchmarks.spec.timing import NUM_ROUNDS, Step, TimingPlan, Workload
from benchmarks.spec.trial import Arm
from resnet_variants.architecture import Task
from resnet_variants.lookup import choose
from resnet_variants.variant import Variant

DEVICES = ("cpu", "cuda", "mps")
SURVEYS = "benchmarks.surveys"
FIGURES_OF_COUNTS = ("counted_costs",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """A question about the cost of networks: networks by label, claims, timed steps, and figures.

    `retired` claims and the `main` one are as in a suite.
    `batch_sizes` are in images, by device, because a batch that fills a CPU is too small for a GPU. The claims are
    tested with these. Each network is also timed in batches of `more_batch_sizes` (only inference if the size is 1),
    and those labelled in `compiled` also with torch.compile. `task` sets the images and classes (default: each
    network's own).

    Raises:
        ValueError: a claim or a budget names an unknown network, a claim needs training, the main claim is not one of its
            claims, or two claims share an id.
    """

    question: str
    networks: Mapping[str, Variant]
    claims: tuple[Claim, ...]
    steps: tuple[Step, ...]
    batch_sizes: Mapping[str, int]
    figures: tuple[str, ...]
    num_rounds: int = NUM_ROUNDS
    budgets: tuple[Budget, ...] = ()
    retired: tuple[Claim, ...] = ()
    main: str = ""
    more_batch_sizes: tuple[int, ...] = ()
    compiled: tuple[str, ...] = ()
    precision: Literal["fp32", "bf16"] = "fp32"
    task: Task | None = None

    def __post_init__(self) -> None:
        for name, kind in (("claims", Claim), ("retired", Claim), ("budgets", Budget), ("figures", str)):
            make_tuple(self, name, kind)
        object.__setattr__(self, "figures", named_figures(self.figures))
        check_labels(self.networks)
        check_claims(
            (*self.claims, *self.retired), (budget.arms for budget in self.budgets), labels=self.networks, timed=self.steps
        )
        check_successors(self.claims, self.retired)
        for claim in (*self.claims, *self.retired):
            if claim.measure.over == "seeds":
                raise ValueError(f"claim {claim.id!r} is about the {claim.measure.words}, but a survey trains nothing")
        for label in self.compiled:
            choose("network", label, self.networks)
        object.__setattr__(self, "main", main_of(self.main, self.claims))

    def plan(self, name: str, labels: Iterable[str], device: str) -> TimingPlan:
        """Return the session that times these networks on a device, beginning with all of them at the batch size that claims use."""
        labels, size = list(labels), self.batch_sizes[device]
        main = [self.workload(label, size) for label in labels]
        more = [self.workload(label, other) for other in self.more_batch_sizes for label in labels if self.steps]
        compiled = [
            replace(self.workload(label, size), mode="compiled") for label in labels if label in self.compiled and self.steps
        ]
        workloads = (*main, *more, *compiled, *graphs_of(main, device))
        claimed = claimed_networks(self.claims, {label: self.networks[label] for label in labels})
        return TimingPlan(
            workloads=workloads,
            precision=self.precision,
            num_rounds=self.num_rounds,
            survey=name,
            unclaimed=unclaimed(workloads, main, claimed),
        )

    def workload(self, label: str, batch_size: int) -> Workload:
        """Return a workload: a network in eager mode, at a batch size."""
        network = self.networks[label]
        steps = tuple(step for step in self.steps if step == "infer" or batch_size > 1)
        return Workload(architecture=network, task=self.task or network.task, batch_size=batch_size, steps=steps)


def claimed_networks(claims: Iterable[Claim], networks: Mapping[str, Variant]) -> set[Variant]:
    """Return the networks whose times a claim compares, if all networks of the claim are present."""
    timed = [claim.test.contrast.keys() for claim in claims if claim.kind == "time"]
    return {networks[label] for compared in timed if compared <= networks.keys() for label in compared}


def unclaimed(workloads: Iterable[Workload], main: Iterable[Workload], claimed: Collection[Variant]) -> tuple[int, ...]:
    """Return the positions of the workloads that no claim speaks of: claims speak of `main`, the eager ones in the batches of claims."""
    spoken_of = {workload for workload in main if workload.architecture in claimed}
    return tuple(place for place, workload in enumerate(workloads) if workload not in spoken_of)


def graphs_of(workloads: Iterable[Workload], device: str) -> list[Workload]:
    """Return the timed workloads as CUDA graphs, on a GPU only; eager steps take longer because of kernel launches."""
    return [replace(workload, mode="graph") for workload in workloads if device == "cuda" and workload.steps]


def survey_of(suite: Suite, task: Task, batch_size: int, precision: Literal["fp32", "bf16"], steps: tuple[Step, ...]) -> Survey:
    """Return a survey of a suite's networks, with those of its claims that need no training."""
    networks: dict[Variant, str] = {}
    for label, arm in suite.arms.items():
        networks.setdefault(arm.architecture, arm.without_settings.label if arm.settings else label)
    labels = set(networks.values())
    claims = [claim for claim in suite.claims if _needs_no_training(claim, steps) and claim.test.contrast.keys() <= labels]
    return Survey(
        question=suite.question,
        networks={label: network for network, label in networks.items()},
        claims=tuple(claims),
        main=main_of(suite.main, claims, is_part=True),
        steps=steps,
        batch_sizes=dict.fromkeys(DEVICES, batch_size),
        num_rounds=suite.num_rounds,
        figures=("time_by_macs", "roofline", "equal_costs") if steps else FIGURES_OF_COUNTS,
        budgets=tuple(budget for budget in suite.budgets if set(budget.arms) <= labels),
        more_batch_sizes=(1,) if batch_size > 1 else (),
        precision=precision,
        task=task,
    )


def _needs_no_training(claim: Claim, steps: tuple[Step, ...]) -> bool:
    over = claim.measure.over
    return over in ("counts", "published") or (over == "sessions" and claim.metric.partition("_")[0] in steps)


def counted_alone(survey: Survey) -> Survey:
    """Return the survey without timed steps and without claims about them."""
    claims, retired = (
        tuple(claim for claim in claims if _needs_no_training(claim, steps=())) for claims in (survey.claims, survey.retired)
    )
    main = main_of(survey.main, claims, is_part=True)
    return replace(survey, steps=(), claims=claims, main=main, retired=retired, figures=FIGURES_OF_COUNTS)


def survey_behind(plan: TimingPlan, suite: Suite | None = None) -> Survey:
    """Return the survey that a session's plan belongs to: one with its own file, or one of a suite's networks without training.

    `suite` is for a plan of a comparison, which has no file.

    Raises:
        ValueError: the survey or suite is unknown, or its file is wrong.
    """
    assert plan.survey is not None
    if suite is None and plan.survey in survey_names():
        survey = load_survey(plan.survey)
        return survey if plan.is_timed else counted_alone(survey)
    first = plan.workloads[0]
    suite = (suite or load_suite(plan.survey)).with_optional(
        {Arm(architecture=workload.architecture) for workload in plan.workloads}
    )
    return survey_of(suite, first.task, first.batch_size, plan.precision, first.steps)


def suite_name(text: str) -> str:
    """Return the name of the suite or survey that a name, a path or an entry point names; its file is known by this name from now on.

    Raises:
        ValueError: the file does not exist, or its name is invalid or that of a suite or survey of this project.
    """
    name = name_of_file("suite", SUITES, text, taken=(SURVEYS,)) if text != ALL else ALL
    file = named(SUITES).get(name)
    if file is not None and (file.attribute == "SURVEY" if file.attribute else "SURVEY" in names_bound(file.path)):
        move(name, SUITES, SURVEYS)
    return name


def known_suites(texts: Iterable[str]) -> list[str]:
    """Return the names of the suites and surveys that these texts name; "all" is left out.

    Raises:
        ValueError: one is unknown, or its file is wrong.
    """
    names = [name for text in texts if (name := suite_name(text)) != ALL]
    for name in names:
        choose("suite", name, dict.fromkeys([*suite_names(), *survey_names()]))
    return names


def survey_names() -> list[str]:
    """Return the names of the available surveys."""
    return names_in(SURVEYS)


def load_survey(name: str) -> Survey:
    """Return the survey called `name`.

    Raises:
        ValueError: the survey is unknown (the message lists the choices), or its file is wrong (the message names the
            file).
    """
    return load_value("survey", SURVEYS, name, "SURVEY", Survey)
