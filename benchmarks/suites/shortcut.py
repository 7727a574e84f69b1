"""Is the identity the best shortcut?

    python -m benchmarks.run --suite shortcut

170 trials (14 networks, 5 seeds, 10 arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` seventy and ten, which
take eight to twelve minutes on two cores of an AMD EPYC. Expect shortcuts that are scaled, gated or dropped to fail at 56 layers because the effect
multiplies with depth. The papers' values are for 110 layers on CIFAR-10 (He et al. 2016) and 34 on ImageNet (He et al. 2015): what they say of 34
layers is tested at 20, which is nearer than 56. A later look trains only the missing trials and gives narrower intervals.

The paper's own table, on a GPU:

    python -m benchmarks.run --suite shortcut --arms '*110*' --dataset cifar10 --data DIR --download --recipe he2016 --seeds 5 --device cuda
"""

from dataclasses import replace

from benchmarks import DIGITS, Claim, Compare, Equal, GapGrows, Less, NoWorse, Suite, arms

TABLE_1 = "He et al. 2016 (1603.05027), table 1"
TABLE_3 = "He et al. 2015 (1512.03385), section 4.1 and table 3"
WORSE = {
    "scaled": "a shortcut scaled by one half",
    "scaled-both": "shortcut and branch scaled by one half",
    "exclusive-gate": "exclusive gating that starts half open (bias 0)",
    "exclusive-gate,gate_bias=-6": "exclusive gating that starts closed (bias \N{MINUS SIGN}6)",
    "shortcut-gate": "shortcut-only gating that starts half open (bias 0)",
    "C": "a 1x1 convolution in every shortcut (option C)",
    "dropout": "dropout of one half on the shortcut",
}
SHUT, SHUT_MORE = "shortcut-gate,gate_bias=-6", "exclusive-gate,gate_bias=-7"
ENDINGS = {56: "", 110: "-at-110"}  # of the claims' ids
ARMS = {
    depth: arms(f"resnet{depth}", *(f"resnet{depth}:shortcut={shortcut}" for shortcut in ("B", *WORSE, SHUT)))
    for depth in ENDINGS
}


BEATS = {
    (depth, shortcut): Claim(
        id=f"identity-beats-{shortcut.replace(',gate_bias=', '')}{ending}",
        statement=f"At {depth} layers the identity (option A) has lower test error than {words}.",
        source=TABLE_1,
        metric="test_error_pct",
        test=Less(smaller=f"resnet{depth}", larger=f"resnet{depth}:shortcut={shortcut}"),
        margin=1.0,
    )
    for depth, ending in ENDINGS.items()
    for shortcut, words in WORSE.items()
}
TRAINS_WORSE = {
    (depth, shortcut): Claim(
        id=f"{shortcut.replace(',gate_bias=', '')}-trains-worse{ending}",
        statement=f"At {depth} layers {words} has higher training error than the identity (option A).",
        source=f"{TABLE_1} and section 3: the difficulty is one of optimisation",
        metric="train_error_pct",
        test=Less(smaller=f"resnet{depth}", larger=f"resnet{depth}:shortcut={shortcut}"),
        margin=1.0,
    )
    for depth, ending in ENDINGS.items()
    for shortcut, words in WORSE.items()
}
SHUT_GATES = {
    depth: Claim(
        id=f"a-shut-shortcut-gate{ending}",
        statement=f"At {depth} layers shortcut-only gating that starts closed (bias \N{MINUS SIGN}6) has the same test error as the identity.",
        source=f"{TABLE_1}: 6.91 against 6.61%",
        metric="test_error_pct",
        test=Compare(reference=f"resnet{depth}", other=f"resnet{depth}:shortcut={SHUT}", says="equivalent"),
        margin=0.1,
        is_relative=True,
        too_easy_on=DIGITS,
    )
    for depth, ending in ENDINGS.items()
}
RETIRED = {
    depth: (
        Claim(
            id=f"a-shut-shortcut-gate-is-near-the-identity{ending}",
            statement=f"At {depth} layers shortcut-only gating that starts closed (bias \N{MINUS SIGN}6) has the same test error as the identity.",
            source=TABLE_1,
            metric="test_error_pct",
            test=Equal(reference=f"resnet{depth}", other=f"resnet{depth}:shortcut={SHUT}"),
            margin=1.0,
            superseded_by=(f"a-shut-shortcut-gate{ending}",),
        ),
        Claim(
            id=f"projections-are-not-essential{ending}",
            statement=f"At {depth} layers projections where the shape changes (option B) have the same test error as zero-padding (option A).",
            source=TABLE_3,
            metric="test_error_pct",
            test=Equal(reference=f"resnet{depth}", other=f"resnet{depth}:shortcut=B"),
            margin=1.0,
            superseded_by=("projections-b", "projections-c"),
        ),
    )
    for depth, ending in ENDINGS.items()
}

SUITE = Suite(
    question="Is the identity the best shortcut?",
    main="identity-beats-scaled",
    arms=ARMS[56] | arms("plain56", "resnet20", "resnet20:shortcut=B", "resnet20:shortcut=C"),
    claims=(
        *(BEATS[56, shortcut] for shortcut in WORSE if shortcut != "C"),
        *(TRAINS_WORSE[56, shortcut] for shortcut in WORSE),
        SHUT_GATES[56],
        Claim(
            id="C-hurts-with-depth",
            statement="What a 1x1 convolution in every shortcut (option C) adds to the test error is more at 56 layers than at 20.",
            source=f"{TABLE_3}: 24.19 against 25.03% at 34 layers; {TABLE_1}: 12.22 against 6.61% at 110",
            metric="test_error_pct",
            test=GapGrows(first=("resnet20", "resnet20:shortcut=C"), second=("resnet56", "resnet56:shortcut=C")),
            margin=1.0,
        ),
        Claim(
            id="C-is-no-worse-at-20",
            statement="At 20 layers a 1x1 convolution in every shortcut (option C) has no higher test error than the identity, by 5% of it.",
            source=f"{TABLE_3}: 24.19 against 25.03% at 34 layers on ImageNet",
            metric="test_error_pct",
            test=NoWorse(reference="resnet20", other="resnet20:shortcut=C"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"projections-{option.lower()}",
                statement=f"At 20 layers {words} (option {option}) has the same test error as zero-padding (option A).",
                source=f"{TABLE_3}: {error} against 25.03% at 34 layers on ImageNet: projections are not essential",
                metric="test_error_pct",
                test=Compare(reference="resnet20", other=f"resnet20:shortcut={option}", says="equivalent"),
                margin=0.05,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for option, words, error in (
                ("B", "a projection where the shape changes", "24.52"),
                ("C", "a projection in every shortcut", "24.19"),
            )
        ),
    ),
    optional=ARMS[110] | arms(f"resnet110:shortcut={SHUT_MORE}"),
    optional_claims=(
        *(BEATS[110, shortcut] for shortcut in WORSE),
        *(TRAINS_WORSE[110, shortcut] for shortcut in WORSE),
        SHUT_GATES[110],
        Claim(
            id="gate-7-is-worse-than-gate-6",
            statement="At 110 layers exclusive gating with bias \N{MINUS SIGN}7 "
            "has higher test error than with bias \N{MINUS SIGN}6, by more than 5% of it.",
            source=f"{TABLE_1}: 9.81 against 8.70%",
            metric="test_error_pct",
            test=Less(smaller="resnet110:shortcut=exclusive-gate,gate_bias=-6", larger=f"resnet110:shortcut={SHUT_MORE}"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
    ),
    retired=(
        *RETIRED[56],
        *RETIRED[110],
        replace(BEATS[56, "C"], superseded_by=("C-is-no-worse-at-20", "C-hurts-with-depth")),
    ),
    reference="resnet56",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
)
