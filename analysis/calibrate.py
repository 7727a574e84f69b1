"""How far the verdicts can be trusted: python -m analysis.calibrate OUT

Simulates suites whose truth is known and counts the outcomes that the rules of `verdicts` give them. The noise of a seed is measured: the median,
over the claims of the store OUT, of the standard deviation of their paired differences. An outcome that the truth does not bear is
wrong (at the margin itself every decided one): at most 5% of suites may hold one. It takes about half a minute.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from analysis.inference.effects import Evidence, paired_effects
from analysis.inference.verdicts import LEVEL, Outcome, judge
from analysis.statistics import detectable_effect
from analysis.tables.studies import is_of_its_suite, studies_of
from benchmarks.spec.claims import Claim, Equal, Less
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from resnet_variants.command import start

Kind = Literal["less", "equal"]
Truth = Literal["no effect", "at the margin", "large"]
KINDS: tuple[Kind, ...] = ("less", "equal")
TRUTHS: tuple[Truth, ...] = ("no effect", "at the margin", "large")
SEEDS = (3, 5, 8)
NUM_CLAIMS = 8  # as many as the larger suites hold
MARGIN = 1.0
WIDTH = 100  # columns, where the output is no terminal
LARGE = 10.0  # standard deviations of a paired difference
OUTCOMES: tuple[Outcome, ...] = ("supported", "contradicted", "inconclusive")


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The share of claims with each outcome, and the share of suites with at least one wrong outcome."""

    shares: dict[Outcome, float]
    wrong_suites: float


def simulate(
    kind: Kind, truth: Truth, deviation: float, num_seeds: int, *, num_suites: int, random: np.random.Generator
) -> Calibration:
    """Judge suites of equal claims whose paired differences are normal around the truth with this standard deviation."""
    mean = {"no effect": 0.0, "at the margin": MARGIN, "large": MARGIN + LARGE * deviation}[truth]
    claims = [_claim(number, kind) for number in range(NUM_CLAIMS)]
    wrong = _wrong(claims[0], truth)
    outcomes: Counter[Outcome] = Counter()
    num_wrong = 0
    for _ in range(num_suites):
        effects = random.normal(mean, deviation, (NUM_CLAIMS, num_seeds))
        evidence = {
            one.id: Evidence(effects=dict(enumerate(values.tolist()))) for one, values in zip(claims, effects, strict=True)
        }
        found = [verdict.outcome for verdict in judge(claims, evidence)]
        outcomes.update(found)
        num_wrong += any(outcome in wrong for outcome in found)
    return Calibration(
        shares={outcome: outcomes[outcome] / (NUM_CLAIMS * num_suites) for outcome in OUTCOMES},
        wrong_suites=num_wrong / num_suites,
    )


def _wrong(claim: Claim, truth: Truth) -> set[Outcome]:
    """The outcomes that a truth does not bear; on the margin itself neither side is right."""
    if truth == "at the margin":
        return {"supported", "contradicted"}
    is_beyond = truth == "large"
    return {"contradicted"} if is_beyond == (claim.test.region == "beyond") else {"supported"}


def measured_deviations(out: Path) -> list[float]:
    """The standard deviation of the paired differences of every claim about an error that a store can test, in points."""
    results, _ = Out(out).trials.read_all()
    deviations = []
    for name in suite_names():
        for study in filter(is_of_its_suite, studies_of(name, load_suite(name), results)):
            for claim in (claim for claim in study.suite.claims if claim.metric.endswith("_error_pct")):
                effects = list(paired_effects(study.trials, claim).values())
                if len(effects) >= min(SEEDS):
                    deviations.append(float(np.std(effects, ddof=1)))
    return deviations


def _claim(number: int, kind: Kind) -> Claim:
    test = Less(smaller="a", larger="b") if kind == "less" else Equal(reference="a", other="b")
    return Claim(
        id=f"{kind}-{number}", statement="Simulated.", source="simulated", metric="test_error_pct", test=test, margin=MARGIN
    )


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The store whose noise is taken.")] = Path("results/reference"),
    suites: Annotated[int, typer.Option(metavar="N", help="Suites to simulate for each row.")] = 400,
) -> None:
    """Print how often each outcome is given where the truth is known, and the effect that so many seeds find four times in five."""
    deviations = measured_deviations(out)
    if not deviations:
        typer.echo(f"error: {out / 'trials'} holds no claim with {min(SEEDS)} seeds: run a suite first", err=True)
        raise typer.Exit(2)
    deviation = float(np.median(deviations))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(
        f"{counted(len(deviations), 'claim')} of {out}: a paired difference varies by {deviation:.2f} points from seed to seed (median; "
        f"{min(deviations):.2f} to {max(deviations):.2f}). {NUM_CLAIMS} claims a suite, margin {MARGIN:g}, {suites} suites a row.",
        soft_wrap=True,
    )
    table = Table("claim", "truth", box=None, header_style="bold", pad_edge=False)
    for column in ("seeds", *OUTCOMES, "wrong suites", "found 4 in 5"):
        table.add_column(column, justify="right")
    random = np.random.default_rng(0)
    for kind in KINDS:
        for truth in TRUTHS:
            for num_seeds in SEEDS:
                found = simulate(kind, truth, deviation, num_seeds, num_suites=suites, random=random)
                shares = [f"{found.shares[outcome]:.1%}" for outcome in OUTCOMES]
                power = (
                    f"{MARGIN + detectable_effect(deviation, num_seeds, 1 - LEVEL / NUM_CLAIMS):.1f}" if kind == "less" else ""
                )
                table.add_row(kind, truth, str(num_seeds), *shares, f"{found.wrong_suites:.1%}", power)
    console.print(table)


if __name__ == "__main__":
    start(main)
