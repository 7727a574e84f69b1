"""SVHN: 99,289 house numbers of 32x32, photographed from the street."""

from benchmarks.datasets._torchvision import torchvision_dataset

DATASET = torchvision_dataset(
    "svhn",
    title="73,257 + 26,032 colour images of 32x32, 10 digits (--data, --download)",
    source="Netzer et al. 2011, Street View House Numbers",
    files="train_32x32.mat",
    has_a_left_and_right=True,
    open_split=lambda datasets, root, split, download: datasets.SVHN(root, split=split, download=download),
)
