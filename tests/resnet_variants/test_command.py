"""How every command starts: paths at home, options given twice, signs that an encoding lacks, and mistakes in our own words."""

import ast
import io
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner

from resnet_variants.__main__ import app as networks
from resnet_variants.command import Command, app_of, start

ROOT = Path(__file__).parents[2]
SOURCES = [path for package in ("resnet_variants", "benchmarks", "analysis") for path in sorted((ROOT / package).rglob("*.py"))]
COMMANDS = [path for path in SOURCES if '__name__ == "__main__"' in path.read_text() and path.stem != "__main__"]
NAMES = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in COMMANDS]


def answer(app: typer.Typer, *arguments: str, **variables: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "TERM": "dumb"} | variables)
    return done.exit_code, done.stdout, done.stderr


def parameters(main: Callable[..., Any]) -> dict[str, tuple[str, bool, bool, bool]]:
    """Each parameter of a command: how it is written ("" for an argument), whether it is a path, a list, a switch."""
    hints = {name: hint for name, hint in get_type_hints(main).items() if hint is not typer.Context}
    found = {}
    for param in get_command(app_of(main)).params:
        if param.name in hints:
            spelled = max(param.opts, key=len) if param.param_type_name == "option" else ""
            kinds = {hints[param.name], *get_args(hints[param.name])}
            kinds |= {inner for kind in kinds for inner in get_args(kind)}
            found[param.name] = (spelled, Path in kinds, "list" in str(hints[param.name]), bool in kinds)
    assert found.keys() == hints.keys() - {"return"}
    return found


def pretended(main: Callable[..., Any]) -> tuple[typer.Typer, dict[str, Any]]:
    """The command with the same parameters, which only notes what it is given."""
    seen: dict[str, Any] = {}

    @wraps(main)
    def note(**values: Any) -> None:
        seen.update(values)

    return app_of(note), seen


def test_every_command_starts_in_the_one_place() -> None:
    assert len(COMMANDS) >= 11
    for path in SOURCES:
        called = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        assert "typer.run" not in called, path
        assert path.stem == "command" or path.stem == "__main__" or "typer.Typer" not in called, path
        assert path not in COMMANDS or "start" in called, path
    assert [command.cls for command in networks.registered_commands] == [Command, Command]


@pytest.mark.parametrize("name", NAMES)
def test_every_path_of_every_command_may_begin_at_home(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    main = import_module(name).main
    asked, told = parameters(main), []
    for spelled, is_path, _, is_switch in asked.values():
        value = "~/a b" if is_path else "3"
        told += [] if is_switch else [value] if not spelled else [f"{spelled}={value}"]
    app, seen = pretended(main)
    code, _, errors = answer(app, *told)
    assert code == 0, errors
    paths = [seen[name] for name, (_, is_path, _, _) in asked.items() if is_path]
    for path in (one for value in paths for one in (value if isinstance(value, list) else [value])):
        assert path == Path("/home/somebody/a b")


def test_a_home_that_is_not_there_is_refused() -> None:
    def main(out: Annotated[Path, typer.Option()]) -> None:
        raise AssertionError(out)

    code, _, errors = answer(app_of(main), "--out", "~no-such-user-here/x")
    assert (code, errors) == (
        2,
        "error: ~no-such-user-here/x: ~no-such-user-here has no home folder on this machine\n",
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_every_command_that_is_given_twice_is_joined_or_refused(name: str) -> None:
    main = import_module(name).main
    asked = parameters(main)
    needed = {name: [*([spelled] if spelled else []), "3"] for name, (spelled, _, _, is_switch) in asked.items() if not is_switch}
    for parameter, (spelled, _, is_list, is_switch) in asked.items():
        if not spelled:
            continue
        others = [word for other, words in needed.items() if other != parameter for word in words]
        app, seen = pretended(main)
        twice = [spelled, f"--no-{spelled[2:]}"] if is_switch else [spelled, "3", spelled, "4"]
        code, _, errors = answer(app, *others, *twice)
        if is_list:
            assert code == 0 and [str(value) for value in seen[parameter]] == ["3", "4"], errors
        elif is_switch:
            assert code == 2 and ("is given twice" in errors or "unknown option" in errors)
        else:
            assert (code, errors) == (2, f"error: {spelled} is given twice: give it once\n")
            assert seen == {}


def test_an_option_of_a_networks_description_given_twice_is_refused() -> None:
    code, output, errors = answer(networks, "describe", "resnet8", "--input", "3x32x32", "--input", "1x8x8")
    assert (code, output, errors) == (2, "", "error: --input is given twice: give it once\n")


def example(
    outs: Annotated[list[Path], typer.Argument(metavar="OUT...", help="Folders that runs wrote.")],
    seeds: Annotated[int | None, typer.Option(metavar="N")] = None,
    rounds: Annotated[int, typer.Option(min=3)] = 3,
    limit: Annotated[float, typer.Option()] = 1.0,
    is_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    typer.echo(f"{seeds} {rounds} {limit} {is_json}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a", "--seeds", "abc"), "--seeds must be a whole number, got 'abc'"),
        (("a", "--seeds", "2.5"), "--seeds must be a whole number, got '2.5'"),
        (("a", "--rounds", "two"), "--rounds must be a whole number of at least 3, got 'two'"),
        (("a", "--rounds", "2"), "--rounds must be a whole number of at least 3, got '2'"),
        (("a", "--limit", "soon"), "--limit must be a number, got 'soon'"),
        (("a", "--seed", "3"), "unknown option '--seed'; did you mean --seeds? available: --seeds, --rounds, --limit, --json"),
        (("a", "--seeds"), "--seeds needs a value"),
        (("a", "--seeds", "--json"), "--seeds needs a value, and is followed by --json"),
        (("a", "--seeds", "--rounds", "3"), "--seeds needs a value, and is followed by --rounds"),
        (("a", "--json=yes"), "--json takes no value"),
        ((), "OUT... is missing: Folders that runs wrote"),
    ],
)
def test_wrong_arguments_are_answered_in_a_line_of_our_own(arguments: tuple[str, ...], words: str) -> None:
    assert answer(app_of(example), *arguments) == (2, "", f"error: {words}\n")


def test_an_argument_too_many_is_named() -> None:
    assert answer(networks, "list", "resnet*", "depth") == (2, "", "error: unexpected argument 'depth': see --help\n")


@settings(max_examples=30)
@given(st.text(max_size=12).filter(lambda text: not text.startswith("-") and not any(map(str.isnumeric, text))))
def test_whatever_is_given_for_a_number_no_parsers_words_come_back(text: str) -> None:
    words = f"error: --seeds must be a whole number, got {text!r}\n"
    assert answer(app_of(example), "a", "--seeds", text) == (2, "", words)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gbk", "ascii", "cp437", "utf-8"])
def test_every_command_replaces_the_signs_that_an_encoding_lacks_on_both_streams(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\N{MINUS SIGN}61.8 \N{PLUS-MINUS SIGN} 1 \N{MULTIPLICATION SIGN}1.2 \N{EN DASH} \N{GREEK SMALL LETTER OMEGA}"

    def main() -> None:
        for stream in (sys.stdout, sys.stderr):
            Console(file=stream, width=80).print(text)

    files = [io.BytesIO(), io.BytesIO()]
    streams = [io.TextIOWrapper(file, encoding=encoding, errors="strict") for file in files]
    monkeypatch.setattr(sys, "argv", ["command"])
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    with pytest.raises(SystemExit) as end:
        start(main)
    assert end.value.code == 0
    for stream, file in zip(streams, files, strict=True):
        stream.flush()
        assert file.getvalue().decode(encoding).rstrip() == text.encode(encoding, "replace").decode(encoding)
