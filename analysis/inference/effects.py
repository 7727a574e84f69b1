"""Compute the evidence for a claim: its effect per seed or timing session, what is missing, and how far apart a machine timed one network."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.inference.missing import missing_values
from analysis.inference.seed_effects import known_values, paired_effects, trained_by_arm, values_of
from analysis.statistics.failures import Levels, Runs, estimate_rate
from analysis.statistics.means import CONFIDENCE, Estimate, deviation_of, estimate, estimate_share
from analysis.statistics.ranks import least_rank_deviation
from analysis.tables.arm_words import noun_phrase
from analysis.tables.counts import counts_of, lower_bounds
from analysis.tables.frames import of_one_kind, with_result
from analysis.tables.published import published_readings
from analysis.tables.rounding import image_pct, least_deviations
from analysis.tables.sessions import Sessions, largest_twin_difference
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks
from benchmarks.spec.cost import Cost
from benchmarks.spec.timing import Step
from benchmarks.store.tuning import best_rates
from resnet_variants.registry import name_of
from resnet_variants.variant import Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Evidence for one claim: its effect per seed or timing session, and the measurements that failed, each with its reason.

    If the effects are correlations of ranks it `is_ranking`, and `left_out` has the seeds that it leaves out, each with the reason: a probe
    returned no value, or all arms tie.
    `trained` holds by arm and seed whether the run trains; it is empty if training plays no part in the claim. `least_deviation` is a lower
    bound on the standard deviation of the effects, because errors count whole images. `twin_difference` is by how much the sessions timed
    one network apart at most, as a fraction of the shorter time, if that was measured. `bases` holds the values of which a relative margin is
    a fraction, `image_pct` what one image is worth in points, 0 if the metric counts no images, and `image_deviation` the most that the sample
    of test images can add to the standard deviation of the effects. `levels` are the two effects that a run can have if the metric is a
    rate. `first_seed` is that of the study, `split_sizes` the numbers of training and test images if each seed has its own split. `values` are
    those of the metric by arm and seed. `read` holds by arm counts or published values, which are not sampled, `settings` their conditions.
    """

    effects: Mapping[int, float]
    failed: Sequence[str] = ()
    is_ranking: bool = False
    left_out: Mapping[int, str] = field(default_factory=dict)
    trained: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    least_deviation: float = 0.0
    twin_difference: float | None = None
    bases: Mapping[int, float] = field(default_factory=dict)
    read: tuple[Mapping[str, float], ...] = ()
    settings: tuple[str, ...] = ()
    image_pct: float = 0.0
    image_deviation: float = 0.0
    levels: Levels | None = None
    first_seed: int = 0
    split_sizes: tuple[int, int] | None = None
    values: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    @property
    def means(self) -> dict[str, float]:
        """Mean of the metric by arm, over its runs of one kind: those that train, or all if none does; a count or a published value as read."""
        trains = {arm: {seed for seed, is_trained in runs.items() if is_trained} for arm, runs in self.trained.items()}
        kept = {arm: [found[seed] for seed in found.keys() & (trains.get(arm) or found)] for arm, found in self.values.items()}
        return {arm: math.fsum(values) / len(values) for arm, values in kept.items() if values} or dict(*self.read[:1])

    @property
    def runs(self) -> dict[str, Runs]:
        """Number of runs by arm, and of those that train."""
        return {arm: Runs(sum(trains.values()), len(trains)) for arm, trains in self.trained.items()}

    @property
    def num_repeats(self) -> int:
        """Number of seeds or timing sessions in which all arms were measured; a run that fails may lack a value."""
        return max([len(self.effects) + len(self.left_out), *(runs.n for runs in self.runs.values())])

    def at(self, num_seeds: int) -> "Evidence | None":
        """Return the evidence of the first seeds, from the study's first on; None if an arm is short of one."""
        seen = range(self.first_seed, self.first_seed + num_seeds)
        first = replace(
            self,
            effects={seed: effect for seed, effect in self.effects.items() if seed in seen},
            trained={arm: {seed: trains for seed, trains in runs.items() if seed in seen} for arm, runs in self.trained.items()},
            left_out={seed: why for seed, why in self.left_out.items() if seed in seen},
            values={arm: {seed: value for seed, value in found.items() if seed in seen} for arm, found in self.values.items()},
        )
        return first if first.num_repeats == num_seeds else None

    @property
    def is_mixed(self) -> bool:
        """Whether some runs of an arm train and others fail."""
        return any(0 < runs.trained < runs.n for runs in self.runs.values())

    @property
    def is_partial(self) -> bool:
        """Whether the effects are not of all seeds: an arm is mixed, or seeds are left out."""
        return self.is_mixed or bool(self.left_out)

    @property
    def comparable(self) -> dict[int, float]:
        """Effects of runs of one kind: of the seeds in which all arms train if an arm is mixed, else of all seeds.

        In a ranking arms that fail with every seed have their place, too.
        """
        if not self.is_mixed:
            return dict(self.effects)
        kinds = [runs for runs in self.trained.values() if not self.is_ranking or any(runs.values())]
        return {seed: effect for seed, effect in self.effects.items() if all(runs[seed] for runs in kinds)}

    @property
    def comparable_bases(self) -> list[float]:
        """Bases of the comparable effects, in the same order; empty if the margin is not relative."""
        return [self.bases[seed] for seed in self.comparable] if self.bases else []

    def estimate(self, confidence: float = CONFIDENCE) -> Estimate:
        """Compute the mean of the comparable effects, as a fraction of the bases if the margin is relative, with its interval."""
        values = list(self.comparable.values())
        if self.levels:
            return estimate_rate(values, self.levels, confidence)
        if self.bases:
            return estimate_share(values, self.comparable_bases, self.least_deviation, confidence)
        return estimate(values, self.least_deviation, confidence)

    @property
    def deviation(self) -> float:
        """Standard deviation of the comparable effects, at least `least_deviation`; as a fraction of the bases if the margin is relative."""
        values, bases = list(self.comparable.values()), self.comparable_bases
        if not bases:
            return deviation_of(values, self.least_deviation)
        share, base = self.estimate().value, sum(bases) / len(bases)
        if base == 0:
            return math.inf
        return (
            deviation_of([value - share * base for value, base in zip(values, bases, strict=True)], self.least_deviation) / base
        )


def evidence_of(claim: Claim, study: Study) -> Evidence:
    """Return the evidence that a study's trials, costs and timing session give for a claim."""
    contrast = claim.test.contrast
    if claim.measure.over == "tunings":
        return _evidence_of_tunings(claim, study)
    if claim.measure.over != "seeds":
        networks = {label: arm.architecture for label, arm in study.suite.arms.items()}
        return evidence_without_seeds(claim, networks, study.costs_by_arm, study.sessions)
    rows, effects = study.trials[study.trials["arm"].isin(contrast)], paired_effects(study.trials, claim)
    needs_training = claim.kind == "evidence" and claim.needs_training and not claim.measure.is_rate
    trained = trained_by_arm(with_result(rows), contrast) if needs_training else {}
    failed, left_out = missing_values(claim, study, trained)
    is_ranking = isinstance(claim.test, Tracks)
    return Evidence(
        effects=effects,
        trained=trained,
        failed=failed,
        is_ranking=is_ranking,
        left_out=left_out,
        least_deviation=least_rank_deviation(len(contrast)) if is_ranking else _contrast_deviation(claim, study),
        bases={} if claim.base is None else values_of(study.trials, claim.metric, claim.base, effects),
        image_pct=image_pct(study, claim.metric) if claim.kind == "evidence" and not is_ranking else 0.0,
        image_deviation=_image_deviation(claim, study) if claim.metric == "test_error_pct" and not is_ranking else 0.0,
        levels=(-claim.target, sum(contrast.values()) - claim.target) if claim.measure.is_rate else None,
        first_seed=study.first_seed,
        values={arm: known_values(study.trials, claim.metric, arm) for arm in contrast},
        split_sizes=_split_sizes(claim, study) if claim.kind == "evidence" and not is_ranking else None,
    )


def _split_sizes(claim: Claim, study: Study) -> tuple[int, int] | None:
    """Return the numbers of training and test images of the arms of a claim, the smallest; None if the split is fixed."""
    results = study.results_of({study.suite.arms[label] for label in claim.test.contrast})
    if not results or any(result.trial.split is None for result in results):
        return None
    return min(result.trial.num_images(result.data.num_train) for result in results), results[0].data.num_test


def _evidence_of_tunings(claim: Claim, study: Study) -> Evidence:
    """Return the contrast of the logarithms of the arms' best rates, for each seed with which all of them were tuned.

    Best rates are read off a grid in steps of an octave, which bounds their spread from below.
    """
    arms, weights = {arm: study.suite.arms[arm] for arm in claim.test.contrast}, claim.test.contrast
    best = {
        label: best_rates((run for run in study.tuning if run.trial.arm == arm), study.recipe.learning_rate)
        for label, arm in arms.items()
    }
    seeds = sorted(set.intersection(*map(set, best.values())))
    return Evidence(
        effects={
            seed: sum(weight * math.log2(best[arm][seed]) for arm, weight in weights.items()) - claim.target for seed in seeds
        },
        failed=[f"best rate of {noun_phrase(arm)} (not tuned: run with --tune)" for arm in weights if not best[arm]],
        least_deviation=math.sqrt(sum(weight**2 for weight in weights.values()) / 12),
    )


def evidence_without_seeds(
    claim: Claim, networks: Mapping[str, Variant], costs: Mapping[str, Cost], sessions: Sessions
) -> Evidence:
    """Return the evidence for a claim about counts, times or published values (of each setting that has all), in logarithms for a ratio."""
    contrast = claim.test.contrast
    if claim.kind == "published":
        names = {label: name_of(networks[label]) for label in contrast}
        readings = published_readings(claim.metric, names.values())
        return _read(
            claim, [{label: values[name] for label, name in names.items()} for values in readings.values()], settings=readings
        )
    if claim.kind == "time":
        step = step_of(claim)
        effects = [effect - claim.target for effect in sessions.contrasts(contrast, step)]
        return Evidence(
            effects=dict(enumerate(effects)),
            failed=() if effects else sessions.failures(contrast),
            twin_difference=largest_twin_difference(sessions.that_time(contrast, step), step),
        )
    counts = counts_of(claim.metric, networks, costs)
    if not contrast.keys() <= counts.keys():
        return Evidence(effects={}, failed=[*sessions.failures(contrast), *lower_bounds(claim, costs)])
    return _read(claim, [{arm: counts[arm] for arm in contrast}])


def _read(claim: Claim, read: Sequence[Mapping[str, float]], settings: Iterable[str] = ()) -> Evidence:
    """Return the evidence of values by arm: of each, the contrast minus the target, in logarithms for a ratio."""
    scale = math.log if claim.measure.is_ratio else float
    sums = [sum(weight * scale(values[arm]) for arm, weight in claim.test.contrast.items()) for values in read]
    return Evidence(
        effects={place: value - claim.target for place, value in enumerate(sums)}, read=tuple(read), settings=tuple(settings)
    )


def step_of(claim: Claim) -> Step:
    """Return the step whose time a claim compares."""
    return "train" if claim.metric.startswith("train") else "infer"


def _contrast_deviation(claim: Claim, study: Study) -> float:
    """Return the least standard deviation of a claim's contrast, combined from the rounding of its arms' errors to whole images.

    A relative margin adds to the weight of its base.
    """
    least = least_deviations(study, claim.metric)
    weights = {arm: abs(weight) + (claim.margin if arm == claim.base else 0) for arm, weight in claim.test.contrast.items()}
    return math.sqrt(sum((weight * least.get(arm, 0.0)) ** 2 for arm, weight in weights.items()))


def _image_deviation(claim: Claim, study: Study) -> float:
    """Return the standard deviation of a contrast of test errors that a new sample of test images would give every run."""
    errors = of_one_kind(study.trials).groupby("arm")["test_error_pct"].mean()
    num_images = study.results[0].data.num_test
    shares = {arm: weight**2 * errors.get(arm, 0.0) for arm, weight in claim.test.contrast.items()}
    return math.sqrt(sum(share * (100 - errors.get(arm, 0.0)) for arm, share in shares.items()) / num_images)
