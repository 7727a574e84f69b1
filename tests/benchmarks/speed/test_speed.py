"""The gate closes on what is slower or gone, stays open on what is as fast, and refuses what cannot be compared."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.speed.gate import CHOICE, FACTORS, Measurement, compare, differences, main
from benchmarks.speed.jobs import everything
from benchmarks.speed.loops import ours
from benchmarks.speed.scale import PaperTrial, measured_before, on_paper, placed
from benchmarks.speed.step_profile import summary
from benchmarks.speed.training import loops_of
from benchmarks.speed.training import main as measure_training
from benchmarks.store.environment import Environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[3]
GATE = "benchmarks.speed.gate"
APP = typer.Typer()
APP.command()(main)
WORK = "augmentation: crop-flip"
QUICKLY = ("--processes", 3, "--rounds", 3)
NUM_RUNS = 20
SLOWER = """
from benchmarks.training.batches import DeviceImages
once = DeviceImages.training_batches
def twice(self, *args, **kwargs):
    for _ in once(self, *args, **kwargs):
        pass
    return once(self, *args, **kwargs)
DeviceImages.training_batches = twice
"""


def measurement(environment: Environment, seed: int, factor: float = 1.0) -> Measurement:
    """Four processes whose ratios differ by 3%; the first piece of work takes `factor` times as long."""
    drawn = np.random.default_rng(seed).normal(0, 0.03, (5, 4))
    ratios = {
        f"work {number}": tuple(np.exp(row + np.log(factor if number == 0 else 1)).tolist()) for number, row in enumerate(drawn)
    }
    return Measurement(ratios=ratios, environment=environment)


GROUPS = {f"work {number}": "training step" for number in range(5)}


def test_noise_is_not_slower_and_twice_the_time_is(environment: Environment) -> None:
    for seed in range(200):
        before = measurement(environment, seed)
        same = compare(before, measurement(environment, seed + 1000), GROUPS)
        assert not any(change.is_slower(len(same)) for change in same)
        changed = compare(before, measurement(environment, seed + 2000, factor=2.0), GROUPS)
        assert [change.name for change in changed if change.is_slower(len(changed))] == ["work 0"]


def test_a_small_change_is_let_through_however_sure(environment: Environment) -> None:
    before = Measurement(ratios={"work 0": (1.0, 1.0001, 1.0002, 1.0003)}, environment=environment)
    after = Measurement(ratios={"work 0": (1.2, 1.2001, 1.2002, 1.2003)}, environment=environment)
    (change,) = compare(before, after, GROUPS)
    assert change.p < 1e-9 and change.factor == pytest.approx(1.2, rel=1e-3) and not change.is_slower(1)


def test_the_work_covers_every_arm_of_every_suite_once() -> None:
    table = everything()
    assert {work.group for work in table.values()} == FACTORS.keys()
    networks = {arm.architecture for name in suite_names() for arm in load_suite(name).arms.values()}
    for group in ("forward", "training step", "counting"):
        assert sum(work.group == group for work in table.values()) == len(networks)
    assert all(any(fnmatchcase(name, glob) for name in table) for glob in CHOICE)


@pytest.mark.parametrize("name", ["depth: plain8: forward", "depth: resnet8: training step", "depth: plain8: counting", WORK])
def test_work_can_be_made_and_done_again(name: str) -> None:
    once = everything()[name].make()
    once()
    once()


def test_machines_differ_in_what_times_depend_on(environment: Environment) -> None:
    assert differences(environment, replace(environment, commit="another", is_dirty=True)) == []
    other = replace(environment, num_cores=environment.num_cores + 1, python="3.0", processor="another", instructions="others")
    assert len(differences(environment, other)) == 4
    assert len(differences(environment, replace(other, instructions=""))) == 3  # an older baseline does not name them


def write(path: Path, found: Measurement) -> Path:
    path.write_text(json.dumps(asdict(found)))
    return path


def test_what_cannot_be_compared_is_refused(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    there = write(tmp_path / "there.json", Measurement(ratios={WORK: (1.0, 1.0)}, environment=environment))
    elsewhere = replace(environment, processor="another")
    other = write(tmp_path / "other.json", Measurement(ratios={WORK: (1.0, 1.0)}, environment=elsewhere))
    torn = tmp_path / "torn.json"
    torn.write_text(there.read_text()[:40])
    for number, (text, fault) in enumerate(
        {
            "{}": "it lacks ratios",
            "[1, 2]": "it must be a JSON object",
            "no JSON": "it is not JSON",
            there.read_text().replace("[1.0, 1.0]", "[1.0]"): f"{WORK} needs at least two times, all above 0",
            there.read_text().replace("[1.0, 1.0]", "[0.0, 1.0]"): f"{WORK} needs at least two times, all above 0",
            json.dumps(json.loads(there.read_text()) | {"ratios": {}}): "it contains no jobs",
        }.items()
    ):
        faulty = tmp_path / f"faulty-{number}.json"
        faulty.write_text(text)
        done = CliRunner().invoke(APP, ["--baseline", str(faulty)])
        assert done.exit_code == 2
        assert done.stderr == f"error: {faulty} is not a baseline: {fault}: make one with --save on the code to compare with\n"
    for arguments, variables, words in (
        (["--baseline", tmp_path / "none.json"], {}, "make one with --save"),
        (["--baseline", torn], {}, "is not a baseline"),
        (["--baseline", other], {}, "was measured elsewhere: this machine has processor"),
        (["--baseline", there], {"PYTEST_XDIST_WORKER": "gw0"}, "run it by itself"),
        (["--baseline", there, "--save", there], {}, "either --baseline FILE or --save FILE"),
        (["--save", tmp_path / "new.json", "--only", "nothing*"], {}, "no job matches nothing*"),
        (["--baseline", there, "--only", "nothing*"], {}, f"no job of {there} matches nothing*; available: {WORK}"),
    ):
        done = CliRunner().invoke(APP, [str(argument) for argument in arguments], env=variables)
        assert done.exit_code == 2 and words in done.stderr, done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.slow
def test_work_that_is_gone_closes_the_gate(command: Run, environment: Environment, tmp_path: Path) -> None:
    gone = write(
        tmp_path / "gone.json", Measurement(ratios={WORK: (1e9, 1e9), "no such work": (1.0, 1.0)}, environment=environment)
    )
    done = command(GATE, "--baseline", gone, "--processes", 3, "--rounds", 1)
    assert done.returncode == 1
    assert "GONE   no such work" in done.stdout and f"{WORK}\n" in done.stdout


@pytest.mark.slow
def test_a_function_made_twice_as_slow_closes_the_gate_again_and_again(command: Run, tmp_path: Path) -> None:
    baseline, slower = tmp_path / "baseline.json", tmp_path / "slower"
    slower.mkdir()
    (slower / "sitecustomize.py").write_text(SLOWER)
    assert command(GATE, "--save", baseline, "--only", WORK, *QUICKLY).returncode == 0
    text = baseline.read_text()
    unchanged = command(GATE, "--baseline", baseline, *QUICKLY)
    assert unchanged.returncode == 0 and "SLOWER" not in unchanged.stdout, unchanged.stdout  # noise may be suspicious
    for _ in range(2):
        done = command(GATE, "--baseline", baseline, *QUICKLY, PYTHONPATH=f"{slower}:{ROOT}")
        assert done.returncode == 1 and f"measured again: {WORK}" in done.stdout and "SLOWER" in done.stdout, done.stdout
    assert baseline.read_text() == text


@pytest.mark.hour
def test_unchanged_code_leaves_the_gate_open_twenty_times_out_of_twenty(command: Run, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    assert command(GATE, "--save", baseline, timeout=600).returncode == 0
    codes = [command(GATE, "--baseline", baseline, timeout=600).returncode for _ in range(NUM_RUNS)]
    assert codes == [0] * NUM_RUNS


@pytest.mark.slow
def test_training_speed_is_measured_beside_the_ordinary_loop_and_the_peak(command: Run, tmp_path: Path) -> None:
    out = tmp_path / "speed.json"
    done = command("benchmarks.speed.training", "--rounds", 1, "--seconds", 1, "--no-depth", "--out", out, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    (row,), loops = found["rounds"], found["loops"]
    assert loops.keys() == {"ours", "ordinary"} and loops["ordinary"]["ratio"] == 1
    assert loops["ours"]["ratio"] == pytest.approx(row["ours"] / row["ordinary"])
    assert 0 < loops["ours"]["fraction_of_peak"] < 1 and 0 < loops["ours"]["fraction_of_copy"] < 1
    assert "times the ordinary loop" in done.stdout and "GB/s" in done.stdout


@pytest.mark.slow
def test_lanes_are_measured_with_every_image_counted_once(tmp_path: Path) -> None:
    """Three lanes of one process on the CPU, where an epoch has eighty steps: in turns, evaluations among them."""
    loop = ours("cpu", num_lanes=3)
    sizes = [next(loop) for _ in range(3 * 20)]
    assert set(sizes) == {128}
    assert list(loops_of("cuda", 1, [4, 8], [8])) == ["one trial", "4 lanes", "8 lanes", "8 compiled lanes", "ordinary"]


def test_a_steps_kernels_are_added_up_by_kind() -> None:
    kernels = {
        "sm90_xmma_wgrad_bf16": (200.0, 6.0),
        "sm90_xmma_fprop": (100.0, 19.0),
        "bn_fw_tr": (50.0, 19.0),
        "unheard_of": (1.0, 1.0),
    }
    found = summary(kernels)
    assert (found["kernel_microseconds"], found["kernels_per_step"]) == (351, 45)
    assert found["microseconds_by_kind"] == {
        "convolution, weight gradients": 200,
        "convolution": 100,
        "norm": 50,
        "other": 1,
    }
    assert found["longest"][0] == {"kernel": "sm90_xmma_wgrad_bf16", "microseconds": 200, "number": 6}


@pytest.mark.slow
def test_a_step_is_profiled(command: Run, tmp_path: Path) -> None:
    out = tmp_path / "profile.json"
    done = command("benchmarks.speed.step_profile", "--steps", 3, "--network", "resnet8", "--out", out, timeout=200)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    kinds = found["microseconds_by_kind"]
    assert max(kinds, key=kinds.get) in ("convolution", "convolution, weight gradients") and "resnet8, cpu" in done.stdout
    assert sum(kinds.values()) == pytest.approx(found["kernel_microseconds"]) and kinds.get("other", 0) < 0.2 * sum(
        kinds.values()
    )


def test_processes_are_refused_on_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.speed.training.resolve_device", lambda device: device)
    app = typer.Typer()
    app.command()(measure_training)
    done = CliRunner().invoke(app, ["--device", "cuda", "--processes", "2", "--out", str(tmp_path / "speed.json")])
    words = " ".join(done.output.replace("│", " ").split())
    assert done.exit_code == 2 and "--processes 2 cannot be combined with --device cuda: omit it" in words
    assert not (tmp_path / "speed.json").exists()
    done = CliRunner().invoke(app, ["--lanes", "2", "--lanes", "4"])
    words = " ".join(done.output.replace("│", " ").split())
    assert done.exit_code == 2 and "several --lanes need --device cuda: omit them" in words


@pytest.mark.slow
def test_the_driver_is_as_fast_with_two_thousand_trials_under_way_as_with_two(command: Run, tmp_path: Path) -> None:
    """Also where the system lets a process hold 1,024 files open at first, as most do."""
    found = []
    for at_once in (2, 2000):
        out = tmp_path / f"{at_once}.json"
        done = command("benchmarks.speed.driver", "--trials", 2000, "--at-once", at_once, "--out", out, timeout=200)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(out.read_text())["measured"][0])
    assert [one["at_once"] for one in found] == [2, 2000] and all(one["run"] > one["read"] > 0 for one in found)
    assert found[1]["run"] < 3 * found[0]["run"]


def test_trials_are_placed_as_a_run_places_them() -> None:
    work = [PaperTrial(seed=seed, depth=depth, seconds=seconds) for seed in (1, 0) for depth, seconds in ((8, 1.0), (56, 5.0))]
    assert placed(work, 1) == 12  # one after the other
    assert placed(work, 2) == 6  # 56 layers of the second seed begin beside those of the first, as 8 layers are done
    assert placed(work, 100) == 5  # the longest is the least that any cluster takes


@pytest.mark.slow
def test_the_study_is_computed_again_from_the_steps_of_an_earlier_run(tmp_path: Path) -> None:
    seconds = {arm.label: 100.0 for name in suite_names() for arm in load_suite(name).arms.values()}
    file = write_json(tmp_path / "scale.json", {"arm_core_seconds": seconds})
    suites, known = measured_before(file)
    assert {arm.label for arm in known} == set(seconds) and [arm for arms in suites.values() for arm in arms] == list(known)
    slow, fast, shared = (on_paper(suites, known, *speed) for speed in ((1e4, 1), (2e4, 1), (2e4, 4)))
    assert slow["cifar_hours"]["1"] == pytest.approx(2 * fast["cifar_hours"]["1"])
    assert shared["longest_trial_gpu_hours"] == pytest.approx(4 * fast["longest_trial_gpu_hours"])
    assert shared["cifar_hours"]["1"] == pytest.approx(fast["cifar_hours"]["1"], rel=0.01)  # as many trials in as much time
    seconds.pop("resnet20")
    with pytest.raises(ValueError, match="has no measurement of resnet20: run without --again"):
        measured_before(write_json(file, {"arm_core_seconds": seconds}))


def write_json(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


@pytest.mark.slow
def test_ray_and_local_workers_are_timed_and_their_records_compared(command: Run, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    out = tmp_path / "executors.json"
    done = command("benchmarks.speed.executors", "--rounds", 1, "--arms", "plain8", "--out", out, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["are_equal"] and [one["executor"] for one in found["measured"]] == ["local", "ray"]
    assert all(0 < one["start_seconds"] < one["seconds"] for one in found["measured"])
