"""Injected: an output whose encoding lacks the signs that are printed (minus, plus-minus, times), as on Windows or in a pipe.

What must hold: exit code 0, with the signs replaced; JSON is the same under every encoding.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

ROOT = Path(__file__).parents[2]
ARMS = ("plain20", "plain56", "resnet20", "resnet56")
ASKED = (
    "benchmarks.run",
    "--suite",
    "depth",
    *(word for arm in ARMS for word in ("--arms", arm)),
    "--seeds",
    "3",
    "--rates",
    "recipe",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, make_result: Callable[..., TrialResult]) -> Path:
    """A folder in which every trial of a small study is done, so that a run only reports."""
    out = Out(tmp_path_factory.mktemp("\N{OHM SIGN}"))
    out.prepare()
    _, (study,) = resolve(Request(suite="depth", seeds="3", arms=ARMS, device="cpu", out=Path("nowhere")))
    assert isinstance(study, StudyPlan)
    for number, trial in enumerate(study.trials):
        made = make_result(trial.arm, trial.seed, train=float(number % 5), test=10.0 * number % 47)
        out.trials.write(replace(made, trial=trial, data=study.images.facts, predictions=(0,) * 500))
    return out.folder


def printed(encoding: str, *arguments: object) -> bytes:
    """What a command prints on standard output; it ends well, and its words on standard error can be read."""
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=120, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "UnicodeEncodeError" not in done.stderr.decode(encoding)
    return done.stdout


@pytest.mark.slow
def test_a_run_ends_well_in_an_encoding_that_lacks_signs(out: Path) -> None:
    text = printed("cp1252", *ASKED, "--out", out).decode("cp1252")
    assert "At 56 layers" in text and "?" in text and "\N{MINUS SIGN}" not in text
    assert f"report: {str(out).encode('cp1252', 'replace').decode('cp1252')}" in text


@pytest.mark.slow
def test_json_stays_json_in_an_encoding_that_lacks_signs(out: Path) -> None:
    (found,) = json.loads(printed("gbk", *ASKED, "--out", out, "--json").decode("ascii"))
    assert found["trials"] == 18
    assert Path(found["report"]) == out / "depth" / "digits-splits-quick" / "index.html"
