"""Names of files: however long what a user names is, a file system takes them, and what is short stays as it was."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis.report import make_reports
from benchmarks import run
from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.study_label import study_label
from benchmarks.spec.trial import CONTROLS, LONGEST_FILE, DatasetIdentity, Trial, short
from benchmarks.store.files import write_whole
from benchmarks.store.mistakes import write_sheet
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult
from resnet_variants import parse
from resnet_variants.command import app_of

PIECES = st.one_of(
    st.text(min_size=1, max_size=8), st.text("aZ09._- \N{LATIN SMALL LETTER E WITH ACUTE}", min_size=1, max_size=8)
)
NAMES = st.builds(lambda piece, length: (piece * length)[:length], PIECES, st.integers(1, 260))
LONG = "a-folder-of-pictures-whose-name-says-all-that-anybody-could-want-to-know-of-it" * 3


def a_trial(dataset: str, seed: int = 0) -> Trial:
    identity = DatasetIdentity(name=dataset, checksum="0123456789abcdef")
    return Trial(architecture=parse("resnet56:shortcut=exclusive-gate"), dataset=identity, recipe=RECIPES["quick"], seed=seed)


@given(
    dataset=NAMES,
    network=NAMES,
    probe=NAMES,
    seed=st.integers(0, 10**9),
    control=st.sampled_from(["", *CONTROLS]),
    holdout=st.floats(0, 1, exclude_max=True),
)
def test_no_name_of_a_file_is_too_long(dataset: str, network: str, probe: str, seed: int, control: str, holdout: float) -> None:
    trial, out = replace(a_trial(dataset, seed), control=control, holdout=holdout), Path("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.spec.trial.name_of", lambda architecture: network)
        record = Out(out).trials.path(trial)
        names = [
            record.name,
            record.with_suffix(".unreadable-9999").name,
            Out(out).weights(trial).name,
            Out(out).sheet(trial).name,
            f"{trial.name}.{'0' * 16}.safetensors",  # a checkpoint
            Out(out).probes.path(trial, "p" * len(probe)).name,
            Out(out).labels.path(trial.dataset).name,
            study_label(trial.dataset, trial.recipe, is_ambiguous=True),
        ]
        assert record.stem.endswith(f"-s{seed}-{trial.key}")
    assert max(len(os.fsencode(name)) for name in names) <= LONGEST_FILE


@given(NAMES, NAMES, st.integers(20, 100))
def test_shortened_texts_are_short_enough_and_stay_different(one: str, other: str, limit: int) -> None:
    assert len(short(one, limit)) <= limit
    assert short(one, limit) == one or len(one) > limit
    assert (short(one, limit) == short(other, limit)) == (one == other)
    assert short(one + "x" * limit, limit) != short(one + "x" * limit + "y", limit)


def test_names_that_are_short_stay_as_they_are() -> None:
    assert a_trial("pictures").name == "resnet56-shortcut-exclusive-gate-pictures-s0-" + a_trial("pictures").key
    identity = DatasetIdentity(name="my pictures of 2024", checksum="0123456789abcdef")
    assert study_label(identity, replace(RECIPES["quick"], epochs=2)) == "my-pictures-of-2024-quick-epochs.2"
    assert Out(Path()).labels.path(identity).name == "my-pictures-of-2024-0123456789abcdef.json"


def test_studies_with_long_names_have_folders_of_their_own() -> None:
    recipes = [replace(RECIPES["he2015"], batch_size=64, weight_decay=rate, momentum=0.5, nesterov=True) for rate in (0.1, 0.2)]
    labels = {
        study_label(DatasetIdentity(name=LONG + end, checksum="0" * 16), recipe) for end in ("", "x", "y") for recipe in recipes
    }
    assert len(labels) == 6 and max(map(len, labels)) <= 100
    assert all("-he2015-batch_size.64-" in label for label in labels)


def test_a_study_on_a_folder_with_a_long_name_is_kept_read_and_reported(
    tmp_path: Path, tiny: Images, make_result: Callable[..., TrialResult]
) -> None:
    images = replace(tiny, name=LONG[:230])
    made = make_result("plain8", 0, test=5.0, recipe=Recipe(epochs=1, batch_size=64), predictions=(0,) * 20)
    trial = replace(made.trial, dataset=images.identity())
    result = replace(made, trial=trial)
    out = Out(tmp_path)
    out.prepare()
    out.trials.write(result)
    write_sheet(out.sheet(trial), result, images)
    out.labels.write(images)
    out.checkpoints.write(trial, b"state")
    found = ProbeResult(
        trial=trial, probe="probabilities", status="ok", findings=Findings(), seconds=0.1, environment=result.environment
    )
    out.probes.write(found)
    assert out.trials.find(trial) == result and out.trials.read_all() == ([result], [])
    assert out.checkpoints.find(trial) == b"state"
    assert out.probes.read_all() == ([found], [])
    (page,) = make_reports(tmp_path, "depth")
    assert LONG[:230] in page.read_text()
    assert max(len(path.name) for path in tmp_path.rglob("*")) <= LONGEST_FILE


def test_a_file_with_the_longest_name_that_there_is_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".json")
    write_whole(path, "{}")
    assert [one.name for one in tmp_path.iterdir()] == [path.name] and path.read_text() == "{}"


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("x" * 300, "cannot be read (File name too long): name another folder with --out"),
        ("/".join(["y" * 200] * 19), "cannot be written to (File name too long): name another folder with --out"),
    ],
    ids=["name", "path"],
)
def test_a_folder_that_is_too_long_for_its_files_is_refused_before_training_and_not_made(
    inner: str, words: str, tmp_path: Path
) -> None:
    inner += "/" + "z" * (4096 - len(f"{tmp_path}/{inner}//trials/") - 20) if "/" in inner else ""
    asked = ["--suite", "depth", "--arms", "plain8", "--seeds", "1", "--out", str(tmp_path / inner)]
    done = CliRunner().invoke(app_of(run.main), asked, env={"COLUMNS": "200"})
    assert done.exit_code == 2 and words in done.stderr.replace("\n", ""), done.stderr[-300:]
    assert list(tmp_path.iterdir()) == []


def test_the_other_commands_refuse_such_a_folder_in_a_line() -> None:
    from analysis import check

    app: typer.Typer = app_of(check.main)
    done = CliRunner().invoke(app, ["x" * 300])
    assert done.exit_code == 2 and done.stderr.startswith("error: ") and done.stderr.endswith("is too long a name\n")
