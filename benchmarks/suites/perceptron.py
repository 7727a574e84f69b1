"""Is a deep perceptron better than a wide one of as many parameters?

    python -m benchmarks.run --suite perceptron

150 trials (14 arms, 5 seeds, 8 arms at 3 learning rates) and ten controls on the 8x8 digits, then a timing session; with `--rates recipe` seventy
and ten, which take one to two minutes on two cores of an AMD EPYC. The arms follow the table of layers and sizes of Seide et al. 2011 at a quarter
of the width: hidden layers of 512 units for their 2,048, and single layers with as many parameters as five and seven such layers. They report the
word error of a speech recogniser, we the error on digits: compare directions.
"""

from benchmarks import Budget, Claim, GapGrows, Less, NoWorse, Suite, arms, arms_on_parts

DEEP, WIDE, WIDER = "mlp_5x512", "mlp_1x14520", "mlp_1x21524"
SEIDE = "Seide, Li and Yu 2011 (Interspeech), the table of layers and sizes"

SUITE = Suite(
    question="Is a deep perceptron better than a wide one of as many parameters?",
    arms=arms(*(f"mlp_{layers}x512" for layers in (1, 2, 3, 5, 7)), "mlp_1x4096", WIDE, WIDER, "resmlp_5x512", "resmlp_7x512")
    | arms_on_parts([DEEP, WIDE], (0.25, 0.5)),
    claims=(
        Claim(
            id="five-layers-beat-one-of-equal-parameters",
            statement="Five hidden layers of 512 units have lower test error than one hidden layer with as many parameters.",
            source=f"{SEIDE}: 17.2 against 22.5% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger=WIDE),
            margin=0.5,
        ),
        Claim(
            id="seven-layers-beat-one-of-equal-parameters",
            statement="Seven hidden layers of 512 units have lower test error than one hidden layer with as many parameters.",
            source=f"{SEIDE}: 17.1 against 22.6% word error",
            metric="test_error_pct",
            test=Less(smaller="mlp_7x512", larger=WIDER),
            margin=0.5,
        ),
        Claim(
            id="five-layers-beat-one",
            statement="Five hidden layers of 512 units have lower test error than one such layer.",
            source=f"{SEIDE}: 17.2 against 24.2% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger="mlp_1x512"),
            margin=0.5,
        ),
        Claim(
            id="seven-layers-are-no-worse-than-five",
            statement="Seven hidden layers of 512 units have no higher test error than five.",
            source=f"{SEIDE}: 17.1 against 17.2% word error",
            metric="test_error_pct",
            test=NoWorse(reference=DEEP, other="mlp_7x512"),
            margin=0.5,
        ),
        Claim(
            id="shortcuts-do-not-hurt-seven-layers",
            statement="Seven hidden layers of 512 units have no higher test error with shortcuts than without.",
            source="He et al. 2015 (1512.03385), section 3.1: residual learning is not limited to convolutions",
            metric="test_error_pct",
            test=NoWorse(reference="mlp_7x512", other="resmlp_7x512"),
            margin=0.5,
        ),
        Claim(
            id="depth-needs-fewer-examples",
            statement="The lead of five layers over one with as many parameters is larger with a quarter of the training images than with all.",
            source="Mhaskar, Liao and Poggio 2016 (1603.00988): deep networks need fewer examples where the target is compositional",
            metric="test_error_pct",
            test=GapGrows(first=(DEEP, WIDE), second=(f"{DEEP} on 25%", f"{WIDE} on 25%")),
            margin=0.5,
        ),
    ),
    reference=DEEP,
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "error_by_step_time", "error_by_images"),
    timed=("train", "infer"),
    budgets=(Budget(arms=(DEEP, WIDE), on="params"), Budget(arms=("mlp_7x512", WIDER), on="params")),
)
