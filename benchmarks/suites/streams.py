"""Do several residual streams, or attention to earlier blocks, beat the sum of a residual network?

    python -m benchmarks.run --suite streams

Forty trials (6 arms, 5 seeds, one arm at 3 learning rates) and ten controls on the 8x8 digits, which take six minutes on two cores of an AMD EPYC;
then a probe of the mixing weights and a timing session. On one of these cores a step of 128 images takes 67 ms for 20 layers, 94 to 185 ms with four
streams and 112 ms with attention, hence 20 layers by default: at 56 it takes three times as long. `--arms all` adds 56 layers, the other forms and a
network that is wide enough to put out as many activations: 55 trials and 22 minutes more. Expect the two identities to hold, and the digits to be too
easy for the comparisons, which take `--dataset cifar10`. The table of costs shows that streams multiply activations and hardly parameters.
"""

from benchmarks import DIGITS, About, Claim, Compare, NotAbove, ProbeUse, Suite, arms

DEPTH, FURTHER_DEPTH = "preresnet20", "preresnet56"
HC, MHC, IDENTITY = (f"streams=4,mixing={mixing}" for mixing in ("hc", "mhc", "identity"))
ATTENTION, MEAN = "aggregate=attention", "aggregate=mean"
AS_MANY_ACTIVATIONS = f"{DEPTH}:width=83"  # as with mhc: resnet_variants.budget.match
ZHU, XIE, KIMI = "Zhu et al. 2024 (2409.19606)", "Xie et al. 2025 (2512.24880)", "Kimi Team 2026 (2603.15031)"
NO_WIN = "language models only; one reproduction finds stability and no win at small scale"
COMPARED = {  # claim: what is said, its source, the reference's option and the other's
    "streams-test-better": (
        "Four streams that are mixed by doubly stochastic weights give lower test error than one, by more than 5% of it",
        f"{XIE}: {NO_WIN}",
        "",
        f":{MHC}",
    ),
    "mixing-matters": (
        "Four streams that are mixed by doubly stochastic weights give lower test error than four that are not mixed, by more than 5% of it",
        f"{XIE}: {NO_WIN}",
        f":{IDENTITY}",
        f":{MHC}",
    ),
    "attention-residuals-test-better": (
        "Blocks that read earlier outputs by attention give lower test error than sums, by more than 5% of it",
        f"{KIMI}: language models only; one attempt (nanochat, pull request 646) did not replicate it",
        "",
        f":{ATTENTION}",
    ),
}

SUITE = Suite(
    question="Do several residual streams, or attention to earlier blocks, beat the sum of a residual network?",
    main="streams-test-better",
    arms=arms(DEPTH, *(f"{DEPTH}:{option}" for option in (HC, MHC, IDENTITY, ATTENTION, MEAN))),
    optional=arms(
        f"{DEPTH}:streams=4",
        f"{DEPTH}:aggregate=attention-full",
        AS_MANY_ACTIVATIONS,
        FURTHER_DEPTH,
        *(f"{FURTHER_DEPTH}:{option}" for option in (HC, MHC, IDENTITY, ATTENTION, MEAN)),
    ),
    claims=(
        Claim(
            id="hc-starts-as-the-residual-network",
            statement="Before training, four streams with computed mixing have the scores of the residual network of the same weights.",
            source=f"{ZHU}, section 2.3: the start is that of a residual network",
            metric="streams_start_change",
            test=About(arm=f"{DEPTH}:{HC}", target=0.0),
            margin=1e-6,
            is_identity=True,
        ),
        Claim(
            id="mhc-columns-sum-to-one",
            statement="The columns of the trained mixing weights of mHC sum to 1, since the last Sinkhorn-Knopp step divides by their sums.",
            source=f"{XIE}, section 4.2",
            metric="mixing_column_error",
            test=About(arm=f"{DEPTH}:{MHC}", target=0.0),
            margin=1e-5,
            is_identity=True,
        ),
        Claim(
            id="mhc-is-doubly-stochastic",
            statement="Twenty Sinkhorn-Knopp steps bring the rows' sums of mHC's trained mixing weights within 0.01 of 1, too.",
            source=f"{XIE}, section 4.2 and table 5: twenty steps",
            metric="mixing_row_error",
            test=NotAbove(arm=f"{DEPTH}:{MHC}", target=0.0),
            margin=0.01,
        ),
        Claim(
            id="mhc-keeps-the-gain-bounded",
            statement="The product of mHC's trained mixing weights over all blocks enlarges no signal by more than a tenth.",
            source=f"{XIE}, figure 7: at most 1.6 in language models, and 3,000 without the constraint",
            metric="mixing_gain",
            test=NotAbove(arm=f"{DEPTH}:{MHC}", target=1.0),
            margin=0.1,
        ),
        *(
            Claim(
                id=name,
                statement=f"{said}.",
                source=source,
                metric="test_error_pct",
                test=Compare(reference=f"{DEPTH}{reference}", other=f"{DEPTH}{other}", says="better"),
                margin=0.05,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for name, (said, source, reference, other) in COMPARED.items()
        ),
    ),
    optional_claims=(
        Claim(
            id="mhc-keeps-the-gain-bounded-at-56",
            statement="At 56 layers the product of mHC's trained mixing weights over all blocks enlarges no signal by more than a tenth.",
            source=f"{XIE}, figure 7: at most 1.6 in language models, and 3,000 without the constraint",
            metric="mixing_gain",
            test=NotAbove(arm=f"{FURTHER_DEPTH}:{MHC}", target=1.0),
            margin=0.1,
        ),
        *(
            Claim(
                id=f"{name}-at-56",
                statement=f"At 56 layers: {said[0].lower()}{said[1:]}.",
                source=source,
                metric="test_error_pct",
                test=Compare(reference=f"{FURTHER_DEPTH}{reference}", other=f"{FURTHER_DEPTH}{other}", says="better"),
                margin=0.05,
                is_relative=True,
                too_easy_on=DIGITS,
            )
            for name, (said, source, reference, other) in COMPARED.items()
        ),
    ),
    reference=DEPTH,
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    looks=(5, 10, 20),
    figures=("error_by_arm", "error_by_step_time"),
    timed=("train", "infer"),
    probes=(
        ProbeUse(
            probe="mixing",
            arms=(
                *(f"{depth}:{option}" for depth in (DEPTH, FURTHER_DEPTH) for option in (HC, MHC, IDENTITY)),
                f"{DEPTH}:streams=4",
            ),
        ),
    ),
)
