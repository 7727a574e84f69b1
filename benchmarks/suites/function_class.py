"""Why can a residual network be deepened and a plain one not?

    python -m benchmarks.run --suite function_class

80 trials (the arms of `depth` and the 20-layer arms of `ordering`, 5 seeds, two at 3 learning rates) and ten controls on the 8x8 digits, then five
probes of the trained networks; networks that those suites have trained are not trained again. With `--rates recipe` there are sixty and ten, which
take eight to ten minutes on two cores of an AMD EPYC. A course's figure shows the function classes of plain networks of growing depth as not nested,
and those of residual networks as nearly nested (Zhang et al., Dive into Deep Learning, figure 8.6.1). This suite measures it. Expect zero blocks to
leave a residual network unchanged and to ruin a plain one. What trained functions, gradients, responses and surfaces look like has suites of
its own: `function_map`, `gradients`, `lesions`, `responses`, `separation`, `surface`.
"""

from benchmarks import About, Above, Claim, NotAbove, ProbeUse, Suite, arms

DEPTHS = (8, 20, 32, 56)
BY_DEPTH = tuple(f"{family}{depth}" for depth in DEPTHS for family in ("plain", "resnet"))
BN_AFTER = "resnet20:ordering=bn-after"
ORDERINGS = {
    "preresnet20": "full pre-activation",
    "resnet20:ordering=relu-only": "ReLU-only pre-activation",
    "resnet20:ordering=relu-before": "ReLU before the addition",
    BN_AFTER: "batch norm after the addition",
}
D2L = "Zhang et al., Dive into Deep Learning, section 8.6.1 and figure 8.6.1"
HE = "He et al. 2015 (1512.03385)"

SUITE = Suite(
    question="Why can a residual network be deepened and a plain one not?",
    main="a-zero-block-is-nothing-to-resnet20",
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
            if name != BN_AFTER
        ),
        Claim(
            id="a-zero-branch-is-nothing-to-bn-after",
            statement="Adding to every stage a block with a zero branch, whose norm after the addition is the identity, does not change the outputs.",
            source=f"{D2L}, of the ordering with batch norm after the addition (He et al. 2016, 1603.05027, figure 4), 20 layers",
            metric="zero_branch_change",
            test=About(arm=BN_AFTER, target=0.0),
            margin=1e-6,
            is_identity=True,
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
    ),
    retired=(
        Claim(
            id="a-zero-block-is-nothing-to-bn-after",
            statement="Adding an all-zero block to every stage changes no outputs (residual network, 20 layers, batch norm after the addition).",
            source=f"{D2L}, of the orderings of He et al. 2016 (1603.05027), figure 4",
            metric="zero_block_change",
            test=About(arm=BN_AFTER, target=0.0),
            margin=1e-6,
            is_identity=True,
            superseded_by=("a-zero-branch-is-nothing-to-bn-after",),
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("perturbation", "growing_on"),
    probes=(
        ProbeUse(probe="zero_block"),
        ProbeUse(probe="zero_branch", arms=(BN_AFTER,)),
        ProbeUse(probe="perturbation"),
        ProbeUse(probe="nesting", arms=BY_DEPTH),
        ProbeUse(probe="growing", arms=("plain20", "resnet20")),
    ),
)
