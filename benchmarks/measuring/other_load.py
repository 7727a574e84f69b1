"""Measure what other programs use of the machine meanwhile."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class OtherLoad:
    """What other programs take of the machine from here on."""

    def __init__(self) -> None:
        self.start = self._now()

    def fraction(self) -> float | None:
        """The fraction of all cores' time that was spent outside this process; None where the system does not tell."""
        now = self._now()
        if now is None or self.start is None:
            return None
        busy, total, own = (after - before for after, before in zip(now, self.start, strict=True))
        return min(1.0, max(0.0, (busy - own) / total)) if total > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Seconds that all cores were busy, that they were there, and that this process took."""
        try:
            ticks = [int(number) for number in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        idle, total = ticks[3] + ticks[4], sum(ticks)
        return (total - idle) / TICKS, total / TICKS, time.process_time()
