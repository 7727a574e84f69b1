"""Do the gradients of deep plain networks vanish, explode or shatter, and those of residual ones not?

    python -m benchmarks.run --suite gradients

Forty trials (the arms of `depth`, 5 seeds) and ten controls on the 8x8 digits, shared with `depth`; the probe takes under a second for each
network. The claims need no training, hence no second learning rate. Expect the gradients of a plain network at neighbouring images to lose all
similarity by 56 layers, those of a residual one to keep most of it, and neither to vanish.
"""

from benchmarks import Above, Claim, GapGrows, Less, NoWorse, ProbeUse, Suite, arms

DEPTHS = (8, 20, 32, 56)
BY_DEPTH = tuple(f"{family}{depth}" for depth in DEPTHS for family in ("plain", "resnet"))
BALDUZZI = "Balduzzi et al. 2017 (1702.08591)"
METRICS = {"0.01": "gradient_correlation_0.01", "0.03": "gradient_correlation_0.03", "0.1": "gradient_correlation"}
SUBLINEAR = {
    (8, 20): 0.58,
    (20, 56): 0.67,
}  # by layers: sqrt(20 / 8) - 1 and sqrt(56 / 20) - 1, rounded down

SUITE = Suite(
    question="Do the gradients of deep plain networks shatter, and those of residual ones not?",
    main="plain-correlation-falls-with-depth-at-0.01",
    arms=arms(*BY_DEPTH),
    optional=arms(*(f"{name}:norm=none" for name in BY_DEPTH if name.startswith("resnet"))),
    claims=(
        *(
            Claim(
                id=f"plain-correlation-falls-with-depth-at-{distance}",
                statement=f"From 8 to 56 layers gradients at images {distance} apart lose more similarity in a plain network than in a residual one.",
                source=f"{BALDUZZI}, section 2 and figure 1",
                metric=metric,
                test=GapGrows(first=("plain8", "resnet8"), second=("plain56", "resnet56")),
                margin=0.05,
            )
            for distance, metric in METRICS.items()
        ),
        *(
            Claim(
                id=f"residual-decay-is-sublinear-from-{shallow}-to-{deep}",
                statement=f"At images 0.01 apart the gradient similarity of {shallow} residual layers is at most "
                f"the root of {deep}/{shallow} times that of {deep}.",
                source=f"{BALDUZZI}, section 2: it falls as the root of depth in a residual network, exponentially in a plain one",
                metric="gradient_correlation_0.01",
                test=NoWorse(reference=f"resnet{deep}", other=f"resnet{shallow}"),
                margin=margin,
                is_relative=True,
            )
            for (shallow, deep), margin in SUBLINEAR.items()
        ),
        Claim(
            id="plain-gradients-do-not-vanish",
            statement="Before training, a plain network of 56 layers has no gradient at its first layer that is ten times smaller than at its last.",
            source="He et al. 2015 (1512.03385), section 4.1: with batch norm neither forward nor backward signals vanish",
            metric="gradient_norm_log_ratio",
            test=Above(arm="plain56", target=-1.0),
            margin=0.5,
        ),
    ),
    optional_claims=tuple(
        Claim(
            id=f"residual-decay-is-sublinear-without-norm-from-{shallow}-to-{deep}",
            statement=f"So it is without norms: the similarity of {shallow} residual layers is at most "
            f"the root of {deep}/{shallow} times that of {deep}.",
            source=f"{BALDUZZI}, section 3, on the part of batch norm",
            metric="gradient_correlation_0.01",
            test=NoWorse(reference=f"resnet{deep}:norm=none", other=f"resnet{shallow}:norm=none"),
            margin=margin,
            is_relative=True,
        )
        for (shallow, deep), margin in SUBLINEAR.items()
    ),
    retired=(
        Claim(
            id="gradients-shatter",
            statement="Before training, gradients at neighbouring images are less similar in a plain network of 56 layers than in a residual one.",
            source=f"{BALDUZZI}, section 2; in function_class before",
            metric="gradient_correlation",
            test=Less(smaller="plain56", larger="resnet56"),
            margin=0.05,
            superseded_by=tuple(f"plain-correlation-falls-with-depth-at-{distance}" for distance in METRICS),
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("gradients", "gradient_decay"),
    probes=(ProbeUse(probe="gradients"),),
)
