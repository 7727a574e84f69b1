"""Does depth hurt a plain network and spare a residual one?

    python -m benchmarks.run --suite depth

A hundred trials (8 arms, 5 seeds, 6 arms at 3 learning rates) and ten controls on the 8x8 digits: five to seven minutes on two cores of an AMD EPYC;
with `--rates recipe` forty and ten, which take up to three. Expect the plain network to match the residual one at 8 and 20 layers and to fail at
56, and the residual one to reach 1 to 4% test error at every depth.

The paper's own study on a GPU, including 44 and 110 layers:

    python -m benchmarks.run --suite depth --arms all --dataset cifar10 --data DIR --download --recipe he2015 --seeds 5 --device cuda
"""

from benchmarks import DIGITS, Above, Claim, Compare, Equal, GapGrows, Less, NotAbove, NoWorse, Suite, arms

DEPTHS, FURTHER_DEPTHS = (8, 20, 32, 56), (44, 110)
FAMILIES = ("plain", "resnet")
TABLE_6 = "He et al. 2015 (1512.03385), figure 6 and table 6"

SUITE = Suite(
    question="Does depth hurt a plain network and spare a residual one?",
    main="residual-tests-better",
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
            id="residual-trains-no-worse-at-56",
            statement="A residual network of 56 layers has no higher training error than one of 20 layers.",
            source="He et al. 2015 (1512.03385), section 4.2 and figure 6, middle: 0.8% at 20 layers, at most 0.3% from 32 on",
            metric="train_error_pct",
            test=NoWorse(reference="resnet20", other="resnet56"),
            margin=1.0,
        ),
        Claim(
            id="residual-gains-from-depth-56",
            statement="A residual network of 56 layers has lower test error than one of 20 layers, by more than 5% of it.",
            source=f"{TABLE_6}: 6.97 against 8.75%",
            metric="test_error_pct",
            test=Less(smaller="resnet56", larger="resnet20"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="plain-is-comparable-when-shallow",
            statement="At 20 layers the plain network has the same test error as the residual one.",
            source="He et al. 2015 (1512.03385), section 4.1 and table 2: 27.94 and 27.88% at 18 layers on ImageNet",
            metric="test_error_pct",
            test=Compare(reference="resnet20", other="plain20", says="equivalent"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="shallow-shortcuts-do-little",
            statement="At 8 layers the plain network has the same test error as the residual one.",
            source="Raschka, STAT 453 (2021), lecture 14: with two blocks shortcuts are not the point",
            metric="test_error_pct",
            test=Compare(reference="resnet8", other="plain8", says="equivalent"),
            margin=0.5,
        ),
        Claim(
            id="gap-grows-with-depth",
            statement="The gap in test error between plain and residual networks is larger at 56 layers than at 20.",
            source=TABLE_6,
            metric="test_error_pct",
            test=GapGrows(first=("resnet20", "plain20"), second=("resnet56", "plain56")),
            margin=1.0,
        ),
        Claim(
            id="residual-tests-better",
            statement="At 56 layers the residual network has lower test error than the plain one.",
            source=TABLE_6,
            metric="test_error_pct",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=1.0,
        ),
        Claim(
            id="residual-converges-sooner",
            statement="A residual network of 20 layers reaches 10% training error more than an epoch before a plain one.",
            source="He et al. 2015 (1512.03385), section 4.1: faster convergence at the early stage",
            metric="epochs_to_10_pct",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=1.0,
        ),
    ),
    optional_claims=(
        Claim(
            id="residual-gains-from-depth-110",
            statement="A residual network of 110 layers has lower test error than one of 20 layers, by more than 5% of it.",
            source=f"{TABLE_6}: 6.61 (mean of 5) against 8.75%",
            metric="test_error_pct",
            test=Less(smaller="resnet110", larger="resnet20"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="residual-tests-no-worse-at-110",
            statement="A residual network of 110 layers has no higher test error than one of 20 layers, by 10% of it.",
            source=f"{TABLE_6}: 6.61 (mean of 5) against 8.75%",
            metric="test_error_pct",
            test=NoWorse(reference="resnet20", other="resnet110"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="plain-110-fails",
            statement="More than half of the runs of a plain network of 110 layers fail.",
            source="He et al. 2015 (1512.03385), caption of figure 6: the error of plain-110 is above 60%",
            metric="failed",
            test=Above(arm="plain110", target=0.5),
            margin=0.0,
        ),
        Claim(
            id="resnet110-trains",
            statement="Fewer than half of the runs of a residual network of 110 layers fail.",
            source=f"{TABLE_6} (6.61%, 0.16 over 5 runs), and He et al. 2016 (1603.05027), table 1",
            metric="failed",
            test=NotAbove(arm="resnet110", target=0.5),
            margin=0.0,
        ),
    ),
    retired=(
        Claim(
            id="residual-does-not-degrade",
            statement="A residual network of 56 layers has the same training error as one of 20 layers.",
            source="He et al. 2015 (1512.03385), section 4.2 and figure 6, middle",
            metric="train_error_pct",
            test=Equal(reference="resnet20", other="resnet56"),
            margin=1.0,
            superseded_by=("residual-trains-no-worse-at-56",),
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_depth", "training_curves"),
)
