"""Is ResNet-34 faster to train than VGG-16 on images of one size, and no worse?

    python -m benchmarks.run --suite vgg

Ten trials (2 arms, 5 seeds) and ten controls of one epoch on the digits, enlarged to 70x70 and cropped to 64x64 as the course does with CIFAR-10,
then a timing session: eight to twelve minutes on two cores of an AMD EPYC in bf16, twice that in fp32. With the course's own data and more epochs:

    python -m benchmarks.run --suite vgg --dataset cifar10 --data DIR --download --set epochs=10 --set batch_size=128 --device cuda

Expect a step of VGG-16 to take several times as long. After one epoch on few images the errors only show which network
learns faster at first.
"""

from benchmarks import Claim, Less, NoWorse, Suite, arms

RESNET, VGG = "lecture_resnet34", "vgg16_bn"
HE = "He et al. 2015 (1512.03385)"

SUITE = Suite(
    question="Is ResNet-34 faster to train than VGG-16 on images of one size, and no worse?",
    arms=arms(RESNET, VGG),
    claims=(
        Claim(
            id="resnet34-trains-faster",
            statement="On images of one size a training step of ResNet-34 takes less time than one of VGG-16.",
            source="Raschka, STAT 453, lecture 14: ResNet-34 is faster to train",
            metric="train_step_seconds",
            test=Less(smaller=RESNET, larger=VGG),
            margin=0.1,
        ),
        Claim(
            id="resnet34-takes-fewer-macs",
            statement="On images of one size ResNet-34 takes fewer multiply-adds than VGG-16.",
            source=f"{HE}, section 3.3: 18% of VGG-19's",
            metric="macs",
            test=Less(smaller=RESNET, larger=VGG),
            margin=0.1,
        ),
        Claim(
            id="resnet34-is-no-worse",
            statement="After the same number of epochs ResNet-34 has no higher test error than VGG-16.",
            source=f"{HE}, table 3: 24.5 against 28.1% top-1 error on ImageNet, VGG-16 without norms",
            metric="test_error_pct",
            test=NoWorse(reference=VGG, other=RESNET),
            margin=1.0,
        ),
    ),
    reference=RESNET,
    dataset="digits",
    recipe="lecture",
    num_seeds=5,
    looks=(5, 10, 20),
    rates=(1.0,),  # the course's own recipe is part of the question
    figures=("error_by_arm", "error_by_step_time"),
    timed=("train",),
)
