"""How long networks take, by value: what is timed, what came out, and its record under OUT/timings.

Times are compared within one session alone: the arms take turns, round by round, on a machine that does nothing else. Nothing here needs torch.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.cost import Cost
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import key_of, without_defaults
from benchmarks.store.environment import Environment
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, dumped, finite, recordable


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuSample:
    """What a GPU says of itself right after it was timed."""

    clock_mhz: int
    power_watts: float
    celsius: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkTiming:
    """What was measured of one workload: seconds of a step, one for each round, and by how much its step raised the memory in use.

    `compile_seconds` is what the first call of every step took longer than a later one. `detail` says why there is nothing, where it could
    not run. On a GPU that tells, there is a sample for each of the seconds, and `num_throttled` turns were discarded and taken again.
    """

    workload: Workload
    cost: Cost | None = None
    train_step_seconds: tuple[float, ...] = ()
    infer_step_seconds: tuple[float, ...] = ()
    train_memory_bytes: int | None = None
    infer_memory_bytes: int | None = None
    compile_seconds: float | None = None
    gpu_samples: tuple[GpuSample, ...] = ()
    num_throttled: int = 0
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceilings:
    """What the machine does at its best in the session's precision, one number for each round: multiply-adds a second of a large matrix
    product and of a large convolution, and bytes a second that a copy reads and writes.
    """

    matmul_macs_per_second: tuple[float, ...]
    convolution_macs_per_second: tuple[float, ...]
    copied_bytes_per_second: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingResult:
    """All that is known of a session.

    `twin` is the first workload once more, timed as if it were another network: what the two differ by, the machine cannot tell apart.
    `others_share` is how much of the machine's cores other programs used meanwhile, 0 to 1. `finished_at` is UTC, in ISO 8601.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int = SCHEMA
    plan: TimingPlan
    networks: tuple[NetworkTiming, ...]
    twin: NetworkTiming | None = None
    ceilings: Ceilings | None = None
    others_share: float | None
    finished_at: str | None = None
    environment: Environment


ADAPTER = TypeAdapter(TimingResult)


NETWORK, CEILINGS = TypeAdapter(NetworkTiming), TypeAdapter(Ceilings)


def to_json(result: TimingResult) -> str:
    """The record's text: one field a line at the outer level, one network a line, strict JSON."""
    fields = ADAPTER.dump_python(result, mode="json", warnings="error")
    networks = ",\n".join(f"    {dumped(network)}" for network in fields.pop("networks"))
    lines = [f"  {json.dumps(name)}: {dumped(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join([*lines, f'  "networks": [\n{networks}\n  ]']) + "\n}\n"


def without_what_cannot_be_kept(result: TimingResult) -> TimingResult:
    """The session, each network that no record can hold with the reason instead of its times, and no ceilings or share that are not numbers."""

    def network(found: NetworkTiming) -> NetworkTiming:
        def text(timing: NetworkTiming) -> str:
            return json.dumps(NETWORK.dump_python(timing, mode="json", warnings="error"), allow_nan=False)

        return recordable(found, text, lambda why: NetworkTiming(workload=found.workload, detail=why))[0]

    try:
        json.dumps(CEILINGS.dump_python(result.ceilings, mode="json"), allow_nan=False) if result.ceilings else None
        ceilings = result.ceilings
    except (ValueError, TypeError):
        ceilings = None
    return replace(
        result,
        networks=tuple(network(found) for found in result.networks),
        twin=network(result.twin) if result.twin else None,
        ceilings=ceilings,
        others_share=None if result.others_share is None else finite(result.others_share),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingStore:
    """The records under OUT/timings."""

    folder: Path

    @property
    def _records(self) -> JsonStore[TimingResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER)

    def path(self, plan: TimingPlan, environment: Environment) -> Path:
        """Where the record of a session on this machine stands: another machine, or another torch, has another."""
        machine = [environment.processor, environment.gpu, environment.num_threads, environment.versions.get("torch")]
        content = {
            "workloads": [[without_defaults(one.architecture), asdict(one) | {"architecture": None}] for one in plan.workloads],
            "plan": [plan.precision, plan.num_rounds, plan.survey],
            "machine": machine,
        }
        return self.folder / f"{plan.precision}-{key_of(content)}.json"

    def write(self, result: TimingResult) -> TimingResult:
        """Keep a session, whole or not at all; return it, networks that no record can hold as those that could not run."""
        kept, text = recordable(result, to_json, lambda why: without_what_cannot_be_kept(result))
        self._records.write(self.path(result.plan, result.environment), text)
        return kept

    def find(self, plan: TimingPlan, environment: Environment) -> TimingResult | None:
        """Return the session of this plan on this machine, or None; an unreadable record counts as none, and is measured again."""
        return self._records.find(self.path(plan, environment))

    def read_all(self) -> tuple[list[TimingResult], list[str]]:
        """Return every readable session in the order of names, and a line for each record that is not.

        Raises:
            NewerSchemaError: a later release wrote one.
        """
        records, unreadable = self._records.read_all()
        return list(records.values()), unreadable
