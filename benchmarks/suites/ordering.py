"""Where should batch norm and ReLU be placed in a residual block?

    python -m benchmarks.run --suite ordering

185 trials (5 orderings at 3 depths, 5 seeds, 11 arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` seventy-five and
ten, which take eight to eleven minutes on two cores of an AMD EPYC. Expect all orderings to be equally good at 20 layers. Expect batch norm after
the addition and ReLU before it to fail from 56 layers on, and the original ordering to fail at 110. A later look trains only the missing trials
and gives narrower intervals.
"""

from benchmarks import Claim, Equal, Less, NoWorse, Suite, arms

DEPTHS = (20, 56, 110)
ORDERINGS = (
    "resnet{}",
    "resnet{}:ordering=bn-after",
    "resnet{}:ordering=relu-before",
    "resnet{}:ordering=relu-only",
    "preresnet{}",
)
TABLE_2 = "He et al. 2016 (1603.05027), table 2"

SUITE = Suite(
    question="Where should batch norm and ReLU be placed in a residual block?",
    arms=arms(*(name.format(depth) for depth in DEPTHS for name in ORDERINGS)),
    claims=(
        *(
            Claim(
                id=f"pre-activation-is-no-worse-at-{depth}",
                statement=f"At {depth} layers full pre-activation has no higher test error than the original ordering.",
                source=TABLE_2,
                metric="test_error_pct",
                test=NoWorse(reference=f"resnet{depth}", other=f"preresnet{depth}"),
                margin=1.0,
            )
            for depth in DEPTHS
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
        Claim(
            id="norm-after-the-addition-is-harmless-at-20",
            statement="At 20 layers batch norm after the addition has the same test error as the original ordering.",
            source="gcr/torch-residual-networks, README, a replication: 8.34 against 8.29% on CIFAR-10",
            metric="test_error_pct",
            test=Equal(reference="resnet20", other="resnet20:ordering=bn-after"),
            margin=1.0,
        ),
    ),
    reference="resnet56",
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
)
