"""Does depth pull the classes apart, layer by layer?

    python -m benchmarks.run --suite separation

45 trials (arms of `depth` and one of `perceptron`; 5 seeds, two arms at 3 learning rates) and ten controls on the 8x8 digits; with `--rates recipe`
25 and ten. The probes take under a second each. A linear probe reads wider features better, so that a stage is judged between features of one
width. Expect a gain in the first stage of a residual network, little in the second, and none in the third nor in the perceptron.
"""

from benchmarks import Above, Claim, ProbeUse, Suite, arms

STAGED = ("plain20", "resnet20", "plain56", "resnet56")
APART = "courses: similar inputs are pulled apart as depth grows; Alain and Bengio 2016 (1610.01644)"
STAGES = {1: "the stem", 2: "its first block", 3: "its first block"}

SUITE = Suite(
    question="Does depth pull the classes apart, layer by layer?",
    main="a-stage-pulls-classes-apart-3",
    arms=arms(*STAGED, "mlp_5x512"),
    claims=(
        *(
            Claim(
                id=f"a-stage-pulls-classes-apart-{stage}",
                statement=f"In stage {stage} of a residual network (56 layers) a linear probe has lower error after the last block than {first}.",
                source=APART,
                metric=f"stage_{stage}_gain",
                test=Above(arm="resnet56", target=0.0),
                margin=2.0,
            )
            for stage, first in STAGES.items()
        ),
        Claim(
            id="layers-pull-digits-apart",
            statement="In a perceptron of five hidden layers a linear probe has lower test error after the last hidden layer than after the first.",
            source="courses: similar digits are pulled apart layer by layer",
            metric="layers_gain",
            test=Above(arm="mlp_5x512", target=0.0),
            margin=2.0,
        ),
    ),
    retired=(
        Claim(
            id="depth-pulls-classes-apart",
            statement="In a residual network of 56 layers a linear probe has lower test error after the last block than after the stem.",
            source=f"{APART}; in function_class before",
            metric="separation_gain",
            test=Above(arm="resnet56", target=0.0),
            margin=10.0,
            superseded_by=tuple(f"a-stage-pulls-classes-apart-{stage}" for stage in STAGES),
        ),
    ),
    reference="resnet56",
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("separation", "representations"),
    probes=(ProbeUse(probe="separation", arms=STAGED), ProbeUse(probe="layer_separation", arms=("mlp_5x512",))),
)
