"""A user's own code is what its source says: whatever of it defines a network is in the digest, and nothing else is."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_variants import meaning, parse
from resnet_variants.build import build
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.shortcuts import SHORTCUTS, Shortcut
from resnet_variants.source import digest, own_files

FILES = {
    "nets.py": "import json, torch\nfrom blocks_of_mine import Block\nimport pkg.deep.layers\ndef net(task): ...\n",
    "blocks_of_mine.py": "from torch import nn\nimport pkg\nclass Block(nn.Module): ...\n",
    "pkg/__init__.py": "from .one import *\n",
    "pkg/one.py": "from . import two\ntry:\n    import not_installed_anywhere\nexcept ImportError:\n    pass\n",
    "pkg/two.py": "def late():\n    from pkg import three\n",
    "pkg/three.py": "import nets  # a circle\n",
    "pkg/deep/__init__.py": "",
    "pkg/deep/layers.py": "from ..one import two as again\nif TYPE_CHECKING:\n    import only_for_types\n",
    "pkg/unused.py": "VALUE = 1\n",
    "unused.py": "import nets\n",
}
UNUSED = {"pkg/unused.py", "unused.py"}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's files, in a folder that Python looks in."""
    write(tmp_path, FILES)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_user_s_modules_are_found_and_no_other(mine: Path) -> None:
    found = {path.relative_to(mine).as_posix() for path in own_files("nets").values()}
    assert found == FILES.keys() - UNUSED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(name=st.sampled_from(sorted(FILES)), text=st.sampled_from(["# a comment\n", "\n", "x = 1\n", "import math\n"]))
def test_an_edit_changes_the_digest_just_where_the_network_uses_the_file(mine: Path, name: str, text: str) -> None:
    write(mine, FILES)
    before = digest("nets")
    (mine / name).write_text(FILES[name] + text)
    assert (digest("nets") == before) == (name in UNUSED)
    write(mine, FILES)
    assert digest("nets") == before


def test_nothing_is_run_to_find_the_source(mine: Path) -> None:
    (mine / "blocks_of_mine.py").write_text("raise SystemExit('it was run')\n")
    digest("nets")
    assert not {"nets", "blocks_of_mine", "pkg"} & sys.modules.keys()


def test_a_namespace_package_and_what_stands_in_it_are_found(mine: Path) -> None:
    write(mine, {"space/inner/net.py": "from space.other import x\n", "space/other.py": "x = 1\n"})
    assert own_files("space.inner.net").keys() == {"space.inner.net", "space.other"}


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("blocks_of_mine.py", "import lost_module\n", "blocks_of_mine.py, line 1: no module 'lost_module' is found"),
        ("pkg/two.py", "\nfrom .lost import x\n", "two.py, line 2: no module 'pkg.lost' is found"),
        ("pkg/two.py", "from ...far import x\n", "two.py, line 1: attempted relative import beyond top-level package"),
        ("pkg/two.py", "def f(:\n", "two.py, line 1: SyntaxError"),
    ],
)
def test_source_that_is_missing_or_broken_is_refused_with_its_place(file: str, text: str, words: str, mine: Path) -> None:
    (mine / file).write_text(text)
    with pytest.raises(ValueError) as told:
        digest("nets")
    assert words in str(told.value)


def test_code_that_changed_after_it_was_named_is_not_built(mine: Path) -> None:
    write(mine, {"nets.py": "import blocks_of_mine\ndef net(task): return blocks_of_mine.make()\n"})
    make = "from torch import nn\ndef make(): return nn.Linear({0}, {0})\n"
    (mine / "blocks_of_mine.py").write_text(make.format(2))
    first = parse("nets:net")
    assert sum(weight.numel() for weight in build(first).parameters()) == 6
    (mine / "blocks_of_mine.py").write_text(make.format(3))
    with pytest.raises(ValueError, match="network 'nets:net' has changed"):
        build(first)
    # the new source is built, in a process that has imported the old one
    assert sum(weight.numel() for weight in build(parse("nets:net")).parameters()) == 12


LINES = """
from torch import nn
from norms_of_mine import Norm
from resnet_variants.lookup import fraction

class Here(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.factor = FACTOR

FACTOR = 2.0
WORDS: dict = {
    "bn": Word(make=nn.BatchNorm2d),
    "gelu": Word(make=lambda channels: nn.GELU()),
    "mine": Word(make=Norm),
    "here": Word(make=Here),
    "shared": Word(make=lambda channels: fraction("x", 0.5)),
}
PATHS: dict = {"identity": 1, "twice": lambda shape, ordering: Norm(2)}
"""


@pytest.fixture
def table(mine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the tables, with a user's lines in it, and orderings and shortcuts that use them."""
    write(mine, {"blocks.py": LINES, "norms_of_mine.py": "import pkg.one\nclass Norm: ...\n"})
    monkeypatch.setattr(meaning, "BLOCKS", mine / "blocks.py")
    for word in ("gelu", "mine", "here", "shared", "lost"):
        monkeypatch.setitem(ORDERINGS, word, parse_ordering(f"conv bn {word} | relu"))
    monkeypatch.setitem(SHORTCUTS, "twice", Shortcut(same_shape="identity", new_shape="twice"))
    return mine


def said(options: str) -> str:
    variant = parse(f"resnet8:{options}")
    return variant.meaning  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "file", "old", "new"),
    [
        ("ordering=gelu", "blocks.py", "nn.GELU()", "nn.GELU('tanh')"),
        ("ordering=mine", "norms_of_mine.py", "class Norm", "class Norm(object)"),
        ("ordering=mine", "pkg/two.py", "def late", "def never"),
        ("ordering=here", "blocks.py", "FACTOR = 2.0", "FACTOR = 3.0"),
        ("ordering=here", "blocks.py", "self.factor", "self.other"),
        ("ordering=shared", "blocks.py", "0.5", "0.6"),
        ("shortcut=twice", "norms_of_mine.py", "class Norm", "class Norm(object)"),
        ("shortcut=twice", "blocks.py", "Norm(2)", "Norm(3)"),
    ],
)
def test_what_a_user_s_word_or_path_is_made_of_is_in_its_meaning(
    options: str, file: str, old: str, new: str, table: Path
) -> None:
    others = [name for name in ("ordering=gelu", "ordering=mine", "ordering=here", "shortcut=twice") if name != options]
    before, beside = said(options), {name: said(name) for name in others}
    assert before == said(options) and before.count(";") == 2
    text = (table / file).read_text()
    assert old in text
    (table / file).write_text(text.replace(old, new))
    assert said(options) != before
    if file == "blocks.py":  # a line that another does not use is nothing to it
        assert {name: said(name) for name in others} == beside


def test_the_project_s_own_words_and_paths_mean_what_they_did(table: Path) -> None:
    assert said("shortcut=B") == "conv bn | relu; identity or projection"
    assert said("ordering=lost") == "conv bn lost | relu; identity or zero-pad; lost unknown"
