"""Does a network of one's own beat ResNet-20? From any folder: python -m benchmarks.run --suite examples/my_suite.py"""

from benchmarks import Claim, Compare, Suite, arms, network

SUITE = Suite(
    question="Does my network beat ResNet-20?",
    arms=arms("resnet20", mine=network("my_nets:my_net")),
    claims=[Claim("My network has lower test error than ResNet-20.", Compare("resnet20", "mine", says="better"), margin=0.5)],
    dataset="./my_data.py",  # digits-splits, if nothing is said
    figures=["error_by_arm", "./my_figure.py"],
    reference="resnet20",
)
