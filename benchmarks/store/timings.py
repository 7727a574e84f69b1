"""Results of timing sessions, and their records under OUT/timings.

Times are compared only within a session, in which networks take turns, round by round, on a machine that does nothing
else. A session is a process of its own; claims are tested over sessions an hour or more apart. Nothing here needs torch.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.cost import Cost
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import key_of, without_defaults
from benchmarks.store.environment import Environment
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, dumped, finite, recordable

APART = timedelta(hours=1)


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

    `twins` are the smallest and the largest network once more, timed as if they were others: the machine cannot resolve
    a difference as small as that between them and their originals. Older records have one `twin`, of the first workload.
    `order_seed` gives the order of every round; None in older records, whose order is the plan's in all rounds.
    `others_share` is the fraction of the machine's cores that other programs used meanwhile, 0 to 1. `finished_at` is
    UTC, in ISO 8601; None in older records.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int = SCHEMA
    plan: TimingPlan
    networks: tuple[NetworkTiming, ...]
    twin: NetworkTiming | None = None
    twins: tuple[NetworkTiming, ...] = ()
    order_seed: int | None = None
    ceilings: Ceilings | None = None
    others_share: float | None
    finished_at: str | None = None
    environment: Environment

    @property
    def all_twins(self) -> tuple[NetworkTiming, ...]:
        """Twins of the session, in the field of its release."""
        return (*self.twins, *([self.twin] if self.twin else []))

    @property
    def setup(self) -> tuple[object, ...]:
        """What sessions share whose times are of one kind: survey, precision, machine, threads and version of torch."""
        return (self.plan.survey, self.plan.precision, *machine_of(self.environment))

    @property
    def ended(self) -> datetime | None:
        """Time at which the session ended; None if its record does not give it."""
        try:
            ended = datetime.fromisoformat(self.finished_at or "")
        except ValueError:
            return None
        return ended if ended.tzinfo else ended.replace(tzinfo=UTC)


def machine_of(environment: Environment) -> tuple[object, ...]:
    """Return what a time depends on besides the plan: processor, GPU, threads, version of torch, and the processor's instructions if known."""
    instructions = [environment.instructions] if environment.instructions else []
    return environment.processor, environment.gpu, environment.num_threads, environment.versions.get("torch"), *instructions


def an_hour_apart(sessions: Iterable[TimingResult]) -> list[TimingResult]:
    """Return the sessions that count, from the first on: each that ends an hour or more after the last one that counts.

    Sessions of an unknown time are from releases that kept one per plan; each of them counts, before the others.
    """
    counted, known = [], []
    for session in sessions:
        if (ended := session.ended) is None:
            counted.append(session)
        else:
            known.append((ended, session))
    last: datetime | None = None
    for ended, session in sorted(known, key=lambda pair: pair[0]):
        if last is None or ended - last >= APART:
            counted.append(session)
            last = ended
    return counted


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
        twins=tuple(network(twin) for twin in result.twins),
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

    def path(self, session: TimingResult) -> Path:
        """Return the path of a session's record: precision, key of the plan and the machine, and the time of the session, if known."""
        plan = session.plan
        content = {
            "workloads": [
                [without_defaults(each.architecture), asdict(each) | {"architecture": None}] for each in plan.workloads
            ],
            "plan": [plan.precision, plan.num_rounds, plan.survey],
            "machine": list(machine_of(session.environment)),
        }
        time = f"-{ended.astimezone(UTC):%Y%m%dT%H%M%SZ}" if (ended := session.ended) else ""
        return self.folder / f"{plan.precision}-{key_of(content)}{time}.json"

    def write(self, result: TimingResult) -> TimingResult:
        """Write a session atomically and return it; a network that no record can hold counts as one that could not run."""
        kept, text = recordable(result, to_json, lambda why: without_what_cannot_be_kept(result))
        self._records.write(self.path(result), text)
        return kept

    def of(self, plan: TimingPlan, environment: Environment | None = None) -> list[TimingResult]:
        """Return the readable sessions of this plan's workloads, on this machine if one is given, by time.

        The number of rounds and the workloads that claims speak of may differ.
        """
        found = [session for session in self.read_all()[0] if session.plan.workloads == plan.workloads]
        same = [session for session in found if (session.plan.survey, session.plan.precision) == (plan.survey, plan.precision)]
        here = [s for s in same if environment is None or machine_of(s.environment) == machine_of(environment)]
        return sorted(here, key=lambda session: session.finished_at or "")

    def read_all(self) -> tuple[list[TimingResult], list[str]]:
        """Return all readable sessions, in the order of names, and a line for each unreadable record.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        records, unreadable = self._records.read_all()
        return list(records.values()), unreadable
