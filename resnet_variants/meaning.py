"""Digest the source of a user's words and paths, starting from their lines in the tables of `blocks`.

The tables are read as text, because reports do not load torch but must know whether a line still means what a record
says. The project's own words and paths have no digest: they change only with its commits.
"""

import ast
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from resnet_variants.lookup import no_such
from resnet_variants.orderings import LAST_WORDS, Ordering
from resnet_variants.source import DIGEST_DIGITS, PROJECT, digest_of_places, find, imports_of, is_own, own_files, parse_file

BLOCKS = Path(__file__).with_name("blocks.py")
MODULE = "resnet_variants.blocks"
WORDS = frozenset({"conv", "bn", "relu", "gn", "ln", "ln-pixel", "dyt", "bias", "shift"})
PATHS = frozenset({"identity", "zero-pad", "zero-pad-centred", "projection"})


def digests_of(words: Iterable[str], paths: Iterable[str | None]) -> dict[str, str]:
    """Return the digest of each of these words and paths that a user added, or "unknown" if its table has no such line."""
    users = [("WORDS", word) for word in words if word not in WORDS]
    users += [("PATHS", path) for path in paths if path is not None and path not in PATHS]
    return {name: _digest_of_entry(table, name) for table, name in dict.fromkeys(users)}


def digest_of_words(ordering: Ordering) -> str:
    """Return 12 hex digits of the source of an ordering's words that are a user's own; "" if there are none, or if it is not found here.

    Raises:
        ValueError: a word is neither in the table nor a location, or the source is broken or does not define it.
    """
    from resnet_variants.facts import PLACE, facts_at

    tree, own = parse_file(BLOCKS), ordering.own_words
    for word in ordering.all_words:
        if word not in (*WORDS, *own) and _entry(tree, "WORDS", word) is None:
            raise ValueError(
                f"{no_such('word', word, sorted({*WORDS, *LAST_WORDS}))}, or your own as module:name, such as my_words:gelu"
            )
        if word in own and not PLACE.fullmatch(word):
            raise ValueError(f"{word!r} is no location of a word: it must be module:name, such as my_words:gelu")
    has_source = all(facts is not None for facts in map(facts_at, own))
    return digest_of_places(*own) if own and has_source else ""


def _digest_of_entry(table: str, name: str) -> str:
    """Return 12 hex digits of the source of a table's entry and of all that it uses."""
    tree = parse_file(BLOCKS)
    entry = _entry(tree, table, name)
    if entry is None:
        return "unknown"
    pieces = {"": ast.unparse(entry).encode()}
    _collect(MODULE, tree, entry, pieces)
    content = sha256()
    for where, source in sorted(pieces.items()):
        content.update(f"{where} {len(source)}\n".encode() + source)
    return content.hexdigest()[:DIGEST_DIGITS]


def _entry(tree: ast.Module, table: str, name: str) -> ast.expr | None:
    """Return the value of a key in a table at the top of a file, or None if there is no such key."""
    for node in tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
        value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == table and isinstance(value, ast.Dict):
            for key, entry in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return entry
    return None


def _collect(module: str, tree: ast.Module, node: ast.AST, pieces: dict[str, bytes]) -> None:
    """Add the source that a piece of a file uses, recursively: the file's own definitions and users' modules."""
    for name in sorted({part.id for part in ast.walk(node) if isinstance(part, ast.Name)}):
        where = f"{module}:{name}"
        for definition in _definitions(tree, name):
            if where in pieces:
                continue
            if isinstance(definition, ast.Import | ast.ImportFrom):
                _collect_imported(module, definition, name, pieces)
            else:
                pieces[where] = ast.unparse(definition).encode()
                _collect(module, tree, definition, pieces)


def _collect_imported(module: str, node: ast.Import | ast.ImportFrom, name: str, pieces: dict[str, bytes]) -> None:
    package = module.rpartition(".")[0]
    for imported in imports_of(ast.Module(body=[node], type_ignores=[]), BLOCKS, package):
        spec = find(imported.module)
        if spec is None or spec.origin is None or not spec.has_location:
            continue
        if is_own(spec):
            pieces |= {own: path.read_bytes() for own, path in own_files(imported.module).items()}
        elif any(Path(spec.origin).resolve().is_relative_to(folder) for folder in PROJECT) and isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            tree = parse_file(Path(spec.origin))
            _collect(imported.module, tree, ast.Name(id=names.get(name, name)), pieces)


def _definitions(tree: ast.Module, name: str) -> Iterator[ast.stmt]:
    """Yield the statements at the top of a file that bind a name."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound = {node.name}
        else:
            bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        if name in bound:
            yield node
