"""Is the identity the best shortcut?

    python -m benchmarks.run --suite shortcut

Thirty-three trials (11 shortcuts at 56 layers, 3 seeds) on the 8x8 digits: three to five minutes on two cores of an AMD EPYC. Expect options A
and B to be alike, and whatever scales, gates or drops the shortcut to fail as depth multiplies it. The papers' figures are of 110 layers on
CIFAR-10 (He et al. 2016) and of 34 on ImageNet (He et al. 2015). With `--seeds 5` it trains on, only what is missing, for narrower intervals.
"""

from benchmarks.claims import Claim, Equal, Less
from benchmarks.suite import Suite, arms_named

IDENTITY = "resnet56"
TABLE_1 = "He et al. 2016 (1603.05027), table 1"
WORSE = {
    "resnet56:shortcut=scaled": "a shortcut scaled by one half",
    "resnet56:shortcut=scaled-both": "shortcut and branch scaled by one half",
    "resnet56:shortcut=exclusive-gate": "exclusive gating from an open gate (bias 0)",
    "resnet56:shortcut=exclusive-gate,gate_bias=-6": "exclusive gating from a shut gate (bias -6)",
    "resnet56:shortcut=shortcut-gate": "shortcut-only gating from an open gate (bias 0)",
    "resnet56:shortcut=C": "a 1x1 convolution in every shortcut (option C)",
    "resnet56:shortcut=dropout": "dropout of one half on the shortcut",
}

SUITE = Suite(
    question="Is the identity the best shortcut?",
    arms=arms_named([IDENTITY, "resnet56:shortcut=B", *WORSE, "resnet56:shortcut=shortcut-gate,gate_bias=-6", "plain56"]),
    claims=(
        *(
            Claim(
                id=f"identity-beats-{name.partition('=')[2].replace(',gate_bias=', '')}",
                statement=f"At 56 layers the identity (option A) tests better than {words}.",
                source=TABLE_1,
                metric="test_error_pct",
                test=Less(smaller=IDENTITY, larger=name),
                margin=1.0,
            )
            for name, words in WORSE.items()
        ),
        Claim(
            id="a-shut-shortcut-gate-is-near-the-identity",
            statement="At 56 layers shortcut-only gating from a shut gate (bias -6) tests the same as the identity.",
            source=TABLE_1,
            metric="test_error_pct",
            test=Equal(reference=IDENTITY, other="resnet56:shortcut=shortcut-gate,gate_bias=-6"),
            margin=1.0,
        ),
        Claim(
            id="projections-are-not-essential",
            statement="At 56 layers projections where the shape changes (option B) test the same as zero-padding (option A).",
            source="He et al. 2015 (1512.03385), section 4.1 and table 3",
            metric="test_error_pct",
            test=Equal(reference=IDENTITY, other="resnet56:shortcut=B"),
            margin=1.0,
        ),
    ),
    dataset="digits",
    recipe="quick",
    num_seeds=3,
    figures=("error_by_arm", "test_error_by_epoch"),
)
