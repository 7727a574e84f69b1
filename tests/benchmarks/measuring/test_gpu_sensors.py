"""What a GPU says is written beside its times, and a time at which it held back is none."""

import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from benchmarks.measuring.gpu_sensors import HARDWARE_HEAT, Sensors, sensors_of
from benchmarks.measuring.stopwatch import seconds_of
from benchmarks.measuring.timing import MOST_TRIES, TimingState, _time_unthrottled
from benchmarks.spec.timing import Workload
from benchmarks.store.timings import GpuSample
from resnet_variants import parse
from resnet_variants.architecture import Task

WORKLOAD = Workload(
    architecture=parse("resnet8"), task=Task(image_shape=(1, 8, 8), num_classes=10), batch_size=16, steps=("train",)
)


class Nvml:
    """A GPU that is throttled for these reasons, one after the other."""

    NVML_CLOCK_SM = NVML_TEMPERATURE_GPU = 0
    NVMLError = RuntimeError

    def __init__(self, *reasons: int) -> None:
        self.reasons = list(reasons)

    def nvmlInit(self) -> None:  # noqa: N802
        """As pynvml has it."""

    def nvmlDeviceGetHandleByUUID(self, name: str) -> str:  # noqa: N802
        """As pynvml has it."""
        return name

    def nvmlDeviceGetClockInfo(self, handle: object, clock: int) -> int:  # noqa: N802
        """MHz."""
        return 1980

    def nvmlDeviceGetPowerUsage(self, handle: object) -> int:  # noqa: N802
        """Milliwatts."""
        return 512_300

    def nvmlDeviceGetTemperature(self, handle: object, sensor: int) -> int:  # noqa: N802
        """Degrees."""
        return 61

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: object) -> int:  # noqa: N802
        """Bits."""
        return self.reasons.pop(0)


SAMPLE = GpuSample(clock_mhz=1980, power_watts=512.3, celsius=61)


def while_working(timed: Callable[[], float]) -> Callable[[Callable[[], None]], float]:
    """What is timed, and read once meanwhile."""

    def both(meanwhile: Callable[[], None]) -> float:
        meanwhile()
        return timed()

    return both


def test_a_throttled_turn_is_discarded_counted_and_taken_again() -> None:
    state, seconds = TimingState(workload=WORKLOAD), iter([1.0, 2.0, 3.0])
    idle = 0x1  # a reason that says nothing about heat or power
    found = _time_unthrottled(
        state, while_working(lambda: next(seconds)), Sensors(nvml=Nvml(HARDWARE_HEAT, HARDWARE_HEAT, idle), handle=None)
    )
    assert (found, state.num_throttled, state.gpu_samples) == (3.0, 2, [SAMPLE])


def test_a_gpu_that_is_always_throttled_gives_no_time() -> None:
    sensors = Sensors(nvml=Nvml(*[HARDWARE_HEAT] * MOST_TRIES), handle=None)
    with pytest.raises(RuntimeError, match=f"throttled in each of {MOST_TRIES} turns"):
        _time_unthrottled(TimingState(workload=WORKLOAD), while_working(lambda: 1.0), sensors)


def test_without_sensors_a_time_is_a_time() -> None:
    state = TimingState(workload=WORKLOAD)
    assert _time_unthrottled(state, lambda meanwhile: 1.5, None) == 1.5
    assert state.gpu_samples == [] and sensors_of("cpu") is None


def test_sensors_are_found_by_the_gpus_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml(0)
    nvml.__spec__ = object()  # type: ignore[attr-defined]  # find_spec asks for it
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda: SimpleNamespace(uuid="1234"))
    found = sensors_of("cuda")
    assert found is not None and found.handle == "GPU-1234"
    monkeypatch.setattr(nvml, "nvmlDeviceGetClockInfo", lambda *_: (_ for _ in ()).throw(RuntimeError("not supported")))
    assert sensors_of("cuda") is None


def test_sensors_are_read_while_the_gpu_is_still_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last launch, and before anything waits for it; the time is the events' own."""
    seen: list[str] = []

    class Event:
        def __init__(self, enable_timing: bool) -> None:
            assert enable_timing

        def record(self) -> None:
            seen.append("record")

        def synchronize(self) -> None:
            seen.append("wait")

        def elapsed_time(self, end: "Event") -> float:
            return 8000.0  # milliseconds

    def step() -> None:
        seen.append("step")
        time.sleep(0.05)

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    seconds = seconds_of(step, "cuda", lambda: seen.append("read"))
    start = seen.index("record")
    number = len(seen) - start - 4
    assert start >= 10 and seen[start:] == ["record", *["step"] * number, "record", "read", "wait"]
    assert number >= 2 and seconds == 8.0 / number
