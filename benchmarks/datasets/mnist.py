"""MNIST: 70,000 handwritten digits of 28x28."""

from benchmarks.datasets._torchvision import torchvision_dataset

DATASET = torchvision_dataset(
    "mnist",
    title="60,000 + 10,000 grey images of 28x28, 10 digits (--data, --download)",
    source="LeCun et al. 1998, MNIST",
    files="MNIST/raw",
    has_a_left_and_right=True,
    open_split=lambda datasets, root, split, download: datasets.MNIST(root, train=split == "train", download=download),
)
