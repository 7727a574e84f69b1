"""Which statements of the papers hold by construction, in every network?

    python -m benchmarks.run --suite constructions

Ten trials (2 arms, 5 seeds) on the 8x8 digits, then two probes of the trained networks: one to two minutes on two cores of an AMD EPYC. Nothing
here is evidence: each statement follows from how the networks are built, and a network in which it fails would be built wrongly. Expect all to hold,
to the precision of fp64.
"""

from benchmarks import About, Claim, ProbeUse, Suite, arms

PRE, GROUPED = "preresnet20", "resnext11_8x7d:width=32"
XIE = "Xie et al. 2017 (1611.05431)"

SUITE = Suite(
    question="Which statements of the papers hold by construction, in every network?",
    main="three-forms-are-one",
    arms=arms(PRE, GROUPED),
    claims=(
        Claim(
            id="gradient-has-an-additive-term",
            statement="With pre-activation a block's gradient is that of the last block of its stage plus what the branches between them pass back.",
            source="He et al. 2016 (1603.05027), equation 5",
            metric="additive_gradient_error",
            test=About(arm=PRE, target=0.0),
            margin=1e-6,
            is_identity=True,
        ),
        Claim(
            id="three-forms-are-one",
            statement="A ResNeXt block has the same outputs as added paths, as concatenated paths and as a grouped convolution.",
            source=f"{XIE}, section 3.3 and figure 3",
            metric="forms_change",
            test=About(arm=GROUPED, target=0.0),
            margin=1e-6,
            is_identity=True,
        ),
        Claim(
            id="groups-cost-one-in-b",
            statement="A convolution of B groups has one B-th of the parameters and of the multiply-adds of a dense one.",
            source="Zhang and Smola, Dive into Deep Learning, the lecture on ResNeXt",
            metric="group_cost",
            test=About(arm=GROUPED, target=1.0),
            margin=1e-6,
            is_identity=True,
        ),
    ),
    dataset="digits-splits",
    recipe="quick",
    num_seeds=5,
    rates=(1.0,),  # what holds by construction holds at any rate
    figures=("error_by_arm",),
    probes=(ProbeUse(probe="additive_gradient", arms=(PRE,)), ProbeUse(probe="block_forms", arms=(GROUPED,))),
)
