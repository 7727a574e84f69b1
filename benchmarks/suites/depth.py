"""Does depth hurt a plain network and spare a residual one?

    python -m benchmarks.run --suite depth

Eighty trials (8 arms, 5 seeds, 4 arms at 3 learning rates) and ten controls on the 8x8 digits: five to six minutes on two cores of an AMD EPYC; with
`--rates recipe` forty and ten, which take up to three. Expect the plain network to match the residual one at 8 and 20 layers
and to fail at 56, and the residual one to reach 1 to 4% test error at every depth.

The paper's own study on a GPU, including 44 and 110 layers:

    python -m benchmarks.run --suite depth --arms all --dataset cifar10 --data DIR --download --recipe he2015 --seeds 5 --device cuda
"""

from benchmarks import Claim, Equal, GapGrows, Less, Suite, arms

DEPTHS, FURTHER_DEPTHS = (8, 20, 32, 56), (44, 110)
FAMILIES = ("plain", "resnet")

SUITE = Suite(
    question="Does depth hurt a plain network and spare a residual one?",
    arms=arms(*(f"{family}{depth}" for depth in DEPTHS for family in FAMILIES)),
    optional=arms(*(f"{family}{depth}" for depth in FURTHER_DEPTHS for family in FAMILIES)),
    claims=(
        Claim(
            id="plain-degrades",
            statement="A plain network of 56 layers has higher training error than one of 20 layers.",
            source="He et al. 2015 (1512.03385), section 4.2 and figure 6, left",
            metric="train_error_pct",
            test=Less(smaller="plain20", larger="plain56"),
            margin=1.0,
        ),
        Claim(
            id="residual-does-not-degrade",
            statement="A residual network of 56 layers has the same training error as one of 20 layers.",
            source="He et al. 2015 (1512.03385), section 4.2 and figure 6, middle",
            metric="train_error_pct",
            test=Equal(reference="resnet20", other="resnet56"),
            margin=1.0,
        ),
        Claim(
            id="gap-grows-with-depth",
            statement="The gap in test error between plain and residual networks is larger at 56 layers than at 20.",
            source="He et al. 2015 (1512.03385), figure 6 and table 6",
            metric="test_error_pct",
            test=GapGrows(first=("resnet20", "plain20"), second=("resnet56", "plain56")),
            margin=1.0,
        ),
        Claim(
            id="residual-tests-better",
            statement="At 56 layers the residual network has lower test error than the plain one.",
            source="He et al. 2015 (1512.03385), figure 6 and table 6",
            metric="test_error_pct",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=1.0,
        ),
    ),
    reference="resnet20",
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_depth", "training_curves"),
)
