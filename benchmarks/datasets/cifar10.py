"""CIFAR-10: 60,000 colour photographs of 32x32 in ten classes."""

from benchmarks.datasets._torchvision import torchvision_dataset

DATASET = torchvision_dataset(
    "cifar10",
    title="50,000 + 10,000 colour images of 32x32, 10 classes (--data, --download)",
    source="Krizhevsky 2009, CIFAR-10",
    files="cifar-10-batches-py",
    open_split=lambda datasets, root, split, download: datasets.CIFAR10(root, train=split == "train", download=download),
)
