"""Arms for suites whose question is the recipe: networks that are trained by the run's recipe with settings of their own."""

from dataclasses import replace

from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Arm
from resnet_variants.variant import Variant


def arms_with(settings: str, *names: str, **labelled: Variant) -> dict[str, Arm]:
    """Return the same networks trained by the recipe with settings such as "length=x3", labelled "NAME (length=x3)".

    Several settings are separated by commas.

    Raises:
        ValueError: a setting is no recipe's, or the errors of `arms`.
    """
    changed = tuple(settings.split(","))
    found = {label: replace(arm, settings=changed) for label, arm in arms(*names, **labelled).items()}
    return {f"{label} {arm.settings_in_words}": arm for label, arm in found.items()}
