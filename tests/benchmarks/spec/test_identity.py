"""A data set is what its pixels and labels are: what its folder is called is a label, and a folder that is renamed loses nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.cli.plan import plan
from benchmarks.merge import merge
from benchmarks.rename import rename
from benchmarks.spec.images import Images, load_images
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import Arm, DatasetIdentity, Trial
from benchmarks.store.checkpoints import CheckpointStore
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult, TrialStore, to_json
from resnet_variants import parse

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def called(result: TrialResult, name: str) -> TrialResult:
    """The result as a run writes it that calls the same images otherwise."""
    identity = DatasetIdentity(name=name, checksum=result.trial.dataset.checksum)
    return replace(result, trial=replace(result.trial, dataset=identity))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of two classes, three training and two test images each."""
    random = np.random.default_rng(0)
    for split, number in (("train", 3), ("test", 2)):
        for name in "ab":
            folder = tmp_path / "old name" / split / name
            folder.mkdir(parents=True)
            for place in range(number):
                Image.fromarray(random.integers(0, 255, (8, 8), dtype=np.uint8)).save(folder / f"{place}.png")
    return tmp_path / "old name"


def test_a_renamed_folder_of_images_keeps_its_trials(pictures: Path, make_result: Make, out: Out) -> None:
    arms = [Arm(architecture=parse("plain8")), Arm(architecture=parse("resnet8"))]

    def trials(folder: Path) -> tuple[Trial, ...]:
        return plan(arms, load_images("imagefolder", folder, False), RECIPES["quick"], 3)

    before = trials(pictures)
    for trial in before[:4]:
        out.trials.write(replace(make_result("plain8", 0), trial=trial))
    after = trials(pictures.rename(pictures.with_name("new name")))
    assert {trial.dataset.name for trial in before} != {trial.dataset.name for trial in after}
    assert out.with_result(after) == set(after[:4])


@pytest.mark.parametrize("name", ["renamed", "a-0123456789ab", "s0"])
def test_a_record_is_found_and_replaced_by_its_key_under_any_name(name: str, store: TrialStore, make_result: Make) -> None:
    failed = called(make_result("plain8", 0, status="failed", final=None, cost=None), "once")
    path = store.write(failed)
    again = called(make_result("plain8", 0), name)
    assert store.find(again.trial) == failed
    assert store.write(again) == path and store.find(failed.trial) == again
    assert len(list(store.folder.glob("*.json"))) == 1


def test_a_record_that_was_written_meanwhile_is_found(store: TrialStore, make_result: Make) -> None:
    for seed in range(5):
        result = make_result("plain8", seed)
        assert store.find(result.trial) is None
        store.write(called(result, "once"))
        assert store.find(result.trial) == result


def test_a_second_record_of_a_trial_is_named_and_counted_once(store: TrialStore, make_result: Make) -> None:
    first, second = called(make_result("plain8", 0), "a"), called(make_result("plain8", 0), "b")
    store.write(first)
    (store.folder / f"{second.trial.name}.json").write_text(to_json(second))
    results, unreadable = store.read_all()
    assert results == [first]
    assert len(unreadable) == 1 and "a second record of the trial of plain8-a-s0-" in unreadable[0]


def test_probes_checkpoints_and_labels_are_found_under_another_name(make_result: Make, tiny: Images, tmp_path: Path) -> None:
    old, new = called(make_result("plain8", 0), "old").trial, called(make_result("plain8", 0), "new").trial
    probes = Out(tmp_path).probes
    environment = make_result("plain8", 0).environment
    found = ProbeResult(
        trial=old, probe="zero_block", status="ok", findings=Findings(values={"x": 1.0}), seconds=1.0, environment=environment
    )
    probes.write(found)
    assert probes.find(new, "zero_block") == found and probes.find(new, "lesions") is None
    checkpoints = CheckpointStore(folder=tmp_path / "checkpoints")
    checkpoints.write(old, b"state")
    assert checkpoints.find(new) == b"state"
    Out(tmp_path).labels.write(replace(tiny, name="old"))
    Out(tmp_path).labels.write(replace(tiny, name="new"))
    assert len(list((tmp_path / "labels").iterdir())) == 1
    identity = replace(tiny, name="new").identity()
    assert Out(tmp_path).labels.path(identity).exists() and Out(tmp_path).labels.read(identity) == tuple(tiny.test.labels_N)


def test_two_names_of_the_same_images_are_one_study_and_keep_its_folder(make_result: Make) -> None:
    results = [
        replace(called(make_result("plain20", 0), "zebra"), finished_at="2026-01-01T00:00:00Z"),
        replace(called(make_result("plain56", 0), "apple"), finished_at="2026-01-02T00:00:00Z"),
    ]
    for found in (results, results[::-1]):
        (study,) = studies_of("depth", load_suite("depth"), found)
        assert len(study.results) == 2 and study.label.startswith("zebra-")
    old = [replace(result, finished_at=None) for result in results]
    assert studies_of("depth", load_suite("depth"), old)[0].label.startswith("apple-")


def test_records_under_two_names_come_together_as_one(make_result: Make, write: Write, tmp_path: Path) -> None:
    first, second = called(make_result("plain20", 0), "here"), called(make_result("plain20", 0), "there")
    failed = called(make_result("plain20", 0, status="failed", final=None, cost=None), "nowhere")
    parts = [write(tmp_path / name, [result]) for name, result in (("a", failed), ("b", first), ("c", second))]
    merge(parts, tmp_path / "all")
    (path,) = (tmp_path / "all" / "trials").glob("*.json")
    assert TrialStore(folder=path.parent).read(path) == first
    other = write(tmp_path / "d", [called(make_result("plain20", 0, test=1.0), "elsewhere")])
    with pytest.raises(ValueError, match="contradict each other"):
        merge([*parts, other], tmp_path / "none")


def test_files_of_old_keys_are_renamed_once_and_nothing_in_them_is_touched(
    make_result: Make, write: Write, tmp_path: Path
) -> None:
    results = [make_result(arm, seed) for arm in ("plain20", "resnet20") for seed in range(3)]
    write(tmp_path, results)
    make_reports(tmp_path, "depth")
    contents = {}
    for number, result in enumerate(results):  # as a release named them that keyed them otherwise
        path = tmp_path / "trials" / f"{result.trial.name}.json"
        path.with_suffix(".png").write_bytes(b"sheet")
        for file in (path, path.with_suffix(".png")):
            contents[file] = file.read_bytes()
            file.rename(file.with_name(file.name.replace(result.trial.key, f"{number:012x}")))
    (table,) = tmp_path.glob("depth/*/trials.csv")
    rows = table.read_text()
    old = rows
    for number, result in enumerate(results):
        old = old.replace(result.trial.key, f"{number:012x}")
    table.write_text(old)
    assert Out(tmp_path).trials.read_all()[0] == []
    assert rename(tmp_path) == 12
    assert {path: path.read_bytes() for path in contents} == contents
    assert table.read_text() == rows and rename(tmp_path) == 0
