"""Is a deep perceptron better than a wide one of as many parameters?

    python -m benchmarks.run --suite perceptron

110 trials (14 arms, 5 seeds, 4 arms at 3 learning rates) and ten controls on the 8x8 digits, then a probe and a timing session; with `--rates recipe`
seventy and ten, which take one to two minutes on two cores of an AMD EPYC. The arms follow the table of layers and sizes of Seide et al. 2011 at a
quarter of the width: hidden layers of 512 units for their 2,048, and single layers with as many parameters as five and seven such layers. They report
the word error of a speech recogniser, we the error on images: compare directions. The digits are too easy for differences of 10% of an error, and
show only which networks fail; the paper's claims take larger images:

    python -m benchmarks.run --suite perceptron --dataset mnist --data ~/data --download
"""

from itertools import pairwise

from benchmarks import DIGITS, Budget, Claim, Compare, GapGrows, Less, NotAbove, NoWorse, ProbeUse, Suite, arms, arms_on_parts

DEEP, WIDE, WIDER = "mlp_5x512", "mlp_1x14520", "mlp_1x21524"
WORDS = {1: "One", 2: "Two", 3: "Three", 5: "Five", 7: "Seven"}
SEIDE = (
    "Seide, Li and Yu 2011 (Interspeech), the table of layers and sizes (as remembered, sigmoid networks with DBN pre-training)"
)
SLIDES = "a course's slides: one hidden layer can represent anything"

SUITE = Suite(
    question="Is a deep perceptron better than a wide one of as many parameters?",
    main="five-err-less-than-one-of-equal",
    arms=arms(*(f"mlp_{layers}x512" for layers in (1, 2, 3, 5, 7)), "mlp_1x4096", WIDE, WIDER, "resmlp_5x512", "resmlp_7x512")
    | arms_on_parts([DEEP, WIDE], (0.25, 0.5)),
    claims=(
        Claim(
            id="five-err-less-than-one-of-equal",
            statement="Five hidden layers of 512 units have lower test error than one hidden layer with as many parameters, by more than 10% of it.",
            source=f"{SEIDE}: 17.2 against 22.5% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger=WIDE),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="seven-err-less-than-one-of-equal",
            statement="Seven hidden layers of 512 units have lower test error than one hidden layer with as many parameters, by more than 10% of it.",
            source=f"{SEIDE}: 17.1 against 22.6% word error",
            metric="test_error_pct",
            test=Less(smaller="mlp_7x512", larger=WIDER),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="five-err-less-than-one",
            statement="Five hidden layers of 512 units have lower test error than one such layer, by more than 10% of it.",
            source=f"{SEIDE}: 17.2 against 24.2% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger="mlp_1x512"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="seven-against-five",
            statement="Seven hidden layers of 512 units have the same test error as five, to 10% of it.",
            source=f"{SEIDE}: 17.1 against 17.2% word error",
            metric="test_error_pct",
            test=Compare(reference=DEEP, other="mlp_7x512", says="equivalent"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"each-layer-helps-{more}",
                statement=f"{WORDS[more]} hidden layers of 512 units have no higher test error than {WORDS[fewer].lower()}, within 10% of it.",
                source=f"{SEIDE}: the error falls with every layer, 24.2, 20.4, 18.4, 17.2 and 17.1% word error with 1, 2, 3, 5 and 7",
                metric="test_error_pct",
                test=NoWorse(reference=f"mlp_{fewer}x512", other=f"mlp_{more}x512"),
                margin=0.1,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for fewer, more in pairwise(WORDS)
        ),
        Claim(
            id="very-wide-does-not-catch-up",
            statement="Five hidden layers of 512 units have lower test error than one of 4,096, by more than 10% of it.",
            source=f"{SEIDE}: 17.2 against 22.1% word error of one layer of 16,384",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger="mlp_1x4096"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="shortcuts-rescue-seven-layers",
            statement="Seven hidden layers of 512 units have lower test error with shortcuts than without, by more than 10% of it, or fail less.",
            source="He et al. 2015 (1512.03385), section 3.1: residual learning is not limited to convolutions",
            metric="test_error_pct",
            test=Less(smaller="resmlp_7x512", larger="mlp_7x512"),
            margin=0.1,
            is_relative=True,  # failures decide on any images, so that none is too easy
        ),
        Claim(
            id="deep-errs-less-on-a-quarter",
            statement="On a quarter of the images five layers have lower test error than one with as many parameters, by more than 10% of it.",
            source="courses: deep networks need less training data; Mhaskar, Liao and Poggio 2016 (1603.00988): where the target is compositional",
            metric="test_error_pct",
            test=Less(smaller=f"{DEEP} on 25%", larger=f"{WIDE} on 25%"),
            margin=0.1,
            is_relative=True,
        ),
        Claim(
            id="one-wide-layer-fits-the-curve",
            statement="A perceptron of one wide hidden layer (4,096 units), trained on a curve, comes within 0.05 of it.",
            source=f"{SLIDES}, as something that training finds",
            metric="regression_distance",
            test=NotAbove(arm="mlp_1x4096", target=0.0),
            margin=0.05,
        ),
        Claim(
            id="one-wide-layer-can-represent-the-curve",
            statement="A perceptron of one wide hidden layer (4,096 units) has weights with which it comes within 0.05 of the curve.",
            source=f"{SLIDES}, as the theorem has it",
            metric="representation_distance",
            test=NotAbove(arm="mlp_1x4096", target=0.0),
            margin=0.05,
            is_identity=True,
        ),
    ),
    retired=(
        Claim(
            id="five-layers-beat-one-of-equal-parameters",
            statement="Five hidden layers of 512 units have lower test error than one hidden layer with as many parameters.",
            source=f"{SEIDE}: 17.2 against 22.5% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger=WIDE),
            margin=0.5,
            superseded_by=("five-err-less-than-one-of-equal",),
        ),
        Claim(
            id="seven-layers-beat-one-of-equal-parameters",
            statement="Seven hidden layers of 512 units have lower test error than one hidden layer with as many parameters.",
            source=f"{SEIDE}: 17.1 against 22.6% word error",
            metric="test_error_pct",
            test=Less(smaller="mlp_7x512", larger=WIDER),
            margin=0.5,
            superseded_by=("seven-err-less-than-one-of-equal",),
        ),
        Claim(
            id="five-layers-beat-one",
            statement="Five hidden layers of 512 units have lower test error than one such layer.",
            source=f"{SEIDE}: 17.2 against 24.2% word error",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger="mlp_1x512"),
            margin=0.5,
            superseded_by=("five-err-less-than-one",),
        ),
        Claim(
            id="seven-layers-are-no-worse-than-five",
            statement="Seven hidden layers of 512 units have no higher test error than five.",
            source=f"{SEIDE}: 17.1 against 17.2% word error",
            metric="test_error_pct",
            test=NoWorse(reference=DEEP, other="mlp_7x512"),
            margin=0.5,
            superseded_by=("seven-against-five",),
        ),
        Claim(
            id="shortcuts-do-not-hurt-seven-layers",
            statement="Seven hidden layers of 512 units have no higher test error with shortcuts than without.",
            source="He et al. 2015 (1512.03385), section 3.1: residual learning is not limited to convolutions",
            metric="test_error_pct",
            test=NoWorse(reference="mlp_7x512", other="resmlp_7x512"),
            margin=0.5,
            superseded_by=("shortcuts-rescue-seven-layers",),
        ),
        Claim(
            id="depth-needs-fewer-examples",
            statement="The lead of five layers over one with as many parameters is larger with a quarter of the training images than with all.",
            source="Mhaskar, Liao and Poggio 2016 (1603.00988): deep networks need fewer examples where the target is compositional",
            metric="test_error_pct",
            test=GapGrows(first=(DEEP, WIDE), second=(f"{DEEP} on 25%", f"{WIDE} on 25%")),
            margin=0.5,
            superseded_by=("deep-errs-less-on-a-quarter",),
        ),
    ),
    reference=DEEP,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    probes=(ProbeUse(probe="regression", arms=("mlp_1x4096",)),),
    figures=("error_by_arm", "error_by_step_time", "error_by_images", "learned_curves"),
    timed=("train", "infer"),
    budgets=(Budget(arms=(DEEP, WIDE), on="params"), Budget(arms=("mlp_7x512", WIDER), on="params")),
)
