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
