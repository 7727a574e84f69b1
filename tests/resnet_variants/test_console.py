"""What is printed are names as users write them, and no pictures or styles that rich reads into them."""

import ast
from pathlib import Path

import pytest
from rich.table import Table

from resnet_variants.console import new_console

ROOT = Path(__file__).parents[2]
NAMES = ("my_nets:zero: passes", "my_nets:fire:", "[bold]mine[/bold]", "mine [x]", "[/nothing]")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_as_they_are_in_lines_and_in_tables(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    console = new_console()
    console.print(name, soft_wrap=True)
    table = Table(box=None)
    table.add_column(name)
    table.add_row(name)
    console.print(table)
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [name] * 3


def test_every_command_prints_by_such_a_console() -> None:
    own = ROOT / "resnet_variants" / "console.py"
    files = [path for package in ("resnet_variants", "benchmarks", "analysis") for path in (ROOT / package).rglob("*.py")]
    users = {
        path.relative_to(ROOT).as_posix()
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Console" and path != own
    }
    assert users == {"benchmarks/speed/driver.py"}  # prints into nothing
