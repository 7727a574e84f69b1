"""Training is fair and repeatable: paired order, the same bits for the same seed, and outcomes that are told as they are."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import center_crop, resize

from benchmarks.executors import worker
from benchmarks.executors.events import Attempt, Finished, Job
from benchmarks.executors.worker import run_trial
from benchmarks.measuring.cost import cost_of
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.trial import Trial, without_defaults
from benchmarks.store.environment import Checkout, Environment
from benchmarks.store.trials import TrialResult, from_json, to_json
from benchmarks.training.batches import DeviceImages, crop, mirror
from benchmarks.training.generators import generator_of
from benchmarks.training.loop import Training, evaluate, fresh_network
from resnet_variants import create, parse

GOLDEN = Path(__file__).parents[2] / "golden" / "losses.json"
CPU = torch.device("cpu")
RECIPE = Recipe(epochs=3, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)


@pytest.fixture(scope="module")
def on_device(tiny: Images) -> DeviceImages:
    return DeviceImages(tiny, CPU)


def result_of(trial: Trial, images: DeviceImages, environment: Environment) -> TrialResult:
    job = Job(images=images.original, device="cpu", checkout=Checkout(commit=None, is_dirty=None))
    *_, last = run_trial(Attempt(trial=trial), images, environment, job)
    assert isinstance(last, Finished)
    return last.result


@pytest.fixture
def run(on_device: DeviceImages, tiny: Images, environment: Environment) -> Callable[..., TrialResult]:
    def run(name: str = "resnet8:width=4", recipe: Recipe = RECIPE, seed: int = 0) -> TrialResult:
        trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=recipe, seed=seed)
        return result_of(trial, on_device, environment)

    return run


def without_times(result: TrialResult) -> TrialResult:
    history = tuple(replace(epoch, train_seconds=0.0, eval_seconds=0.0) for epoch in result.history)
    return replace(result, history=history, finished_at=None)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(run: Callable[..., TrialResult]) -> None:
    first, second, other = (without_times(run(seed=seed)) for seed in (1, 1, 2))
    assert first == second
    assert first.history != other.history


@pytest.mark.parametrize(
    "arm",
    [
        "mlp_2x16",
        "resmlp_3x16:has_norm=true",
        "lecture_identity",
        "lecture_resizing",
        "lecture_two_stage",
        "wrn_10_2",
        "resnext11_2x4d",
        "resnet8:dropout=0.3",
        "resnet8:shortcut=dropout",
        "resnet8:shortcut=exclusive-gate,gate_bias=-6",
    ],
)
def test_every_kind_of_network_trains_to_a_record_that_the_seed_decides(run: Callable[..., TrialResult], arm: str) -> None:
    """Whatever was drawn before, dropout with it: a worker's trials do not depend on their order."""
    one = run(arm, seed=3)
    torch.rand(7)
    assert without_times(run(arm, seed=3)) == without_times(one)
    assert one.status == "ok"
    assert one.history[-1].train_loss != run(arm, seed=4).history[-1].train_loss
    assert from_json(to_json(one)) == one


@pytest.mark.parametrize("arm", ["resnet8:width=4,dropout=0.3", "mlp_2x16:dropout=0.3"])
def test_draws_of_others_between_epochs_change_no_dropout(arm: str, on_device: DeviceImages, tiny: Images) -> None:
    """A network's dropout has a generator of its own: what else draws from torch's own is not seen."""
    trial, losses = Trial(architecture=parse(arm), dataset=tiny.identity(), recipe=RECIPE, seed=1), []
    for num_drawn in (0, 7):
        loop = Training(trial, fresh_network(trial, on_device), on_device)
        torch.rand(num_drawn)
        losses.append([loop.run_epoch().train_loss])
        torch.rand(num_drawn)
        losses[-1].append(loop.run_epoch().train_loss)
    assert losses[0] == losses[1]


def test_it_learns(run: Callable[..., TrialResult]) -> None:
    result = run(recipe=replace(RECIPE, epochs=12))
    assert result.status == "ok"
    assert result.final is not None and result.final.test_error_pct < 20
    assert len(result.history) == 12
    assert result.history[-1].test_error_pct == result.final.test_error_pct


def batches_seen(arm: str, recipe: Recipe, seed: int, images: DeviceImages, identity: object) -> list[torch.Tensor]:
    trial = Trial(architecture=parse(arm), dataset=identity, recipe=recipe, seed=seed)
    loop = Training(trial, fresh_network(trial, images), images)
    return [x_BCHW for _ in range(2) for x_BCHW, _ in loop.batches()]


@pytest.mark.parametrize("augment", ["none", "crop-flip", "reflect-crop-flip", "crop-alternating-flip"])
def test_every_arm_sees_the_same_batches_at_one_seed(on_device: DeviceImages, tiny: Images, augment: str) -> None:
    recipe = replace(RECIPE, augment=augment)
    plain, residual, other = (
        batches_seen(arm, recipe, seed, on_device, tiny.identity())
        for arm, seed in (("plain8:width=4", 5), ("resnet20:width=8,shortcut=C", 5), ("plain8:width=4", 6))
    )
    assert all(torch.equal(one, two) for one, two in zip(plain, residual, strict=True))
    assert not torch.equal(plain[0], other[0])
    assert not torch.equal(plain[0], plain[4])  # the next epoch has another order


def test_an_epoch_sees_every_image_once_but_for_a_last_batch_of_one(on_device: DeviceImages) -> None:
    generators = [generator_of(0, purpose) for purpose in ("order", "crops")]
    order, crops = generators
    rows_N = torch.arange(65)

    def labels(batch_size: int) -> list[Tensor]:
        recipe = Recipe(epochs=1, batch_size=batch_size)
        return [labels_B for _, labels_B in on_device.training_batches(recipe, rows_N, order=order, crops=crops)]

    assert [len(labels_B) for labels_B in labels(16)] == [16, 16, 16, 16]  # 65 images
    labels_N = torch.cat(labels(21))
    assert labels_N.bincount().tolist() == on_device.train.labels_N.bincount().tolist()


def test_crops_and_flips_are_those_of_the_obvious_loop() -> None:
    padded_BCHW = torch.randint(0, 256, (40, 3, 16, 14), dtype=torch.uint8)
    drawn = [torch.randint(0, number, (40,), generator=torch.Generator().manual_seed(number)) for number in (9, 8, 2)]
    crops_BCHW = mirror(crop(padded_BCHW, (8, 6), *drawn[:2]), drawn[2])
    top_B, left_B, mirrored_B = (numbers_B.tolist() for numbers_B in drawn)
    for index in range(40):
        top, left = top_B[index], left_B[index]
        expected_CHW = padded_BCHW[index, :, top : top + 8, left : left + 6]
        assert torch.equal(crops_BCHW[index], expected_CHW.flip(-1) if mirrored_B[index] else expected_CHW)
    assert len(set(zip(top_B, left_B, strict=True))) > 10
    assert 8 < sum(mirrored_B) < 32


def test_enlarged_images_are_torchvisions_and_their_crops_lie_in_them(on_device: DeviceImages, tiny: Images) -> None:
    recipe = Recipe(epochs=1, batch_size=65, augment="enlarge-crop")
    resized = resize(torch.tensor(tiny.train.images_NCHW).float(), [70, 70], InterpolationMode.BILINEAR, antialias=False)
    mean, scale = on_device.normaliser("channel")
    expected_NCHW = (resized - mean) * scale
    (centre_NCHW,) = [x for x, _ in on_device.evaluation_batches(on_device.train, recipe, batch_size=65)]
    assert torch.allclose(centre_NCHW, center_crop(expected_NCHW, [64, 64]), atol=1e-4)
    order, crops = (generator_of(3, purpose) for purpose in ("order", "crops"))
    ((x_BCHW, labels_B),) = on_device.training_batches(recipe, torch.arange(65), order=order, crops=crops)
    assert x_BCHW.shape == (65, 3, 64, 64)
    rows_N = torch.randperm(65, generator=generator_of(3, "order"))
    assert torch.equal(labels_B, on_device.train.labels_N[rows_N])
    places = set()
    for crop_CHW, row in zip(x_BCHW, rows_N.tolist(), strict=True):
        found = [
            (top, left)
            for top, left in product(range(7), range(7))
            if torch.allclose(crop_CHW, expected_NCHW[row, :, top : top + 64, left : left + 64], atol=1e-4)
        ]
        assert len(found) == 1
        places.update(found)
    assert len(places) > 20


def test_a_network_for_enlarged_images_is_built_and_counted_for_their_size(tiny: Images, run: Callable[..., TrialResult]) -> None:
    recipe = Recipe(epochs=1, augment="enlarge-crop")
    task = tiny.facts.task(recipe)
    assert task.image_shape == (3, 64, 64) and tiny.facts.task(Recipe(epochs=1)).image_shape == (3, 8, 8)
    result = run("plain8:width=4", recipe)
    assert result.status == "ok" and result.cost == cost_of(result.trial.architecture, task)


def test_borders_are_black_or_reflected(on_device: DeviceImages, tiny: Images) -> None:
    black, reflected = (on_device.train.pixels.padded(augment).numpy() for augment in ("crop-flip", "reflect-crop-flip"))
    image_CHW = tiny.train.images_NCHW[2]
    assert black[2, :, :4].max() == 0
    assert np.array_equal(black[2, :, 4:12, 4:12], image_CHW)
    assert np.array_equal(reflected[2, :, 3, 4:12], image_CHW[:, 1])


def test_pixels_are_normalised_by_the_training_set(on_device: DeviceImages, tiny: Images) -> None:
    pixels = tiny.train.images_NCHW.astype(np.float64)
    seen = {
        normalise: torch.cat(
            [x for x, _ in on_device.evaluation_batches(on_device.train, Recipe(epochs=1, normalise=normalise), batch_size=16)]
        ).numpy()
        for normalise in ("channel", "pixel-mean")
    }
    assert np.allclose(seen["channel"].mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(seen["channel"].std((0, 2, 3)), 1, atol=1e-5)
    assert np.allclose(seen["pixel-mean"], (pixels - pixels.mean(0)) / 255, atol=1e-6)


def test_evaluation_is_that_of_the_obvious_loop(on_device: DeviceImages, tiny: Images) -> None:
    torch.manual_seed(0)
    network = create("resnet8:width=4", num_classes=3)
    scores = evaluate(network, on_device, on_device.test, RECIPE)
    network.eval()
    mean, scale = on_device.normaliser("channel")
    losses, wrong = [], 0
    for image_CHW, label in zip(tiny.test.images_NCHW, tiny.test.labels_N, strict=True):
        scores_K = network(((torch.tensor(image_CHW).float() - mean) * scale)[None])[0].detach()
        losses.append(-scores_K.log_softmax(0)[int(label)].item())
        wrong += int(scores_K.argmax() != label)
    assert scores.loss == pytest.approx(np.mean(losses), rel=1e-5)
    assert scores.error_pct == pytest.approx(100 * wrong / 20)


def test_training_is_that_of_the_obvious_loop(on_device: DeviceImages, tiny: Images) -> None:
    """SGD written out: weight decay into the gradient, momentum, the schedule's rate."""
    recipe = replace(RECIPE, schedule="steps", milestones=(1,), learning_rate=0.05, weight_decay=1e-2)
    trial = Trial(architecture=parse("resnet8:width=4"), dataset=tiny.identity(), recipe=recipe, seed=0)
    loop = Training(trial, fresh_network(trial, on_device), on_device)
    by_hand = fresh_network(trial, on_device)
    hand_batches = Training(trial, by_hand, on_device)
    velocities = [torch.zeros_like(weight) for weight in by_hand.parameters()]
    for epoch in range(2):
        loop.run_epoch()
        by_hand.train()
        for x_BCHW, labels_B in hand_batches.batches():
            loss = nn.functional.cross_entropy(by_hand(x_BCHW), labels_B)
            gradients = torch.autograd.grad(loss, list(by_hand.parameters()))
            with torch.no_grad():
                for weight, gradient, velocity in zip(by_hand.parameters(), gradients, velocities, strict=True):
                    velocity.mul_(0.9).add_(gradient + 1e-2 * weight)
                    weight -= (0.05, 0.005)[epoch] * velocity
    for ours, theirs in zip(loop.network.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_a_recipe_of_iterations_ends_in_the_middle_of_an_epoch(run: Callable[..., TrialResult]) -> None:
    result = run(recipe=replace(RECIPE, epochs=None, iterations=6))
    assert len(result.history) == 2  # of 4 and 2 steps


def test_divergence_is_a_result_with_the_error_that_it_has(run: Callable[..., TrialResult]) -> None:
    result = run("plain8:width=4", recipe=replace(RECIPE, learning_rate=1e6, schedule="steps", momentum=0.99, weight_decay=1e5))
    assert result.status == "diverged"
    assert result.detail == f"the training loss was not finite in epoch {len(result.history)}"
    assert result.history[-1].train_loss is None
    assert result.final is not None and result.final.test_error_pct >= 60


def test_an_error_in_a_trial_is_a_result(run: Callable[..., TrialResult], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(worker, "fresh_network", fail)
    result = run()
    assert (result.status, result.detail, result.final) == ("failed", "RuntimeError: no such kernel", None)


def test_out_of_memory_is_a_result_and_no_batch_shrinks(run: Callable[..., TrialResult], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte")

    monkeypatch.setattr(worker, "fresh_network", fail)
    result = run()
    assert result.status == "oom"
    assert result.trial.recipe.batch_size == 16


def test_a_warm_up_by_error_lasts_until_an_epoch_is_under_it(on_device: DeviceImages, tiny: Images) -> None:
    recipe = Recipe(epochs=9, batch_size=16, warmup_learning_rate=1e-12, warmup_until_train_error_pct=50.0, warmup_min_depth=8)
    trial = Trial(architecture=parse("resnet8:width=4"), dataset=tiny.identity(), recipe=recipe, seed=0)
    loop = Training(trial, fresh_network(trial, on_device), on_device)
    for _ in range(3):  # at such a rate nothing is learned
        loop.run_epoch()
        assert not loop.warmed_up
    assert loop.steps.optimizer.param_groups[0]["lr"] == 1e-12
    loop.trial = replace(trial, recipe=replace(recipe, warmup_learning_rate=0.05))
    while not loop.warmed_up and not loop.is_finished:
        loop.run_epoch()
    assert loop.warmed_up
    loop.run_epoch()
    assert loop.steps.optimizer.param_groups[0]["lr"] == 0.1


def test_bf16_is_close_to_fp32(run: Callable[..., TrialResult]) -> None:
    low, full = (run(recipe=replace(RECIPE, precision=precision)).history[0].train_loss for precision in ("bf16", "fp32"))
    assert low is not None and full is not None
    assert low != full
    assert low == pytest.approx(full, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"))],
)
def test_over_three_seeds_bf16_errs_as_fp32_does(digits: Images, environment: Environment, device: str) -> None:
    """ResNet-20 by the recipe of the suites, on the digits: the mean difference is under a point."""
    images, job = (
        DeviceImages(digits, torch.device(device)),
        Job(images=digits, device=device, checkout=Checkout(commit=None, is_dirty=None)),
    )
    errors: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for (precision, found), seed in product(errors.items(), range(3)):
        recipe = replace(RECIPES["quick"], precision=precision)  # type: ignore[arg-type]
        trial = Trial(architecture=parse("resnet20"), dataset=digits.identity(), recipe=recipe, seed=seed)
        *_, last = run_trial(Attempt(trial=trial), images, environment, job)
        assert isinstance(last, Finished) and last.result.final is not None
        found.append(last.result.final.test_error_pct)
    assert errors["bf16"] != errors["fp32"]
    assert max(errors["fp32"] + errors["bf16"]) < 10
    assert np.mean(errors["bf16"]) == pytest.approx(np.mean(errors["fp32"]), abs=1.0)


def test_the_first_losses_do_not_change(digits: Images, environment: Environment) -> None:
    """A refactor leaves these as they are; another processor's rounding moves them a little."""
    recipe = Recipe(epochs=1, batch_size=64, schedule="one-cycle", warmup_fraction=0.2, learning_rate=0.01)
    images = DeviceImages(digits, CPU)
    losses = {}
    for arm in ("plain8", "resnet8", "preresnet8"):
        trial = Trial(architecture=parse(arm), dataset=digits.identity(), recipe=recipe, seed=0)
        loop = Training(trial, fresh_network(trial, images), images)
        losses[arm] = [loop.step(*batch)[0].item() for _, batch in zip(range(4), loop.batches(), strict=False)]
    golden = json.loads(GOLDEN.read_text())
    for arm, expected in golden.items():
        assert losses[arm] == pytest.approx(expected, rel=1e-3), losses


def test_a_part_of_the_images_is_the_seeds_own_and_trained_on_for_as_many_steps(
    tiny: Images, on_device: DeviceImages, environment: Environment
) -> None:
    whole = Trial(architecture=parse("plain8:width=4"), dataset=tiny.identity(), recipe=Recipe(epochs=4, batch_size=8), seed=3)
    quarter, half = replace(whole, train_fraction=0.25), replace(whole, train_fraction=0.5)
    trainings = [Training(trial, fresh_network(trial, on_device), on_device) for trial in (quarter, half, whole)]
    rows = [set(training.rows_N.tolist()) for training in trainings]
    assert [len(found) for found in rows] == [16, 32, 65]
    assert rows[0] < rows[1] < rows[2] == set(range(65))
    other = replace(quarter, seed=4)
    assert set(Training(other, fresh_network(other, on_device), on_device).rows_N.tolist()) != rows[0]
    assert {training.num_iterations for training in trainings} == {32}
    result = result_of(quarter, on_device, environment)
    assert len(result.history) == quarter.num_passes(65) == 16
    seen = on_device.train.part(trainings[0].rows_N)
    assert result.final is not None
    assert result.final.train_error_pct * len(seen) / 100 == pytest.approx(round(result.final.train_error_pct * len(seen) / 100))
    assert from_json(to_json(result)) == result


def test_a_part_is_in_the_key_and_the_whole_is_not(tiny: Images) -> None:
    whole = Trial(architecture=parse("plain8"), dataset=tiny.identity(), recipe=Recipe(epochs=1), seed=0)
    assert "train_fraction" not in without_defaults(whole)
    assert replace(whole, train_fraction=1.0).key == whole.key != replace(whole, train_fraction=0.5).key
    assert replace(whole, train_fraction=0.5).arm.label == "plain8 on 50%"
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="must be above 0 and at most 1"):
            replace(whole, train_fraction=share).arm  # noqa: B018


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here, which torch's compiler needs on a CPU")
def test_a_compiled_network_learns_the_same_up_to_rounding_and_its_record_says_so(
    tiny: Images, on_device: DeviceImages, environment: Environment
) -> None:
    """Small last batches, which would be compiled once more, are taken as they come."""
    trial = Trial(architecture=parse("resnet8:width=4"), dataset=tiny.identity(), recipe=replace(RECIPE, batch_size=20), seed=0)
    torch._dynamo.utils.counters.clear()  # of what other tests of this process have compiled
    found = []
    for is_compiled in (False, True):
        job = Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None), is_compiled=is_compiled)
        *_, last = run_trial(Attempt(trial=trial), on_device, environment, job)
        assert isinstance(last, Finished) and (last.result.status, last.result.is_compiled) == ("ok", is_compiled)
        found.append([epoch.train_loss for epoch in last.result.history])
    assert found[1] == pytest.approx(found[0], rel=1e-2)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
