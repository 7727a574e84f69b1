"""Connect to a Ray cluster, and compare what a trial needs with what its nodes have."""

import logging
import math
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from benchmarks.executors.events import WorkerStartError
from benchmarks.store.cores import num_cores

CONNECT_SECONDS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """Address of a Ray cluster (None: start a local one for this run), and resources per trial.

    Raises:
        ValueError: Ray is not installed, or the address or a number is invalid.
    """

    address: str | None
    cpus_per_trial: float
    gpus_per_trial: float

    def __post_init__(self) -> None:
        if find_spec("ray") is None:
            raise ValueError("--executor ray needs Ray: pip install -e '.[ray]'")
        if self.address not in (None, "auto") and not re.fullmatch(r"[^/]+:\d{1,5}", self.address or ""):
            raise ValueError(f"--ray-address must be HOST:PORT, or auto, got {self.address!r}")
        shares = (self.cpus_per_trial, self.gpus_per_trial)
        if not all(math.isfinite(share) and share >= 0 for share in shares) or sum(shares) == 0:
            raise ValueError(
                "--cpus-per-trial and --gpus-per-trial must be at least 0, and one of them above 0, "
                f"got {self.cpus_per_trial:g} and {self.gpus_per_trial:g}"
            )

    @property
    def needs(self) -> dict[str, float]:
        """Resources per trial, by Ray's names."""
        needs = {"CPU": self.cpus_per_trial, "GPU": self.gpus_per_trial}
        return {name: number for name, number in needs.items() if number}


def cause_of(error: Exception) -> Exception:
    """Return the original error, without the traceback that Ray puts in front of it."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error


def first_line(error: Exception) -> str:
    """Return the first line of the original error's message."""
    return next((line.strip() for line in str(cause_of(error)).splitlines() if line.strip()), "no message")


@contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Connect to a cluster and yield Ray; on exit, stop the cluster only if it was started here."""
    import ray

    _refuse_silence(cluster.address)
    on_terminate = signal.getsignal(signal.SIGTERM)
    try:
        if cluster.address is None:
            # "local" overrides RAY_ADDRESS: a stray variable must not send a run elsewhere
            start = partial(ray.init, address="local", include_dashboard=False, num_cpus=num_cores())
            start(log_to_driver=False, logging_level=logging.WARNING)
        else:
            ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        words = f"no Ray cluster at {cluster.address}: {first_line(error)}; if it requires a token, set RAY_AUTH_MODE=token"
        raise WorkerStartError(words) from error
    try:
        signal.signal(signal.SIGTERM, on_terminate)  # Ray has replaced the handler
        yield ray
    finally:
        ray.shutdown()


def _refuse_silence(address: str | None) -> None:
    """Raise WorkerStartError if nothing answers at the address: Ray would wait for minutes."""
    if address is None or address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise WorkerStartError(f"no Ray cluster at {address}: {error}") from error


def refuse_what_fits_nowhere(ray: Any, needs: dict[str, float]) -> None:
    """Raise WorkerStartError if a trial fits on no node: Ray would wait forever."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(num_fitting(node, needs) for node in nodes):
        wanted = ", ".join(f"{number:g} {name}" for name, number in needs.items())
        have = "; ".join(", ".join(f"{node.get(name, 0):g} {name}" for name in ("CPU", "GPU")) for node in nodes)
        raise WorkerStartError(
            f"a trial takes {wanted}, and no node of the cluster has that (the nodes have {have}): "
            "lower --cpus-per-trial or --gpus-per-trial"
        )


def num_fitting(node: dict[str, float], needs: dict[str, float]) -> int:
    """Return how many trials fit on a node at once."""
    return int(min(node.get(name, 0) / number for name, number in needs.items()))
