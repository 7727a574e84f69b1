"""Measure how much of the machine other programs use."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class OtherLoad:
    """Load by other programs since this object was created."""

    def __init__(self) -> None:
        self.start = self._now()

    def fraction(self) -> float | None:
        """Return the fraction of all cores' time that was spent outside this process; None if the system does not report it."""
        now = self._now()
        if now is None or self.start is None:
            return None
        busy, total, own = (after - before for after, before in zip(now, self.start, strict=True))
        return min(1.0, max(0.0, (busy - own) / total)) if total > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Return in seconds: the time that all cores were busy, their total time, and the time of this process."""
        try:
            ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        idle, total = ticks[3] + ticks[4], sum(ticks)
        return (total - idle) / TICKS, total / TICKS, time.process_time()
