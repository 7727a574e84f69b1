"""Check signals before training: from flags to images and networks, to the measurements, to a table, JSON and a figure.

Axes: N images, C channels, H rows, W columns.
"""

import json
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from benchmarks.cli.seeds import read_seeds
from benchmarks.cli.signal_request import SignalRequest
from benchmarks.spec.images import DATASETS, Images, load_dataset, load_images
from benchmarks.spec.named import name_of_file
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.signal import NetworkSignal, Signal, SignalCheck
from benchmarks.store.environment import THREADS_PER_TRIAL
from benchmarks.store.files import made, write_whole
from benchmarks.training.process import prepare
from resnet_variants.architecture import Task
from resnet_variants.console import new_console
from resnet_variants.places import place_of
from resnet_variants.registry import name_of, parse
from resnet_variants.users_code import users_code
from resnet_variants.variant import Variant
from resnet_variants.whose import is_users

if TYPE_CHECKING:
    from torch import Tensor

RECIPE = RECIPES["quick"]  # normalises each channel of the images, and changes nothing else
SIZES = (16, 32, 64, 96, 128, 224, 299)  # pixels per side that are tried for a network that fails on the images as they are
WIDE = 160  # columns, if the output is not a terminal


def check_signals(request: SignalRequest) -> None:
    """Measure and judge the signals of all networks; print them, and write the figure.

    Raises:
        ValueError: a network, data set or value is wrong, or the figure cannot be written.
    """
    began = time.monotonic()
    request = replace(request, dataset=name_of_file("data set", DATASETS, request.dataset))
    variants = list(dict.fromkeys(parse(place_of(name)) for name in request.networks))
    choices = request.choices(has_choices=load_dataset(request.dataset).load_chosen is not None)
    images = load_images(request.dataset, request.data, request.download, choices)
    prepare(THREADS_PER_TRIAL)
    check = measure_all(request, variants, images)
    if request.out is not None:
        _write_figure(check, request.out)
    if request.as_json:
        from analysis.pages.signal import as_values

        print(json.dumps(as_values(check), indent=2, allow_nan=False))
    else:
        _print(check, request, time.monotonic() - began)


def measure_all(request: SignalRequest, variants: Sequence[Variant], images: Images) -> SignalCheck:
    """Measure every network with every seed, on the seed's own images; all networks get the same.

    Raises:
        ValueError: there are too few images, they are all alike, or a network cannot be built or cannot process them.
    """
    seeds = tuple(read_seeds(request.seeds)[0])
    if request.batch_size > len(images.train.labels_N):
        raise ValueError(
            f"--batch-size must be at most {len(images.train.labels_N):,}, the training images of {images.name}, got {request.batch_size}"
        )
    channels, rows, columns = images.image_shape
    size = (rows, columns) if request.image_size is None else (request.image_size, request.image_size)
    task = Task(image_shape=(channels, *size), num_classes=len(images.classes))
    for variant in variants:
        _refuse_unfit(variant, task)
    pairs = [(variant, seed) for variant in variants for seed in seeds]
    console = new_console(stderr=True)
    measured: dict[Variant, list[Signal]] = {}
    batches = _batches(images, task, seeds, request.batch_size)
    for variant, seed in track(pairs, "measuring", console=console, transient=True, disable=not console.is_terminal):
        measured.setdefault(variant, []).append(_measure(variant, task, seed, batches[seed], request.blocks))
    return SignalCheck(
        dataset=images.name,
        image_shape=task.image_shape,
        batch_size=request.batch_size,
        seeds=seeds,
        networks=tuple(NetworkSignal(name=name_of(variant), signals=tuple(signals)) for variant, signals in measured.items()),
    )


def _batches(images: Images, task: Task, seeds: Sequence[int], batch_size: int) -> "dict[int, tuple[Tensor, Tensor]]":
    """Return the first training images of each seed's order, normalised, with their labels: (x_NCHW, labels_N)."""
    import torch
    import torch.nn.functional as F

    from benchmarks.training.batches import DeviceImages
    from benchmarks.training.generators import subset_order

    found, on_device = {}, None
    for seed in seeds:
        of_seed = images.split(seed)
        if on_device is None or on_device.original is not of_seed:
            on_device = DeviceImages(of_seed, torch.device("cpu"))
        some = on_device.train.part(subset_order(seed, len(on_device.train))[:batch_size])
        ((x_NCHW, labels_N),) = on_device.evaluation_batches(some, RECIPE, batch_size=batch_size)
        if tuple(x_NCHW.shape[1:]) != task.image_shape:
            x_NCHW = F.interpolate(x_NCHW, size=task.image_shape[1:], mode="bilinear", align_corners=False)
        if not float(x_NCHW.var()) > 0:
            raise ValueError(f"the {batch_size} images of seed {seed} are all alike: take more with --batch-size")
        found[seed] = x_NCHW, labels_N
    return found


def _measure(variant: Variant, task: Task, seed: int, batch: "tuple[Tensor, Tensor]", blocks: str | None) -> Signal:
    """Measure a network with the weights that a run with this seed starts from."""
    import torch

    from benchmarks.measuring.signal import measure_signal
    from benchmarks.training.generators import generator_of
    from resnet_variants.build import build
    from resnet_variants.layout import in_channels_last

    name = name_of(variant)
    try:
        # torch's own layers draw weights before they get ours
        with torch.random.fork_rng(devices=[]), users_code(name) if is_users(variant) else nullcontext():
            network = in_channels_last(build(variant, task, generator=generator_of(seed, "weights")))
            return measure_signal(network, *batch, generator_of(seed, "signal"), blocks)
    except ValueError as error:
        raise ValueError(str(error) if str(error).startswith(name) else f"{name}: {error}") from error


def _refuse_unfit(variant: Variant, task: Task) -> None:
    """Raise ValueError if a network cannot be built or cannot process the images; the message names a size that it can process."""
    fault = _fault_of(variant, task)
    if fault is None:
        return
    for size in (size for size in SIZES if size > max(task.image_shape[1:])):
        if _fault_of(variant, replace(task, image_shape=(task.image_shape[0], size, size))) is None:
            first, *lines = fault.splitlines()
            hint = f"{first}: it can process {size}x{size} pixels, so enlarge the images with --image-size {size}"
            raise ValueError("\n".join([hint, *lines]))
    raise ValueError(fault)


def _fault_of(variant: Variant, task: Task) -> str | None:
    """Return why a network cannot be built or cannot process two random images in training mode; None if it can."""
    import torch

    from benchmarks.training.users_networks import NUM_IMAGES, refuse_broken
    from resnet_variants.build import build

    try:
        if is_users(variant):
            refuse_broken([variant], task, must_be_finite=False)
        else:
            generator = torch.Generator().manual_seed(0)
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                build(variant, task, generator=generator)(torch.randn(NUM_IMAGES, *task.image_shape, generator=generator))
    except (ValueError, RuntimeError) as error:
        if is_users(variant):
            return str(error)  # it names the network, and shows the user's lines
        shape = "x".join(map(str, task.image_shape))
        return f"{name_of(variant)} cannot process images of {shape} ({str(error).splitlines()[0].rstrip('.')})"
    return None


def _write_figure(check: SignalCheck, path: Path) -> None:
    from analysis.figures import load_figure, render

    rendered = render(load_figure("signal"), check, "signal").files
    try:
        with made(path.parent):
            write_whole(path, rendered[path.suffix.lower().removeprefix(".")])
    except OSError as error:
        raise ValueError(f"--out {path} cannot be written ({error.strerror}): name another file") from error


def _print(check: SignalCheck, request: SignalRequest, seconds: float) -> None:
    from analysis.inference.signal import RULE
    from analysis.pages.signal import LEGEND, table_of, verdicts_of

    console = new_console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    shape = "x".join(map(str, check.image_shape))
    setting = f"{check.batch_size} training images of {check.dataset} ({shape}), {_seeds_in_words(check.seeds)}"
    start = "new networks in training mode, fp32, on the CPU, with the weights that a run with the same seed starts from"
    console.print(f"{setting}; {start}.", soft_wrap=not console.is_terminal)
    for network in check.networks:
        console.print(f"\n{network.name}", style="bold")
        console.print(table_of(network))
    for line in [LEGEND, RULE, *verdicts_of(check)]:
        console.print(f"\n{line}", soft_wrap=not console.is_terminal)
    written = f"figure: {request.out}\n" if request.out is not None else ""
    console.print(f"\n{written}{seconds:.1f} seconds", soft_wrap=True)


def _seeds_in_words(seeds: Sequence[int]) -> str:
    return (
        f"seed {seeds[0]}"
        if len(seeds) == 1
        else f"seeds {seeds[0]} to {seeds[-1]} (mean \N{PLUS-MINUS SIGN} standard deviation)"
    )
