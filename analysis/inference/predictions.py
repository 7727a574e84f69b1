"""Score predictions of how claims come out by Brier's rule: the sum over outcomes of (predicted probability - what happened)^2, a mean over claims.

0 is certain and right, 2 certain and wrong; with three outcomes somebody who knows nothing and gives each a third has 2/3. The rule is proper:
nobody gains by saying anything but what they believe (Brier 1950, Verification of forecasts expressed in terms of probability, Monthly
Weather Review 78(1), pages 1-3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from analysis.inference.totals import outcome_words
from analysis.inference.verdicts import Verdict
from benchmarks.spec.predictions import PREDICTED, Probabilities, outcome_predicted
from benchmarks.store.predictions import Prediction, Predictions


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictedClaim:
    """A claim that somebody predicted: its outcome as predictions have it (None if it is untested) and in words, and the predictions by name."""

    claim: str
    statement: str
    outcome: str | None
    words: str
    predictions: dict[str, Probabilities]

    @property
    def average(self) -> Probabilities:
        """Mean probabilities of all who predicted."""
        supported, contradicted, inconclusive = (mean(column) for column in zip(*self.predictions.values(), strict=True))
        return supported, contradicted, inconclusive

    @property
    def given(self) -> float | None:
        """Mean probability that was given to what happened; None if the claim is untested."""
        return None if self.outcome is None else self.average[PREDICTED.index(self.outcome)]

    @property
    def score(self) -> float | None:
        """Mean Brier score of all who predicted; None if the claim is untested."""
        return None if self.outcome is None else mean(brier(prediction, self.outcome) for prediction in self.predictions.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who predicted, when, with how many trials done by then, and the mean Brier score over `num_scored` claims; None without any."""

    by: str
    made_at: str
    num_done: int
    num_scored: int
    score: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """Predictions next to the verdicts of a study: a row for each claim that somebody predicted, and the people, best first."""

    rows: tuple[PredictedClaim, ...]
    people: tuple[Person, ...]

    @property
    def scores(self) -> list[float]:
        """Scores of the people who have one."""
        return [person.score for person in self.people if person.score is not None]

    @property
    def average(self) -> float | None:
        """Mean of the people's scores; None if no predicted claim is tested."""
        return mean(self.scores) if self.scores else None

    @property
    def together(self) -> float | None:
        """Score of the people's mean probabilities, which is at most their mean score if all predicted the same claims; None likewise."""
        found = [brier(row.average, row.outcome) for row in self.rows if row.outcome is not None]
        return mean(found) if found else None

    @property
    def uninformed(self) -> float:
        """Score of somebody who knows nothing."""
        third = 1 / len(PREDICTED)
        return brier((third, third, third), PREDICTED[0])


def brier(prediction: Sequence[float], outcome: str) -> float:
    """Return the Brier score of one prediction."""
    return sum((share - (name == outcome)) ** 2 for share, name in zip(prediction, PREDICTED, strict=True))


def scored(predictions: Predictions | None, verdicts: Iterable[Verdict]) -> Scored | None:
    """Return the predictions with their scores; None without any."""
    if predictions is None or not predictions.made:
        return None
    rows = tuple(row for verdict in verdicts if (row := _row(verdict, predictions.made)).predictions)
    people = [_person(one, rows) for one in predictions.made]
    worst = float("inf")
    ranked = sorted(people, key=lambda person: (worst if person.score is None else person.score, person.by))
    return Scored(rows=rows, people=tuple(ranked))


def _row(verdict: Verdict, made: Iterable[Prediction]) -> PredictedClaim:
    claim = verdict.claim
    return PredictedClaim(
        claim=claim.id,
        statement=claim.statement,
        outcome=outcome_predicted(verdict.outcome),
        words=outcome_words(verdict),
        predictions={one.by: one.claims[claim.id] for one in made if claim.id in one.claims},
    )


def _person(one: Prediction, rows: Iterable[PredictedClaim]) -> Person:
    found = [brier(row.predictions[one.by], row.outcome) for row in rows if row.outcome is not None and one.by in row.predictions]
    score = mean(found) if found else None
    return Person(by=one.by, made_at=one.made_at, num_done=one.num_done, num_scored=len(found), score=score)


def scores_json(found: Scored) -> dict[str, object]:
    """Return the predictions and their scores as plain values."""
    return {
        "outcomes": list(PREDICTED),
        "rule": "Brier 1950",
        "uninformed": found.uninformed,
        "mean": found.average,
        "together": found.together,
        "people": [
            {
                "by": one.by,
                "made_at": one.made_at,
                "trials_done": one.num_done,
                "claims_scored": one.num_scored,
                "score": one.score,
            }
            for one in found.people
        ],
        "claims": [
            {
                "claim": row.claim,
                "outcome": row.outcome,
                "predictions": {name: list(prediction) for name, prediction in row.predictions.items()},
                "mean_prediction": list(row.average),
                "score": row.score,
            }
            for row in found.rows
        ],
    }


def in_words(found: Scored) -> str:
    """Describe the scores in a sentence or two: the one of a single person, else the mean of all, of their mean prediction, and the best."""
    if found.average is None:
        return "Predictions: no claim that was predicted is tested yet."
    about = f"(0 is certain and right, {found.uninformed:.2f} knows nothing, 2 is certain and wrong)"
    if len(found.people) == 1:
        (one,) = found.people
        return f"Predictions of {one.by}: Brier score {found.average:.2f} over {one.num_scored} claims {about}."
    best = found.people[0]
    together = "" if found.together is None else f", {found.together:.2f} for their mean prediction"
    return (
        f"Predictions of {len(found.people)} people: mean Brier score {found.average:.2f}{together} {about}. "
        f"Best: {best.by}, {best.score:.2f}."
    )


def note(found: Scored) -> str:
    """Describe how predictions were made and are scored; say so if trials were done before some."""
    early = sorted({one.num_done for one in found.people if one.num_done})
    done = f" {max(early)} trials of this study were done when some predictions were made." if early else ""
    return (
        "Predictions were fixed before the study had a verdict, and do not change. Brier score (Brier 1950): the squared distance between the "
        f"prediction and what happened, a mean over the claims that were tested; giving each outcome a third has {found.uninformed:.2f}. A claim "
        f"that depends on the learning rate counts as inconclusive.{done}"
    )
