"""Read a GPU's clock, power, temperature and throttling while it works. Needs pynvml: pip install nvidia-ml-py"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from benchmarks.store.timings import GpuSample

# NVML's clock event reasons that make a timing invalid: power cap, slowdown, heat (by software, by hardware), power brake
POWER_CAP, SLOWDOWN, SOFTWARE_HEAT, HARDWARE_HEAT, POWER_BRAKE = 0x4, 0x8, 0x20, 0x40, 0x80
THROTTLED = POWER_CAP | SLOWDOWN | SOFTWARE_HEAT | HARDWARE_HEAT | POWER_BRAKE


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensors:
    """Sensors of a GPU."""

    nvml: Any
    handle: Any

    def read(self) -> tuple[GpuSample, bool]:
        """Return the current readings, and whether the GPU is throttled."""
        sample = GpuSample(
            clock_mhz=int(self.nvml.nvmlDeviceGetClockInfo(self.handle, self.nvml.NVML_CLOCK_SM)),
            power_watts=self.nvml.nvmlDeviceGetPowerUsage(self.handle) / 1000,
            celsius=int(self.nvml.nvmlDeviceGetTemperature(self.handle, self.nvml.NVML_TEMPERATURE_GPU)),
        )
        return sample, bool(self.nvml.nvmlDeviceGetCurrentClocksThrottleReasons(self.handle) & THROTTLED)


def sensors_of(device: str) -> Sensors | None:
    """Return the sensors of the device, or None if there are none, or pynvml is missing or lacks permission."""
    if device != "cuda" or find_spec("pynvml") is None:
        return None
    import pynvml

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties().uuid}")
        sensors = Sensors(nvml=pynvml, handle=handle)
        sensors.read()
    except pynvml.NVMLError:
        return None
    return sensors
