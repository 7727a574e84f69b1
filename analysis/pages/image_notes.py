"""Sentences on what the sample of test images adds to the intervals of a study, and whether more seeds or more images would narrow them."""

from statistics import median

from analysis.tables.frames import means_over_images, of_one_kind
from analysis.tables.studies import Study
from resnet_variants.names import some_of

SHOWN = 4  # arms that a sentence names of a longer list


def effects_note(study: Study) -> str:
    """Return a sentence on the images for which the intervals of effects hold."""
    if not _has_splits(study):
        return "Intervals of effects are over seeds, on these images."
    return "Each seed has its own split; the interval for other images replaces 1/n by 1/n + test/training images (Nadeau and Bengio 2003)."


def bars_note(study: Study) -> str:
    """Return a sentence on the intervals of test errors for captions; empty if they are the seeds' own."""
    return (
        "" if _has_splits(study) or not means_over_images(study) else "Intervals of test errors also hold for other test images."
    )


def errors_note(study: Study) -> str:
    """Return sentences on the intervals of single arms' test errors."""
    if _has_splits(study):
        return "Each seed has its own split, which the intervals include."
    means = means_over_images(study)
    several = of_one_kind(study.trials).groupby("arm", sort=False).size()
    without = [str(arm) for arm, number in several.items() if number > 1 and arm not in means]
    missing = "Labels or predictions of the test images are missing: the intervals of test errors are over seeds only"
    notes = []
    if means:
        notes.append("Intervals of test errors also hold for other test images (standard error over seeds and images).")
        shares = [found.shares for found in means.values() if found.error > 0]
        notes += [_shares_note(*map(median, zip(*shares, strict=True)))] if shares else []
    if without:
        notes.append(f"{missing}{f' for {some_of(without, SHOWN)}' if means else ''}.")
    return " ".join(notes)


def _shares_note(of_images: float, of_seeds: float) -> str:
    """Return a sentence with the median shares of the variance that unlimited images, and unlimited seeds, would remove."""
    more, less = ("images", "seeds") if of_images > of_seeds else ("seeds", "images")
    return (
        f"The sample of test images makes {of_images:.0%} of the variance of an arm's test error and the choice of seeds {of_seeds:.0%} (medians; "
        f"what depends on both counts in both): doubling the {more} narrows its interval more than doubling the {less}, so more {more} are cheaper."
    )


def _has_splits(study: Study) -> bool:
    return any(result.trial.split is not None for result in study.results)
