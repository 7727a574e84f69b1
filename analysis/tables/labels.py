"""The classes of the test images, which each seed has for itself if it divides a pool of images."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.tables.probes import ProbeArrays
from analysis.tables.studies import Study
from benchmarks.store.labels import LabelStore


def labels_by_seed(study: Study, store: LabelStore) -> dict[int, tuple[int, ...]]:
    """Return by seed the labels of its test images, in the order of its predictions; seeds whose labels were not kept are left out."""
    first = {result.trial.split: result for result in reversed(study.results)}
    of_splits = {split: store.of_trial(result.trial, result.data.num_test) for split, result in first.items()}
    return {result.trial.seed: labels for result in study.results if (labels := of_splits[result.trial.split])}


def with_labels(study: Study, store: LabelStore) -> Study:
    """Return the study with the labels of its test images, at all its learning rates."""
    return replace(study, labels=labels_by_seed(study, store), others=tuple(with_labels(other, store) for other in study.others))


def by_images(study: Study, networks: Sequence[ProbeArrays]) -> list[list[ProbeArrays]]:
    """Return the networks in groups that were tested on the same images: all together, or by seed if each seed has its own split."""
    if len({result.trial.split for result in study.results}) == 1:
        return [list(networks)]
    return [[network for network in networks if network.seed == seed] for seed in sorted({network.seed for network in networks})]
