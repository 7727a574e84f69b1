"""Number of batches per epoch, and the learning rate at a step."""

import math

from benchmarks.spec.recipe import Recipe

# one-cycle: starts at 1/25 of its peak and ends at 1/10,000 of its start, by half cosines (torch.optim.lr_scheduler.OneCycleLR)
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = ONE_CYCLE_START / 10_000


def num_batches(num_images: int, batch_size: int) -> int:
    """Return the number of batches per epoch; a last batch of a single image, which has no variance, is left out."""
    whole, rest = divmod(num_images, batch_size)
    return whole + (rest > 1)


def learning_rate_at(
    recipe: Recipe, iteration: int, *, iterations_per_epoch: int, depth: int = 0, warmed_up: bool = False
) -> float:
    """Return the learning rate of step `iteration`, counted from 0; `warmed_up` means that a warm-up by training error is over."""
    total = recipe.num_iterations(iterations_per_epoch)
    if recipe.schedule == "one-cycle":
        return recipe.learning_rate * _one_cycle(iteration, total, recipe.warmup_fraction)
    warm = math.inf
    if recipe.warmup_learning_rate is not None and depth >= recipe.warmup_min_depth:
        by_error = recipe.warmup_until_train_error_pct is not None
        if (by_error and not warmed_up) or (not by_error and iteration < recipe.warmup_iterations):
            warm = recipe.warmup_learning_rate
    unit = 1 if recipe.iterations is not None else iterations_per_epoch
    passed = sum(iteration >= milestone * unit for milestone in recipe.milestones)
    return min(warm, recipe.learning_rate * recipe.decay**passed)  # a warm-up that never ends does not delay later steps


def _one_cycle(iteration: int, total: int, warmup_fraction: float) -> float:
    """Return the fraction of the peak learning rate at a step."""
    top = warmup_fraction * total - 1
    if iteration <= top:
        return _half_cosine(ONE_CYCLE_START, 1.0, iteration / top if top > 0 else 1.0)
    return _half_cosine(1.0, ONE_CYCLE_END, (iteration - top) / (total - 1 - top) if total - 1 > top else 1.0)


def _half_cosine(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
