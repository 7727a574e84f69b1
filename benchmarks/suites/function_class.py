"""Why can a residual network be deepened and a plain one not?

    python -m benchmarks.run --suite function_class

Thirty-six trials (the arms of `depth` and the 20-layer ones of `ordering`, 3 seeds; what these have trained is not trained again) on the 8x8 digits,
then eleven probes of the trained networks: four to five minutes on two cores of an AMD EPYC. The course's picture says that plain networks of
growing depth form function classes that are not nested, and residual ones nearly nested (Zhang et al., Dive into Deep Learning, figure 8.6.1).
Here it is measured. Expect zero blocks to be nothing to a residual network and the end of a plain one, and the map of functions to stray from
the truth with depth where shortcuts are missing.
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
                statement=f"A residual network of {depth} layers computes the very same with a zero block more in every stage.",
                source=D2L,
                metric="zero_block_change",
                test=About(arm=f"resnet{depth}", target=0.0),
                margin=1e-6,
            )
            for depth in (20, 56)
        ),
        *(
            Claim(
                id=f"a-zero-block-is-nothing-to-{name.partition('=')[2] or 'pre'}",
                statement=f"With {words}, too, a residual network of 20 layers computes the very same with a zero block more in every stage.",
                source=f"{D2L}, of the orderings of He et al. 2016 (1603.05027), figure 4",
                metric="zero_block_change",
                test=About(arm=name, target=0.0),
                margin=1e-6,
            )
            for name, words in ORDERINGS.items()
        ),
        Claim(
            id="a-zero-block-ends-a-plain-network",
            statement="A plain network of 20 layers guesses, of ten classes, with a zero block more in every stage.",
            source=D2L,
            metric="zero_block_error_pct",
            test=About(arm="plain20", target=90.0),
            margin=2.0,
        ),
        Claim(
            id="a-residual-network-moves-in-proportion",
            statement="A residual network of 20 layers moves in proportion to the gamma of new blocks, near zero (slope 1 on log axes).",
            source=f"{D2L}: nearly nested",
            metric="change_slope",
            test=About(arm="resnet20", target=1.0),
            margin=0.1,
        ),
        Claim(
            id="a-plain-network-does-not-come-back",
            statement="A plain network of 20 layers with new blocks does not come back as their gamma goes to zero.",
            source=f"{D2L}: not nested",
            metric="small_gamma_change",
            test=Above(arm="plain20", target=0.0),
            margin=0.1,
        ),
        Claim(
            id="the-plain-class-allows-the-identity",
            statement="A plain network of 20 layers can have a block more in every stage and compute the same: by construction, in evaluation mode.",
            source=f"{HE}, section 1: there exists a solution by construction",
            metric="nesting_change_evaluation",
            test=About(arm="plain20", target=0.0),
            margin=0.001,
        ),
        Claim(
            id="a-grown-residual-network-is-no-worse",
            statement="Trained on with three blocks more a stage from gamma 0, a residual network's training loss ends no higher than without.",
            source=f"{HE}, section 1: a deeper network should be no worse than its shallower counterpart",
            metric="growing_gap_gamma_0",
            test=NotAbove(arm="resnet20", target=0.0),
            margin=0.01,
        ),
        Claim(
            id="a-grown-plain-network-is-worse",
            statement="Trained on with three new blocks more a stage (gamma 1), a plain network's training loss ends higher than without.",
            source=f"{HE}, section 1: solvers do not find the construction",
            metric="growing_gap_gamma_1",
            test=Above(arm="plain20", target=0.0),
            margin=0.01,
        ),
        Claim(
            id="plain-strays-with-depth",
            statement="A plain network of 56 layers ends farther from the truth, in training loss, than one of 20.",
            source=f"{HE}, section 4.2 and figure 6",
            metric="train_loss",
            test=Less(smaller="plain20", larger="plain56"),
            margin=0.01,
        ),
        Claim(
            id="residual-does-not-stray",
            statement="A residual network of 56 layers ends no farther from the truth, in training loss, than one of 20.",
            source=f"{HE}, section 4.2 and figure 6",
            metric="train_loss",
            test=NoWorse(reference="resnet20", other="resnet56"),
            margin=0.01,
        ),
        Claim(
            id="the-map-of-functions",
            statement="In the space of functions a plain network of 56 layers lies farther from the truth than a residual one, on test images.",
            source=D2L,
            metric="distance_to_truth",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.05,
        ),
        Claim(
            id="the-map-in-one-dimension",
            statement="Of perceptrons of 27 layers that are fitted to a curve, the plain one ends farther from it than the residual one.",
            source=f"{D2L}, on functions that can be drawn",
            metric="regression_distance",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.05,
        ),
        Claim(
            id="gradients-shatter",
            statement="Before training, gradients at neighbouring images are less alike in a plain network of 56 layers than in a residual one.",
            source="Balduzzi et al. 2017 (1702.08591), section 2",
            metric="gradient_correlation",
            test=Less(smaller="plain56", larger="resnet56"),
            margin=0.05,
        ),
        Claim(
            id="residual-responses-are-smaller",
            statement="The layers of a residual network of 20 layers respond more weakly than those of a plain one.",
            source=f"{HE}, figure 7",
            metric="response_deviation",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=0.02,
        ),
        Claim(
            id="a-residual-network-survives-a-lesion",
            statement="A residual network of 56 layers that loses one block that keeps the shape errs, in the mean, by less than 5 points more.",
            source="Veit et al. 2016 (1605.06431), section 4.1",
            metric="removed_rise",
            test=NotAbove(arm="resnet56", target=0.0),
            margin=5.0,
        ),
        Claim(
            id="a-plain-network-does-not-survive-a-lesion",
            statement="A plain network of 20 layers that loses a block errs more than a residual one does.",
            source="Veit et al. 2016 (1605.06431), section 4.1",
            metric="removed_rise",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=10.0,
        ),
        Claim(
            id="shortcuts-smooth-the-surface",
            statement="Around a trained network of 56 layers the loss curves downwards in fewer places with shortcuts than without.",
            source="Li et al. 2018 (1712.09913), section 5",
            metric="nonconvex_share",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=5.0,
        ),
        Claim(
            id="depth-pulls-classes-apart",
            statement="In a residual network of 56 layers a linear reader errs less behind the last block than behind the stem.",
            source="courses: similar inputs are pulled apart as depth grows; Alain and Bengio 2016 (1610.01644)",
            metric="separation_gain",
            test=Above(arm="resnet56", target=0.0),
            margin=10.0,
        ),
    ),
    dataset="digits",
    recipe="quick",
    num_seeds=3,
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
