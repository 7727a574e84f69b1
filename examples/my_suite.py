"""Does a network of one's own beat ResNet-20? From any folder: python -m benchmarks.run --suite examples/my_suite.py"""

from benchmarks import Claim, Less, Suite, arms

MINE = Claim(
    id="mine-is-better",
    statement="My network has lower test error than ResNet-20.",
    source="mine",
    metric="test_error_pct",
    test=Less(smaller="my_nets:my_net", larger="resnet20"),
    margin=0.5,
)
SUITE = Suite(
    question="Does my network beat ResNet-20?",
    arms=arms("resnet20", "my_nets:my_net"),
    claims=(MINE,),
    dataset="./my_data.py",
    recipe="quick",
    num_seeds=5,
    figures=("error_by_arm", "./my_figure.py"),
    reference="resnet20",
)
