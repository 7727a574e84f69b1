"""Why can a residual network be deepened and a plain one not?

    python -m benchmarks.run --suite function_class

A hundred trials (the arms of `depth` and the 20-layer arms of `ordering`, 5 seeds, four of them at 3 learning rates) and ten controls on the 8x8
digits, then eleven probes of the trained networks; networks that those suites have trained are not trained again. With `--rates recipe` there are
sixty and ten, which take eight to ten minutes on two cores of an AMD EPYC. A course's figure shows the function classes of plain networks of
growing depth as not nested, and those of residual networks as nearly nested (Zhang et al., Dive into Deep Learning, figure 8.6.1). This suite
measures it. Expect all-zero blocks to leave a residual network unchanged and to ruin a plain one, and deeper networks without shortcuts to move
away from the ground truth on the map of functions.
"""

from benchmarks import About, Above, Claim, Less, NotAbove, NoWorse, ProbeUse, Suite, arms

DEPTHS = (8, 20, 32, 56)
BY_DEPTH = tuple(f"{family}{depth}" for depth in DEPTHS for family in ("plain", "resnet"))
ORDERINGS = {
    "preresnet20": "full pre-activation",
    "resnet20:ordering=relu-only": "ReLU-only pre-activation",
    "resnet20:ordering=relu-before": "ReLU before the addition",
    "resnet20:ordering=bn-after": "batch norm after the addition",
}
D2L = "Zhang et al., Dive into Deep Learning, section 8.6.1 and figure 8.6.1"
HE = "He et al. 2015 (1512.03385)"

SUITE = Suite(
    question="Why can a residual network be deepened and a plain one not?",
    arms=arms(*BY_DEPTH, *ORDERINGS),
    claims=(
        *(
            Claim(
                id=f"a-zero-block-is-nothing-to-resnet{depth}",
                statement=f"Adding an all-zero block to every stage does not change the outputs of a residual network of {depth} layers.",
                source=D2L,
                metric="zero_block_change",
                test=About(arm=f"resnet{depth}", target=0.0),
                margin=1e-6,
                is_identity=True,
            )
            for depth in (20, 56)
        ),
        *(
            Claim(
                id=f"a-zero-block-is-nothing-to-{name.partition('=')[2] or 'pre'}",
                statement=f"Adding an all-zero block to every stage does not change the outputs of a residual network of 20 layers with {words}.",
                source=f"{D2L}, of the orderings of He et al. 2016 (1603.05027), figure 4",
                metric="zero_block_change",
                test=About(arm=name, target=0.0),
                margin=1e-6,
                is_identity=True,
            )
            for name, words in ORDERINGS.items()
        ),
        Claim(
            id="a-zero-block-ends-a-plain-network",
            statement="With an all-zero block added to every stage, a plain network of 20 layers falls to chance level (90% error with ten classes).",
            source=D2L,
            metric="zero_block_error_pct",
            test=About(arm="plain20", target=90.0),
            margin=2.0,
            is_identity=True,
        ),
        Claim(
            id="a-residual-network-moves-in-proportion",
            statement="A residual network's outputs (20 layers) change in proportion to the gamma of added blocks near zero (slope 1 on log axes).",
            source=f"{D2L}: nearly nested",
            metric="change_slope",
            test=About(arm="resnet20", target=1.0),
            margin=0.1,
            is_identity=True,
        ),
        Claim(
            id="a-plain-network-does-not-come-back",
            statement="A plain network's outputs (20 layers) stay changed as the gamma of added blocks goes to zero (down to 0.0001).",
            source=f"{D2L}: not nested",
            metric="small_gamma_change",
            test=Above(arm="plain20", target=0.0),
            margin=0.1,
            is_identity=True,
        ),
        Claim(
            id="the-plain-class-allows-the-identity",
            statement="Adding a hand-built identity block to every stage does not change a plain network's outputs (20 layers, evaluation mode).",
            source=f"{HE}, section 1: there exists a solution by construction",
            metric="nesting_change_evaluation",
            test=About(arm="plain20", target=0.0),
            margin=0.001,
            is_identity=True,
        ),
        Claim(
            id="a-grown-residual-network-is-no-worse",
            statement="After further training, three added blocks per stage (gamma 0) do not raise a residual network's training loss (20 layers).",
            source=f"{HE}, section 1: a deeper network should be no worse than its shallower counterpart",
            metric="growing_gap_gamma_0",
            test=NotAbove(arm="resnet20", target=0.0),
            margin=0.01,
        ),
        Claim(
            id="a-grown-plain-network-is-worse",
            statement="After further training, three added blocks per stage (gamma 1) raise a plain network's training loss (20 layers).",
            source=f"{HE}, section 1: solvers do not find the construction",
            metric="growing_gap_gamma_1",
            test=Above(arm="plain20", target=0.0),
            margin=0.01,
        ),
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
            id="gradients-shatter",
            statement="Before training, gradients at neighbouring images are less similar in a plain network of 56 layers than in a residual one.",
            source="Balduzzi et al. 2017 (1702.08591), section 2",
            metric="gradient_correlation",
            test=Less(smaller="plain56", larger="resnet56"),
            margin=0.05,
        ),
        Claim(
            id="residual-responses-are-smaller",
            statement="The layers of a residual network of 20 layers have smaller responses (mean standard deviation) than those of a plain one.",
            source=f"{HE}, figure 7",
            metric="response_deviation",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=0.02,
        ),
        Claim(
            id="a-residual-network-survives-a-lesion",
            statement="Removing a block that keeps the shape raises a residual network's test error by less than 5 points on average (56 layers).",
            source="Veit et al. 2016 (1605.06431), section 4.1",
            metric="removed_rise",
            test=NotAbove(arm="resnet56", target=0.0),
            margin=5.0,
        ),
        Claim(
            id="a-plain-network-does-not-survive-a-lesion",
            statement="Removing a block that keeps the shape raises a plain network's test error more than a residual one's (20 layers).",
            source="Veit et al. 2016 (1605.06431), section 4.1",
            metric="removed_rise",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=10.0,
        ),
        Claim(
            id="shortcuts-smooth-the-surface",
            statement="Around a trained network of 56 layers the loss surface curves downwards in fewer places with shortcuts than without.",
            source="Li et al. 2018 (1712.09913), section 5",
            metric="nonconvex_share",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=5.0,
        ),
        Claim(
            id="depth-pulls-classes-apart",
            statement="In a residual network of 56 layers a linear probe has lower test error after the last block than after the stem.",
            source="courses: similar inputs are pulled apart as depth grows; Alain and Bengio 2016 (1610.01644)",
            metric="separation_gain",
            test=Above(arm="resnet56", target=0.0),
            margin=10.0,
        ),
    ),
    reference="resnet20",
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=(
        "function_map",
        "learned_curves",
        "perturbation",
        "growing_on",
        "loss_by_depth",
        "gradients",
        "layer_responses",
        "lesions",
        "loss_surface",
        "separation",
        "representations",
    ),
    probes=(
        ProbeUse(probe="probabilities", arms=BY_DEPTH),
        ProbeUse(probe="zero_block"),
        ProbeUse(probe="perturbation"),
        ProbeUse(probe="nesting", arms=BY_DEPTH),
        ProbeUse(probe="growing", arms=("plain20", "resnet20")),
        ProbeUse(probe="regression", arms=BY_DEPTH),
        ProbeUse(probe="gradients", arms=BY_DEPTH),
        ProbeUse(probe="responses", arms=BY_DEPTH),
        ProbeUse(probe="lesions", arms=("plain20", "resnet20", "plain56", "resnet56")),
        ProbeUse(probe="loss_surface", arms=("plain56", "resnet56")),
        ProbeUse(probe="separation", arms=("plain20", "resnet20", "plain56", "resnet56")),
    ),
)
