"""Does what is said of depth hold by another recipe: three times the length, a tenth of the rate, a warm-up, larger images?

    python -m benchmarks.run --suite recipes

Arms of one network differ in the settings of the recipe that their labels name, and in nothing else. Thirty-five trials (7 arms, 5 seeds) and ten
controls on the 8x8 digits: some nine minutes on two cores of an AMD EPYC, by the times of these networks in results/reference. Expect the
plain network of 56 layers to stay far behind at three times the length, and to fail at either rate, so that the digits say nothing of the claim about
the rate. Add `--arms all` to train ResNet-34 on small and on enlarged images, and ResNet-20 on images that are mirrored at random and in turns, too:
twenty minutes more by the estimate of `--dry-run`, and judged on other images only.

The paper's own study on a GPU, where a length of three times 64,000 steps moves the milestones, too:

    python -m benchmarks.run --suite recipes --dataset cifar10 --data DIR --download --recipe he2015 --device cuda

The warm-up is the paper's: a rate of 0.01 until the training error of an epoch is below 80%. With `quick` the rate stays constant after it, and 110
layers take some 200 steps; the paper's are 64,000, with two decays.
"""

from benchmarks import DIGITS, Claim, Less, Suite, arms, arms_with

LONGER, TENTH = "length=x3", "learning_rate=x0.1"
COLD, WARM = (f"schedule=steps,warmup_learning_rate={rest}" for rest in ("none", "0.01,warmup_until_train_error_pct=80"))
SMALL, ENLARGED = "augment=none", "augment=enlarge-crop"
INDEPENDENT, ALTERNATING = "augment=crop-flip", "augment=crop-alternating-flip"
PLAIN, RESIDUAL, DEEP, IMAGENET, SHALLOW = "plain56", "resnet56", "resnet110", "lecture_resnet34", "resnet20"
(PLAIN_LONGER, RESIDUAL_LONGER), (PLAIN_TENTH,) = arms_with(LONGER, PLAIN, RESIDUAL), arms_with(TENTH, PLAIN)
(DEEP_COLD,), (DEEP_WARM,) = arms_with(COLD, DEEP), arms_with(WARM, DEEP)
(ON_SMALL,), (ON_ENLARGED,) = arms_with(SMALL, IMAGENET), arms_with(ENLARGED, IMAGENET)
(ON_INDEPENDENT,), (ON_ALTERNATING,) = arms_with(INDEPENDENT, SHALLOW), arms_with(ALTERNATING, SHALLOW)
HE = "He et al. 2015 (1512.03385)"

SUITE = Suite(
    question="Does what is said of depth hold by another recipe: three times the length, a tenth of the rate, a warm-up, larger images?",
    main="longer-does-not-cure",
    arms={
        **arms(PLAIN, RESIDUAL),
        **arms_with(LONGER, PLAIN, RESIDUAL),
        **arms_with(TENTH, PLAIN),
        **arms_with(COLD, DEEP),
        **arms_with(WARM, DEEP),
    },
    optional={
        **arms_with(SMALL, IMAGENET),
        **arms_with(ENLARGED, IMAGENET),
        **arms_with(INDEPENDENT, SHALLOW),
        **arms_with(ALTERNATING, SHALLOW),
    },
    claims=(
        Claim(
            id="longer-does-not-cure",
            statement="Trained three times as long, a plain network of 56 layers still has higher training error than a residual one.",
            source=f"{HE}, section 4.1: with three times the iterations the degradation is still observed",
            metric="train_error_pct",
            test=Less(smaller=RESIDUAL_LONGER, larger=PLAIN_LONGER),
            margin=1.0,
        ),
        Claim(
            id="resnet110-needs-a-warm-up",
            statement="A residual network of 110 layers has lower test error, or fails less often, with a warm-up at a rate of 0.01 than without.",
            source=f"{HE}, section 4.2: 0.1 is slightly too large to start converging, and similar accuracy is reached without",
            metric="test_error_pct",
            test=Less(smaller=DEEP_WARM, larger=DEEP_COLD),
            margin=1.0,
        ),
        Claim(
            id="the-rate-moves-plain-56",
            statement="A plain network of 56 layers has lower test error at a tenth of the learning rate, by more than 10% of it.",
            source="Li et al. 2018 (1712.09913), table 2: 10.83% at 0.01 against 13.31% at 0.1",
            metric="test_error_pct",
            test=Less(smaller=PLAIN_TENTH, larger=PLAIN),
            margin=0.1,
            is_relative=True,  # on the digits it is worth many images: plain-56 errs on most of them
        ),
    ),
    optional_claims=(
        Claim(
            id="enlarging-helps",
            statement="ResNet-34 has lower test error on images enlarged to 64x64 than on small ones, by more than 10% of it.",
            source="Raschka, STAT 453 (2021), lecture 14: small images make networks for ImageNet poor",
            metric="test_error_pct",
            test=Less(smaller=ON_ENLARGED, larger=ON_SMALL),
            margin=0.1,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="alternating-flip-helps",
            statement="Mirrored in every other epoch instead of at random, images give lower test error, by more than 1% of it (20 layers).",
            source="Jordan 2024 (2404.00498), abstract: it helps wherever flipping does; there with hundreds of runs, here 20 seeds or more",
            metric="test_error_pct",
            test=Less(smaller=ON_ALTERNATING, larger=ON_INDEPENDENT),
            margin=0.01,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
    ),
    reference=RESIDUAL_LONGER,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    rates=(1.0,),  # the rate is part of the question
    figures=("error_by_arm", "test_error_by_epoch"),
)
