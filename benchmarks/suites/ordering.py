"""Where should batch norm and ReLU be placed in a residual block?

    python -m benchmarks.run --suite ordering

135 trials (5 orderings at 3 depths, 5 seeds, 6 arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` seventy-five and
ten, which take eight to eleven minutes on two cores of an AMD EPYC. Expect all orderings to be equally good at 20 layers, and batch norm after
the addition and ReLU before it to fail from 56 layers on. Where the paper has differences of tenths of a point the digits are too easy: those claims
take CIFAR-10. `--arms all` adds 164 layers with bottleneck blocks. A later look trains only the missing trials and gives narrower intervals.
"""

from benchmarks import DIGITS, Claim, Compare, Equal, Less, NoWorse, Suite, arms

DEPTHS = (20, 56, 110)
ORDERINGS = (
    "resnet{}",
    "resnet{}:ordering=bn-after",
    "resnet{}:ordering=relu-before",
    "resnet{}:ordering=relu-only",
    "preresnet{}",
)
HE_2016 = "He et al. 2016 (1603.05027)"
TABLE_2 = f"{HE_2016}, table 2"

SUITE = Suite(
    question="Where should batch norm and ReLU be placed in a residual block?",
    main="norm-after-the-addition-hurts-at-56",
    arms=arms(*(name.format(depth) for depth in DEPTHS for name in ORDERINGS)),
    optional=arms("resnet164bn", "preresnet164bn"),
    claims=(
        Claim(
            id="pre-activation-tests-better-at-110",
            statement="At 110 layers full pre-activation has lower test error than the original ordering.",
            source=f"{TABLE_2} and table 3: 6.37 against 6.61%; 5.46 against 5.93% at 164 layers, 4.92 against 7.61% at 1,001",
            metric="test_error_pct",
            test=Less(smaller="preresnet110", larger="resnet110"),
            margin=0.1,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="pre-activation-trains-easier",
            statement="At 110 layers full pre-activation has lower training loss than the original ordering, by more than 10% of it.",
            source=f"{HE_2016}, section 4.1: ease of optimisation",
            metric="train_loss",
            test=Less(smaller="preresnet110", larger="resnet110"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="pre-activation-has-higher-training-loss",
            statement="At 110 layers full pre-activation ends with higher training loss than the original ordering, by more than 5% of it.",
            source=f"{HE_2016}, section 4.2 and figure 6, right: slightly higher training loss, but lower test error",
            metric="train_loss",
            test=Less(smaller="resnet110", larger="preresnet110"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"relu-only-is-no-worse-at-{depth}",
                statement=f"At {depth} layers ReLU-only pre-activation has no higher test error than the original ordering, by 10% of it.",
                source=f"{TABLE_2}: 6.71 against 6.61%",
                metric="test_error_pct",
                test=NoWorse(reference=f"resnet{depth}", other=f"resnet{depth}:ordering=relu-only"),
                margin=0.1,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for depth in (56, 110)
        ),
        Claim(
            id="norm-after-at-20",
            statement="At 20 layers batch norm after the addition has the same test error as the original ordering.",
            source="gcr/torch-residual-networks, README, a replication with one run each, an anecdote: 8.34 against 8.29% on CIFAR-10",
            metric="test_error_pct",
            test=Compare(reference="resnet20", other="resnet20:ordering=bn-after", says="equivalent"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"norm-after-the-addition-hurts-at-{depth}",
                statement=f"At {depth} layers batch norm after the addition has higher test error than the original ordering.",
                source=TABLE_2,
                metric="test_error_pct",
                test=Less(smaller=f"resnet{depth}", larger=f"resnet{depth}:ordering=bn-after"),
                margin=1.0,
            )
            for depth in (56, 110)
        ),
        *(
            Claim(
                id=f"relu-before-the-addition-hurts-at-{depth}",
                statement=f"At {depth} layers ReLU before the addition has higher test error than the original ordering.",
                source=TABLE_2,
                metric="test_error_pct",
                test=Less(smaller=f"resnet{depth}", larger=f"resnet{depth}:ordering=relu-before"),
                margin=1.0,
            )
            for depth in (56, 110)
        ),
    ),
    optional_claims=(
        Claim(
            id="pre-activation-tests-better-at-164",
            statement="At 164 layers (bottleneck blocks) full pre-activation has lower test error than the original ordering.",
            source=f"{HE_2016}, table 3: 5.46 against 5.93%",
            metric="test_error_pct",
            test=Less(smaller="preresnet164bn", larger="resnet164bn"),
            margin=0.1,
            too_easy_on=DIGITS,
        ),
    ),
    retired=(
        *(
            Claim(
                id=f"pre-activation-is-no-worse-at-{depth}",
                statement=f"At {depth} layers full pre-activation has no higher test error than the original ordering.",
                source=TABLE_2,
                metric="test_error_pct",
                test=NoWorse(reference=f"resnet{depth}", other=f"preresnet{depth}"),
                margin=1.0,
                superseded_by=("pre-activation-tests-better-at-110", "pre-activation-trains-easier"),
            )
            for depth in DEPTHS
        ),
        Claim(
            id="norm-after-the-addition-is-harmless-at-20",
            statement="At 20 layers batch norm after the addition has the same test error as the original ordering.",
            source="gcr/torch-residual-networks, README, a replication: 8.34 against 8.29% on CIFAR-10",
            metric="test_error_pct",
            test=Equal(reference="resnet20", other="resnet20:ordering=bn-after"),
            margin=1.0,
            superseded_by=("norm-after-at-20",),
        ),
    ),
    reference="resnet56",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
)
