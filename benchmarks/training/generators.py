"""Random generators of a trial, one for each purpose, so that a change in one kind of draw changes no other."""

from hashlib import sha256

import torch
from torch import Tensor

PURPOSES = ("order", "crops", "dropout", "drop path")  # of the generators of a training, each seeded by its name


def generator_of(seed: int, purpose: str) -> torch.Generator:
    """Return a generator for one purpose, seeded only by the trial's seed and the purpose's name."""
    return torch.Generator().manual_seed(int(sha256(f"{purpose} {seed}".encode()).hexdigest()[:15], 16))


def subset_order(seed: int, num_train: int) -> Tensor:
    """Return the order in which a seed draws training images: the first ones are those of a trial on a part of them."""
    return torch.randperm(num_train, generator=generator_of(seed, "subset"))


def mirrored_in(seed: int, num_train: int, epoch: int) -> Tensor:
    """Return which training images are mirrored in this epoch, from 0, if mirroring alternates: 1 for those, 0 for the others.

    These are the ones where a coin, tossed once for each image, and the number of the epoch have an odd sum (Jordan 2024, 2404.00498, section 3).
    """
    coins_N = torch.randint(0, 2, (num_train,), generator=generator_of(seed, "mirrors"))
    return (coins_N + epoch) % 2
