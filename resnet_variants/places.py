"""Turn what a user names on the command line or in a file into names of networks: paths into locations, and no name that means two networks."""

import re
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from resnet_variants.own import GROUP
from resnet_variants.registry import is_ours, parse
from resnet_variants.source import refuse_hidden, search
from resnet_variants.variant import Variant

WORD_BY_PATH = re.compile(r"(?P<file>[^\s|,]+)\.py:")


def place_of(text: str) -> str:
    """Return "my_nets:my_net" for "./my_nets.py:my_net", whose folder is searched for modules from now on; other texts are returned as they are.

    Words of an ordering that is spelled in place may be given by path, too: "resnet20:ordering=bn ./my_words.py:gelu conv |".

    Raises:
        ValueError: a file does not exist, is no module, or another module of its name is found first, or an entry point has the name of a
            network of this project.
    """
    network, option, spelled = text.partition("ordering=")
    if option:
        return network + option + WORD_BY_PATH.sub(lambda word: f"{_module_of(word['file'])}:", spelled)
    file, ending, name = text.partition(".py:")
    if ending:
        return f"{_module_of(file)}:{name}"
    refuse_shadows([text])
    return text


def refuse_shadows(names: Iterable[str]) -> None:
    """Raise ValueError if an entry point has the name of one of these networks, which is one of this project's."""
    ours = {_meaning(base) for name in names if is_ours(base := name.partition(":")[0])}
    for entry in entry_points(group=GROUP) if ours else ():
        if is_ours(entry.name) and _meaning(entry.name) in ours:
            owner = entry.dist.name if entry.dist else entry.value
            raise ValueError(
                f"the entry point of {owner} is called {entry.name!r}, as a network of this project is: rename the entry point, or "
                "uninstall that package"
            )


def _meaning(name: str) -> Variant | str:
    """Return the network of this project that a name spells, or the name in one spelling if it spells none that exists."""
    try:
        return parse(name)
    except ValueError:
        return name.strip().lower().replace("-", "_")


def _module_of(file: str) -> str:
    """Return the module of a file that is named without its ending; its folder is searched for modules from now on."""
    path = Path(f"{file}.py").expanduser().absolute()
    if not path.is_file():
        raise ValueError(f"no file {file}.py ({path}): name a network as FILE.py:NAME or as module:NAME")
    if not path.stem.isidentifier():
        raise ValueError(f"{file}.py cannot be imported: its name must be letters, digits and underscores: rename it")
    search([str(path.parent)])
    refuse_hidden(path.stem, path.parent)
    return path.stem
