"""What a GPU says of itself while it works: clock, power, temperature, and whether it holds back. Needs pynvml: pip install nvidia-ml-py"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from benchmarks.store.timings import GpuSample

# NVML's clocks event reasons that make a time no measure of the network: power cap, slowdown, heat (software's and hardware's), power brake
POWER_CAP, SLOWDOWN, SOFTWARE_HEAT, HARDWARE_HEAT, POWER_BRAKE = 0x4, 0x8, 0x20, 0x40, 0x80
THROTTLED = POWER_CAP | SLOWDOWN | SOFTWARE_HEAT | HARDWARE_HEAT | POWER_BRAKE


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensors:
    """The sensors of a GPU."""

    nvml: Any
    handle: Any

    def read(self) -> tuple[GpuSample, bool]:
        """What it says now, and whether it is throttled."""
        sample = GpuSample(
            clock_mhz=int(self.nvml.nvmlDeviceGetClockInfo(self.handle, self.nvml.NVML_CLOCK_SM)),
            power_watts=self.nvml.nvmlDeviceGetPowerUsage(self.handle) / 1000,
            celsius=int(self.nvml.nvmlDeviceGetTemperature(self.handle, self.nvml.NVML_TEMPERATURE_GPU)),
        )
        return sample, bool(self.nvml.nvmlDeviceGetCurrentClocksThrottleReasons(self.handle) & THROTTLED)


def sensors_of(device: str) -> Sensors | None:
    """The sensors of the device, or None where it has none, or pynvml is not installed or is not let."""
    if device != "cuda" or find_spec("pynvml") is None:
        return None
    import pynvml

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties().uuid}")
        found = Sensors(nvml=pynvml, handle=handle)
        found.read()
    except pynvml.NVMLError:
        return None
    return found
