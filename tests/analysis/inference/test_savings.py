"""How many trainings a run until the claims are decided saves, on seeds that are drawn from the recorded trials."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.inference.effects import Evidence
from analysis.inference.stopping import next_looks
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.reports import Reports
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.failure import failure_line_pct
from benchmarks.store.out import Out

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
LOOKS = (5, 10, 20)
SUITES = ("depth", "ordering", "shortcut", "width", "perceptron")
Drawn = dict[str, dict[str, NDArray[np.float64]]]  # by metric and arm, per seed
IMAGE_PCT = 0.2  # one test image of 500


def draw(study: Study, claims: Iterable[Claim], random: np.random.Generator) -> Drawn:
    """Draw the last look's seeds of each arm from its recorded ones, of the same seed for all metrics; each differs by up to half an image."""
    arms = dict(iter(study.trials.groupby("arm")))
    chosen = {arm: random.integers(0, len(rows), LOOKS[-1]) for arm, rows in arms.items()}
    noise = {arm: random.uniform(-IMAGE_PCT / 2, IMAGE_PCT / 2, LOOKS[-1]) for arm in arms}
    metrics = {*(claim.metric for claim in claims), "test_error_pct"}
    return {
        metric: {str(arm): rows[metric].to_numpy(float)[chosen[arm]] + noise[arm] for arm, rows in arms.items()}
        for metric in metrics
    }


def evidence(claim: Claim, drawn: Drawn, line_pct: float, num_seeds: dict[str, int]) -> Evidence:
    """Evidence of the seeds that every arm of a claim has."""
    n = min(num_seeds[arm] for arm in claim.test.contrast)
    values = sum(weight * drawn[claim.metric][arm][:n] for arm, weight in claim.test.contrast.items()) - claim.target
    trained = {arm: dict(enumerate((drawn["test_error_pct"][arm][:n] <= line_pct).tolist())) for arm in claim.test.contrast}
    bases = dict(enumerate(drawn[claim.metric][claim.base][:n].tolist())) if claim.base else {}
    effects = dict(enumerate(np.asarray(values).tolist()))
    return Evidence(effects=effects, trained=trained, bases=bases, least_deviation=IMAGE_PCT / 12**0.5)


def until_decided(claims: list[Claim], drawn: Drawn, line_pct: float, arms: Iterable[str]) -> tuple[int, list[Verdict]]:
    """Number of trainings until the claims are decided or dropped, and the verdicts."""
    num_seeds = dict.fromkeys(arms, LOOKS[0])
    while True:
        found = judge(claims, {claim.id: evidence(claim, drawn, line_pct, num_seeds) for claim in claims}, LOOKS)
        looks = next_looks(found)
        if not looks:
            return sum(num_seeds.values()), found
        look = min(looks.values())
        for claim in claims:
            for arm in claim.test.contrast if looks.get(claim.id) == look else ():
                num_seeds[arm] = max(num_seeds[arm], look)


def savings(num_draws: int) -> dict[str, tuple[float, float, float]]:
    """Share of trainings saved against 20 seeds of every arm, by suite, and the numbers of claims decided by all seeds and by looks."""
    reports, found = Reports(Out(REFERENCE).read()), {}
    for name in SUITES:
        study = next(study for study in reports.studies(name) if study.dataset.name == study.suite.dataset)
        (family,) = study.suite.families(study.suite.dataset)
        claims = [claim for claim in family if claim.kind == "evidence" and claim.measure.probe is None]
        line_pct, arms = failure_line_pct(study.recipe, study.results[0].data.classes), [*study.suite.arms]
        random, num_trained, num_decided = np.random.default_rng(0), 0, np.zeros(2)
        for _ in range(num_draws):
            drawn = draw(study, claims, random)
            full = dict.fromkeys(arms, LOOKS[-1])
            by_all = judge(claims, {claim.id: evidence(claim, drawn, line_pct, full) for claim in claims}, LOOKS[-1:])
            number, by_looks = until_decided(claims, drawn, line_pct, arms)
            num_trained += number
            num_decided += [
                sum(one.outcome in ("supported", "contradicted") for one in verdicts) for verdicts in (by_all, by_looks)
            ]
        decided_by_all, decided_by_looks = (num_decided / num_draws).tolist()
        found[name] = (1 - num_trained / (num_draws * len(arms) * LOOKS[-1]), decided_by_all, decided_by_looks)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("num_draws", [20])
def test_until_decided_saves_trainings_and_decides_nearly_as_many_claims(num_draws: int) -> None:
    found = savings(num_draws)
    print({name: tuple(round(value, 2) for value in values) for name, values in found.items()})
    shares, by_all, by_looks = (np.array(values) for values in zip(*found.values(), strict=True))
    assert shares.min() > 0 and shares.mean() > 0.3, found
    assert by_looks.sum() > 0.85 * by_all.sum(), found
