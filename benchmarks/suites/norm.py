"""What does batch norm bring, and do other norms bring it too?

    python -m benchmarks.run --suite norm

130 trials (10 networks at 20 layers, two of them also on a quarter of the images, 5 seeds; 7 arms at 3 learning rates) and ten controls on the 8x8
digits; sixty and ten with `--rates recipe`. `--arms all` adds the same norms at 56 layers. The claims on tenths of a point take CIFAR-10. Without
norms a network has a bias per channel in their place.
"""

from benchmarks import DIGITS, Claim, GapGrows, Less, NoWorse, Suite, arms, arms_on_parts

NORMS = ("gn", "ln", "dyt", "none")
FAMILIES = ("plain{}", "resnet{}")
WU = "Wu and He 2018 (1803.08494), table 1: ResNet-50 on ImageNet"
DYT_SMALL = "2604.23434, abstract: dynamic tanh helps only where data are scarce"

SUITE = Suite(
    question="What does batch norm bring, and do other norms bring it too?",
    main="norm-helps-training",
    arms=arms(*(f"{family.format(20)}{norm}" for family in FAMILIES for norm in ("", *(f":norm={norm}" for norm in NORMS))))
    | arms_on_parts(("resnet20", "resnet20:norm=dyt"), (0.25,)),
    optional=arms(*(f"{family.format(56)}{norm}" for family in FAMILIES for norm in ("", *(f":norm={norm}" for norm in NORMS)))),
    claims=(
        *(
            Claim(
                id=f"norm-helps-training{suffix}",
                statement=f"A {words} network of 20 layers ends with lower training error with batch norm than without norms.",
                source="courses: batch norm after a convolution helps training; Ioffe and Szegedy 2015 (1502.03167)",
                metric="train_error_pct",
                test=Less(smaller=f"{family}20", larger=f"{family}20:norm=none"),
                margin=1.0,
            )
            for suffix, words, family in (("", "residual", "resnet"), ("-of-plain-networks", "plain", "plain"))
        ),
        Claim(
            id="residual-needs-norm-less",
            statement="At 20 layers the absence of norms raises the training error of a plain network by more than that of a residual one.",
            source="De and Smith 2020 (2002.10444) and Zhang et al. 2019 (1901.09321): residual networks can do without",
            metric="train_error_pct",
            test=GapGrows(first=("resnet20", "resnet20:norm=none"), second=("plain20", "plain20:norm=none")),
            margin=1.0,
        ),
        Claim(
            id="group-norm-is-near",
            statement="With group norm 20 layers test no worse than with batch norm, within 10%.",
            source=f"{WU}: 24.1 against 23.6%",
            metric="test_error_pct",
            test=NoWorse(reference="resnet20", other="resnet20:norm=gn"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="layer-norm-is-worse",
            statement="With layer norm 20 layers have higher test error than with batch norm, by more than 5% of it.",
            source=f"{WU}: 25.3 against 23.6%",
            metric="test_error_pct",
            test=Less(smaller="resnet20", larger="resnet20:norm=ln"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="dyt-is-worse",
            statement="With dynamic tanh 20 layers have higher test error than with batch norm, by more than 5% of it.",
            source=DYT_SMALL,
            metric="test_error_pct",
            test=Less(smaller="resnet20", larger="resnet20:norm=dyt"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="dyt-gains-where-data-are-few",
            statement="On a quarter of the images dynamic tanh compares with batch norm better than on all, by more than a point of test error.",
            source=DYT_SMALL,
            metric="test_error_pct",
            test=GapGrows(first=("resnet20:norm=dyt", "resnet20"), second=("resnet20:norm=dyt on 25%", "resnet20 on 25%")),
            margin=1.0,
        ),
    ),
    optional_claims=(
        Claim(
            id="norm-helps-training-at-56",
            statement="A residual network of 56 layers ends with lower training error with batch norm than without norms.",
            source="Zhang et al. 2019 (1901.09321), section 1: without norms deep residual networks were thought not to train",
            metric="train_error_pct",
            test=Less(smaller="resnet56", larger="resnet56:norm=none"),
            margin=1.0,
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
)
