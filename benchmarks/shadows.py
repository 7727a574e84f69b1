"""Whether the packages that a command loads are those of this installation: Python looks into the folder one starts in first, and what a
command loads late (a report is made at the end) would be another's there.
"""

from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
PACKAGES = ("resnet_variants", "benchmarks", "analysis")


def refuse_shadows(home: Path = HOME) -> None:
    """Refuse packages of the same names that stand in the way of this project's.

    Raises:
        ValueError: names what stands in the way, and the remedies.
    """
    for name in PACKAGES:
        spec = find_spec(name)
        places = [] if spec is None else [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.origin else [])]
        found = {Path(place).resolve() for place in places}
        if not found:
            raise ValueError(f"the package {name} is missing beside {home / 'benchmarks'}: install this project again")
        if not {home / name, home / name / "__init__.py"} & found:
            raise ValueError(
                f"{places[0]} hides this project's package {name}, which is {home / name}: rename it, start in another folder, or keep Python "
                "from looking where you are with -P, as in python -P -m benchmarks.run"
            )
