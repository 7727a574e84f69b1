"""Suites of claims, their runs and their records; exports the names that a user's own files need, without loading torch."""

from benchmarks.spec.arms_with import arms_with
from benchmarks.spec.claims import DIGITS, Claim
from benchmarks.spec.contrasts import About, AboutTimes, Above, Compare, Equal, GapGrows, Less, NotAbove, NoWorse, Tracks
from benchmarks.spec.images import Dataset, Images, Split
from benchmarks.spec.networks import network
from benchmarks.spec.probe import Findings, ProbeUse
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Budget, Suite, arms, arms_on_parts
from benchmarks.spec.survey import Survey
from benchmarks.spec.trial import Arm

__all__ = [
    "DIGITS",
    "About",
    "AboutTimes",
    "Above",
    "Arm",
    "Budget",
    "Claim",
    "Compare",
    "Dataset",
    "Equal",
    "Findings",
    "GapGrows",
    "Images",
    "Less",
    "NoWorse",
    "NotAbove",
    "ProbeUse",
    "Recipe",
    "Split",
    "Suite",
    "Survey",
    "Tracks",
    "arms",
    "arms_on_parts",
    "arms_with",
    "network",
]
