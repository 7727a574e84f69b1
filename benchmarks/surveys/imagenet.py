"""What do the ImageNet networks cost, and how fast are they?

    python -m benchmarks.run --suite imagenet

Nothing is trained. The costs of thirty-two networks are counted, and their inference is timed in turn at their own image size (224 pixels, Inception
299), fifteen rounds for those that claims speak of and three for the others: six to nine minutes on two cores of an AMD EPYC, by the number of turns.
A verdict about times needs three sessions, an hour or more apart. Which network is more accurate is read from published values, which papers and
torchvision print: nobody trains these networks here. Expect multiply-adds to predict the order of the times but not their ratios, and ResNet-152 to
be more accurate than Inception v3 but not smaller. Claims that need no timing at all are in `on_paper`.
"""

from benchmarks import Budget, Claim, Equal, Less, NoWorse, Survey, network

COURSE = "Zhang and Smola, Dive into Deep Learning, a lecture that shows accuracy against speed"
HE = "He et al. 2015 (1512.03385)"
XIE = "Xie et al. 2017 (1611.05431)"
WRN = "Zagoruyko and Komodakis 2016 (1605.07146)"
SINGLE = {"1x64d": "resnet50", "1x65d": "resnet50:width_per_group=65", "1x66d": "resnet50:width_per_group=66"}
PAIRS = (("2x40d", "1x64d"), ("4x24d", "1x65d"), ("8x14d", "1x66d"), ("32x4d", "1x66d"))  # multiply-adds within 1%
SILENT = "nobody: what equal or fewer multiply-adds suggest"

SURVEY = Survey(
    question="What do the ImageNet networks cost, and how fast are they?",
    main="resnet152-is-lighter-than-vgg16",
    networks={
        name: network(name)
        for name in (
            *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
            *(f"plain{depth}" for depth in (18, 34, 50)),
            *(f"preresnet{depth}" for depth in (18, 34, 50, 101, 152, 200)),
            *(f"resnext50_{form}" for form in ("2x40d", "4x24d", "8x14d", "32x4d")),
            "resnet50:width_per_group=65",
            "resnet50:width_per_group=66",
            *(f"resnext101_{form}" for form in ("2x40d", "4x24d", "8x14d", "32x4d", "2x64d", "32x8d", "64x4d")),
            "wide_resnet50_2",
            "wide_resnet101_2",
            "vgg16_bn",
            "googlenet",
            "inception_v3",
        )
    },
    claims=(
        Claim(
            id="resnet152-is-lighter-than-vgg16",
            statement="ResNet-152 takes fewer multiply-adds than VGG-16.",
            source=f"{HE}, section 4.1: 11.3 against 15.3 billion",
            metric="macs",
            test=Less(smaller="resnet152", larger="vgg16_bn"),
            margin=0.1,
        ),
        Claim(
            id="resnext50-has-as-many-parameters",
            statement="ResNeXt-50 32x4d has as many parameters as ResNet-50.",
            source=f"{XIE}, table 1: 25.0 against 25.5 million",
            metric="params",
            test=Equal(reference="resnet50", other="resnext50_32x4d"),
            margin=0.05,
        ),
        Claim(
            id="resnext50-is-as-light",
            statement="ResNeXt-50 32x4d takes as many multiply-adds as ResNet-50.",
            source=f"{XIE}, table 1: 4.2 against 4.1 billion",
            metric="macs",
            test=Equal(reference="resnet50", other="resnext50_32x4d"),
            margin=0.05,
        ),
        Claim(
            id="resnet152-is-smaller-than-inception",
            statement="ResNet-152 has fewer parameters than Inception v3.",
            source=f"{COURSE}: ResNet-152 is the smaller one",
            metric="params",
            test=Less(smaller="resnet152", larger="inception_v3"),
            margin=0.05,
        ),
        Claim(
            id="resnet152-beats-inception",
            statement="ResNet-152 has lower top-1 error than Inception v3 on ImageNet.",
            source=f"{COURSE}: ResNet-152 is much more accurate",
            metric="top1_error_pct",
            test=Less(smaller="resnet152", larger="inception_v3"),
            margin=1.0,
        ),
        *(
            Claim(
                id=f"deeper-imagenet-nets-err-less-{depth}",
                statement=f"ResNet-{depth} has lower top-1 error than ResNet-34 on ImageNet.",
                source=f"{HE}, section 4.1 and table 3: {error} against 24.52%, averaged over 10 crops",
                metric="top1_error_pct",
                test=Less(smaller=f"resnet{depth}", larger="resnet34"),
                margin=1.0,
            )
            for depth, error in ((50, 22.85), (101, 21.75), (152, 21.43))
        ),
        Claim(
            id="wide-resnet50-is-faster-than-resnet152",
            statement="Inference of Wide ResNet-50-2 takes less time than that of ResNet-152.",
            source=f"{WRN}, table 8: 93 against 115 ms for a training batch of 16",
            metric="infer_step_seconds",
            test=Less(smaller="wide_resnet50_2", larger="resnet152"),
            margin=0.1,
        ),
        Claim(
            id="inception-is-faster-than-resnet152",
            statement="Inference of Inception v3 takes less time than that of ResNet-152.",
            source=f"{COURSE}: ResNet-152 is the slower one",
            metric="infer_step_seconds",
            test=Less(smaller="inception_v3", larger="resnet152"),
            margin=0.1,
        ),
    ),
    retired=(
        Claim(
            id="resnet152-is-faster-than-vgg16",
            statement="Inference of ResNet-152 takes less time than that of VGG-16.",
            source=SILENT,
            metric="infer_step_seconds",
            test=Less(smaller="resnet152", larger="vgg16_bn"),
            margin=0.1,
        ),
        Claim(
            id="resnet50-is-as-light-as-resnet34",
            statement="ResNet-50 (bottleneck blocks) takes as many multiply-adds as ResNet-34 (basic blocks).",
            source=f"{HE}, section 4.1 and figure 5: similar time complexity, 3.8 against 3.6 billion; torchvision's has its stride elsewhere",
            metric="macs",
            test=Equal(reference="resnet34", other="resnet50"),
            margin=0.1,
            superseded_by=("on_paper/he-resnet50-is-as-light-as-resnet34",),
        ),
        Claim(
            id="resnet50-is-as-fast-as-resnet34",
            statement="Inference of ResNet-50 (bottleneck blocks) takes no longer than that of ResNet-34 (basic blocks).",
            source=f"{HE}, section 4.1: similar time complexity, which is counted there, not timed",
            metric="infer_step_seconds",
            test=NoWorse(reference="resnet34", other="resnet50"),
            margin=0.1,
        ),
        *(
            Claim(
                id=f"resnext50-{form}-is-as-fast",
                statement=f"At equal multiply-adds inference of ResNeXt-50 {form} takes no longer than that of a single path ({single}).",
                source=SILENT,
                metric="infer_step_seconds",
                test=NoWorse(reference=SINGLE[single], other=f"resnext50_{form}"),
                margin=0.1,
            )
            for form, single in PAIRS
        ),
    ),
    steps=("infer",),
    batch_sizes={"cpu": 4, "cuda": 64, "mps": 16},
    figures=("accuracy_by_speed", "time_by_macs", "roofline", "equal_costs"),
    budgets=tuple(Budget(arms=(SINGLE[single], f"resnext50_{form}"), on="macs") for form, single in PAIRS),
)
