"""Content of the overview: a row per question with its answer, a square per claim, a small plot and its studies; and the totals, explained."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.inference.answer import main_verdict
from analysis.inference.totals import Group, groups_of
from analysis.pages.forest_plot import Line, panels_of
from analysis.pages.mini_plot import MiniPlot, mini_plot
from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.verdict_rows import verdict_rows
from benchmarks.spec.words import counted

ORDER = (  # of the questions, as in the README; those of users come after them
    "depth",
    "function_class",
    "function_map",
    "ordering",
    "shortcut",
    "width",
    "perceptron",
    "cardinality",
    "gradients",
    "lesions",
    "norm",
    "recipes",
    "branch",
    "join",
    "streams",
    "vgg",
    "lectures",
    "responses",
    "separation",
    "surface",
    "constructions",
    "imagenet",
    "throughput",
    "on_paper",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyStrip:
    """Study of a question: its folder, its data and recipe in words, and a line of the forest plot per claim."""

    folder: str
    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Row of the overview: a question, its answer in the leading study, the kind of its outcome, and all its studies, the leading one first."""

    name: str
    question: str
    answer: str
    kind: str
    plot: MiniPlot | None
    studies: tuple[StudyStrip, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """Rows of the overview, and its totals."""

    questions: tuple[Question, ...]
    totals: tuple[Group, ...]
    num_claims: int
    num_repeated: int
    num_verdicts: int

    @property
    def num_studies(self) -> int:
        """Number of studies and surveys."""
        return sum(len(question.studies) for question in self.questions)

    @property
    def sum_in_words(self) -> str:
        """Sentence that explains the total: a claim that is judged in several studies counts once for each."""
        claims, questions = counted(self.num_claims, "claim"), counted(len(self.questions), "question")
        again = (
            f"; {self.num_repeated} of them {'is' if self.num_repeated == 1 else 'are'} judged in more than one study and count once for each"
            if self.num_repeated
            else ""
        )
        studies = counted(self.num_studies, "study", "studies")
        return f"{claims} on {questions}, in {studies}{again}: {counted(self.num_verdicts, 'verdict')}."


def overview_of(pages: Iterable[Page]) -> Overview:
    """Return the content of the overview of these reports."""
    by_name: dict[str, list[Page]] = {}
    for page in pages:
        by_name.setdefault(page.name, []).append(page)
    names = sorted(by_name, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    every = [page for found in by_name.values() for page in found]
    verdicts = [verdict for page in every for verdict in page.verdicts]
    times = Counter((page.name, verdict.claim.id) for page in every for verdict in page.verdicts)
    return Overview(
        questions=tuple(_question(by_name[name]) for name in names),
        totals=tuple(groups_of(verdicts, frozenset().union(*(page.run_sets for page in every)))),
        num_claims=len(times),
        num_repeated=sum(number > 1 for number in times.values()),
        num_verdicts=len(verdicts),
    )


def _question(pages: Sequence[Page]) -> Question:
    ordered = sorted(pages, key=_place)
    first = ordered[0]
    verdict = main_verdict(first.main_claim, first.verdicts)
    strips = tuple(StudyStrip(folder=page.folder, label=_label(page), lines=tuple(_lines(page))) for page in ordered)
    kind = verdict.outcome.split(" ")[0] if verdict else "untested"
    return Question(
        name=first.name, question=first.question, answer=first.answer, kind=kind, plot=mini_plot(verdict), studies=strips
    )


def _place(page: Page) -> tuple[bool, bool, str]:
    """Return the place of a page among those of its suite: a study on the suite's own images, studies on others, timing sessions."""
    is_on_others = isinstance(page, Summary) and page.study.dataset.name != page.study.suite.dataset
    return not isinstance(page, Summary), is_on_others, page.folder


def _label(page: Page) -> str:
    if not isinstance(page, Summary):
        return page.folder.partition("/")[2]
    return f"{page.study.dataset.name}, {page.recipe}"


def _lines(page: Page) -> Iterable[Line]:
    """Yield a line of the forest plot per claim, in the order of the claims."""
    by_claim = {line.row["claim"]: line for panel in panels_of(verdict_rows(page)) for line in panel.lines}
    return (by_claim[verdict.claim.id] for verdict in page.verdicts)
