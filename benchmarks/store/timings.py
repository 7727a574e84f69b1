"""Results of timing sessions, and their records under OUT/timings.

Times are compared only within a session, in which networks take turns, round by round, on a machine that does nothing
else. Nothing here needs torch.
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
    """State that a GPU reports right after it was timed."""

    clock_mhz: int
    power_watts: float
    celsius: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkTiming:
    """Measurements of one workload: seconds of a step, one value per round, and by how much its step raised the memory in use.

    `compile_seconds` is the time by which the first calls of all steps exceed later ones. `detail` says why a workload
    that could not run has no values. On a GPU that reports its state, there is a sample for each of the seconds, and
    `num_throttled` turns were discarded and repeated.
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
    """Highest speeds of the machine in the session's precision, one value per round.

    They are the multiply-adds per second of a large matrix product and of a large convolution, and the bytes per second
    that a copy reads and writes.
    """

    matmul_macs_per_second: tuple[float, ...]
    convolution_macs_per_second: tuple[float, ...]
    copied_bytes_per_second: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingResult:
    """Result of a timing session.

    `twin` is the first workload once more, timed as if it were another network: the machine cannot resolve a difference
    as small as theirs. `others_share` is the fraction of the machine's cores that other programs used meanwhile, 0 to
    1. `finished_at` is UTC, in ISO 8601.
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
    """Return the record's text: strict JSON, with one line per top-level field and per network."""
    fields = ADAPTER.dump_python(result, mode="json", warnings="error")
    networks = ",\n".join(f"    {dumped(network)}" for network in fields.pop("networks"))
    lines = [f"  {json.dumps(name)}: {dumped(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join([*lines, f'  "networks": [\n{networks}\n  ]']) + "\n}\n"


def without_what_cannot_be_kept(result: TimingResult) -> TimingResult:
    """Return the session without values that no record can hold.

    A network with such a value gets the reason instead of its times; ceilings or a share that are not finite become
    None.
    """

    def network(measured: NetworkTiming) -> NetworkTiming:
        def text(timing: NetworkTiming) -> str:
            return json.dumps(NETWORK.dump_python(timing, mode="json", warnings="error"), allow_nan=False)

        return recordable(measured, text, lambda why: NetworkTiming(workload=measured.workload, detail=why))[0]

    try:
        json.dumps(CEILINGS.dump_python(result.ceilings, mode="json"), allow_nan=False) if result.ceilings else None
        ceilings = result.ceilings
    except (ValueError, TypeError):
        ceilings = None
    return replace(
        result,
        networks=tuple(network(measured) for measured in result.networks),
        twin=network(result.twin) if result.twin else None,
        ceilings=ceilings,
        others_share=None if result.others_share is None else finite(result.others_share),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingStore:
    """Records of timing sessions under OUT/timings."""

    folder: Path

    @property
    def _records(self) -> JsonStore[TimingResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER)

    def path(self, plan: TimingPlan, environment: Environment) -> Path:
        """Return the path of the record of a session on this machine; another machine or torch version has its own."""
        machine = [environment.processor, environment.gpu, environment.num_threads, environment.versions.get("torch")]
        content = {
            "workloads": [
                [without_defaults(each.architecture), asdict(each) | {"architecture": None}] for each in plan.workloads
            ],
            "plan": [plan.precision, plan.num_rounds, plan.survey],
            "machine": machine,
        }
        return self.folder / f"{plan.precision}-{key_of(content)}.json"

    def write(self, result: TimingResult) -> TimingResult:
        """Write a session atomically and return it; a network that no record can hold counts as one that could not run."""
        kept, text = recordable(result, to_json, lambda why: without_what_cannot_be_kept(result))
        self._records.write(self.path(result.plan, result.environment), text)
        return kept

    def find(self, plan: TimingPlan, environment: Environment) -> TimingResult | None:
        """Return the session of this plan on this machine, or None if it is missing or unreadable, and must be measured."""
        return self._records.find(self.path(plan, environment))

    def read_all(self) -> tuple[list[TimingResult], list[str]]:
        """Return all readable sessions, in the order of names, and a line for each unreadable record.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        records, unreadable = self._records.read_all()
        return list(records.values()), unreadable
