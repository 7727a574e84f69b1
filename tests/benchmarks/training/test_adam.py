"""Adam trains as the obvious loop does; a graph, a lane that is taken over and a resumed trial carry all of its state, to the bit."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from benchmarks.executors.events import Attempt, Checkpointed, Event, Finished, Job, WorkerReady
from benchmarks.executors.lane_worker import Lanes
from benchmarks.executors.worker import Workplace
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.trials import TrialResult
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.resume import restore, state_of
from resnet_variants import parse

pytestmark = pytest.mark.usefixtures("as_a_worker")
CPU = torch.device("cpu")
RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.01, weight_decay=0.01, normalise="unit", optimizer="adam")
STATE = {"step", "exp_avg", "exp_avg_sq"}


@pytest.fixture
def on_device(tiny: Images) -> DeviceImages:
    return DeviceImages(tiny, CPU)


def training(images: DeviceImages, name: str = "resnet8:width=4", seed: int = 0, *, uses_graph: bool = False) -> Training:
    trial = Trial(architecture=parse(name), dataset=images.original.identity(), recipe=RECIPE, seed=seed)
    return Training(trial, fresh_network(trial, images), images, uses_graph=uses_graph)


def trained(loop: Training) -> Training:
    while not loop.is_finished:
        loop.run_epoch()
    return loop


def state(loop: Training) -> dict[str, Tensor]:
    """The weights, the norms' statistics and all of the optimizer's tensors."""
    kept = {
        f"{key}.{name}": value
        for name, parameter in loop.network.named_parameters()
        for key, value in loop.steps.optimizer.state[parameter].items()
        if isinstance(value, Tensor)
    }
    assert {name.partition(".")[0] for name in kept} == STATE
    return loop.network.state_dict() | kept


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    assert [name for name, value in expected.items() if not torch.equal(found[name], value)] == []


def batches_of_all_epochs(loop: Training) -> Iterator[tuple[Tensor, Tensor]]:
    for _ in range(3):
        yield from loop.batches()


@pytest.mark.parametrize("uses_graph", [False, True])
def test_training_is_that_of_a_plain_loop_with_torchs_adam(on_device: DeviceImages, *, uses_graph: bool) -> None:
    """Recorded steps too, whose state is made before the first of them."""
    loop = trained(training(on_device, uses_graph=uses_graph))
    by_hand = training(on_device)
    network = by_hand.network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, weight_decay=0.01, fused=True)
    for x_BCHW, labels_B in batches_of_all_epochs(by_hand):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x_BCHW), labels_B).backward()
        optimizer.step()
    expected = [*network.state_dict().values(), *(optimizer.state[weight]["exp_avg_sq"] for weight in network.parameters())]
    ours = loop.steps.optimizer.state
    found = [*loop.network.state_dict().values(), *(ours[weight]["exp_avg_sq"] for weight in loop.network.parameters())]
    assert all(map(torch.equal, found, expected)) and len(found) == len(expected)


def test_a_step_is_that_of_the_paper(on_device: DeviceImages) -> None:
    """Kingma and Ba 2015 (1412.6980), algorithm 1, written out; weight decay is added to the gradient."""
    loop, by_hand = training(on_device), training(on_device)
    loop.network.double().train()
    weights = list(by_hand.network.double().train().parameters())
    first, second = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    for number, (ours, (x_BCHW, labels_B)) in enumerate(
        zip(batches_of_all_epochs(loop), batches_of_all_epochs(by_hand), strict=True), start=1
    ):
        loop.step(ours[0].double(), ours[1])
        loss = nn.functional.cross_entropy(by_hand.network(x_BCHW.double()), labels_B)
        gradients = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            for weight, gradient, m, v in zip(weights, gradients, first, second, strict=True):
                decayed = gradient + 0.01 * weight
                m.mul_(0.9).add_(0.1 * decayed)
                v.mul_(0.999).add_(0.001 * decayed**2)
                weight -= 0.01 * (m / (1 - 0.9**number)) / ((v / (1 - 0.999**number)).sqrt() + 1e-8)
    for ours_weight, weight in zip(loop.network.parameters(), weights, strict=True):
        torch.testing.assert_close(ours_weight, weight, rtol=1e-4, atol=1e-6)  # fp32 scores: roundings grow a little


@pytest.mark.parametrize("uses_graph", [False, True])
def test_a_resumed_trial_has_the_bits_of_an_uninterrupted_one(
    on_device: DeviceImages, environment: Environment, *, uses_graph: bool
) -> None:
    whole = training(on_device, uses_graph=uses_graph)
    whole.run_epoch()
    checkpoint = state_of(whole, environment)
    trained(whole)
    resumed = training(on_device, uses_graph=uses_graph)
    restore(resumed, checkpoint, environment)
    assert_same(state(trained(resumed)), state(whole))


def test_a_training_that_is_taken_over_starts_with_none_of_the_state(on_device: DeviceImages) -> None:
    """Moments and counts of steps are zero again, in their place."""
    first = trained(training(on_device, uses_graph=True))
    places = [value.data_ptr() for value in state(first).values()]
    other = training(on_device, seed=1, uses_graph=True)
    second = first.follow_with(other.trial, on_device)
    assert all(not value.any() for name, value in state(second).items() if name.partition(".")[0] in STATE)
    assert_same(state(trained(second)), state(trained(other)))
    assert [value.data_ptr() for value in state(second).values()] == places


def result_of(events: list[Event]) -> TrialResult:
    assert isinstance(events[-1], Finished)
    return events[-1].result


def test_lanes_and_their_checkpoints_give_the_records_of_a_trial_alone(tiny: Images, job: Job) -> None:
    often = replace(job, checkpoint_every=1)
    names = ("resnet8:width=4", "preresnet8:width=4,dropout=0.3")
    trials = [
        Trial(architecture=parse(name), dataset=tiny.identity(), recipe=RECIPE, seed=seed) for seed in range(3) for name in names
    ]
    lanes = Lanes(Workplace(often), replace(often, num_lanes=2))  # each is taken over twice
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    told: dict[int, list[Event]] = {ticket: [] for ticket in range(len(trials))}
    while not lanes.is_idle:
        for ticket, event in lanes.next_round():
            if not isinstance(event, WorkerReady):
                told[ticket].append(event)
    for ticket, trial in enumerate(trials):
        alone = list(Workplace(often).work(Attempt(trial=trial), often))
        assert result_of(told[ticket]).reproducible == result_of(alone).reproducible
        checkpoint = next(event.state for event in told[ticket] if isinstance(event, Checkpointed))
        resumed = list(Workplace(often).work(Attempt(trial=trial, checkpoint=checkpoint), often))
        assert result_of(resumed).reproducible == result_of(alone).reproducible


def test_unit_pixels_go_from_0_to_1(on_device: DeviceImages) -> None:
    (x_BCHW, _), *_ = on_device.evaluation_batches(on_device.test, RECIPE, batch_size=20)
    expected = on_device.original.test.images_NCHW.astype("float64") / 255
    torch.testing.assert_close(x_BCHW.double(), torch.tensor(expected), rtol=1e-6, atol=0)
    mean, scale = on_device.normaliser("unit")
    assert not mean.any() and (255.0 * scale).item() == 1.0
