"""Suites and arms as they are named on the command line: several in one text, separated by commas, and arms by wildcards.

Names of arms contain commas themselves, as in resnet29bn:width=32,width_per_group=33. So a text that matches an arm as a whole is one pattern;
else it is split at commas, and from left to right the longest run of pieces that matches an arm is one pattern.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from benchmarks.cli.flags import Request
from benchmarks.spec.suite import ALL, load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from resnet_variants.lookup import choose, no_such

OPTION = re.compile(r"\s*\w+=")  # of a network's name: it continues a name, and never begins one


def named_suites(text: str | None) -> list[str]:
    """Return the suites and surveys that --suite names, in its order; "all" names every one.

    Raises:
        ValueError: none is named, a name is empty, unknown or repeated, or "all" is one of several; the message lists the choices.
    """
    known = [*suite_names(), *survey_names()]
    if text is None:
        raise ValueError(f"name a suite with --suite: {', '.join([*known, ALL])}; see --list, or compare networks with --compare")
    if text == ALL:
        return known
    names = [name.strip() for name in text.split(",")]
    if len(names) > 1 and not all(names):
        raise ValueError(f"--suite {text!r} has a comma without a name next to it: remove the comma")
    if len(names) > 1 and ALL in names:
        raise ValueError(f"--suite {text!r}: {ALL!r} includes every suite: write --suite {ALL}, or omit it")
    for name in names:
        choose("suite", name, dict.fromkeys(known))
    repeated = [name for name, number in Counter(names).items() if number > 1]
    if repeated:
        raise ValueError(f"--suite {text!r} names {repeated[0]} twice: name each suite once")
    return names


def matched_suites(request: Request) -> dict[str, Request]:
    """Return the suites of a request that have a matching arm, each with the request of its own: the patterns that match there.

    Raises:
        ValueError: a suite is unknown; a pattern matches no arm of these suites; or none matches in a suite that is named, other than by "all".
    """
    names = named_suites(request.suite)
    labels = {name: labels_of(name) for name in names}
    everywhere = list(dict.fromkeys(label for own in labels.values() for label in own))
    patterns = split_patterns(request.arms, everywhere)
    for pattern in patterns:
        if not is_matched(pattern, everywhere):
            raise ValueError(no_such("arm", pattern, everywhere))
    own = {name: tuple(pattern for pattern in patterns if is_matched(pattern, labels[name])) for name in names}
    lacking = [name for name in names if not own[name]] if request.suite != ALL else []
    if lacking:
        shown = " ".join(f"--arms {text!r}" for text in request.arms)
        raise ValueError(f"{shown} matches no arm of {lacking[0]}: omit {lacking[0]} from --suite, or name some of its arms")
    return {name: replace(request, arms=own[name]) for name in names if own[name]}


def with_own_arms(request: Request, labels: Collection[str]) -> Request:
    """Return the request of a comparison, with the patterns of its arms apart."""
    return replace(request, arms=split_patterns(request.arms, labels))


def split_patterns(texts: Iterable[str], labels: Collection[str]) -> tuple[str, ...]:
    """Return the patterns in the texts of --arms; a text that matches one of the labels as a whole is one pattern.

    Raises:
        ValueError: a text has a comma without a pattern next to it.
    """
    return tuple(pattern for text in texts for pattern in _split(text, labels))


def _split(text: str, labels: Collection[str]) -> list[str]:
    pieces = text.split(",")
    patterns, start = [], 0
    while start < len(pieces):
        ends = range(len(pieces), start, -1)  # the longest run first
        end = next((end for end in ends if is_matched(_join(pieces[start:end]), labels)), _end_of_name(pieces, start))
        patterns.append(_join(pieces[start:end]))
        start = end
    if len(patterns) > 1 and not all(patterns):
        raise ValueError(f"--arms {text!r} has a comma without a pattern next to it: remove the comma")
    return patterns


def _end_of_name(pieces: list[str], start: int) -> int:
    """Return where a name that matches nothing ends: behind its options, so that a message shows all of it."""
    end = start + 1
    while end < len(pieces) and OPTION.match(pieces[end]):
        end += 1
    return end


def _join(pieces: list[str]) -> str:
    return ",".join(pieces).strip()


def is_matched(pattern: str, labels: Iterable[str]) -> bool:
    """Return whether a wildcard matches one of the labels, in any case of letters; "all" matches every one."""
    return pattern.lower() == ALL or any(fnmatchcase(label.lower(), pattern.lower()) for label in labels)


def labels_of(name: str) -> list[str]:
    """Return the labels of the arms of a suite, optional ones included, or of the networks of a survey."""
    if name in survey_names():
        return list(load_survey(name).networks)
    suite = load_suite(name)
    return [*suite.arms, *suite.optional]
