"""CIFAR-100: 60,000 colour photographs of 32x32 in a hundred classes."""

from benchmarks.datasets._torchvision import torchvision_dataset

DATASET = torchvision_dataset(
    "cifar100",
    title="50,000 + 10,000 colour images of 32x32, 100 classes (--data, --download)",
    source="Krizhevsky 2009, CIFAR-100",
    files="cifar-100-python",
    open_split=lambda datasets, root, split, download: datasets.CIFAR100(root, train=split == "train", download=download),
)
