"""Judge the claims once more with each arm at its own best learning rate: verdicts of their own, in no total and in no family of the headlines.

The rates were chosen on images held out of the training images, with seeds of their own. These are the only verdicts whose arms differ in a
field of the recipe.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.rates import has_rates
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.tables.studies import Study
from analysis.tables.tuning import at_chosen_rates, tunings_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.tuning import NUM_RUNS, ArmTuning

TITLE = "Each at its own best rate"
KEPT = ("outcome", "effect", "runs_that_train")  # of a verdict's JSON


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuned:
    """Tuning of the arms by label, and the verdicts with each arm at its own rate.

    `has_splits` if each seed divides the images for itself.
    """

    arms: Mapping[str, ArmTuning]
    verdicts: tuple[Verdict, ...]
    has_splits: bool

    @property
    def chosen(self) -> dict[str, float]:
        """Chosen rate of each arm that has one."""
        return _chosen(self.arms)

    @property
    def at_edge(self) -> list[str]:
        """Arms whose rate is at the edge of the grid."""
        return at_edge(self.arms)

    def rates(self, claim: Claim) -> dict[str, float]:
        """Return the chosen rates of a claim's arms."""
        return {arm: self.chosen[arm] for arm in claim.test.contrast if arm in self.chosen}

    @property
    def warnings(self) -> Iterator[str]:
        """What a reader must know before the verdicts: rates at the grid's edge, missing runs, and shared images."""
        if self.at_edge:
            yield f"At the edge of the grid, so that a better rate may lie beyond it: {', '.join(self.at_edge)}."
        if short := unfinished(self.arms):
            yield f"No rate chosen, because tuning runs lack a result: {', '.join(short)}."
        if self.has_splits:
            yield "Each seed divides the images for itself: images held out in tuning may be test images of another seed."

    def in_words(self, verdict: Verdict) -> str:
        """Describe one of the verdicts, with the rates of its arms."""
        rates = ", ".join(f"{arm} {rate:g}" for arm, rate in self.rates(verdict.claim).items())
        return f"{TITLE} ({rates}): {in_words(verdict)}" if rates else in_words(verdict)


def judge_tuned(study: Study) -> Tuned | None:
    """Judge the claims about trained networks with each arm at its chosen rate; None if no claim has all its arms tuned.

    Holm's correction is over these claims, tested or not; optional claims are a family of their own, as in the headline.
    """
    suite, arms = study.suite, tunings_of(study)
    chosen = _chosen(arms)
    families = [
        [claim for claim in family if has_rates(claim)]
        for family in suite.families(study.dataset.name, study.results[0].data.classes)
    ]
    claims = [claim for family in families for claim in family]
    if not any(claim.test.contrast.keys() <= chosen.keys() for claim in claims):
        return None
    at_best = at_chosen_rates(study, chosen)
    evidence = {claim.id: _evidence(claim, at_best, chosen) for claim in claims}
    judged = {verdict.claim.id: verdict for family in families for verdict in judge(family, evidence, study.looks)}
    has_splits = any(result.trial.split is not None for result in study.tuning)
    return Tuned(arms=arms, verdicts=tuple(judged[claim.id] for claim in claims), has_splits=has_splits)


def _chosen(arms: Mapping[str, ArmTuning]) -> dict[str, float]:
    return {label: tuning.chosen for label, tuning in arms.items() if tuning.chosen is not None}


def at_edge(arms: Mapping[str, ArmTuning]) -> list[str]:
    """Return the arms whose chosen rate is at the edge of the grid."""
    return [label for label, tuning in arms.items() if tuning.is_at_edge]


def unfinished(arms: Mapping[str, ArmTuning]) -> list[str]:
    """Return the arms of which tuning runs lack a result, with the number of those that have one."""
    short = {label: tuning for label, tuning in arms.items() if tuning.chosen is None}
    return [f"{label} ({tuning.num_runs} of {NUM_RUNS * len(tuning.rates)})" for label, tuning in short.items()]


def _evidence(claim: Claim, at_best: Study, chosen: Mapping[str, float]) -> Evidence:
    """Return the evidence for a claim, or why there is none: an arm is not tuned, or did not run at its chosen rate."""
    ran = at_best.present
    lacking = [
        f"{arm} (not trained at its rate, {chosen[arm]:g})" if arm in chosen else f"{arm} (its tuning is incomplete)"
        for arm in claim.test.contrast
        if arm not in chosen or at_best.suite.arms[arm] not in ran
    ]
    return Evidence(effects={}, failed=lacking) if lacking else evidence_of(claim, at_best)


def with_tuned(rows: Iterable[dict[str, object]], tuned: Tuned | None) -> list[dict[str, object]]:
    """Return the JSON objects of verdicts, each with its tuned verdict; None without one."""
    if tuned is None:
        return [row | {"tuned": None} for row in rows]
    found = {}
    for verdict, row in zip(tuned.verdicts, verdicts_json(tuned.verdicts), strict=True):
        rates = tuned.rates(verdict.claim)
        edges = [arm for arm in rates if arm in tuned.at_edge]
        found[row["claim"]] = {"rates": rates, "at_grid_edge": edges, "p": verdict.p} | {key: row[key] for key in KEPT}
    return [row | {"tuned": found.get(row["claim"])} for row in rows]
