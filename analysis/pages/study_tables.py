"""Tables of a study's page: arms, speed, probes, published values and trials, errors first."""

from collections.abc import Sequence

from analysis.pages.arm_rows import ArmRow
from analysis.pages.formats import (
    count,
    failure_rate,
    interval,
    megabytes,
    milliseconds,
    percent,
    rate,
    runs_that_train,
    short_interval,
    three_digits,
    two_digits,
)
from analysis.pages.page_tables import Column, PageTable, arms_column, numbered, numbers, spelled, table, texts, with_notes
from analysis.pages.study_page import Summary
from analysis.statistics.means import Estimate, Spread
from analysis.tables.arm_words import in_words, words_of
from benchmarks.spec.words import counted


def study_tables(page: Summary) -> dict[str, PageTable]:
    """Return the tables of a study's page by name; one without rows is left out."""
    found = {
        "arms": _arms(page),
        "speed": _speed(page) if page.study.timing else None,
        "probes": _probes(page) if page.probes else None,
        "published": _published(page, on_same_data=True),
        "elsewhere": _published(page, on_same_data=False),
        "trials": _trials(page),
    }
    return {name: made for name, made in found.items() if made is not None}


def _words(page: Summary) -> dict[str, str]:
    return {label: in_words(words) for label, words in words_of(page.study.suite.arms).items()}


def _mean(estimate: Estimate | None) -> float | None:
    return estimate.value if estimate else None


def _arms(page: Summary) -> PageTable:
    arms = page.arms
    at = f"at learning rate {page.study.recipe.learning_rate:g}, " if page.rates_note else ""
    return table(
        "arms",
        f"{counted(len(arms), 'arm')}, {at}after the last epoch: mean and 95% t interval over the runs that train, or over all if none does",
        [
            arms_column([arm.arm for arm in arms], _words(page)),
            _errors("test error, %", arms, [arm.test for arm in arms]),
            Column(
                name="runs that train",
                cells=spelled("", [_share(arm) for arm in arms], [runs_that_train(arm.runs) for arm in arms]).cells,
                is_error=True,
            ),
            _errors("training error, %", arms, [arm.train for arm in arms]),
            spelled("failure rate, %", [_share(arm, is_failing=True) for arm in arms], [failure_rate(arm.runs) for arm in arms]),
            numbers(
                "best epoch lower by", [None if arm.optimism_gap is None else abs(arm.optimism_gap) for arm in arms], two_digits
            ),
            numbers("trials ok", [arm.num_ok for arm in arms], str),
            numbers("parameters", [arm.params for arm in arms], count),
            spelled("MACs", [arm.macs for arm in arms], [count(arm.macs, arm.is_lower_bound) for arm in arms]),
            spelled(
                "activations", [arm.activations for arm in arms], [count(arm.activations, arm.is_lower_bound) for arm in arms]
            ),
            numbers("training, s", [arm.train_seconds for arm in arms], two_digits),
        ],
        [arm.arm for arm in arms],
    )


def _errors(name: str, arms: Sequence[ArmRow], found: Sequence[Estimate | None]) -> Column:
    return spelled(name, [_mean(one) for one in found], [interval(one) for one in found], has_bars=True, is_error=True)


def _share(arm: ArmRow, *, is_failing: bool = False) -> float | None:
    if arm.runs is None:
        return None
    return (arm.runs.failed if is_failing else arm.runs.trained) / arm.runs.n


def _speed(page: Summary) -> PageTable:
    suite, batch = page.study.suite, page.study.recipe.batch_size
    arms = [arm for arm in page.arms if arm.train_step and suite.arms[arm.arm].train_fraction == 1]

    def steps(name: str, found: Sequence[Spread | None]) -> Column:
        return spelled(
            name, [None if one is None else one.median for one in found], [milliseconds(one) for one in found], has_bars=True
        )

    def rates(name: str, found: Sequence[Spread | None]) -> Column:
        return spelled(name, [None if one is None else 1 / one.median for one in found], [rate(one, batch) for one in found])

    train, infer = [arm.train_step for arm in arms], [arm.infer_step for arm in arms]
    return table(
        "speed",
        f"Times of {counted(len(arms), 'arm')} in milliseconds per batch of {batch}: median and quartiles",
        [
            arms_column([arm.arm for arm in arms], _words(page)),
            steps("training step, ms", train),
            rates("training images/s", train),
            steps("inference, ms", infer),
            rates("inference images/s", infer),
            numbers("share of a large convolution's rate", [arm.train_share for arm in arms], percent),
            numbers("memory of a training step, MB", [arm.train_memory for arm in arms], megabytes),
        ],
        [arm.arm for arm in arms],
    )


def _probes(page: Summary) -> PageTable:
    rows = [(row, arm.arm, row.by_arm[arm.arm]) for row in page.probes for arm in page.arms if arm.arm in row.by_arm]
    runs = {arm.arm: runs_that_train(arm.runs) for arm in page.arms}
    return table(
        "probes",
        "What the probes measured: mean and 95% t interval over the runs that train, or over all if none does or the metric needs no training",
        [
            texts("metric", [f"{row.words}{f', {row.unit}' if row.unit else ''}" for row, _, _ in rows]),
            spelled(
                "value", [found.value for _, _, found in rows], [short_interval(found) for _, _, found in rows], is_error=True
            ),
            arms_column([arm for _, arm, _ in rows], _words(page)),
            texts("runs that train", [runs[arm] for _, arm, _ in rows]),
        ],
        [arm for _, arm, _ in rows],
    )


def _published(page: Summary, *, on_same_data: bool) -> PageTable | None:
    rows = [row for row in page.published_rows if row.is_on_same_data == on_same_data]
    if not rows:
        return None
    values = [row.published for row in rows]
    numbers_of, _ = numbered(sources_of(page))
    which = "On the same data" if on_same_data else "On other data, which compare in direction only"
    metrics = ["training error" if value.metric == "train_error_pct" else "test error" for value in values]
    return table(
        "published" if on_same_data else "elsewhere",
        f"{which}: published values next to ours ({page.study.dataset.name}, recipe {page.recipe}), in %",
        [
            arms_column([value.arm for value in values], _words(page)),
            with_notes(
                spelled("published, %", [value.value for value in values], [value.with_sd for value in values], is_error=True),
                [(numbers_of[_source(value.source, value.precision)],) for value in values],
            ),
            spelled(
                "ours, %", [_mean(row.ours) for row in rows], [f"{interval(row.ours)}{row.note}" for row in rows], is_error=True
            ),
            texts("metric", metrics),
            texts("data", [value.dataset for value in values]),
            texts("recipe", [value.recipe for value in values]),
            texts("runs", [f"{value.statistic}{f', {value.crop}' if value.crop != '-' else ''}" for value in values]),
        ],
        [value.arm for value in values],
    )


def sources_of(page: Summary) -> list[str]:
    """Return the sources of a page's published values in their order, with what is to know of each."""
    return [_source(row.published.source, row.published.precision) for row in page.published_rows]


def _source(source: str, precision: str) -> str:
    return f"{source} ({precision})"


def _trials(page: Summary) -> PageTable:
    rows = page.frame.to_dict("records")
    return table(
        "trials",
        f"All {counted(len(rows), 'trial')}, controls included",
        [
            texts("arm", [str(row["arm"]) for row in rows]),
            numbers("test error, %", [row["test_error_pct"] for row in rows], two_digits, is_error=True),
            numbers("training error, %", [row["train_error_pct"] for row in rows], two_digits, is_error=True),
            numbers("learning rate", [row["learning_rate"] for row in rows], lambda value: f"{value:g}"),
            numbers("seed", [row["seed"] for row in rows], lambda value: three_digits(value) if value < 0 else f"{value:.0f}"),
            texts("status", [str(row["status"]) for row in rows]),
            texts("key", [str(row["key"]) for row in rows], is_code=True),
        ],
        [str(row["arm"]) for row in rows],
    )
