"""What do counts and published values say, without any run?

    python -m benchmarks.run --suite on_paper

Parameters and multiply-adds of eleven networks are counted, in half a minute on two cores of an AMD EPYC, and two of them are compared by the
accuracies that others published. A count is exact, on any machine: expect every one to agree with its paper. `imagenet` has the counts of networks
that it also times.
"""

from benchmarks import AboutTimes, Above, Claim, Equal, Less, Survey, network

HE = "He et al. 2015 (1512.03385)"
HE_RESNET50 = "resnet50:stride_in=1x1"  # with the stride where the paper has it

SURVEY = Survey(
    question="What do counts and published values say, without any run?",
    main="shortcuts-add-no-parameters",
    networks={
        name: network(name)
        for name in (
            "plain20",
            "resnet20",
            "resnet110",
            "resnet34",
            "resnet34:shortcut=A",
            "plain34",
            "resnet50",
            HE_RESNET50,
            "vgg16",
            "vgg16_bn",
            "vgg19",
        )
    },
    claims=(
        Claim(
            id="shortcuts-add-no-parameters",
            statement="ResNet-20 has as many parameters as the plain network of 20 layers.",
            source=f"{HE}, section 3.2: neither extra parameters nor computation complexity",
            metric="params",
            test=Equal(reference="plain20", other="resnet20"),
            margin=1e-6,
        ),
        Claim(
            id="shortcuts-add-no-macs",
            statement="ResNet-20 takes as many multiply-adds as the plain network of 20 layers.",
            source=f"{HE}, section 3.2: neither extra parameters nor computation complexity",
            metric="macs",
            test=Equal(reference="plain20", other="resnet20"),
            margin=1e-6,
        ),
        Claim(
            id="resnet34-takes-18-per-cent",
            statement="ResNet-34 takes 18% of the multiply-adds of VGG-19.",
            source=f"{HE}, section 3.3: 3.6 against 19.6 billion, 18% of it: VGG-19 takes 5.56 times as many",
            metric="macs",
            test=AboutTimes(larger="vgg19", smaller="resnet34", times=5.56),
            margin=0.05,
        ),
        Claim(
            id="he-resnet50-is-as-light-as-resnet34",
            statement="ResNet-50 with the stride in the first 1x1 convolution takes as many multiply-adds as ResNet-34.",
            source=f"{HE}, section 4.1 and figure 5: similar time complexity, 3.8 against 3.6 billion",
            metric="macs",
            test=Equal(reference="resnet34", other=HE_RESNET50),
            margin=0.1,
        ),
        Claim(
            id="path-lengths-are-binomial",
            statement="More than 95% of the paths through ResNet-110 pass through 19 to 35 of its 54 blocks.",
            source="Veit et al. 2016 (1605.06431), section 3",
            metric="middle_paths_pct",
            test=Above(arm="resnet110", target=95.0),
            margin=1.0,
        ),
        Claim(
            id="resnet34-beats-vgg16",
            statement="ResNet-34 has lower top-1 error than VGG-16 (without batch norm) on ImageNet.",
            source="Raschka, STAT 453 (2021), lecture 14, of VGG; with batch norm torchvision's VGG-16 is as accurate, 73.36 against 73.31%",
            metric="top1_error_pct",
            test=Less(smaller="resnet34", larger="vgg16"),
            margin=1.0,
        ),
    ),
    steps=(),
    batch_sizes={"cpu": 1, "cuda": 1, "mps": 1},
    figures=("counted_costs",),
)
