"""Does depth move a network's function closer to the ground truth?

    python -m benchmarks.run --suite function_map

90 trials (the arms of `depth`, 5 seeds, five at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` forty and ten. The
probes take about a second each. A course's figure shows deeper residual networks as nearer to the ground truth than shallower ones
(Zhang et al., Dive into Deep Learning, figure 8.6.1). Expect deep networks without shortcuts to move away from it on the map of functions.
"""

from benchmarks import Claim, Less, NoWorse, ProbeUse, Suite, arms

DEPTHS = (8, 20, 32, 56)
BY_DEPTH = tuple(f"{family}{depth}" for depth in DEPTHS for family in ("plain", "resnet"))
D2L = "Zhang et al., Dive into Deep Learning, section 8.6.1 and figure 8.6.1"
HE = "He et al. 2015 (1512.03385)"

SUITE = Suite(
    question="Does depth move a network's function closer to the ground truth?",
    main="depth-moves-closer",
    arms=arms(*BY_DEPTH),
    claims=(
        Claim(
            id="plain-strays-with-depth",
            statement="A plain network of 56 layers has higher training loss than one of 20.",
            source=f"{HE}, section 4.2 and figure 6",
            metric="train_loss",
            test=Less(smaller="plain20", larger="plain56"),
            margin=0.01,
        ),
        Claim(
            id="residual-does-not-stray",
            statement="A residual network of 56 layers has no higher training loss than one of 20.",
            source=f"{HE}, section 4.2 and figure 6",
            metric="train_loss",
            test=NoWorse(reference="resnet20", other="resnet56"),
            margin=0.01,
        ),
        Claim(
            id="the-map-of-functions",
            statement="A plain network's predicted probabilities on test images lie farther from the ground truth than a residual one's (56 layers).",
            source=D2L,
            metric="distance_to_truth",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.05,
        ),
        Claim(
            id="the-map-in-one-dimension",
            statement="Fitted to a curve, a plain perceptron of 27 hidden layers ends farther from it than a residual one.",
            source=f"{D2L}, on functions that can be drawn",
            metric="regression_distance",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.05,
        ),
        Claim(
            id="depth-moves-closer",
            statement="A residual network's predicted probabilities on test images lie closer to the ground truth at 56 layers than at 8.",
            source=f"{D2L}: added layers can only bring the class closer to the ground truth",
            metric="distance_to_truth",
            test=Less(smaller="resnet56", larger="resnet8"),
            margin=0.01,
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("function_map", "learned_curves", "loss_by_depth"),
    probes=(
        ProbeUse(probe="probabilities"),
        ProbeUse(probe="regression"),
    ),
)
