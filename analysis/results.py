"""Studies of a run's folder for a notebook, as `analysis.load` returns them: data frames, and nothing that is computed here. Torch is not loaded."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain
from os import PathLike
from pathlib import Path

import pandas as pd

from analysis.figures._variants import Variant
from analysis.inference.tuned import with_tuned
from analysis.pages.claims_map import rows_of
from analysis.pages.drawing import Drawn
from analysis.pages.map_files import map_frame
from analysis.pages.notebook import in_notebook
from analysis.pages.page import Page
from analysis.pages.page_figures import PageFigures
from analysis.pages.reports import Reports
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.pages.verdict_columns import columns_of
from analysis.pages.verdict_rows import verdict_rows
from analysis.tables.epochs import epochs_frame
from analysis.tables.studies import requested
from benchmarks.spec.rates import without_rate
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import suite_names
from benchmarks.spec.survey import known_suites
from benchmarks.spec.words import counted
from benchmarks.store.disk import refuse_foreign
from benchmarks.store.out import Out
from resnet_variants.lookup import no_such
from resnet_variants.names import some_of

SHOWN = 4  # unreadable records that a warning names


class UnknownStudyError(KeyError):
    """Error for a study that a folder does not hold; unlike that of KeyError, its text is not quoted."""

    def __str__(self) -> str:
        return str(self.args[0])


class StudyResults:
    """Results of a study, or of the timing sessions of a survey, as data frames; `folder` is its name in the folder OUT.

    `dataset` and `recipe` are None for a survey, which trains nothing.
    """

    def __init__(self, page: Page, out: Out) -> None:
        self._page, self._figures = page, PageFigures(page, out)
        study = page.study if isinstance(page, Summary) else None
        self.suite, self.folder, self.question = page.name, page.folder, page.question
        self.dataset = study.dataset.name if study else None
        self.recipe = recipe_name(study.recipe) if study else None

    def __repr__(self) -> str:
        number = counted(len(self._page.frame), "trial" if self.dataset else "row")
        return f"<{self.folder}: {f'{self.suite} on {self.dataset}, recipe {self.recipe}' if self.dataset else self.suite}, {number}>"

    def _repr_html_(self) -> str:
        """Return question, answer and forest plot as on the report's page, to be shown in a notebook."""
        return in_notebook(self._page)

    def trials(self) -> pd.DataFrame:
        """Return a row per trial, the rows of trials.csv: at every learning rate, controls included (`control` is "" for others).

        Raises:
            ValueError: it is a survey, which trains nothing.
        """
        return self._placed(self._summary("trials").frame)

    def history(self) -> pd.DataFrame:
        """Return a row per trial and epoch: running training loss and error, test loss and error, and seconds; `key` is the trial's.

        Raises:
            ValueError: it is a survey, which trains nothing.
        """
        study = self._summary("epochs").study
        results = chain.from_iterable(at_rate.results for at_rate in study.by_rate.values())
        return self._placed(epochs_frame(study.suite, [*results, *study.controls]))

    def verdicts(self) -> pd.DataFrame:
        """Return a row per claim: its outcome, its effect with the interval, its test, and its p; verdicts.json has all else."""
        rows = with_tuned(verdict_rows(self._page), self._page.tuned)
        return self._placed(pd.DataFrame([columns_of(row) for row in rows]))

    def networks(self) -> pd.DataFrame:
        """Return the rows of a survey's networks.csv: a row per network, batch size and mode, with its counts and times.

        Raises:
            ValueError: it is a study, whose rows are trials.
        """
        if not isinstance(self._page, SurveySummary):
            raise ValueError(f"{self.folder} is a study: trials() has its rows")
        return self._placed(self._page.networks)

    def figures(self) -> dict[str, str]:
        """Return the figures that the records can fill: their titles by name, those of the report first."""
        return self._figures.titles

    def figure(self, name: str) -> Drawn:
        """Draw a figure as in the report, to be shown in a notebook; `figure("error_by_depth").inline` is the SVG of the report's page.

        Raises:
            ValueError: there is no such figure, or the records cannot fill it; names those that they can fill.
        """
        return self._figures.drawn(name)

    def variant(self, name: str, variant: Variant, ending: str) -> bytes:
        """Draw a figure in another form, such as a slide, as "svg", "png" or "pdf"; raises the errors of `PageFigures.variant`."""
        return self._figures.variant(name, variant, ending)

    @property
    def is_default(self) -> bool:
        """Whether it is on the suite's default data and recipe, at any learning rate and precision, without seeds of its own."""
        if not isinstance(self._page, Summary):
            return False
        study = self._page.study
        has_own_seeds = study.plan is not None and study.plan.has_own_seeds
        return not has_own_seeds and self.dataset == study.suite.dataset and _is_recipe(study.recipe, study.suite.recipe)

    def is_on(self, dataset: str | None, recipe: str | None) -> bool:
        """Return whether it has this data set and this recipe; None stands for any. A recipe's precision may be left out."""
        if dataset not in (None, self.dataset):
            return False
        return recipe is None or (isinstance(self._page, Summary) and _is_recipe(self._page.study.recipe, recipe))

    def _summary(self, what: str) -> Summary:
        if not isinstance(self._page, Summary):
            raise ValueError(f"{self.folder} is a survey and has no {what}: networks() has its rows")
        return self._page

    def _placed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a copy with suite, data set and recipe as its first columns."""
        place = {"suite": self.suite, "dataset": self.dataset, "recipe": self.recipe}
        rest = frame.drop(columns=[name for name in place if name in frame])
        return pd.concat([pd.DataFrame(place, index=rest.index), rest], axis=1)


class Results(Mapping[str, StudyResults]):
    """Studies and surveys of a run's folder by name: "depth", or "depth/digits-quick" for one of several studies of a suite.

    `results["depth"]` is the study on the suite's default data and recipe, or the only one. `unreadable` has a line per unreadable record.
    """

    def __init__(self, reports: Reports, folder: Path) -> None:
        self.folder, self.unreadable = folder, tuple(reports.records.unreadable)
        studies = requested(study for name in reports.suites for study in reports.studies(name))
        timed = [page for name in reports.names for page in reports.sessions(name)]
        self._pages: list[Page] = [*map(reports.page, studies), *timed]

    @cached_property
    def studies(self) -> tuple[StudyResults, ...]:
        """Every study in the order of their names, then every survey."""
        return tuple(StudyResults(page, Out(self.folder)) for page in self._pages)

    def __getitem__(self, name: str) -> StudyResults:
        """Return the study with this folder, or that of a suite on its default data and recipe."""
        by_folder = {study.folder: study for study in self.studies}
        return by_folder[name] if name in by_folder else self.study(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the folders of all studies, each a valid key."""
        return (study.folder for study in self.studies)

    def __len__(self) -> int:
        return len(self.studies)

    def __contains__(self, name: object) -> bool:
        """Return whether a study has this folder, or is of this suite."""
        return any(name in (study.folder, study.suite) for study in self.studies)

    def __repr__(self) -> str:
        lines = [f"  {study!r}" for study in self.studies]
        return "\n".join([f"{self.folder}: {counted(len(lines), 'study', 'studies')}", *lines])

    def study(self, suite: str, *, dataset: str | None = None, recipe: str | None = None) -> StudyResults:
        """Return the study of a suite on a data set with a recipe: the only one, or that on the suite's default data and recipe.

        Raises:
            UnknownStudyError: there is none; names those of the folder.
            ValueError: there are several, and none has the default data and recipe; names them.
        """
        of_suite = [study for study in self.studies if study.suite == suite]
        if not of_suite:
            names = dict.fromkeys(study.suite for study in self.studies)
            known = f"{self.folder} holds no study of suite {suite}; it holds {some_of(list(names), len(names)) or 'none'}"
            raise UnknownStudyError(known if suite in suite_names() else no_such("study", suite, names))
        found = [study for study in of_suite if study.is_on(dataset, recipe)]
        if not found:
            asked = [f"{name} {value!r}" for name, value in (("dataset", dataset), ("recipe", recipe)) if value is not None]
            raise UnknownStudyError(f"no study of {suite} with {' and '.join(asked)}; available: {_described(of_suite)}")
        default = [study for study in found if study.is_default]
        if len(found) > 1 and len(default) != 1:
            raise ValueError(f"{counted(len(found), 'study', 'studies')} of {suite} match: name one of {_described(found)}")
        return found[0] if len(found) == 1 else default[0]

    def trials(self) -> pd.DataFrame:
        """Return the trials of all studies; a trial that suites share has a row for each."""
        return _joined(study.trials() for study in self.studies if study.dataset)

    def history(self) -> pd.DataFrame:
        """Return the epochs of all studies; a trial that suites share has its rows for each."""
        return _joined(study.history() for study in self.studies if study.dataset)

    def verdicts(self) -> pd.DataFrame:
        """Return the verdicts of all studies and surveys."""
        return _joined(study.verdicts() for study in self.studies)

    def map(self) -> pd.DataFrame:
        """Return a row per claim, study and learning rate, with the effect pooled over studies and what the claim's answer depends on."""
        return map_frame(rows_of(self._pages))


def read_results(out: str | PathLike[str], suites: Iterable[str]) -> Results:
    """Read the folder of a run, also the studies of these suites; warn of records that cannot be read, and raise the errors of `analysis.load`."""
    known_suites(suites)
    folder = Path(out).expanduser()
    refuse_foreign(folder)
    results = Results(Reports(Out(folder).read()), folder)
    if results.unreadable:
        lines = some_of(results.unreadable, SHOWN)
        warnings.warn(f"{counted(len(results.unreadable), 'record')} cannot be read: {lines}", stacklevel=3)
    return results


def _is_recipe(recipe: Recipe, name: str) -> bool:
    """Return whether a recipe has this name, or has it but for its learning rate or its precision, which depends on the machine."""
    if recipe_name(recipe) == name:
        return True
    return name in RECIPES and replace(without_rate(RECIPES[name]), precision=recipe.precision) == without_rate(recipe)


def _described(studies: Iterable[StudyResults]) -> str:
    return "; ".join(
        f"{study.folder!r} (dataset {study.dataset!r}, recipe {study.recipe!r})" if study.dataset else repr(study.folder)
        for study in studies
    )


def _joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all frames; a column that a frame lacks is empty in its rows."""
    return pd.DataFrame([row for frame in frames for row in frame.to_dict("records")])
