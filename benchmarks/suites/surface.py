"""Do shortcuts smooth the loss surface of a deep network?

    python -m benchmarks.run --suite surface

60 trials (arms of `depth`; 5 seeds, 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` twenty and ten.
Probes take 20 s for the surface and 20 s for the curvature of a network of 56 layers, 6 s for one of 20: training and probes take fifteen
minutes on two cores of an AMD EPYC at three rates, six and a half at one. `--arms all` adds a plain network of twice the width, which takes about
three times as long.

Trained networks end at different losses, and a lower loss curves otherwise. So curvature is compared where each network first reaches 0.9 of
the loss at chance level, which is high, because deep plain networks reach no lower one here. A network that never reaches it has none.

The rank correlation of four networks is coarse: where they rank as by chance it varies by 0.58 from seed to seed, and five seeds cannot show a mean
above 0.1 at all; ten show one of 0.68 or more with 80% power, twenty one of 0.48 (docs/method.md). Seeds that rank alike need fewer.
"""

from benchmarks import Claim, Less, ProbeUse, Suite, Tracks, arms

LI = "Li et al. 2018 (1712.09913)"
WIDE = "plain56:width=32"
RANKED = ("plain20", "plain56", "resnet20", "resnet56")

SUITE = Suite(
    question="Do shortcuts smooth the loss surface of a deep network?",
    main="shortcuts-smooth-the-surface-at-equal-loss",
    arms=arms(*RANKED),
    optional=arms(WIDE),
    claims=(
        Claim(
            id="shortcuts-smooth-the-surface-at-equal-loss",
            statement="At equal loss the Hessian's lowest eigenvalue, relative to the highest, is nearer 0 with shortcuts than without (56 layers).",
            source=f"{LI}, sections 5 and 6 and figure 7",
            metric="hessian_ratio",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.1,
            is_relative=True,
        ),
        Claim(
            id="plain-20-is-smoother-than-plain-56",
            statement="At equal loss the Hessian's lowest eigenvalue, relative to the highest, is nearer 0 in plain networks of 20 layers than 56.",
            source=f"{LI}, section 5: a shallow network's surface is smooth without shortcuts, too",
            metric="hessian_ratio",
            test=Less(smaller="plain20", larger="plain56"),
            margin=0.1,
            is_relative=True,
        ),
        Claim(
            id="sharpness-tracks-error",
            statement="The higher a network's test error, the larger the Hessian's lowest eigenvalue at equal loss, relative to the highest.",
            source=f"{LI}, section 5: flatter minimisers have lower test error",
            metric="hessian_ratio",
            test=Tracks(arms=RANKED, other="test_error_pct"),
            margin=0.1,
        ),
    ),
    optional_claims=(
        Claim(
            id="width-smooths-the-surface",
            statement="At equal loss the Hessian's lowest eigenvalue, relative to the highest, is nearer 0 in plain networks of twice the width.",
            source=f"{LI}, section 5 and figure 6",
            metric="hessian_ratio",
            test=Less(smaller=WIDE, larger="plain56"),
            margin=0.1,
            is_relative=True,
        ),
    ),
    retired=(
        Claim(
            id="shortcuts-smooth-the-surface",
            statement="Around a trained network of 56 layers the loss surface curves downwards in fewer places with shortcuts than without.",
            source=f"{LI}, section 5; in function_class before",
            metric="nonconvex_share",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=5.0,
            superseded_by=("shortcuts-smooth-the-surface-at-equal-loss",),
        ),
    ),
    reference="resnet56",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("loss_surface", "curvature"),
    probes=(ProbeUse(probe="loss_surface", arms=("plain56", "resnet56")), ProbeUse(probe="curvature")),
)
