"""On a GPU: trials by graphs and bf16, out of memory as a result, times by events. Without one these are skipped, and say so."""

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import Lanes, executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, Checkpointed, Finished, Job
from benchmarks.executors.lane_worker import Lanes as LaneScheduler
from benchmarks.executors.worker import Workplace, run_trial
from benchmarks.measuring.timing import measure
from benchmarks.spec.images import Images, Split
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Checkout, describe
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, from_json, to_json
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from resnet_variants import parse
from resnet_variants.architecture import Task

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
    pytest.mark.usefixtures("as_a_worker"),
]
RECIPE = Recipe(epochs=3, batch_size=20, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")
NOWHERE = Checkout(commit=None, is_dirty=None)


@pytest.fixture(scope="module")
def run(tiny: Images) -> Callable[..., TrialResult]:
    """A trial on the GPU in this process."""
    images = DeviceImages(tiny, torch.device("cuda"))
    environment = describe(device="cuda", num_threads=1, checkout=NOWHERE)

    def run(name: str = "resnet8:width=4", recipe: Recipe = RECIPE, seed: int = 0, *, is_compiled: bool = False) -> TrialResult:
        trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=recipe, seed=seed)
        job = Job(images=tiny, device="cuda", checkout=NOWHERE, is_compiled=is_compiled)
        *_, last = run_trial(Attempt(trial=trial), images, environment, job)
        assert isinstance(last, Finished)
        return last.result

    return run


def test_a_record_names_device_precision_and_graph(run: Callable[..., TrialResult]) -> None:
    result = run(recipe=replace(RECIPE, precision="bf16"))
    assert result.status == "ok" and result.uses_graph and not result.is_compiled
    assert result.environment.device == "cuda" and result.environment.gpu == torch.cuda.get_device_name()
    assert result.trial.recipe.precision == "bf16"
    assert from_json(to_json(result)) == result


@pytest.mark.filterwarnings("ignore:TensorFloat32 tensor cores")  # the compiler would rather round
def test_a_compiled_trial_is_a_graph_too_and_says_so(run: Callable[..., TrialResult]) -> None:
    result = run(is_compiled=True)
    assert (result.status, result.uses_graph, result.is_compiled) == ("ok", True, True), result.detail


def test_fp32_is_the_cpus_up_to_rounding(run: Callable[..., TrialResult], tiny: Images) -> None:
    """One step each, so that roundings have no time to grow: fp32 is not TF32."""
    losses = []
    for device in ("cpu", "cuda"):
        images = DeviceImages(tiny, torch.device(device))
        trial = Trial(architecture=parse("resnet20"), dataset=tiny.identity(), recipe=RECIPE, seed=0)
        loop = Training(trial, fresh_network(trial, images), images)
        loop.network.train()
        losses.append(loop.step_on(next(iter(loop.draw_epoch())))[0].item())
    assert losses[1] == pytest.approx(losses[0], rel=5e-5)


def test_out_of_memory_is_recorded_memory_is_freed_and_no_batch_shrinks(run: Callable[..., TrialResult], tiny: Images) -> None:
    run()
    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    share = (before + 2**26) / torch.cuda.get_device_properties().total_memory  # 64 MiB are left
    torch.cuda.set_per_process_memory_fraction(share)
    try:
        result = run("wrn_28_10", replace(RECIPE, batch_size=64))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert result.status == "oom" and "out of memory" in result.detail
    assert result.trial.recipe.batch_size == 64
    assert torch.cuda.memory_allocated() <= before
    assert run().status == "ok"


def records(trials: tuple[Trial, ...], job: Job, workers: int | Lanes, folder: Path) -> list[TrialResult]:
    out = Out(folder)
    out.prepare()
    carry_out(trials, job, out, executor_of(workers, len(trials)), lambda event: None)
    return [result for trial in trials if (result := out.trials.find(trial)) is not None]


def test_several_trials_share_a_gpu_and_each_is_as_if_alone(tiny: Images, tmp_path: Path) -> None:
    """In processes and in lanes, of which some are taken over by another seed; dropout draws from the lane's own state."""
    job = Job(images=tiny, device="cuda", checkout=NOWHERE)
    trials = plan(arms("plain8:width=4", "resnet8:width=4", "preresnet8:width=4,dropout=0.3").values(), tiny, RECIPE, 3)
    kinds: dict[str, int | Lanes] = {"one": 1, "processes": 4, "one lane": Lanes(num_lanes=1), "lanes": Lanes(num_lanes=4)}
    found = {name: records(trials, job, workers, tmp_path / name) for name, workers in kinds.items()}
    losses = {name: [result.history[0].train_loss for result in results] for name, results in found.items()}
    assert all(len(results) == 9 and {result.status for result in results} == {"ok"} for results in found.values())
    for name in kinds:
        assert losses[name] == pytest.approx(losses["one"], rel=1e-3), name
    assert {result.num_lanes for result in found["lanes"]} == {4} and all(result.uses_graph for result in found["lanes"])


@pytest.mark.parametrize(("holdout", "control"), [(0.0, ""), (0.2, ""), (0.0, "twin"), (0.0, "half-wrong")])
def test_lanes_take_over_splits_held_out_images_and_wrong_labels(
    tiny: Images, tmp_path: Path, holdout: float, control: str
) -> None:
    """A graph that was recorded for one seed reads another's images, labels and normaliser in their place."""
    pool = replace(tiny, name="tiny-splits", is_pool=True)
    job = Job(images=pool, device="cuda", checkout=NOWHERE)
    planned = plan(arms("plain8:width=4", "resnet8:width=4").values(), pool, RECIPE, 4)
    trials = tuple(replace(trial, holdout=holdout, control=control) for trial in planned)
    found = [records(trials, job, workers, tmp_path / str(workers)) for workers in (1, Lanes(num_lanes=2))]
    for one, other in zip(*found, strict=True):
        assert one.status == other.status == "ok" and other.uses_graph
        assert other.history[0].train_loss == pytest.approx(one.history[0].train_loss, rel=1e-3)
        assert other.history[0].test_loss == pytest.approx(one.history[0].test_loss, rel=1e-2)


def test_adam_is_recorded_taken_over_and_resumed(tiny: Images, tmp_path: Path) -> None:
    """Lanes that another seed takes over give the losses of trials alone, and so does a trial that goes on from a checkpoint of a lane."""
    adam = Recipe(epochs=3, batch_size=20, learning_rate=0.01, normalise="unit", optimizer="adam")
    trials = plan(arms("plain8:width=4", "preresnet8:width=4,dropout=0.3").values(), tiny, adam, 3)
    job = Job(images=tiny, device="cuda", checkout=NOWHERE, checkpoint_every=1)
    kinds: dict[str, int | Lanes] = {"one": 1, "one lane": Lanes(num_lanes=1), "lanes": Lanes(num_lanes=2)}
    found = {name: records(trials, job, workers, tmp_path / name) for name, workers in kinds.items()}
    for name, results in found.items():
        assert len(results) == 6 and all((result.status, result.uses_graph) == ("ok", True) for result in results), name
        for result, alone in zip(results, found["one"], strict=True):
            assert result.history[0].train_loss == pytest.approx(alone.history[0].train_loss, rel=1e-3), name
    workplace = Workplace(job)
    first = list(workplace.work(Attempt(trial=trials[0]), job))
    state = next(event.state for event in first if isinstance(event, Checkpointed))
    *_, resumed = workplace.work(Attempt(trial=trials[0], checkpoint=state), job)
    assert isinstance(resumed, Finished) and isinstance(first[-1], Finished)
    assert resumed.result.history[1].train_loss == pytest.approx(first[-1].result.history[1].train_loss, rel=1e-2)


def test_lanes_that_draw_dropout_do_not_race(tiny: Images, tmp_path: Path) -> None:
    """Eight lanes of one network with dropout, twice: each seed draws the same both times."""
    job = Job(images=tiny, device="cuda", checkout=NOWHERE)
    trials = plan(arms("preresnet8:width=4,dropout=0.5").values(), tiny, replace(RECIPE, epochs=10), 8)
    once, again = (records(trials, job, Lanes(num_lanes=8), tmp_path / name) for name in ("once", "again"))
    for one, other in zip(once, again, strict=True):
        assert one.history[0].train_loss == pytest.approx(other.history[0].train_loss, rel=1e-3)


def test_a_checkpoint_of_a_lane_resumes_by_itself(tiny: Images) -> None:
    job = Job(images=tiny, device="cuda", checkout=NOWHERE, checkpoint_every=1, num_lanes=2)
    trials = plan(arms("plain8:width=4", "preresnet8:width=4,dropout=0.3").values(), tiny, RECIPE, 1)
    workplace = Workplace(job)
    scheduler = LaneScheduler(workplace, job)
    for ticket, trial in enumerate(trials):
        scheduler.add(ticket, Attempt(trial=trial))
    told: dict[int, list[object]] = {0: [], 1: []}
    while not scheduler.is_idle:
        for ticket, event in scheduler.next_round():
            told[ticket].append(event)
    for ticket, trial in enumerate(trials):
        state = next(event.state for event in told[ticket] if isinstance(event, Checkpointed))
        *_, resumed = workplace.work(Attempt(trial=trial, checkpoint=state), job)
        whole = told[ticket][-1]
        assert isinstance(resumed, Finished) and isinstance(whole, Finished)
        assert resumed.result.history[1].train_loss == pytest.approx(whole.result.history[1].train_loss, rel=1e-2)


@pytest.mark.slow
def test_a_graph_is_timed_beside_eager_steps_and_the_gpu_speaks() -> None:
    eager = Workload(
        architecture=parse("resnet20"),
        task=Task(image_shape=(3, 32, 32), num_classes=10),
        batch_size=128,
        steps=("train", "infer"),
    )
    both = TimingPlan(workloads=(eager, replace(eager, mode="graph")), precision="bf16", num_rounds=3)
    as_it_stands, graph = measure(both, "cuda", NOWHERE).networks
    assert not as_it_stands.detail and not graph.detail
    for step in ("train_step_seconds", "infer_step_seconds"):
        assert max(getattr(graph, step)) < min(getattr(as_it_stands, step))  # twenty layers are bound by launches
    assert as_it_stands.train_memory_bytes and as_it_stands.train_memory_bytes > 2**20


@pytest.mark.slow
def test_a_trial_of_he2015_sees_the_goal_within_reach() -> None:
    """One trial alone trains ResNet-20 at 15,000 images a second or more: a tenth of what all trials of a GPU are to do together."""
    random = np.random.default_rng(0)
    split = Split(images_NCHW=random.integers(0, 256, (50_000, 3, 32, 32), np.uint8), labels_N=random.integers(0, 10, 50_000))
    images = Images(name="random", source="random pixels", train=split, test=split, classes=tuple("0123456789"))
    recipe = replace(RECIPES["he2015"], precision="bf16")
    trial = Trial(architecture=parse("resnet20"), dataset=images.identity(), recipe=recipe, seed=0)
    on_gpu = DeviceImages(images, torch.device("cuda"))
    loop = Training(trial, fresh_network(trial, on_gpu), on_gpu)
    loop.run_epoch()
    assert 50_000 / loop.run_epoch().train_seconds > 15_000
