"""Do the layers of a residual network respond less than those of a plain one, and those of a deeper one less still?

    python -m benchmarks.run --suite responses

65 trials (arms of `depth` and resnet110 of `ordering`; 5 seeds, four arms at 3 learning rates) and ten controls on the 8x8 digits; with
`--rates recipe` 25 and ten. The probe takes under a second each. Expect no difference: `quick` trains for far
fewer steps than the paper.
"""

from benchmarks import Claim, Less, ProbeUse, Suite, arms

HE = "He et al. 2015 (1512.03385), section 4.2 and figure 7"
DEEPER = {56: 20, 110: 56}

SUITE = Suite(
    question="Do residual layers respond less than plain ones, and those of deeper networks less still?",
    main="residual-responses-are-smaller-at-56",
    arms=arms("plain20", "resnet20", "plain56", "resnet56", "resnet110"),
    claims=(
        Claim(
            id="residual-responses-are-smaller-at-56",
            statement="The layers of a residual network of 56 layers have smaller responses (mean standard deviation) than those of a plain one.",
            source=HE,
            metric="response_deviation",
            test=Less(smaller="resnet56", larger="plain56"),
            margin=0.05,
            is_relative=True,
        ),
        *(
            Claim(
                id=f"deeper-residual-responses-are-smaller-at-{deep}",
                statement=f"A residual network of {deep} layers has smaller responses (mean standard deviation) than one of {shallow}.",
                source=HE,
                metric="response_deviation",
                test=Less(smaller=f"resnet{deep}", larger=f"resnet{shallow}"),
                margin=0.05,
                is_relative=True,
            )
            for deep, shallow in DEEPER.items()
        ),
    ),
    retired=(
        Claim(
            id="residual-responses-are-smaller",
            statement="The layers of a residual network of 20 layers have smaller responses (mean standard deviation) than those of a plain one.",
            source="He et al. 2015 (1512.03385), figure 7; in function_class before",
            metric="response_deviation",
            test=Less(smaller="resnet20", larger="plain20"),
            margin=0.02,
            superseded_by=(
                "residual-responses-are-smaller-at-56",
                *(f"deeper-residual-responses-are-smaller-at-{deep}" for deep in DEEPER),
            ),
        ),
    ),
    reference="resnet20",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("layer_responses",),
    probes=(ProbeUse(probe="responses"),),
)
