"""Users' own files: a path or an entry point that the command line names becomes a name like those of this project's files.

A file that is named by path counts, for the rest of the process, as a file of the folder of its kind (suites, surveys, data sets, probes, figures).
Nothing that a record or a plan names gets here: only what a user names, or what a file that they name names in turn.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from resnet_variants.places import refuse_shadows
from resnet_variants.source import ChangedSourceError, digest, digest_of_file, find, is_own, refuse_hidden, search
from resnet_variants.variant import Variant
from resnet_variants.whose import own_places

GROUPS = {"benchmarks.suites": "residual_benchmarks.suites", "benchmarks.datasets": "residual_benchmarks.datasets"}
# names that a suite cannot have: the folders of records next to those of suites, and the word for every suite
RESERVED = ("trials", "timings", "probes", "labels", "checkpoints", "all")
MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class UsersFile:
    """A file of a user: the text that names it, its path, and a digest of its source.

    That of an entry point is a `module`, of which an `attribute` may be named.
    """

    text: str
    path: Path
    digest: str
    module: str = ""
    attribute: str = ""

    def refuse_changed(self) -> None:
        """Raise ChangedSourceError if the source is no longer the one that was named."""
        current = digest(self.module) if self.module else digest_of_file(self.path)
        if current != self.digest:
            raise ChangedSourceError(
                f"{self.place} has changed since it was named: its source has digest {current}, expected {self.digest}"
            )

    @property
    def place(self) -> str:
        """How messages name it: as the user did, or by its path if that text leads elsewhere from the current folder."""
        return self.text if not self.module and Path(self.text).expanduser().absolute() == self.path else str(self.path)


_NAMED: dict[str, dict[str, UsersFile]] = {}  # by package and name
_FOLDER: ContextVar[Path | None] = ContextVar("folder of the file that is being loaded", default=None)


def named(package: str) -> Mapping[str, UsersFile]:
    """Return the users' files that count as files of a package, by name."""
    return _NAMED.get(package, {})


def know(package: str, files: Mapping[str, UsersFile]) -> None:
    """Let files that another process was named count as files of a package here, too."""
    for name, file in files.items():
        if named(package).get(name) != file:
            sys.modules.pop(f"{package}.{name}", None)
        _NAMED.setdefault(package, {})[name] = file


def sources(used: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return the digests of the users' files among plug-ins (kind, package and name), such as {"suite my_suite.py": "0123456789ab"}."""
    files = [(kind, file) for kind, package, name in used if (file := named(package).get(name))]
    return {f"{kind} {file.text if file.module else file.path.name}": file.digest for kind, file in files}


def shipped(package: str) -> list[str]:
    """Return the sorted names of a package's own files, except those that begin with an underscore, without importing them."""
    spec = find_spec(package)
    folders = None if spec is None else spec.submodule_search_locations
    return sorted(module.name for module in iter_modules(folders) if not module.name.startswith("_")) if folders else []


def is_path(text: str) -> bool:
    """Return whether a text names a file rather than a plug-in."""
    return text.endswith(".py") or "/" in text or "\\" in text


def text_of(package: str, name: str) -> str:
    """Return the text by which a user named a file, or the name itself, for commands that name it again."""
    file = named(package).get(name)
    return file.text if file else name


def name_of_file(kind: str, package: str, text: str, taken: tuple[str, ...] = ()) -> str:
    """Return the name of a plug-in that is given by name, path or entry point; a user's file is known by its name from now on.

    `taken` are further packages whose names it cannot have. An unknown name is returned as it is.

    Raises:
        ValueError: the file does not exist or cannot be read, or its name is invalid or that of a file of this project.
    """
    ours = _names_of((package, *taken))
    if is_path(text):
        path = ((_FOLDER.get() or Path()) / Path(text).expanduser()).absolute()
        _check_path(kind, text, path)
        refuse_name(kind, text, path, (package, *taken))
        search([str(path.parent)])
        return _remember(package, path.stem, UsersFile(text=text, path=path, digest=digest_of_file(path)))
    entry = _entry_point(package, text)
    if entry is not None:
        of = f"the entry point of {entry.dist.name if entry.dist else 'a package'}"
        _check_name(kind, f"{of} is called {text!r}", text, ours, "rename the entry point, or uninstall that package")
        return _remember(package, text, _file_of(entry, of))
    if text not in ours and text not in named(package):
        _refuse_module(kind, text)
    return text


def _refuse_module(kind: str, text: str) -> None:
    """Raise ValueError for an unknown name that is a module: it is named by its file."""
    module = text.partition(":")[0]
    spec = find(module) if MODULE.fullmatch(module) else None
    if Path(f"{text}.py").is_file():
        raise ValueError(f"unknown {kind} {text!r}; did you mean the file ./{text}.py?")
    if spec is not None and is_own(spec):
        raise ValueError(f"unknown {kind} {text!r}; did you mean the file {spec.origin}?")


def refuse_name(kind: str, text: str, path: Path, packages: Iterable[str]) -> None:
    """Raise ValueError if a user's file cannot be a plug-in next to those of these packages, because of its name."""
    _check_name(kind, f"{text} would be called {path.stem!r}", path.stem, _names_of(packages), "rename the file")


def _names_of(packages: Iterable[str]) -> list[str]:
    return [name for package in packages for name in shipped(package)]


def move(name: str, package: str, to: str) -> None:
    """Let a user's file count as a file of another package."""
    _remember(to, name, _NAMED[package].pop(name))


def installed(package: str) -> dict[str, str]:
    """Return the entry points of other packages by name, each with the name of its package, without loading them."""
    group = GROUPS.get(package)
    return {entry.name: entry.dist.name if entry.dist else "" for entry in entry_points(group=group)} if group else {}


def refuse_ambiguous(networks: Mapping[str, Variant]) -> None:
    """Refuse names of networks in the user's file that is being loaded if they may mean other ones than those that are found.

    Raises:
        ValueError: a network or word beside the file is hidden by another module, or an entry point has the name of a network of this project.
    """
    folder = _FOLDER.get()
    if folder is None:
        return
    refuse_shadows(networks)
    for place in [place for network in networks.values() for place in own_places(network)]:
        refuse_hidden(place.partition(":")[0], folder)


@contextmanager
def loading(file: UsersFile) -> Iterator[None]:
    """Let paths in a user's file count from its folder while it is loaded."""
    token = _FOLDER.set(file.path.parent)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def _remember(package: str, name: str, file: UsersFile) -> str:
    known = named(package).get(name)
    if known and (known.path.resolve(), known.attribute) != (file.path.resolve(), file.attribute):
        both = f"{known.path.resolve()} and {file.path.resolve()}"
        raise ValueError(f"{both} are both called {name!r}: rename one of them, or use them in separate runs")
    know(package, {name: file})
    return name


def _check_path(kind: str, text: str, path: Path) -> None:
    if path.is_dir():
        raise ValueError(
            f"{text} is a folder: name the file of the {kind}, such as {text.rstrip('/')}/my_{kind.replace(' ', '_')}.py"
        )
    if not path.is_file():
        raise ValueError(f"no file {text} ({path}): name a {kind}, or the path of a file that holds one")
    if path.suffix != ".py":
        raise ValueError(f"{text} is no Python file: the path of a {kind} must end in .py")


def _check_name(kind: str, what: str, name: str, ours: list[str], remedy: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{what}: the name of a {kind} must consist of letters, digits, underscores and hyphens, and not begin with the last two: {remedy}"
        )
    if name.lower() in {other.lower() for other in ours}:
        raise ValueError(f"{what}, as a {kind} of this project is: {remedy}")
    if name.lower() in RESERVED:
        raise ValueError(f"{what}, which has another meaning here: {remedy}")


def _entry_point(package: str, name: str) -> EntryPoint | None:
    """Return the entry point of a name.

    Raises:
        ValueError: several packages have one.
    """
    group = GROUPS.get(package)
    found = {entry.value: entry for entry in entry_points(group=group, name=name)} if group else {}
    if len(found) > 1:
        owners = ", ".join(sorted(entry.dist.name if entry.dist else value for value, entry in found.items()))
        raise ValueError(f"several packages have an entry point {name!r} in {group}: {owners}: uninstall all but one")
    return next(iter(found.values()), None)


def _file_of(entry: EntryPoint, of: str) -> UsersFile:
    spec = find(entry.module)
    if spec is None or spec.origin is None or not spec.has_location:
        raise ValueError(
            f"{of}, {entry.name!r}, names the module {entry.module!r}, which is not found: install that package again"
        )
    return UsersFile(
        text=entry.name, path=Path(spec.origin), digest=digest(entry.module), module=entry.module, attribute=entry.attr
    )
