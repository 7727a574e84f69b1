"""Count the networks of a plan: the project's own from their fields, others from their layers, which takes seconds and is cached.

Torch is loaded only to count layers. A user's network is counted again by every command, because a digest cannot cover everything its code reads.
"""

from dataclasses import asdict, fields
from typing import Any, Self

from benchmarks.spec.trial import key_of, without_defaults
from benchmarks.store.environment import versions
from benchmarks.training.kept import Kept, source_digest
from resnet_variants.architecture import Task
from resnet_variants.by_numbers import Complexity, complexity_by_numbers
from resnet_variants.variant import Variant
from resnet_variants.whose import is_built_here

FIELDS = {field.name for field in fields(Complexity)}


class Counts:
    """Costs of networks by value and task, each counted once; a context manager that keeps them in the user's cache."""

    def __init__(self) -> None:
        self.kept = Kept("counts", {"versions": versions(), "source": source_digest()})
        self.known: dict[tuple[Variant, Task], Complexity] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.kept.__exit__(*error)

    def of(self, network: Variant, task: Task) -> Complexity:
        """Return the cost of a network for a task.

        Raises:
            ValueError: the images are too small for the network.
        """
        if (network, task) not in self.known:
            self.known[network, task] = complexity_by_numbers(network, task) or self._from_layers(network, task)
        return self.known[network, task]

    def _from_layers(self, network: Variant, task: Task) -> Complexity:
        key = key_of({"network": without_defaults(network), "task": asdict(task)})
        found = self.kept.values.get(key) if is_built_here(network) else None
        if isinstance(found, dict) and found.keys() == FIELDS:
            return Complexity(**found)
        from resnet_variants.complexity import complexity_of  # it loads torch

        complexity = complexity_of(network, task)
        if is_built_here(network):
            self.kept.add(key, asdict(complexity))
        return complexity
