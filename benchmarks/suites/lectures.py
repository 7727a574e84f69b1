"""Do the residual networks that courses teach perform as the courses state, on the courses' images?

    python -m benchmarks.run --suite lectures
    python -m benchmarks.run --suite lectures --dataset mnist --data ~/data --download
    python -m benchmarks.run --suite lectures --dataset imagefolder --data ~/data/mnist-png

Twenty trials (4 arms, 5 seeds) and ten controls, by default on the digits that come with scikit-learn, enlarged to MNIST's 28x28: under a minute on
two cores of an AMD EPYC. On MNIST's 60,000 images the arms take nineteen minutes next to other work, and the controls about as long. The two
residual networks come from Raschka's course (STAT 453, lecture 14): one has two blocks that keep the shape and ends in 784 features, the other two
blocks that halve it and ends in 1,568. Print their shapes layer by layer with:

    python -m resnet_variants describe lecture_identity
    python -m resnet_variants describe lecture_resizing
"""

from benchmarks import About, Claim, Less, Suite, arms

IDENTITY, RESIZING = "lecture_identity", "lecture_resizing"
COURSE = "Raschka, STAT 453 (2021), lecture 14: residual networks on MNIST"

SUITE = Suite(
    question="Do the residual networks that courses teach perform as the courses state?",
    arms=arms(IDENTITY, RESIZING, "mlp_1x512", "mlp_3x512"),
    claims=(
        Claim(
            id="resizing-beats-identity",
            statement="The network whose blocks resize has lower test error than the one whose blocks keep the shape.",
            source=COURSE,
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger=IDENTITY),
            margin=0.5,
        ),
        Claim(
            id="identity-reaches-92-per-cent",
            statement="The network whose blocks keep the shape reaches about 92% test accuracy.",
            source=f"{COURSE} (on MNIST itself)",
            metric="test_error_pct",
            test=About(arm=IDENTITY, target=8.0),
            margin=2.0,
        ),
        Claim(
            id="convolutions-beat-a-perceptron",
            statement="The network whose blocks resize has lower test error than a perceptron of three hidden layers.",
            source="Goodfellow, Bengio and Courville 2016, chapter 9: convolutions suit images",
            metric="test_error_pct",
            test=Less(smaller=RESIZING, larger="mlp_3x512"),
            margin=0.5,
        ),
    ),
    reference=IDENTITY,
    dataset="digits28",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    rates=(1.0,),  # the course's own recipe is part of the question
    figures=("error_by_arm", "test_error_by_epoch", "confusion"),
)
