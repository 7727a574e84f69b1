"""Is the identity the best shortcut?

    python -m benchmarks.run --suite shortcut

155 trials (11 shortcuts at 56 layers, 5 seeds, 10 arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` fifty-five
and ten, which take six to ten minutes on two cores of an AMD EPYC. Expect options A and B to be equally good, and shortcuts that are scaled,
gated or dropped to fail because the effect multiplies with depth. The papers' values are for 110 layers on CIFAR-10 (He et al. 2016) and 34 on
ImageNet (He et al. 2015). A later look trains only the missing trials and gives narrower intervals.

The paper's own table, on a GPU:

    python -m benchmarks.run --suite shortcut --arms '*110*' --dataset cifar10 --data DIR --download --recipe he2016 --seeds 5 --device cuda
"""

from benchmarks import Claim, Equal, Less, Suite, arms

TABLE_1 = "He et al. 2016 (1603.05027), table 1"
WORSE = {
    "scaled": "a shortcut scaled by one half",
    "scaled-both": "shortcut and branch scaled by one half",
    "exclusive-gate": "exclusive gating that starts half open (bias 0)",
    "exclusive-gate,gate_bias=-6": "exclusive gating that starts closed (bias -6)",
    "shortcut-gate": "shortcut-only gating that starts half open (bias 0)",
    "C": "a 1x1 convolution in every shortcut (option C)",
    "dropout": "dropout of one half on the shortcut",
}
SHUT = "shortcut-gate,gate_bias=-6"
ENDINGS = {56: "", 110: "-at-110"}  # of the claims' ids
ARMS = {
    depth: arms(f"resnet{depth}", *(f"resnet{depth}:shortcut={shortcut}" for shortcut in ("B", *WORSE, SHUT)))
    for depth in ENDINGS
}
CLAIMS = {
    depth: (
        *(
            Claim(
                id=f"identity-beats-{shortcut.replace(',gate_bias=', '')}{ending}",
                statement=f"At {depth} layers the identity (option A) has lower test error than {words}.",
                source=TABLE_1,
                metric="test_error_pct",
                test=Less(smaller=f"resnet{depth}", larger=f"resnet{depth}:shortcut={shortcut}"),
                margin=1.0,
            )
            for shortcut, words in WORSE.items()
        ),
        Claim(
            id=f"a-shut-shortcut-gate-is-near-the-identity{ending}",
            statement=f"At {depth} layers shortcut-only gating that starts closed (bias -6) has the same test error as the identity.",
            source=TABLE_1,
            metric="test_error_pct",
            test=Equal(reference=f"resnet{depth}", other=f"resnet{depth}:shortcut={SHUT}"),
            margin=1.0,
        ),
        Claim(
            id=f"projections-are-not-essential{ending}",
            statement=f"At {depth} layers projections where the shape changes (option B) have the same test error as zero-padding (option A).",
            source="He et al. 2015 (1512.03385), section 4.1 and table 3",
            metric="test_error_pct",
            test=Equal(reference=f"resnet{depth}", other=f"resnet{depth}:shortcut=B"),
            margin=1.0,
        ),
    )
    for depth, ending in ENDINGS.items()
}

SUITE = Suite(
    question="Is the identity the best shortcut?",
    arms=ARMS[56] | arms("plain56"),
    claims=CLAIMS[56],
    optional=ARMS[110],
    optional_claims=CLAIMS[110],
    reference="resnet56",
    dataset="digits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
)
