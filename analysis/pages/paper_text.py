"""Put a study or a survey into a paper's words: a table of its claims, a sentence to quote, and the compute that it took."""

from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.inference.answer import main_verdict
from analysis.inference.cells import repeats, training
from analysis.inference.effect_words import effect_in_words, interval_in_words
from analysis.inference.sizes import percent_of
from analysis.inference.totals import FAILS_HERE, outcome_with_finding, outcome_words
from analysis.inference.verdicts import Verdict
from analysis.pages.latex import cited, comment, escaped, table
from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.tables.compute import Compute, compute_of
from analysis.tables.references import Reference, references_in, references_of
from benchmarks.spec.words import counted, sentence

HEADER = ("Claim", "Verdict", "Effect", "Interval", "$n$", "Trained")
COLUMNS = r"@{}p{0.36\linewidth}lp{0.2\linewidth}lrl@{}"
CAME = {"depends on the rate": "depends on the learning rate"}


def text_of(page: Page) -> str:
    """Return a page as LaTeX: comments that say what it needs, the table, the sentence to quote, and the compute."""
    sources = [verdict.claim.source for verdict in page.verdicts]
    others = dict.fromkeys(source for source in sources if not references_in(source))
    return "\n".join(
        [
            comment(f"{page.folder}: {page.question} In the preamble: \\usepackage{{booktabs}}"),
            _table(page),
            "",
            *_quotes(page),
            "",
            *_compute(page),
            *(comment(f"no arXiv number: {source}") for source in others),
        ]
    )


def papers_of(pages: Sequence[Page]) -> list[Reference]:
    """Return the papers that the claims of these pages name."""
    return references_of(verdict.claim.source for page in pages for verdict in page.verdicts)


def _table(page: Page) -> str:
    rows = [
        (
            escaped(verdict.claim.statement) + cited(references_in(verdict.claim.source)),
            escaped(outcome_with_finding(verdict)) + ("$^*$" if verdict.is_exploratory else ""),
            escaped(effect_in_words(verdict)),
            escaped(interval_in_words(verdict) or "\N{EN DASH}"),
            escaped(repeats(verdict) if verdict.is_tested else "\N{EN DASH}"),
            escaped(training(verdict) if verdict.is_tested else "\N{EN DASH}"),
        )
        for verdict in page.verdicts
    ]
    label = f"tab:{page.folder.replace('/', '-')}"
    return table(COLUMNS, HEADER, rows, escaped(" ".join(_caption(page))), label)


def _caption(page: Page) -> Iterator[str]:
    """Yield the sentences of the caption: question, setting, and how the intervals and the last columns are to be read."""
    yield page.question
    yield sentence(_setting(page))
    levels = sorted({verdict.confidence for verdict in page.verdicts if verdict.p is not None})
    if levels:
        ends = [percent_of(level) for level in levels]
        which = ends[0] if ends[0] == ends[-1] else f"{ends[0]} to {ends[-1]}"
        yield f"Intervals are Holm-adjusted ({which}) and clear the margin exactly where a claim is decided by its mean."
    yield "n: seeds, sessions, or values that are exact. Trained: runs of an arm that train, where some do not."
    if any(verdict.is_exploratory for verdict in page.verdicts):
        yield "* Exploratory: declared after the first run."


def _setting(page: Page) -> str:
    if not isinstance(page, Summary):
        return page.kicker.removeprefix(f"suite {page.name} \N{MIDDLE DOT} ")
    study, rates = page.study, ", ".join(f"{rate:g}" for rate in page.study.by_rate)
    seeds = counted(len({result.trial.seed for result in study.results}), "seed")
    several = "s" if len(study.by_rate) > 1 else ""
    return (
        f"Data {study.dataset.name} ({page.facts.num_train:,} training and {page.facts.num_test:,} test images), recipe {page.recipe}, "
        f"learning rate{several} {rates}, {seeds}"
    )


def _quotes(page: Page) -> Iterator[str]:
    """Yield a sentence on the main claim, and one on how many claims came out how."""
    main = main_verdict(page.main_claim, page.verdicts)
    if main is None:
        return
    claim, where = main.claim, f"On {page.study.dataset.name} (recipe {page.recipe}), " if isinstance(page, Summary) else ""
    papers = cited(references_in(claim.source))
    yield f"{escaped(where)}{escaped(_quote(main, is_first=not where))}{papers}{escaped(_numbers(main))}."
    totals = Counter(map(outcome_words, page.verdicts))
    listed = ", ".join(f"{number} {outcome}" for outcome, number in totals.items())
    yield escaped(f"Of the suite's {counted(len(page.verdicts), 'claim')}: {listed}.")


def _quote(verdict: Verdict, *, is_first: bool) -> str:
    """Return what came out of a claim, in its own words."""
    words = outcome_words(verdict)
    came = CAME.get(words, words if words == FAILS_HERE else f"is {words}")
    claim = verdict.claim.statement.rstrip(".")
    return f"{'The' if is_first else 'the'} claim that {claim[:1].lower()}{claim[1:]} {came}"


def _numbers(verdict: Verdict) -> str:
    """Return the effect with its interval, the number of repeats and the runs that train, to follow a sentence; "" if untested."""
    if not verdict.is_tested:
        return ""
    interval = interval_in_words(verdict)
    bounds = f" ({percent_of(verdict.confidence)} interval {interval})" if interval else ""
    number = f", n = {repeats(verdict)}" if verdict.claim.kind == "evidence" else f", {repeats(verdict)}"
    trained = training(verdict)
    few = f"; runs that train: {trained}" if trained not in ("all", "\N{EN DASH}") else ""
    return f": {effect_in_words(verdict)}{bounds}{number}{few}"


def _compute(page: Page) -> Iterator[str]:
    """Yield what the trainings took, a sentence per machine."""
    if not isinstance(page, Summary):
        yield comment("nothing was trained")
        return
    for found in compute_of(page.study):
        yield escaped(_compute_in_words(found))
    yield comment("probes, timing sessions, and trials that failed before their first epoch are not in these hours")


def _compute_in_words(found: Compute) -> str:
    ran_in = found.environment
    device = f"{ran_in.machine} GPU" if found.is_gpu else f"a core of {ran_in.machine} ({counted(ran_in.num_cores, 'core')})"
    kind = "GPU-hours" if found.is_gpu else "core-hours"
    hours = f"{found.hours:.2f}" if found.hours < 10 else f"{found.hours:,.0f}"
    if found.kilowatt_hours is None:
        energy = "The machine reported no power, so that the energy is unknown."
    else:
        energy = (
            f"At the median of {found.power_watts:.0f} W that the GPU reported while it was timed, that is about "
            f"{found.kilowatt_hours:.2g} kWh, without the rest of the machine."
        )
    return f"{counted(found.num_trials, 'trial')} took {hours} {kind} of training and evaluation on {device}. {energy}"
