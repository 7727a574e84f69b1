"""Customary names that are listed, tested and counted: those of papers and courses. Other valid numbers are names too."""

CIFAR_DEPTHS = (8, 14, 20, 32, 44, 56, 110, 1202)  # He et al. 2015, table 6, and two small ones for laptops
IMAGENET_DEPTHS = (18, 34, 50, 101, 152)

CATALOGUE: tuple[str, ...] = (
    *(f"{family}{depth}" for family in ("plain", "resnet", "preresnet") for depth in CIFAR_DEPTHS),
    *(f"{family}{depth}bn" for family in ("resnet", "preresnet") for depth in (164, 1001)),  # He et al. 2016, tables 2 and 4
    # Zagoruyko and Komodakis 2016, tables 4 to 6
    *("wrn_16_4", "wrn_16_8", "wrn_16_10", "wrn_22_8", "wrn_22_10", "wrn_28_10", "wrn_28_12", "wrn_40_2", "wrn_40_4", "wrn_40_8"),
    # Xie et al. 2017, table 7, and the small one of common model zoos
    *("resnext29_8x64d", "resnext29_16x64d", "resnext29_32x4d"),
    *(f"resnet{depth}" for depth in IMAGENET_DEPTHS),
    *("plain18", "plain34", "plain50"),  # He et al. 2015, section 4.1; Xie et al. 2017, section 5.1
    *(f"preresnet{depth}" for depth in (*IMAGENET_DEPTHS, 200)),  # He et al. 2016, table 5
    # Xie et al. 2017, tables 3 and 4
    *(f"resnext{depth}_{size}" for depth in (50, 101) for size in ("2x40d", "4x24d", "8x14d", "32x4d")),
    *("resnext101_2x64d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
    *("vgg16", "vgg19", "vgg16_bn", "googlenet", "inception_v3"),
    # Seide et al. 2011, the table of layers and sizes
    *(f"mlp_{layers}x2048" for layers in (1, 2, 3, 4, 5, 7, 9)),
    *("resmlp_3x2048", "resmlp_5x2048", "resmlp_7x2048", "resmlp_9x2048"),
    *("lecture_identity", "lecture_identity_1x1", "lecture_identity_1x1_plain"),
    *("lecture_resizing", "lecture_resizing_plain", "lecture_two_stage", "lecture_resnet34"),
)
