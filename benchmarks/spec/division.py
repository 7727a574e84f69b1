"""Divide images into two parts by a seed, with the classes of both in proportion. The result is the same on every machine.

This is a module of its own because analysis repeats a division from the kept labels, without the images. Nothing here
needs torch.

Axes: N images, K classes.
"""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

CHECKSUM_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Division:
    """Rows of the images that are kept, and of those that are drawn from them, each in ascending order."""

    kept_N: NDArray[np.int64]
    drawn_N: NDArray[np.int64]

    @property
    def checksum(self) -> str:
        """16 hex digits of the hash of both parts."""
        digest = sha256()
        for rows_N in (self.kept_N, self.drawn_N):
            digest.update(len(rows_N).to_bytes(8, "little") + rows_N.astype("<i8").tobytes())
        return digest.hexdigest()[:CHECKSUM_DIGITS]


def divide(labels_N: NDArray[np.int64], num_drawn: int, *, seed: int, purpose: str) -> Division:
    """Draw `num_drawn` images at random; the count of each class differs by less than one from its exact share.

    The draw depends only on the labels, the seed and the purpose's name.
    """
    assert 0 < num_drawn < len(labels_N)
    quotas_K = _quotas(np.bincount(labels_N), num_drawn)
    order_N = _random_order(len(labels_N), seed, purpose)
    drawn = [order_N[labels_N[order_N] == label][:quota] for label, quota in enumerate(quotas_K)]
    is_drawn_N = np.zeros(len(labels_N), bool)
    is_drawn_N[np.concatenate(drawn)] = True
    return Division(kept_N=np.flatnonzero(~is_drawn_N), drawn_N=np.flatnonzero(is_drawn_N))


def split_of_seed(labels_N: NDArray[np.int64], num_test: int, seed: int) -> Division:
    """Divide a pool of images into the training images (kept) and the test images (drawn) of a seed."""
    return divide(labels_N, num_test, seed=seed, purpose="split")


def _quotas(counts_K: NDArray[np.int64], num_drawn: int) -> list[int]:
    """Return how many images of each class to draw: its share rounded down, and one more for the largest remainders."""
    total = int(counts_K.sum())
    shares = [divmod(int(count) * num_drawn, total) for count in counts_K]
    quotas = [whole for whole, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda label: -shares[label][1])  # stable: ties in the order of classes
    for label in by_remainder[: num_drawn - sum(quotas)]:
        quotas[label] += 1
    return quotas


def _random_order(number: int, seed: int, purpose: str) -> NDArray[np.int64]:
    """Return the numbers below `number` in random order, by raw bits, which no release of numpy changes."""
    bits = np.random.PCG64(int(sha256(f"{purpose} {seed}".encode()).hexdigest()[:15], 16)).random_raw(number)
    return np.argsort(bits, kind="stable")
