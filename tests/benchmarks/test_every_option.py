"""Every option of residual networks that came after 2016: its signal, zero blocks, first step, description, compilation and lanes."""

import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.cli.plan import plan
from benchmarks.executors.events import Attempt, Event, Finished, Job
from benchmarks.executors.lane_worker import Lanes
from benchmarks.executors.worker import Workplace
from benchmarks.measuring.signal import measure_signal
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from resnet_variants import name_of, parse
from resnet_variants.__main__ import app
from resnet_variants.architecture import Architecture, Task
from resnet_variants.build import build
from resnet_variants.by_numbers import complexity_by_numbers
from resnet_variants.complexity import complexity_of
from resnet_variants.grow import insert_everywhere
from resnet_variants.network import Network
from resnet_variants.residual import DROP_PATH_RULES, GAINS, JOINS, NAMED_SCALES, NORMS
from resnet_variants.trunks import AGGREGATES, MIXINGS

SMALL = Task(image_shape=(3, 8, 8), num_classes=5)
OPTIONS = [
    "branch_gain=skipinit",
    "branch_gain=skipinit-sqrt",
    "branch_gain=skipinit,norm=none",
    "branch_gain=layerscale",
    "branch_gain=layerscale-1e-4",
    "branch_gain=fixup,norm=none",
    "branch_scale=1/sqrtL",
    "branch_scale=1/L",
    "branch_scale=0.5",
    "drop_path=0.5",
    "drop_path=0.5,drop_path_rule=constant",
    "norm=gn",
    "norm=ln",
    "norm=ln-pixel",
    "norm=dyt",
    "norm=none",
    "join=orthogonal",
    "join=orthogonal-global",
    "join=random-direction",
    "join=delta",
    "join=delta-fixed",
    "block=single",
    "block=triple",
]
TRUNKS = [  # several tensors pass between blocks, so that a block cannot be inserted
    "streams=2,mixing=hc-static",
    "streams=2,mixing=hc",
    "streams=2,mixing=mhc",
    "streams=2,mixing=identity",
    "aggregate=attention",
    "aggregate=attention-full",
    "aggregate=mean",
]
EACH = [*OPTIONS, *TRUNKS]


def name_with(option: str, depth: int = 20) -> str:
    """Several streams and attention are for pre-activation, all else is tested in the original ordering."""
    depth = 11 if option == "block=triple" and depth == 8 else depth
    return f"{'preresnet' if option in TRUNKS else 'resnet'}{depth}:width=4,{option}"


def seeded(name: str) -> Network:
    torch.manual_seed(0)
    network = build(parse(name), SMALL)
    assert isinstance(network, Network)
    return network


def images(number: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(number, 3, 8, 8, generator=generator), torch.arange(number)


def test_the_table_has_every_value_of_every_option() -> None:
    values = {
        "norm": NORMS.keys() - {"bn"},
        "branch_gain": GAINS[1:],
        "branch_scale": NAMED_SCALES,
        "drop_path_rule": DROP_PATH_RULES[1:],
        "join": JOINS.keys() - {"add"},
        "mixing": MIXINGS,
        "aggregate": AGGREGATES.keys() - {"none"},
    }
    spelled = {part for option in EACH for part in option.split(",")}
    assert {f"{field}={value}" for field, names in values.items() for value in names} - spelled == set()


@pytest.mark.parametrize("option", EACH)
def test_a_signal_check_gives_what_hooks_on_the_blocks_see(option: str) -> None:
    """Variances of the blocks' outputs and norms of the gradients there; nothing of the network changes."""
    network, (x_NCHW, labels_N) = seeded(name_with(option)), images()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = measure_signal(network, x_NCHW, labels_N, torch.Generator().manual_seed(2))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())
    by_name = {block.name: block for block in found.blocks}
    seen = dict(outputs_of(network, x_NCHW, labels_N, torch.Generator().manual_seed(2)))
    assert len(seen) == parse(name_with(option)).num_blocks  # type: ignore[union-attr]
    for name, y in seen.items():
        assert y.grad is not None
        channels = y.detach().double().transpose(0, 1).flatten(1)
        assert by_name[name].variance == pytest.approx(float(channels.var(dim=1, correction=0).mean()), rel=1e-3)
        assert by_name[name].gradient == pytest.approx(float(y.grad.double().norm()), rel=1e-3, abs=1e-9)
        assert by_name[name].largest_gain is not None


def outputs_of(network: Network, x_NCHW: Tensor, labels_N: Tensor, generator: torch.Generator) -> list[tuple[str, Tensor]]:
    """The tensor that each block puts out, with its gradient; all streams are one tensor."""
    outputs: list[tuple[str, Tensor]] = []

    def keep(name: str) -> object:
        def hook(block: nn.Module, inputs: object, y: Tensor) -> None:
            y.retain_grad()
            outputs.append((name, y))

        return hook

    handles = [block.register_forward_hook(keep(f"blocks.{at}")) for at, block in enumerate(network.blocks)]  # type: ignore[arg-type]
    torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))  # as a check seeds what is drawn
    F.cross_entropy(network.train()(x_NCHW), labels_N).backward()
    for handle in handles:
        handle.remove()
    return outputs


@pytest.mark.parametrize("option", OPTIONS)
def test_a_zero_block_changes_nothing(option: str) -> None:
    """The block that is inserted at the end of each stage has only zeros, so that its branch is zero."""
    network, (x_NCHW, _) = seeded(name_with(option)).eval(), images()
    before_NK = network(x_NCHW)
    grown = insert_everywhere(network, "zero")
    assert len(grown.blocks) == len(network.blocks) + 3
    assert torch.equal(grown(x_NCHW), before_NK)


@pytest.mark.slow
@pytest.mark.parametrize("option", EACH)
def test_a_first_step_at_110_layers_has_no_number_that_is_not_finite(option: str) -> None:
    network, (x_NCHW, labels_N) = seeded(name_with(option, depth=110)), images()
    loss = F.cross_entropy(network(x_NCHW), labels_N)
    loss.backward()
    assert loss.isfinite()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


@pytest.mark.parametrize("option", EACH)
def test_a_description_has_the_name_the_option_and_the_counts(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = name_with(option)
    variant = parse(name)
    assert isinstance(variant, Architecture)
    counts = complexity_of(variant, SMALL)
    with pytest.raises(SystemExit) as ended:
        app(["describe", name, "--input", "3x8x8", "--classes", "5", "--json"])
    assert not ended.value.code
    described = json.loads(capsys.readouterr().out)
    total = described["total"]
    assert (total["params"], total["macs"], total["activations"]) == (counts.params, counts.macs, counts.activations)
    assert parse(described["name"]) == variant and not total["is_lower_bound"]
    assert sum(layer["params"] for layer in described["layers"]) == counts.params


@pytest.mark.slow
@pytest.mark.parametrize("option", EACH)
def test_compiled_it_is_one_graph_with_the_same_scores_and_gradients(option: str) -> None:
    network, (x_NCHW, labels_N) = seeded(name_with(option, depth=8)), images()
    torch._dynamo.reset()
    found = [gradients_of(module, network, x_NCHW, labels_N) for module in (network, compiled(network))]
    for eager, other in zip(*found, strict=True):
        torch.testing.assert_close(other, eager, rtol=1e-5, atol=1e-7)


def compiled(network: Network) -> nn.Module:
    return torch.compile(network, backend="aot_eager", fullgraph=True)  # type: ignore[return-value]


def gradients_of(module: nn.Module, network: Network, x_NCHW: Tensor, labels_N: Tensor) -> list[Tensor]:
    torch.manual_seed(3)  # the same branches are dropped
    network.zero_grad()
    scores_NK = module(x_NCHW)
    F.cross_entropy(scores_NK, labels_N).backward()
    return [scores_NK.detach(), *(weight.grad.clone() for weight in network.parameters() if weight.grad is not None)]


@pytest.mark.slow
@pytest.mark.usefixtures("as_a_worker")
@pytest.mark.parametrize("option", EACH)
def test_in_lanes_each_trial_is_as_if_alone_to_the_bit(option: str, tiny: Images, job: Job) -> None:
    recipe = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")
    trials = list(plan(arms(name_with(option, depth=8), "resnet8:width=4").values(), tiny, recipe, 2))
    lanes = Lanes(Workplace(job), replace(job, num_lanes=2))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    last: dict[int, Event] = {}
    while not lanes.is_idle:
        last |= dict(lanes.next_round())
    for ticket, trial in enumerate(trials):
        *_, alone = Workplace(job).work(Attempt(trial=trial), job)
        together = last[ticket]
        assert isinstance(alone, Finished) and isinstance(together, Finished)
        assert together.result.status == "ok" and together.result.reproducible == alone.result.reproducible


@pytest.mark.slow
@pytest.mark.parametrize(
    "base", ["resnet18", "resnet50", "resnext50_32x4d", "preresnet18", "resnet29bn", "preresnet29bn", "wrn_10_1"]
)
def test_with_other_blocks_and_on_imagenet_it_trains_or_is_refused_with_the_reason(base: str) -> None:
    task, built = Task(image_shape=(3, 64, 64), num_classes=10), 0
    for option in EACH:
        try:
            variant = parse(f"{base}:{option}")
        except ValueError as error:
            assert len(str(error).split()) > 5, error
            continue
        assert isinstance(variant, Architecture) and parse(name_of(variant)) == variant
        assert complexity_by_numbers(variant, task) == complexity_of(variant, task)
        torch.manual_seed(0)
        network = build(variant, task)
        F.cross_entropy(network(torch.randn(2, 3, 64, 64)), torch.arange(2)).backward()
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters()), option
        built += 1
    assert built >= 20
