"""The console command: every command by one name, with the flags and the help of its module."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from benchmarks.__main__ import COMMANDS, NAME, SPEED, Entry, Group, main
from benchmarks.cli.flags import Request
from benchmarks.cli.parameters import request_of
from resnet_variants.command import start

Console = Callable[..., tuple[int, str, str]]
WORDS = [(word,) for word, found in COMMANDS.items() if isinstance(found, Entry)] + [("speed", word) for word in SPEED]


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    """Run the console command in this process; return its exit code, what it printed, and its errors."""

    def run(*words: str, by: Callable[[], None] = main) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [NAME, *words])
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setenv("COLUMNS", "200")
        code: object = 0
        try:
            by()
        except SystemExit as end:
            code = end.code or 0
        assert isinstance(code, int)
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("words", [word for word in WORDS if word != ("networks",)], ids=" ".join)
def test_each_command_has_the_options_of_its_module(words: tuple[str, ...], console: Console) -> None:
    found = COMMANDS[words[0]]
    entry = found.commands[words[1]] if isinstance(found, Group) else found
    module = import_module(entry.module)
    command, name = vars(module).get("app") or module.main, f"{NAME} {' '.join(words)}"
    before = entry.words if hasattr(module, "app") else ()
    _, expected, _ = console(*before, "--help", by=lambda: start(command, name=name.removesuffix(" describe")))
    code, printed, _ = console(*words, "--help")
    assert code == 0 and f"Usage: {name} [OPTIONS]" in printed
    assert printed.endswith(expected)


def test_a_command_that_is_a_flag_of_the_run_says_so(console: Console) -> None:
    assert console("list", "--help")[1].startswith(f"{NAME} list is {NAME} run --list, with the same options.\n")
    assert console("plan", "--help")[1].startswith(f"{NAME} plan is {NAME} run --dry-run, with the same options.\n")


@pytest.mark.parametrize(
    ("words", "module", "meant"),
    [
        (("list", "--json"), "benchmarks.run", ("--list", "--json")),
        (("describe", "resnet8"), "resnet_variants.__main__", ("describe", "resnet8")),
        (("networks", "list", "vgg*"), "resnet_variants.__main__", ("list", "vgg*")),
    ],
)
def test_a_command_prints_what_its_module_prints(
    words: tuple[str, ...], module: str, meant: tuple[str, ...], console: Console
) -> None:
    found = import_module(module)
    command = vars(found).get("app") or found.main
    expected = console(*meant, by=lambda: start(command))
    assert expected[0] == 0 and expected[1]
    assert console(*words) == expected


def test_plan_is_a_dry_run_with_the_flags_of_a_run(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Request] = []

    def note(context: typer.Context, values: Mapping[str, Any]) -> Request:
        seen.append(request_of(context, values))
        raise ValueError("noted")

    monkeypatch.setattr("benchmarks.run.request_of", note)
    words = ("--suite", "depth", "--seeds", "3", "--out", "here", "--json")
    assert console("plan", *words) == console("run", "--dry-run", *words) == (2, "", "error: noted\n")
    assert seen[0] == seen[1] and seen[0].is_dry_run and seen[0].seeds == "3" and seen[0].out == Path("here")


def test_the_flag_that_a_command_stands_for_may_be_repeated(console: Console) -> None:
    assert console("plan", "--dry-run", "--suite", "nope") == console("plan", "--suite", "nope")
    assert console("plan", "--suite", "nope")[2].startswith("error: unknown suite 'nope'")


def test_flags_that_a_command_ignores_are_refused(console: Console) -> None:
    code, printed, errors = console("list", "--suite", "depth")
    assert (code, printed) == (2, "")
    assert errors == "error: --suite cannot be combined with --list, which takes only --out, --verbose, --json: omit it\n"


def test_speed_lists_its_own_commands(console: Console) -> None:
    code, printed, _ = console("speed")
    assert code == 0 and printed == console("speed", "--help")[1]
    assert [line.split()[0] for line in printed.splitlines() if line.startswith("  ")] == list(SPEED)
    assert all(import_module(entry.module).main for entry in SPEED.values())
    code, printed, errors = console("speed", "gat")
    assert (code, printed) == (2, "") and errors.startswith("error: unknown speed command 'gat'; did you mean gate?")


@pytest.mark.parametrize("word", ["rum", "", "--suite", "speed gate"])
def test_an_unknown_command_is_refused(word: str, console: Console) -> None:
    code, printed, errors = console(word)
    assert (code, printed) == (2, "") and errors.startswith(f"error: unknown command {word!r};") and "run" in errors


def test_no_word_and_help_print_the_list(console: Console) -> None:
    code, printed, _ = console()
    assert code == 0 and printed == console("--help")[1] == console("-h")[1]
    assert "--version prints the version and the commit" in printed
