"""Measure how often verdicts are wrong, on simulated suites: python -m analysis.calibrate OUT

Suites with a known true effect are simulated, and `verdicts` decides their claims. The noise per seed is measured: the standard deviation
of a claim's paired differences, median over the claims of the store OUT. An outcome is wrong if it contradicts the true effect; for an
effect on the margin every decided outcome is wrong. At most 5% of suites may contain a wrong outcome. A run takes about half a minute.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from analysis.inference.claim_tests import LEVEL
from analysis.inference.effects import Evidence, paired_effects
from analysis.inference.verdicts import Outcome, judge
from analysis.statistics.power import detectable_effect
from analysis.tables.grouping import studies_of
from analysis.tables.studies import is_of_its_suite
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Equal, Less
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import start

Kind = Literal["less", "equal"]
Truth = Literal["no effect", "at the margin", "large"]
KINDS: tuple[Kind, ...] = ("less", "equal")
TRUTHS: tuple[Truth, ...] = ("no effect", "at the margin", "large")
SEEDS = (3, 5, 8)
NUM_CLAIMS = 8  # as in the larger suites
MARGIN = 1.0
WIDTH = 100  # columns, if the output is not a terminal
LARGE = 10.0  # standard deviations of a paired difference
OUTCOMES: tuple[Outcome, ...] = ("supported", "contradicted", "inconclusive")


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Share of claims with each outcome, and share of suites with at least one wrong outcome."""

    shares: dict[Outcome, float]
    wrong_suites: float


def simulate(
    kind: Kind, truth: Truth, deviation: float, num_seeds: int, *, num_suites: int, random: np.random.Generator
) -> Calibration:
    """Decide simulated suites of equal claims whose paired differences are normal around the true effect."""
    mean = {"no effect": 0.0, "at the margin": MARGIN, "large": MARGIN + LARGE * deviation}[truth]
    claims = [_claim(number, kind) for number in range(NUM_CLAIMS)]
    wrong = _wrong_outcomes(claims[0], truth)
    outcomes: Counter[Outcome] = Counter()
    num_wrong = 0
    for _ in range(num_suites):
        effects = random.normal(mean, deviation, (NUM_CLAIMS, num_seeds))
        evidence = {
            claim.id: Evidence(effects=dict(enumerate(values.tolist()))) for claim, values in zip(claims, effects, strict=True)
        }
        decided = [verdict.outcome for verdict in judge(claims, evidence)]
        outcomes.update(decided)
        num_wrong += any(outcome in wrong for outcome in decided)
    return Calibration(
        shares={outcome: outcomes[outcome] / (NUM_CLAIMS * num_suites) for outcome in OUTCOMES},
        wrong_suites=num_wrong / num_suites,
    )


def _wrong_outcomes(claim: Claim, truth: Truth) -> set[Outcome]:
    """Return the outcomes that contradict the true effect; on the margin both decided outcomes are wrong."""
    if truth == "at the margin":
        return {"supported", "contradicted"}
    is_beyond = truth == "large"
    return {"contradicted"} if is_beyond == (claim.test.region == "beyond") else {"supported"}


def measured_deviations(out: Path) -> list[float]:
    """Compute the standard deviation of paired differences, in points, of every testable claim about an error in a store.

    Raises:
        NewerSchemaError: a record has a newer schema.
        ValueError: the store holds no such claim.
    """
    results, _ = Out(out).trials.read_all()
    deviations = []
    for name in suite_names():
        for study in filter(is_of_its_suite, studies_of(name, load_suite(name), results)):
            for claim in (claim for claim in study.suite.claims if claim.metric.endswith("_error_pct")):
                effects = list(paired_effects(study.trials, claim).values())
                if len(effects) >= min(SEEDS):
                    deviations.append(float(np.std(effects, ddof=1)))
    if not deviations:
        raise ValueError(f"{Out(out).trials.folder} holds no claim about errors with {min(SEEDS)} seeds: run a suite first")
    return deviations


def _claim(number: int, kind: Kind) -> Claim:
    test = Less(smaller="a", larger="b") if kind == "less" else Equal(reference="a", other="b")
    return Claim(
        id=f"{kind}-{number}", statement="Simulated.", source="simulated", metric="test_error_pct", test=test, margin=MARGIN
    )


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run; its trials give the noise.")] = Path(
        "results/reference"
    ),
    suites: Annotated[int, typer.Option(min=1, metavar="N", help="Suites to simulate per row.")] = 400,
) -> None:
    """Print the rate of each outcome for known true effects, and the effect that each number of seeds detects with 80% power."""
    try:
        deviations = measured_deviations(out)
    except (ValueError, NewerSchemaError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    deviation = float(np.median(deviations))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(
        f"{counted(len(deviations), 'claim')} of {out}: the standard deviation of a paired difference over seeds is {deviation:.2f} points "
        f"(median; range {min(deviations):.2f} to {max(deviations):.2f}). {NUM_CLAIMS} claims per suite, margin {MARGIN:g}, "
        f"{suites} suites per row.",
        soft_wrap=True,
    )
    table = Table("claim", "true effect", box=None, header_style="bold", pad_edge=False)
    for column in ("seeds", *OUTCOMES, "wrong suites", "80% power at"):
        table.add_column(column, justify="right")
    random = np.random.default_rng(0)
    for kind in KINDS:
        for truth in TRUTHS:
            for num_seeds in SEEDS:
                calibration = simulate(kind, truth, deviation, num_seeds, num_suites=suites, random=random)
                shares = [f"{calibration.shares[outcome]:.1%}" for outcome in OUTCOMES]
                power = (
                    f"{MARGIN + detectable_effect(deviation, num_seeds, 1 - LEVEL / NUM_CLAIMS):.1f}" if kind == "less" else ""
                )
                table.add_row(kind, truth, str(num_seeds), *shares, f"{calibration.wrong_suites:.1%}", power)
    console.print(table)


if __name__ == "__main__":
    start(main)
