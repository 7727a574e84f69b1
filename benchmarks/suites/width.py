"""Is a shallow and wide network better than a deep and thin one that costs the same?

    python -m benchmarks.run --suite width

130 trials (10 arms, 5 seeds, 8 arms at 3 learning rates) and ten controls on the 8x8 digits, then a timing session; with `--rates recipe` fifty and
ten, which take six to ten minutes on two cores of an AMD EPYC. Depth 56 at the usual width is compared with depth 8 at the width that has as many
parameters (54) and at the width that takes as many multiply-adds (52); the first pair also trains on a quarter and on half of the images. Expect
the wide networks to be faster, and depth to ruin the plain networks.
"""

from benchmarks import DIGITS, Budget, Claim, Compare, GapGrows, Less, NoWorse, Suite, arms, arms_on_parts

DEEP, SAME_PARAMS, SAME_MACS = "resnet56", "resnet8:width=54", "resnet8:width=52"
PLAIN_DEEP, PLAIN_PARAMS, PLAIN_MACS = "plain56", "plain8:width=54", "plain8:width=52"
WIDENED = {"wrn_16_8": "wrn_16_10", "wrn_22_8": "wrn_22_10", "wrn_28_10": "wrn_28_12", "wrn_40_4": "wrn_40_8"}  # narrower: wider
DROPPED = "wrn_28_10:dropout=0.3"
WRN = "Zagoruyko and Komodakis 2016 (1605.07146)"

SUITE = Suite(
    question="Is a shallow and wide network better than a deep and thin one that costs the same?",
    main="wide-at-equal-parameters",
    arms=arms(DEEP, SAME_PARAMS, SAME_MACS, PLAIN_DEEP, PLAIN_PARAMS, PLAIN_MACS)
    | arms_on_parts([DEEP, SAME_PARAMS], (0.25, 0.5)),
    optional=arms(*WIDENED.values(), *WIDENED, DROPPED),
    optional_claims=(
        *(
            Claim(
                id=f"widening-helps-at-{wider.split('_')[1]}",
                statement=f"{wider.upper().replace('_', '-')} has lower test error than {narrower.upper().replace('_', '-')}, by more than 5% of it.",
                source=f"{WRN}, section 3.1 and table 4: widening helps at every depth",
                metric="test_error_pct",
                test=Less(smaller=wider, larger=narrower),
                margin=0.05,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for narrower, wider in WIDENED.items()
        ),
        Claim(
            id="depth-stops-helping",
            statement="At width 8 a wide residual network of 22 layers has lower test error than one of 40, by more than 2% of it.",
            source=f"{WRN}, section 3.1 and table 4: depth helps up to a point",
            metric="test_error_pct",
            test=Less(smaller="wrn_22_8", larger="wrn_40_8"),
            margin=0.02,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="dropout-helps-wide",
            statement="Dropout between the convolutions lowers the test error of WRN-28-10, by more than 1% of it.",
            source=f"{WRN}, table 6: 3.89 against 4.00%; but 5.24 against 5.02% for WRN-16-4",
            metric="test_error_pct",
            test=Less(smaller=DROPPED, larger="wrn_28_10"),
            margin=0.01,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
    ),
    claims=(
        *(
            Claim(
                id=f"wide-at-equal-{cost}{ending}",
                statement=f"At equal {words} a residual network of 8 wide layers has lower test error than one of 56 thin layers{by}.",
                source=f"{WRN}, section 3.1 and table 5: 4.27% with 16 layers, 4.53% with 40; 4.92% with 1,001 thin ones",
                metric="test_error_pct",
                test=Compare(reference=DEEP, other=wide, says="better"),
                margin=margin,
                is_relative=margin < 1,
                too_easy_on=DIGITS if margin < 1 else (),
            )
            for cost, words, wide in (("parameters", "parameters", SAME_PARAMS), ("macs", "multiply-adds", SAME_MACS))
            for ending, margin, by in (("", 1.0, ""), ("-on-cifar", 0.05, ", by more than 5% of it"))
        ),
        Claim(
            id="deep-errs-less-on-a-quarter",
            statement="On a quarter of the images the deep thin residual network has lower test error than the wide one, by more than 10% of it.",
            source="courses: deep networks need less training data; Mhaskar, Liao and Poggio 2016 (1603.00988): where the target is compositional",
            metric="test_error_pct",
            test=Less(smaller=f"{DEEP} on 25%", larger=f"{SAME_PARAMS} on 25%"),
            margin=0.1,
            is_relative=True,
        ),
        Claim(
            id="plain-wide-beats-deep-at-equal-parameters",
            statement="At equal parameters a plain network of 8 wide layers has lower test error than one of 56 thin layers.",
            source="He et al. 2015 (1512.03385), section 4.2: the degradation of plain networks",
            metric="test_error_pct",
            test=Less(smaller=PLAIN_PARAMS, larger=PLAIN_DEEP),
            margin=1.0,
        ),
        Claim(
            id="plain-wide-beats-deep-at-equal-macs",
            statement="At equal multiply-adds a plain network of 8 wide layers has lower test error than one of 56 thin layers.",
            source="He et al. 2015 (1512.03385), section 4.2: the degradation of plain networks",
            metric="test_error_pct",
            test=Less(smaller=PLAIN_MACS, larger=PLAIN_DEEP),
            margin=1.0,
        ),
        Claim(
            id="width-trains-faster",
            statement="At equal multiply-adds a training step of 8 wide layers takes less time than one of 56 thin layers.",
            source=f"{WRN}, section 3.1, computational efficiency, and figure 4",
            metric="train_step_seconds",
            test=Less(smaller=SAME_MACS, larger=DEEP),
            margin=0.1,
        ),
    ),
    retired=(
        Claim(
            id="deep-beats-wide-at-equal-parameters",
            statement="At equal parameters a residual network of 56 thin layers has lower test error than one of 8 wide layers.",
            source="He et al. 2015 (1512.03385), section 1: depth is of crucial importance",
            metric="test_error_pct",
            test=Less(smaller=DEEP, larger=SAME_PARAMS),
            margin=1.0,
            superseded_by=("wide-at-equal-parameters", "wide-at-equal-parameters-on-cifar"),
        ),
        Claim(
            id="wide-is-no-worse-at-equal-parameters",
            statement="At equal parameters a residual network of 8 wide layers has no higher test error than one of 56 thin layers.",
            source=f"{WRN}, section 3.1 and table 5",
            metric="test_error_pct",
            test=NoWorse(reference=DEEP, other=SAME_PARAMS),
            margin=1.0,
            superseded_by=("wide-at-equal-parameters", "wide-at-equal-parameters-on-cifar"),
        ),
        Claim(
            id="wide-is-no-worse-at-equal-macs",
            statement="At equal multiply-adds a residual network of 8 wide layers has no higher test error than one of 56 thin layers.",
            source=f"{WRN}, section 3.1 and table 5",
            metric="test_error_pct",
            test=NoWorse(reference=DEEP, other=SAME_MACS),
            margin=1.0,
            superseded_by=("wide-at-equal-macs", "wide-at-equal-macs-on-cifar"),
        ),
        Claim(
            id="depth-needs-fewer-examples",
            statement="The lead of the deep thin residual network over the wide one is larger with a quarter of the training images than with all.",
            source="Mhaskar, Liao and Poggio 2016 (1603.00988): deep networks need fewer examples where the target is compositional",
            metric="test_error_pct",
            test=GapGrows(first=(DEEP, SAME_PARAMS), second=(f"{DEEP} on 25%", f"{SAME_PARAMS} on 25%")),
            margin=1.0,
            superseded_by=("deep-errs-less-on-a-quarter",),
        ),
    ),
    reference=DEEP,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "error_by_step_time", "error_by_images"),
    timed=("train", "infer"),
    budgets=(
        Budget(arms=(DEEP, SAME_PARAMS), on="params", tolerance=0.02),
        Budget(arms=(DEEP, SAME_MACS), on="macs"),
        Budget(arms=(PLAIN_DEEP, PLAIN_PARAMS), on="params", tolerance=0.02),
        Budget(arms=(PLAIN_DEEP, PLAIN_MACS), on="macs"),
    ),
)
