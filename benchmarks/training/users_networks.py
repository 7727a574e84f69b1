"""Check users' networks before any training: one pass in each mode, and a check of the scores that they return.

This file is kept apart because it runs users' code in the command's own process, and loads torch only if there is such code.
"""

import sys
import traceback
from collections.abc import Iterable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from resnet_variants.architecture import Task
from resnet_variants.registry import name_of
from resnet_variants.users_code import traceback_of, users_frames
from resnet_variants.variant import Variant
from resnet_variants.whose import is_users

if TYPE_CHECKING:
    from torch import nn


NOT_FINITE = "returned scores that are not finite"
NUM_IMAGES = 2  # a single image has no variance


def refuse_broken(variants: Iterable[Variant], task: Task, *, must_be_finite: bool = True) -> None:
    """Build each network that contains a user's code, and pass two images through it in training mode, and back, and in evaluation mode.

    Raises:
        ValueError: a network cannot be built, fails, has nothing to train, or does not return one score per image and class, which depends on its
            parameters and is finite if it `must_be_finite`.
    """
    for variant in dict.fromkeys(variants):
        if is_users(variant):
            _refuse_broken(variant, task, must_be_finite)


def _refuse_broken(variant: Variant, task: Task, must_be_finite: bool) -> None:
    import torch

    from resnet_variants.build import build

    shape, name = "x".join(map(str, task.image_shape)), name_of(variant)
    with torch.random.fork_rng(devices=[]), redirect_stdout(sys.stderr):
        generator = torch.Generator().manual_seed(0)
        try:
            network = build(variant, task, generator=generator)
            x_NCHW = torch.randn(NUM_IMAGES, *task.image_shape, generator=generator)
            modes = {mode: _scores(network, mode == "training", x_NCHW) for mode in ("training", "evaluation")}
            _pass_back(modes["training"])
        except ValueError as error:
            if _is_ours(error):
                raise
            raise ValueError(_describe_failure(name, shape, error)) from error
        except Exception as error:  # a user's code may raise anything
            raise ValueError(_describe_failure(name, shape, error)) from error
    for mode, scores in modes.items():
        wrong = _describe_fault(scores, task.num_classes)
        if wrong and (must_be_finite or wrong != NOT_FINITE):
            raise ValueError(f"{name} {wrong} for {NUM_IMAGES} images of {shape} in {mode} mode: it must return scores_NK")
    if not any(weight.requires_grad for weight in network.parameters()):
        raise ValueError(f"{name} has no parameter that can be trained")
    if not getattr(modes["training"], "requires_grad", False):
        raise ValueError(f"{name} returned scores that depend on no parameter in training mode: remove its detach() or no_grad()")


def _scores(network: "nn.Module", is_training: bool, x_NCHW: object) -> object:
    import torch

    with torch.set_grad_enabled(is_training):
        scores: object = network.train(is_training)(x_NCHW)
    return scores


def _pass_back(scores: object) -> None:
    """Compute the gradients of scores as training does, if they are scores that have any."""
    import torch

    if isinstance(scores, torch.Tensor) and scores.requires_grad and scores.is_floating_point():
        scores.sum().backward()  # type: ignore[no-untyped-call]


def _describe_fault(scores: object, num_classes: int) -> str:
    """Return why these are not one finite score per image and class; "" if they are."""
    import torch

    if not isinstance(scores, torch.Tensor):
        return f"returned a {type(scores).__name__}"
    if scores.dim() != 2 or len(scores) != NUM_IMAGES:
        return f"returned a tensor of shape {tuple(scores.shape)}"
    if scores.shape[1] != num_classes:
        return f"returned {scores.shape[1]} scores for {num_classes} classes"
    if not scores.is_floating_point():
        return f"returned numbers of type {scores.dtype}"
    return "" if bool(scores.isfinite().all()) else NOT_FINITE


def _is_ours(error: Exception) -> bool:
    """Return whether this project itself refused the network, before any of the user's code ran."""
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].filename.endswith(("build.py", "source.py", "users_code.py"))


def _describe_failure(name: str, shape: str, error: Exception) -> str:
    """Return a message such as "my_nets:my_net fails on images of 3x32x32 (my_nets.py, line 7): TypeError: ...", and the user's lines."""
    theirs = users_frames(error)
    where = f" ({theirs[-1].filename}, line {theirs[-1].lineno})" if theirs else ""
    words = f"{name} fails on images of {shape}{where}: {type(error).__name__}: {error}"
    return "\n".join([words, *traceback_of(error)])
