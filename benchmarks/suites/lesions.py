"""Can a residual network do without any one of its blocks?

    python -m benchmarks.run --suite lesions

Fifty trials (four arms of `depth`, 5 seeds, three arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe` twenty and ten.
Probes take 9 and 5 s for a network of 56 layers, 3 s for one of 20: training and probes take seven minutes on two cores of an AMD EPYC at three
rates, four at one. Expect most blocks of a residual network of 56 layers to be removable one at a time, and a plain network of 20 to fall to chance
level by any. The lengths of paths are counted in `on_paper`.
"""

from benchmarks import Claim, Less, NotAbove, ProbeUse, Suite, arms

BY_DEPTH = ("plain20", "resnet20", "plain56", "resnet56")
VEIT = "Veit et al. 2016 (1605.06431)"
STEPS = {"": ("removed", "removed block"), "-over-swaps": ("swapped", "swap of two blocks of a stage")}

SUITE = Suite(
    question="Can a residual network do without any one of its blocks?",
    main="most-lesions-are-harmless",
    arms=arms(*BY_DEPTH),
    claims=(
        Claim(
            id="most-lesions-are-harmless",
            statement="At most a tenth of the blocks of a residual network of 56 layers raise its test error by 1 point or more if one is removed.",
            source=f"{VEIT}, section 4.1 and figure 3",
            metric="harmful_lesion_share",
            test=NotAbove(arm="resnet56", target=0.0),
            margin=0.1,
        ),
        Claim(
            id="swaps-are-harmless",
            statement="Swapping neighbouring blocks of a stage raises a residual network's test error by less than 1 point on average (56 layers).",
            source=f"{VEIT}, section 4.2",
            metric="swapped_rise",
            test=NotAbove(arm="resnet56", target=0.0),
            margin=1.0,
        ),
        Claim(
            id="a-plain-network-does-not-survive-a-lesion",
            statement="Removing a block that keeps the shape raises a plain network's test error more than a residual one's (20 layers).",
            source=f"{VEIT}, section 4.1",
            metric="removed_rise",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=10.0,
        ),
        *(
            Claim(
                id=f"rise-is-smooth{suffix}",
                statement=f"No further {words}, of 1 to 10, raises a residual network's mean test error by more than 20 points (56 layers).",
                source=f"{VEIT}, section 4.2 and figure 5",
                metric=f"largest_step_{kind}",
                test=NotAbove(arm="resnet56", target=0.0),
                margin=20.0,
            )
            for suffix, (kind, words) in STEPS.items()
        ),
    ),
    retired=(
        Claim(
            id="a-residual-network-survives-a-lesion",
            statement="Removing a block that keeps the shape raises a residual network's test error by less than 5 points on average (56 layers).",
            source=f"{VEIT}, section 4.1; in function_class before",
            metric="removed_rise",
            test=NotAbove(arm="resnet56", target=0.0),
            margin=5.0,
            superseded_by=("most-lesions-are-harmless", "swaps-are-harmless"),
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("lesions", "many_lesions"),
    probes=(ProbeUse(probe="lesions", arms=BY_DEPTH), ProbeUse(probe="many_lesions", arms=BY_DEPTH)),
)
