"""Do gains, dropped branches and other numbers of convolutions improve a residual block, and do they make norms needless?

    python -m benchmarks.run --suite branch

Sixty trials (8 arms, 5 seeds, 2 arms at 3 learning rates) and ten controls on the 8x8 digits; forty and ten with `--rates recipe`. Most claims are of
tenths of a point and take CIFAR-10; the digits show how soon and how safely the networks train, and what holds by construction.
`--arms all` adds networks of 110 layers: without norms, with dropped branches, and with fewer and smaller branches; those that may fail to
train need `--seeds 10`, since failures are compared with one half. The claims on the best learning rate are judged
with `--tune`: three tunings on a grid of octaves can show that it falls by several, but hardly that it stays.
"""

from benchmarks import DIGITS, About, Above, Claim, Compare, Equal, Less, NotAbove, NoWorse, ProbeUse, Suite, arms

SINGLE, TRIPLE = "resnet20:block=single", "resnet20:block=triple"
USUAL, SKIPINIT, LAYERSCALE = "preresnet56", "preresnet56:branch_gain=skipinit", "preresnet56:branch_gain=layerscale"
ZERO = "preresnet56:zero_gamma=true"
DEEP, DROPPED, DROPOUT = (
    "resnet110",
    "resnet110:drop_path=0.5",
    "resnet110:dropout=0.2546",
)  # the mean rate of a linear decay to 0.5
CONSTANT = "resnet110:drop_path=0.2546,drop_path_rule=constant"
SHORT_PATHS = "resnet110:drop_path=0.574,drop_path_rule=constant"  # 23 of 54 blocks in the mean
PRE_DEEP, BARE = "preresnet110", "preresnet110:norm=none"
BARE_SKIPINIT, BARE_FIXUP = "preresnet110:norm=none,branch_gain=skipinit", "resnet110:norm=none,branch_gain=fixup"
SHALLOW_SCALED, DEEP_SCALED = "resnet20:branch_scale=1/sqrtL", "resnet110:branch_scale=1/sqrtL"
HALVED = ("resnet20:branch_scale=0.5", "resnet110:branch_scale=0.5")
BORDELON = "Bordelon et al. 2023 (2309.16620), abstract"
WRN_3 = "Zagoruyko and Komodakis 2016 (1605.07146), table 3: on CIFAR-10, median of 5"
HUANG = "Huang et al. 2016 (1603.09382)"
DE = "De and Smith 2020 (2002.10444)"
FIXUP = "Zhang et al. 2019 (1901.09321)"

SUITE = Suite(
    question="Do gains, dropped branches and other numbers of convolutions improve a residual block?",
    main="rezero-converges-sooner",
    arms=arms("plain20", "resnet20", SINGLE, TRIPLE, USUAL, SKIPINIT, LAYERSCALE, ZERO),
    optional=arms(
        *(DEEP, DROPPED, DROPOUT, CONSTANT, SHORT_PATHS, PRE_DEEP, BARE, BARE_SKIPINIT, BARE_FIXUP),
        *(SHALLOW_SCALED, DEEP_SCALED, *HALVED),
    ),
    claims=(
        Claim(
            id="one-convolution-is-worse",
            statement="At 20 layers blocks of two convolutions have lower test error than blocks of one, by more than 5% of it.",
            source=f"{WRN_3}: 5.43% with two, 6.69% with one",
            metric="test_error_pct",
            test=Less(smaller="resnet20", larger=SINGLE),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="two-convolutions-are-best",
            statement="At 20 layers blocks of two convolutions have lower test error than blocks of three, by more than 2% of it.",
            source=f"{WRN_3}: 5.43% with two, 5.65% with three, 5.93% with four",
            metric="test_error_pct",
            test=Less(smaller="resnet20", larger=TRIPLE),
            margin=0.02,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="one-convolution-is-no-help",
            statement="At 20 layers shortcuts around single convolutions leave the test error of the plain network as it is, within 5% of it.",
            source="He et al. 2015 (1512.03385), section 3.2: no advantages were seen; Li et al. 2016 (1611.01186): it is essentially none",
            metric="test_error_pct",
            test=Compare(reference="plain20", other=SINGLE, says="equivalent"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="rezero-converges-sooner",
            statement="With a learned gain from zero on each branch, 56 layers reach 10% training error more than an epoch sooner.",
            source="Bachlechner et al. 2020 (2003.04887), abstract and section 3",
            metric="epochs_to_10_pct",
            test=Less(smaller=SKIPINIT, larger=USUAL),
            margin=1.0,
        ),
        Claim(
            id="layerscale-changes-little",
            statement="Learned gains of 0.1 per channel leave the test error of 56 layers as it is, within 10% of it.",
            source="Touvron et al. 2021 (2103.17239), who propose them for transformers of great depth; no figure for CIFAR is printed",
            metric="test_error_pct",
            test=Compare(reference=USUAL, other=LAYERSCALE, says="equivalent"),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        *(
            Claim(
                id=f"{name}-starts-as-the-identity",
                statement=f"{words} every block starts as its shortcut.",
                source=source,
                metric="start_change",
                test=About(arm=arm, target=0.0),
                margin=1e-6,
                is_identity=True,
            )
            for name, words, arm, source in (
                (
                    "skipinit",
                    "With a learned gain that starts at zero",
                    SKIPINIT,
                    f"{DE}, section 3; Bachlechner et al. 2020 (2003.04887)",
                ),
                ("zero-gamma", "With zero gamma", ZERO, "Goyal et al. 2017 (1706.02677), section 5.1"),
            )
        ),
    ),
    optional_claims=(
        Claim(
            id="stochastic-depth-tests-better-at-110",
            statement="At 110 layers dropping branches at random in training lowers the test error by more than 5% of it.",
            source=f"{HUANG}, table 1: 5.23 against 6.41% on CIFAR-10, one run each, chosen on validation images",
            metric="test_error_pct",
            test=Less(smaller=DROPPED, larger=DEEP),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="stochastic-depth-is-more-than-dropout",
            statement="At 110 layers dropping whole branches gives lower test error than dropout inside them at the same mean rate, by more than 5%.",
            source=f"{HUANG}, section 3: dropped branches also shorten the network",
            metric="test_error_pct",
            test=Less(smaller=DROPPED, larger=DROPOUT),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="short-paths-suffice",
            statement="Trained with 23 of 54 blocks at a time in the mean, 110 layers test no worse than with all of them, within 5%.",
            source="Veit et al. 2016 (1605.06431), section 4.3: only paths of few blocks carry gradient; there exactly 23 blocks take part",
            metric="test_error_pct",
            test=NoWorse(reference=DEEP, other=SHORT_PATHS),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="no-norm-alone-fails-at-110",
            statement="Without norms more than half of the runs of 110 layers fail to train.",
            source=f"{DE}, section 2: without norms signals and gradients grow with every block",
            metric="failed",
            test=Above(arm=BARE, target=0.5),
            margin=0.0,
        ),
        Claim(
            id="skipinit-trains-without-norm-at-110",
            statement="Without norms, but with gains that start at zero, fewer than half of the runs of 110 layers fail to train.",
            source=f"{DE}, abstract: 1,000 layers train",
            metric="failed",
            test=NotAbove(arm=BARE_SKIPINIT, target=0.5),
            margin=0.0,
        ),
        Claim(
            id="fixup-trains-without-norm-at-110",
            statement="Without norms, but with Fixup's start, fewer than half of the runs of 110 layers fail to train.",
            source=f"{FIXUP}, abstract: 10,000 layers train",
            metric="failed",
            test=NotAbove(arm=BARE_FIXUP, target=0.5),
            margin=0.0,
        ),
        *(
            Claim(
                id=f"{name}-is-near-batch-norm",
                statement=f"{words} 110 layers without norms test no worse than with batch norm, within 15%.",
                source=source,
                metric="test_error_pct",
                test=NoWorse(reference=reference, other=other),
                margin=0.15,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for name, words, reference, other, source in (
                (
                    "skipinit",
                    "With gains that start at zero",
                    PRE_DEEP,
                    BARE_SKIPINIT,
                    f"{DE}, abstract: competitive with batch norm",
                ),
                ("fixup", "With Fixup's start", DEEP, BARE_FIXUP, f"{FIXUP}, abstract: as well as networks with norms"),
            )
        ),
        Claim(
            id="branch-scale-keeps-the-best-rate",
            statement="With branches divided by the root of their number the best learning rate is the same at 20 and 110 layers, within an octave.",
            source=f"{BORDELON}: hyperparameters transfer across depth on CIFAR-10",
            metric="best_rate_log2",
            test=Equal(reference=SHALLOW_SCALED, other=DEEP_SCALED),
            margin=1.0,
        ),
        Claim(
            id="without-it-the-best-rate-falls",
            statement="Without such a scale the best learning rate at 110 layers is more than two octaves below that at 20.",
            source="2510.04327: it falls as depth to the power of -3/2, by 3.9 octaves from 9 to 54 blocks",
            metric="best_rate_log2",
            test=Less(smaller=DEEP, larger="resnet20"),
            margin=2.0,
        ),
        Claim(
            id="batch-norm-shrinks-the-branch",
            statement="Before training, batch norm lets the branch shrink beside its shortcut's output as one over the root of the block's number.",
            source=f"{DE}, section 2: by a factor of the order of the root of depth",
            metric="branch_share_slope",
            test=About(arm=PRE_DEEP, target=-0.5),
            margin=0.1,
        ),
    ),
    reference=USUAL,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
    probes=(ProbeUse(probe="block_starts"),),
)
