"""How fast are the networks of the suites, and how close to the machine's peak?

    python -m benchmarks.run --suite throughput

No network is fully trained. Single steps of seven networks on random images of 3x32x32 are timed in turn: training and inference
in batches of 128 and 32, inference also one image at a time, and two of the networks also compiled; fifteen rounds for those that claims speak of,
three for the others. Every round also times a large convolution, a large matrix product and a large copy. Six to twelve minutes on two cores of an
AMD EPYC, by the number of turns. A verdict about times needs three sessions, an hour or more apart. Expect shortcuts to cost little time but some,
and small networks to stay far below the machine's peak.
"""

from benchmarks import Budget, Claim, Less, NoWorse, Survey, network

HE = "He et al. 2015 (1512.03385)"
WRN = "Zagoruyko and Komodakis 2016 (1605.07146)"
COUNTED = ("on_paper/shortcuts-add-no-parameters", "on_paper/shortcuts-add-no-macs")
SINGLE, GROUPED = "resnet29bn:width=32,width_per_group=33", "resnext29_32x2d:width=32"

SURVEY = Survey(
    question="How fast are the networks of the suites, and how close to the machine's peak?",
    main="wide-trains-faster-than-deep",
    networks={name: network(name) for name in ("plain20", "resnet20", "preresnet20", "resnet56", "wrn_16_2", SINGLE, GROUPED)},
    claims=(
        Claim(
            id="wide-trains-faster-than-deep",
            statement="A training step of the wide network of 16 layers takes less time than that of ResNet-56, which has more parameters.",
            source=f"{WRN}, section 3: wide networks are several times faster to train",
            metric="train_step_seconds",
            test=Less(smaller="wrn_16_2", larger="resnet56"),
            margin=0.1,
        ),
    ),
    retired=(
        Claim(
            id="shortcuts-cost-no-time-in-training",
            statement="A training step of ResNet-20 takes no longer than that of the plain network of 20 layers.",
            source=f"{HE}, section 3.2: neither extra parameters nor computation complexity",
            metric="train_step_seconds",
            test=NoWorse(reference="plain20", other="resnet20"),
            margin=0.1,
            superseded_by=COUNTED,
        ),
        Claim(
            id="shortcuts-cost-no-time-at-inference",
            statement="Inference of ResNet-20 takes no longer than that of the plain network of 20 layers.",
            source=f"{HE}, section 3.2: neither extra parameters nor computation complexity",
            metric="infer_step_seconds",
            test=NoWorse(reference="plain20", other="resnet20"),
            margin=0.1,
            superseded_by=COUNTED,
        ),
        Claim(
            id="groups-train-as-fast",
            statement="At equal multiply-adds a training step of 32 groups takes no longer than that of a single path.",
            source="nobody: what equal multiply-adds suggest",
            metric="train_step_seconds",
            test=NoWorse(reference=SINGLE, other=GROUPED),
            margin=0.1,
            superseded_by=("cardinality/groups-cost-time",),
        ),
    ),
    steps=("train", "infer"),
    batch_sizes={"cpu": 128, "cuda": 128, "mps": 128},
    more_batch_sizes=(32, 1),
    compiled=("plain20", "resnet20"),
    figures=("roofline", "equal_costs", "time_by_macs"),
    budgets=(Budget(arms=(SINGLE, GROUPED), on="macs"),),
)
