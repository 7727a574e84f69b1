"""A claim may be about a value of a user's own probe, which its suite's plan holds by digest; a broken probe is refused before training."""

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

from benchmarks.run import main
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less
from benchmarks.spec.declaration import claim_hash
from benchmarks.spec.metrics import METRICS, metric_name, metric_of

RUN = typer.Typer()
RUN.command()(main)
SHORT = ("--seeds", "3", "--rates", "recipe", "--set", "epochs=4", "--set", "batch_size=5", "--jobs", "1", "--device", "cpu")
PROBE = """
from benchmarks import Findings

def measure(subject):
    num_tensors = len(list(subject.network.parameters()))
    return Findings(values={"num_tensors": num_tensors + 0.1 * subject.trial.seed, "seed": 99.0, "share_pct": 1.0})
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(RUN, [str(word) for word in words])


def on(metric: str) -> Claim:
    return Claim(id="one", statement="", source="mine", metric=metric, test=Less(smaller="a", larger="b"), margin=0.5)


def test_a_metric_of_a_users_probe_is_its_name_and_that_of_the_value() -> None:
    metric = metric_of("my_probe:largest_gain")
    assert (metric.words, metric.probe, metric.unit, metric.is_ratio) == ("largest gain (my_probe)", "my_probe", "", False)
    assert metric_of("my_probe:error_pct").unit == "points"
    assert all(
        metric_of(name) == METRICS[name] and metric_name(METRICS[name].probe or "", name) == name
        for name in METRICS
        if METRICS[name].probe
    )
    assert metric_name("my_probe", "test_error_pct") == "my_probe:test_error_pct"
    assert len({claim_hash(on(name)) for name in ("my_probe:a", "my_probe:b", "your_probe:a", "change_slope")}) == 4


@pytest.mark.parametrize("name", ["gain", "zero_block:gain", "my_probe:", ":gain", "my probe:gain", "my_probe: gain"])
def test_what_is_no_metric_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="or a value of your own probe, such as my_probe:spread"):
        on(name)


@pytest.mark.slow
def test_a_claim_about_a_users_probe_is_judged_and_hides_no_column(mine: Path) -> None:
    (mine / "my_probe.py").write_text(PROBE)
    suite = mine / "my_suite.py"
    text = suite.read_text().replace('metric="test_error_pct"', 'metric="my_probe:num_tensors"')
    suite.write_text(text)
    done = run("--suite", suite, *SHORT, "--out", "out", "--json")
    assert done.exit_code == 0, done.output
    (page,) = Path("out/my_suite").iterdir()
    (verdict,) = json.loads((page / "verdicts.json").read_text())
    assert (verdict["outcome"], verdict["effect"]["value"]) == ("supported", pytest.approx(2.0))  # four tensors and two
    assert "num tensors (my_probe)" in (page / "index.html").read_text()
    frame = pd.read_csv(page / "trials.csv")
    assert set(frame["seed"]) == {0, 1, 2} and set(frame["my_probe:seed"]) == {99.0} and "num_tensors" not in frame
    plan = json.loads((page / "plan.json").read_text())
    assert len(plan["files"]["probe my_probe.py"]) == 12


def test_a_claim_needs_its_probe_in_the_suite(mine: Path) -> None:
    suite = mine / "my_suite.py"
    suite.write_text(suite.read_text().replace('metric="test_error_pct"', 'metric="your_probe:gain"'))
    done = run("--suite", suite, *SHORT, "--out", "out")
    assert done.exit_code == 2 and "unknown probe of this suite 'your_probe'; did you mean my_probe?" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0\n\ndef measure(subject):\n    pass\n", "my_probe.py, line 1: ZeroDivisionError: division by zero\n  File"),
        ("measure = 3\n", "its measure must be a function, not 3"),
        ("def mesure(subject):\n    pass\n", "it has no measure"),
    ],
)
def test_a_broken_probe_is_refused_before_training(text: str, words: str, mine: Path) -> None:
    (mine / "my_probe.py").write_text(text)
    done = run("--suite", mine / "my_suite.py", *SHORT, "--out", "out")
    assert done.exit_code == 2 and words in done.stderr and not Path("out").exists(), done.output


@pytest.mark.slow
def test_what_a_probe_returns_must_be_findings(mine: Path) -> None:
    (mine / "my_probe.py").write_text("def measure(subject):\n    return {}\n")
    done = run("--suite", mine / "my_suite.py", *SHORT, "--arms", "mlp*", "--out", "out")
    assert done.exit_code == 1 and "my_probe returned a dict: measure must return Findings" in done.stderr
