"""Put controls into words, for pages and for `check`. Nothing is decided here."""

from collections.abc import Iterator, Sequence

from analysis.inference.controls import FEWEST, TWIN_LEVEL, Control
from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.claims import Claim
from benchmarks.spec.trial import HALF_WRONG, TWIN, control_label
from benchmarks.spec.words import capital, counted
from resnet_variants.names import some_of

WITHHELD = "No claim of evidence of this study is tested."
SMALLEST_SHOWN_P = 0.0001
SHOWN = 4  # seeds that an objection names of a longer list


def control_in_words(control: Control) -> str:
    """Describe a control: its outcome, and the differences that decided it."""
    name = capital(control_label(noun_phrase(control.reference), control.control))
    if control.outcome == "not run":
        return f"{name}: not run."
    if control.outcome == "too few seeds":
        return f"{name}: not judged. It has {_describe_few(control, noun_phrase(control.reference))}."
    describe = _describe_twin if control.control == TWIN else _describe_half_wrong
    return f"{name}: {control.outcome}. {describe(control)}"


def failures_in_words(controls: Sequence[Control]) -> Iterator[str]:
    """Yield a description of each control that failed."""
    yield from (control_in_words(control) for control in controls if control.outcome == "failed")


def _describe_few(control: Control, reference: str) -> str:
    where = f" in which {reference} trains" if control.control == HALF_WRONG else ""
    return f"{counted(control.num_seeds, 'seed')}{where}, and needs {FEWEST[control.control]}"


def _describe_twin(control: Control) -> str:
    mean, p = sum(control.differences.values()) / control.num_seeds, control.p
    assert p is not None
    shown = f"p = {p:.2g}" if p >= SMALLEST_SHOWN_P else f"p < {SMALLEST_SHOWN_P}"
    return (
        f"Only its initial weights are other ones. Its test error is {_size(mean)} than that of {noun_phrase(control.reference)} on average "
        f"({counted(control.num_seeds, 'seed')}, {shown}; it fails below p = {TWIN_LEVEL:g})."
    )


def _describe_half_wrong(control: Control) -> str:
    values, reference = sorted(control.differences.values()), noun_phrase(control.reference)
    num_higher = sum(value > 0 for value in values)
    which = "all" if num_higher == len(values) else f"{num_higher} of"
    return (
        f"Half of its training labels are wrong. Its test error is higher in {which} {counted(len(values), 'seed')} in which {reference} trains "
        f"(from {_size(values[0])} to {_size(values[-1])}; it fails unless it is higher in each)."
    )


def _size(difference: float) -> str:
    """Format a difference of test errors without a sign, such as "0.35 points higher"."""
    return f"{abs(difference):.2f} points {'lower' if difference < 0 else 'higher'}"


def control_objections(controls: Sequence[Control], claims: Sequence[Claim]) -> Iterator[str]:
    """Yield the objections to a study's controls: not run, short of seeds, or failed."""
    if not controls and any(claim.kind == "evidence" for claim in claims):
        yield "controls not run: the suite names no reference arm"
    not_run = [control.control for control in controls if control.outcome == "not run"]
    if not_run:
        yield f"controls not run: {', '.join(not_run)}"
    ran = [control for control in controls if control.outcome != "not run"]
    missing = [f"{control.control} with seed {seed}" for control in ran for seed in control.missing]
    if missing:
        yield f"controls missing: {some_of(missing, SHOWN)}"
    few = [
        f"{control.control} ({_describe_few(control, control.reference)})"
        for control in ran
        if control.outcome == "too few seeds"
    ]
    if few:
        yield f"controls with too few seeds: {'; '.join(few)}"
    failed = [control.control for control in ran if control.outcome == "failed"]
    if failed:
        yield f"controls failed: {', '.join(failed)}"
