"""At equal multiply-adds, are many narrow groups better than one wide path, and are they as fast?

    python -m benchmarks.run --suite cardinality

75 trials (5 arms, 5 seeds, 3 learning rates) and ten controls on the 8x8 digits, then a timing session; with `--rates recipe` twenty-five and ten,
which take seven to ten minutes on two cores of an AMD EPYC. The networks are the CIFAR networks of Xie et al. 2017 (29 layers) at half their width,
to fit a laptop: 1x32d and 1x33d for 1x64d, 2x20d for 2x40d, 8x7d for 8x14d, 32x2d for 32x4d. Each is compared with the single path whose
multiply-adds are within 1% of its own. 4x12d (4x24d halved) is omitted because no single path comes within 1% of it. Expect equal errors, equal
parameters and a longer step, because the groups move more activations.
"""

from benchmarks import Budget, Claim, Equal, Less, NoWorse, Suite, arms

ONE, ONE_33 = "resnet29bn:width=32", "resnet29bn:width=32,width_per_group=33"
TWO = "resnext29_2x20d:width=32"
EIGHT = "resnext29_8x7d:width=32"
MANY = "resnext29_32x2d:width=32"
PAIRS = ((ONE, TWO, "2x20d"), (ONE_33, EIGHT, "8x7d"), (ONE_33, MANY, "32x2d"))
PUBLISHED = {"2x20d": "23.0% for 2x40d", "8x7d": "22.3% for 8x14d", "32x2d": "22.2% for 32x4d"}
XIE = "Xie et al. 2017 (1611.05431)"

SUITE = Suite(
    question="At equal multiply-adds, are many narrow groups better than one wide path, and are they as fast?",
    arms=arms(ONE, ONE_33, TWO, EIGHT, MANY),
    claims=(
        *(
            Claim(
                id=f"{form}-errs-less",
                statement=f"At equal multiply-adds {form} has lower test error than a single path.",
                source=f"{XIE}, table 3: on ImageNet {PUBLISHED[form]}, 23.9% for 1x64d",
                metric="test_error_pct",
                test=Less(smaller=grouped, larger=single),
                margin=0.5,
            )
            for single, grouped, form in PAIRS
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
        ),
        *(
            Claim(
                id=f"{form}-trains-as-fast",
                statement=f"At equal multiply-adds a training step of {form} takes no longer than one of a single path.",
                source=f"no paper: what equal complexity suggests. {XIE}, section 5.1, reports 0.95 against 0.70 s for 101 layers",
                metric="train_step_seconds",
                test=NoWorse(reference=single, other=grouped),
                margin=0.1,
            )
            for single, grouped, form in PAIRS
        ),
    ),
    reference=ONE_33,
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "error_by_step_time", "equal_costs"),
    timed=("train", "infer"),
    budgets=tuple(Budget(arms=(single, grouped), on="macs") for single, grouped, _ in PAIRS),
)
