"""A record names the commit of this project's source, or none: never that of a repository that happens to lie around it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASK = "import json; from benchmarks.store.environment import read_checkout as ask; found = ask(); print(json.dumps([found.commit, found.is_dirty]))"
NONE = [None, None]


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=me", "-c", "user.email=me@here", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout.strip()


def copy_of_the_source(folder: Path) -> None:
    (folder / "benchmarks" / "store").mkdir(parents=True)
    for name in ("store/__init__.py", "store/environment.py", "store/cores.py"):
        shutil.copy(ROOT / "benchmarks" / name, folder / "benchmarks" / name)
    (folder / "benchmarks" / "__init__.py").touch()  # what it exports needs the rest of the package


def checkout(folder: Path, **variables: str) -> list[object]:
    """The commit and the state that the source in a folder tells of itself."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=os.environ | variables | {"PYTHONPATH": str(folder)},
    )
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Somebody else's repository, with a commit."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "file.txt").write_text("theirs")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "theirs")
    return folder


@pytest.mark.parametrize("is_ignored", [True, False])
def test_an_installed_copy_in_another_repository_has_no_commit(is_ignored: bool, repository: Path) -> None:
    if is_ignored:
        (repository / ".gitignore").write_text("site")
    copy_of_the_source(repository / "site")
    assert checkout(repository / "site") == NONE
    (repository / "file.txt").write_text("edited")
    assert checkout(repository / "site") == NONE


def test_a_copy_that_another_repository_keeps_has_no_commit_of_this_project(repository: Path) -> None:
    copy_of_the_source(repository / "vendored")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "a copy")
    assert checkout(repository / "vendored") == NONE


def test_a_copy_at_the_top_of_a_repository_that_does_not_keep_it_has_no_commit(repository: Path) -> None:
    copy_of_the_source(repository)
    assert checkout(repository) == NONE


def test_a_checkout_has_its_commit_and_says_whether_it_was_edited_also_where_git_is_pointed_elsewhere(
    repository: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    copy_of_the_source(mine)
    git(mine, "init", "-q")
    git(mine, "add", ".")
    git(mine, "commit", "-qm", "mine")
    commit = git(mine, "rev-parse", "HEAD")
    assert checkout(mine) == [commit, False]
    assert checkout(mine, GIT_DIR=str(repository / ".git"), GIT_WORK_TREE=str(repository)) == [commit, False]
    (mine / "benchmarks" / "__init__.py").write_text("# edited\n")
    assert checkout(mine) == [commit, True]
    git(mine, "worktree", "add", "-q", str(tmp_path / "beside"))
    assert checkout(tmp_path / "beside") == [commit, False]
