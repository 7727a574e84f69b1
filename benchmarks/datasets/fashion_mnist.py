"""Fashion-MNIST: 70,000 images of clothes of 28x28."""

from benchmarks.datasets._torchvision import torchvision_dataset

DATASET = torchvision_dataset(
    "fashion_mnist",
    title="60,000 + 10,000 grey images of 28x28, 10 kinds of clothes (--data, --download)",
    source="Xiao et al. 2017 (1708.07747), Fashion-MNIST",
    files="FashionMNIST/raw",
    open_split=lambda datasets, root, split, download: datasets.FashionMNIST(root, train=split == "train", download=download),
)
