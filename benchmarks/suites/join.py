"""Is there a better way than addition to join a branch and its shortcut?

    python -m benchmarks.run --suite join

Forty trials (8 arms of 56 layers, 5 seeds) and ten controls on the 8x8 digits. The published gain of the orthogonal join is 0.20 points of 5, with a
spread of 0.15 over runs and the best epoch taken on both sides: no margin above zero can be decided with five seeds, and its claim takes
CIFAR-10. `random-direction` removes a random part of the branch instead, and `delta-fixed` is the start of `delta`, frozen: their controls.
"""

from benchmarks import DIGITS, About, Claim, Compare, ProbeUse, Suite, arms

PRE, POST = "preresnet56", "resnet56"
ORTHOGONAL, DELTA = f"{PRE}:join=orthogonal", f"{PRE}:join=delta"
OH = "Oh et al. 2025 (2505.11881)"

SUITE = Suite(
    question="Is there a better way than addition to join a branch and its shortcut?",
    main="orthogonal-tests-better",
    arms=arms(
        PRE,
        ORTHOGONAL,
        f"{PRE}:join=orthogonal-global",
        f"{PRE}:join=random-direction",
        DELTA,
        f"{PRE}:join=delta-fixed",
        POST,
        f"{POST}:join=orthogonal",
    ),
    claims=(
        Claim(
            id="orthogonal-tests-better",
            statement="With pre-activation and 56 layers an orthogonal join has lower test error than addition, by more than 0.1 points.",
            source=f"{OH}: ResNetV2-18 on CIFAR-10 95.26 ± 0.12 against 95.06 ± 0.15% right, mean of the best epochs of five runs",
            metric="test_error_pct",
            test=Compare(reference=PRE, other=ORTHOGONAL, says="better"),
            margin=0.1,
            too_easy_on=DIGITS,
            published_effect=(0.20, 0.19),  # the root of 0.12^2 + 0.15^2
        ),
        Claim(
            id="delta-against-addition",
            statement="With pre-activation and 56 layers the delta join, on feature maps, has lower test error than addition, by more than 5%.",
            source="Deep Delta Learning (2601.00417): language models only",
            metric="test_error_pct",
            test=Compare(reference=PRE, other=DELTA, says="better"),
            margin=0.05,
            is_relative=True,
            too_easy_on=DIGITS,
        ),
        Claim(
            id="orthogonal-is-orthogonal",
            statement="What an orthogonal join adds has no part along its shortcut's output, at any pixel.",
            source=f"{OH}, section 3",
            metric="inner_product",
            test=About(arm=ORTHOGONAL, target=0.0),
            margin=1e-5,
            is_identity=True,
        ),
        Claim(
            id="orthogonal-adds-as-pythagoras-says",
            statement="The square of an orthogonal join's output is the sum of those of its shortcut's output and of what it adds.",
            source=f"{OH}, section 3",
            metric="pythagoras_error",
            test=About(arm=ORTHOGONAL, target=0.0),
            margin=1e-5,
            is_identity=True,
        ),
    ),
    reference=PRE,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "test_error_by_epoch"),
    probes=(ProbeUse(probe="join_geometry", arms=(PRE, ORTHOGONAL, f"{POST}:join=orthogonal")),),
)
