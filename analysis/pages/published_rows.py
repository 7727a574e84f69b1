"""Set published values next to ours; those of the same data come first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.pages.arm_rows import ArmRow
from analysis.pages.formats import runs_that_train
from analysis.statistics.means import Estimate
from analysis.tables.published import Published


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedRow:
    """Published value, our estimate for its arm and metric (None if it was not measured), and a note on our runs that train."""

    published: Published
    ours: Estimate | None
    note: str
    is_on_same_data: bool


def published_rows(published: Iterable[Published], arms: Sequence[ArmRow], dataset: str) -> list[PublishedRow]:
    """Return the published values with ours, in their order."""
    by_arm = {row.arm: row for row in arms}
    return [_row(value, by_arm.get(value.arm), dataset) for value in published]


def _row(published: Published, arm: ArmRow | None, dataset: str) -> PublishedRow:
    ours = None if arm is None else {"train_error_pct": arm.train, "test_error_pct": arm.test}.get(published.metric)
    runs = arm.runs if arm else None
    return PublishedRow(
        published=published,
        ours=ours,
        note=f" ({runs_that_train(runs)} train)" if runs and runs.failed else "",
        is_on_same_data=_plain(published.dataset) == _plain(dataset),
    )


def _plain(name: str) -> str:
    """Return the name of a data set as it compares: CIFAR-10 and cifar10 are the same."""
    return "".join(letter for letter in name.lower() if letter.isalnum())
