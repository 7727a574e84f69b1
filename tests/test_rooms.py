"""Who may import whom: an arrow points at what is imported, never upward and never in a circle. And how long a file may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("resnet_variants", "benchmarks", "analysis")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# each room may import itself, the rooms to its left, and nothing to its right
ROOMS = ("resnet_variants", "spec", "store", "training", "measuring", "probes", "executors", "cli", "command", "speed")
ANALYSIS = ("statistics", "image_sampling", "tables", "inference", "calibration", "figures", "pages", "results", "command")
PLUGINS = frozenset({"suites", "surveys", "datasets"})
COMMANDS = frozenset(
    {
        "run",
        "signal",
        "new",
        "merge",
        "prune",
        "rename",
        "report",
        "check",
        "calibrate",
        "claims",
        "map",
        "paper",
        "show",
        "figure",
        "reference",
        "__main__",
    }
)
WITHOUT_TORCH = (
    "benchmarks/__init__.py",
    "benchmarks/spec",
    "benchmarks/store",
    "benchmarks/suites",
    "benchmarks/surveys",
    "analysis",
)
# what makes a report at the end of a run, what judges and draws a signal check, and what times a report
MAY_IMPORT_ANALYSIS = frozenset(
    {
        "benchmarks/cli/execute.py",
        "benchmarks/cli/execute_timing.py",
        "benchmarks/cli/signal.py",
        "benchmarks/speed/jobs.py",
    }
)
MAY_ASK_FOR_A_GPU = "benchmarks/store/environment.py"
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 250, 40


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules(path: Path) -> set[str]:
    """The modules of this project, and the packages of others, that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names if is_module(f"{node.module}.{alias.name}")}
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def room(module: str) -> str:
    """Where a module is: a folder of `benchmarks`, a folder or file of `analysis`, or a command at the top of either."""
    package, *rest = module.split(".")
    if package == "resnet_variants":
        return package
    if not rest:
        return "spec" if package == "benchmarks" else "command"  # the names that users' own files import
    if rest[0] in COMMANDS:
        return "command"
    return "data sets" if package == "benchmarks" and rest[0] in PLUGINS else rest[0]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    module, home = module_of(path), room(module_of(path))
    ours = {found for found in modules(path) if found.partition(".")[0] in PACKAGES and found != module}
    package = module.partition(".")[0]
    for found in ours:
        there = room(found)
        if package == "resnet_variants":
            assert there == package, found
        elif package == "benchmarks" and found.startswith("analysis"):
            assert name_of(path) in MAY_IMPORT_ANALYSIS, found
        elif package == "analysis" and not found.startswith("analysis"):
            assert there in ("resnet_variants", "spec", "store"), found
        elif home == "data sets":
            assert there in ("resnet_variants", "spec", "data sets"), found
        else:
            order = ANALYSIS if package == "analysis" else ROOMS
            assert order.index(there) <= order.index(home), found
    assert not {f"benchmarks.{command}" for command in COMMANDS} & ours
    assert package == "benchmarks" or not {f"analysis.{command}" for command in COMMANDS} & ours


def test_no_file_imports_itself_in_a_circle() -> None:
    graph = {module_of(path): {one for one in modules(path) if is_module(one)} for path in SOURCES}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way[way.index(module) :], module])
        if module not in done:
            for found in sorted(graph.get(module, set()) - {module}):
                if not found.endswith("__init__") and not module.startswith(f"{found}."):
                    visit(found, (*way, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_is_asked_and_what_came_out_load_no_torch(path: Path) -> None:
    if not name_of(path).startswith(WITHOUT_TORCH) or name_of(path) == MAY_ASK_FOR_A_GPU:
        return
    packages = {found.partition(".")[0] for found in modules(path)}
    assert not {"torch", "torchvision"} & packages
    assert "pydantic" not in packages or not name_of(path).startswith("benchmarks/spec")


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            last = node.end_lineno or node.lineno
            assert last - node.lineno + 1 <= MOST_LINES_OF_A_FUNCTION, f"{node.name} is too long"
    assert path.stem != "utils"


def test_suites_are_values_only() -> None:
    for path in (ROOT / "benchmarks").glob("s*s/[a-z]*.py"):  # suites/ and surveys/
        for node in ast.parse(path.read_text()).body:
            assert isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign), f"{path}: {ast.unparse(node)[:60]}"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=name_of)
def test_a_package_s_own_file_holds_a_docstring_alone_unless_it_exports(path: Path) -> None:
    exporting = {"resnet_variants/__init__.py", "benchmarks/__init__.py", "analysis/__init__.py", "analysis/figures/__init__.py"}
    assert name_of(path) in exporting or len(ast.parse(path.read_text()).body) == 1
