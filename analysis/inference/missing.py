"""Name the measurements that a claim lacks, with the reasons, and the seeds that a ranking leaves out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.inference.seed_effects import rank_correlations
from analysis.tables.arm_words import noun_phrase
from analysis.tables.confused import why_no_share
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks
from benchmarks.spec.metrics import Metric, metric_of
from benchmarks.spec.words import listed, numbered
from benchmarks.store.trials import HAS_RESULT

NO_VALUE = "the probe returned no value"


@dataclass(frozen=True, slots=True)
class Lacking:
    """A run that lacks a value of the metric in `words`, and why; without words it lacks all."""

    words: str
    arm: str
    seed: int
    why: str


def missing_values(claim: Claim, study: Study, trained: Mapping[str, Mapping[int, bool]]) -> tuple[list[str], dict[int, str]]:
    """Return what is missing of a claim's arms: in a list what leaves the claim untested, and by seed why it is left out of a ranking.

    A run that fails where others of its arm train counts as a failure and may lack a value. A ranking leaves out the seeds in which a probe ran
    and returned no value, or in which all arms tie.
    """
    rows = study.trials[study.trials["arm"].isin(claim.test.contrast)]
    has_result = rows["status"].isin(HAS_RESULT)
    lost = [
        Lacking("", str(row.arm), int(row.seed), str(row.status))
        for row in rows[~has_result][["arm", "seed", "status"]].itertuples()
    ]
    if not claim.is_judged_on(study.dataset.name, study.results[0].data.classes):
        return _absent_classes(claim, study) or _in_words(lost), {}
    mixed = {arm for arm, runs in trained.items() if len(set(runs.values())) > 1}
    counted = rows[has_result & ~(rows["arm"].isin(mixed) & (rows["trains"] == False))]  # noqa: E712  # the others count as failures
    left_out: dict[int, str] = {}
    for metric in claim.metrics:
        measure = metric_of(metric)
        for row in counted[counted[metric].isna()][["arm", "seed", "detail", "key"]].itertuples():
            if isinstance(claim.test, Tracks) and row.key in _probed(study, measure):
                lacking = Lacking(measure.words, row.arm, int(row.seed), NO_VALUE)
                left_out.setdefault(lacking.seed, *_in_words([lacking]))
            else:
                why = row.detail or _why(measure, study, row.key)
                lost.append(Lacking(measure.words, row.arm, int(row.seed), why))
    complete = rows[has_result].groupby("seed")["arm"].nunique() == len(claim.test.contrast)
    left_out |= dict(_ties(claim, study))
    return _in_words(lost), {seed: why for seed, why in left_out.items() if complete[seed]}


def _in_words(lacking: Iterable[Lacking]) -> list[str]:
    """Return a phrase per metric and reason, which names the arms that lack it with the same seeds."""
    seeds: dict[tuple[str, str, str], list[int]] = {}
    for run in lacking:
        seeds.setdefault((run.words, run.why, run.arm), []).append(run.seed)
    arms: dict[tuple[str, str, str], list[str]] = {}
    for (words, why, arm), known in seeds.items():
        arms.setdefault((words, why, numbered("seed", known)), []).append(noun_phrase(arm))
    return [
        f"{f'{words} of ' if words else ''}{listed(nouns)}, {of_seeds} ({why})" for (words, why, of_seeds), nouns in arms.items()
    ]


def _absent_classes(claim: Claim, study: Study) -> list[str]:
    """Return the reason why a claim about two classes is not measured on images without them; none if it is not judged for another one."""
    pairs = [measure for measure in claim.measures if measure.confused is not None]
    return [f"{measure.words} ({_why(measure, study, study.results[0].trial.key)})" for measure in pairs]


def _probed(study: Study, measure: Metric) -> set[str]:
    """Return the keys of the trials that a metric's probe measured."""
    return {result.trial.key for result in study.probes if result.probe == measure.probe and result.status == "ok"}


def _ties(claim: Claim, study: Study) -> Iterator[tuple[int, str]]:
    """Yield the seeds in which all arms of a ranking tie."""
    if isinstance(claim.test, Tracks):
        for seed, correlation in rank_correlations(study.trials, claim).items():
            if correlation is None:
                yield seed, f"all arms tie with seed {seed}"


def _why(measure: Metric, study: Study, key: str) -> str:
    """Return why a trial with a result has no value of a metric."""
    if measure.confused is not None:
        result = next(result for result in study.results if result.trial.key == key)
        return why_no_share(result, study.labels.get(result.trial.seed, ()), measure.confused)
    return NO_VALUE if key in _probed(study, measure) else "not probed"
