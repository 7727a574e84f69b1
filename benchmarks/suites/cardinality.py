"""At equal multiply-adds, are many narrow groups better than one wide path, and are they as fast?

    python -m benchmarks.run --suite cardinality

Twenty-five trials (5 arms, 5 seeds) and ten controls on the 8x8 digits, then a timing session: seven to ten minutes on two cores of an AMD EPYC. The
networks are the CIFAR networks of Xie et al. 2017 (29 layers) at half their width, to fit a laptop: 1x32d and 1x33d for 1x64d, 2x20d for 2x40d, 8x7d
for 8x14d, 32x2d for 32x4d. Each is compared with the single path whose multiply-adds are within 1% of its own. 4x12d (4x24d halved) is omitted
because no single path comes within 1% of it. The digits are too easy for differences of 2% of an error: there the suite shows the cost of groups,
equal parameters and a longer step, because they move more activations. The paper's question takes CIFAR-10 and a GPU, and `--arms all` adds networks
of twice the cost, groups of 4 channels and groups without shortcuts:

    python -m benchmarks.run --suite cardinality --arms all --dataset cifar10 --data DIR --download --recipe resnext --seeds 10 --device cuda
"""

from benchmarks import DIGITS, Budget, Claim, Compare, Equal, Less, NoWorse, Suite, arms

ONE, ONE_33 = "resnet29bn:width=32", "resnet29bn:width=32,width_per_group=33"
TWO = "resnext29_2x20d:width=32"
EIGHT = "resnext29_8x7d:width=32"
MANY = "resnext29_32x2d:width=32"
PAIRS = ((ONE, TWO, "2x20d"), (ONE_33, EIGHT, "8x7d"), (ONE_33, MANY, "32x2d"))
PUBLISHED = {"2x20d": "23.0% for 2x40d", "8x7d": "22.3% for 8x14d", "32x2d": "22.2% for 32x4d"}
GROUPS_OF_4 = "resnext29_15x4d:width=32"
TWICE = "resnext29_71x2d:width=32"  # these three cost twice as much as 32x2d
TWICE_OTHERWISE = {"wider": "resnet29bn:width=32,width_per_group=54", "deeper": "resnet65bn:width=32"}
ALONE = f"{MANY},shortcut=none"
XIE = "Xie et al. 2017 (1611.05431)"

SUITE = Suite(
    question="At equal multiply-adds, are many narrow groups better than one wide path, and are they as fast?",
    main="32x2d-errs-less-on-cifar",
    arms=arms(ONE, ONE_33, TWO, EIGHT, MANY),
    optional=arms(GROUPS_OF_4, TWICE, *TWICE_OTHERWISE.values(), ALONE),
    claims=(
        *(
            Claim(
                id=f"{form}-errs-less-on-cifar",
                statement=f"At equal multiply-adds the test error of {form} is lower than that of a single path by more than 2% of it.",
                source=f"{XIE}, table 3: on ImageNet {PUBLISHED[form]}, 23.9% for 1x64d",
                metric="test_error_pct",
                test=Less(smaller=grouped, larger=single),
                margin=0.02,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for single, grouped, form in PAIRS
        ),
        Claim(
            id="groups-train-better",
            statement="At equal multiply-adds the training error of 32x2d is lower than that of a single path by more than 5% of it.",
            source=f"{XIE}, section 5.1: the gain is in training error, 16 against 20% with 101 layers",
            metric="train_error_pct",
            test=Less(smaller=MANY, larger=ONE_33),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"{form}-has-as-many-parameters",
                statement=f"At equal multiply-adds {form} has as many parameters as a single path.",
                source=f"{XIE}, section 3.3 and table 1: about the same complexity",
                metric="params",
                test=Equal(reference=single, other=grouped),
                margin=0.05,
            )
            for single, grouped, form in PAIRS
            if form != "32x2d"  # retired: the paper counts the ImageNet networks
        ),
        Claim(
            id="groups-cost-time",
            statement="At equal multiply-adds a training step of 32x2d takes longer than one of a single path.",
            source=f"{XIE}, section 5.1: 0.95 s for ResNeXt-101 32x4d, 0.70 s for ResNet-101",
            metric="train_step_seconds",
            test=Less(smaller=ONE_33, larger=MANY),
            margin=0.1,
        ),
    ),
    optional_claims=(
        *(
            Claim(
                id=f"cardinality-beats-a-{word}-network",
                statement=f"At twice the multiply-adds of 32x2d, 71x2d has lower test error than a {word} single path, by more than 2% of it.",
                source=f"{XIE}, table 4: 20.4% for 64x4d, 21.3% for the wider network, 21.7% for the deeper one, on ImageNet",
                metric="test_error_pct",
                test=Less(smaller=TWICE, larger=other),
                margin=0.02,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for word, other in TWICE_OTHERWISE.items()
        ),
        Claim(
            id="narrower-than-4-saturates",
            statement="At equal multiply-adds groups of 2 channels have the same test error as groups of 4.",
            source=f"{XIE}, section 5.1: at widths below 4 the accuracy saturates",
            metric="test_error_pct",
            test=Compare(reference=GROUPS_OF_4, other=MANY, says="equivalent"),
            margin=0.02,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="groups-need-shortcuts",
            statement="Without shortcuts the grouped network has higher test error.",
            source=f"{XIE}, section 5.1, residual connections: 26.1 against 22.2% for ResNeXt-50, 31.2 against 23.9% for ResNet-50",
            metric="test_error_pct",
            test=Less(smaller=MANY, larger=ALONE),
            margin=1.0,
        ),
    ),
    retired=(
        Claim(
            id="32x2d-has-as-many-parameters",
            statement="At equal multiply-adds 32x2d has as many parameters as a single path.",
            source=f"{XIE}, section 3.3 and table 1: about the same complexity",
            metric="params",
            test=Equal(reference=ONE_33, other=MANY),
            margin=0.05,
            superseded_by=("imagenet/resnext50-has-as-many-parameters",),
        ),
        *(
            Claim(
                id=f"{form}-errs-less",
                statement=f"At equal multiply-adds {form} has lower test error than a single path.",
                source=f"{XIE}, table 3: on ImageNet {PUBLISHED[form]}, 23.9% for 1x64d",
                metric="test_error_pct",
                test=Less(smaller=grouped, larger=single),
                margin=0.5,
                superseded_by=(f"{form}-errs-less-on-cifar",),
            )
            for single, grouped, form in PAIRS
        ),
        *(
            Claim(
                id=f"{form}-trains-as-fast",
                statement=f"At equal multiply-adds a training step of {form} takes no longer than one of a single path.",
                source=f"no paper: what equal complexity suggests. {XIE}, section 5.1, reports 0.95 against 0.70 s for 101 layers",
                metric="train_step_seconds",
                test=NoWorse(reference=single, other=grouped),
                margin=0.1,
                superseded_by=("groups-cost-time",) if form == "32x2d" else (),
            )
            for single, grouped, form in PAIRS
        ),
    ),
    reference=ONE_33,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "error_by_step_time", "equal_costs"),
    timed=("train", "infer"),
    budgets=tuple(Budget(arms=(single, grouped), on="macs") for single, grouped, _ in PAIRS),
)
