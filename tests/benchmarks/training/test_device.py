"""What is found out about the machine, and what is not loaded for it."""

import sys
from pathlib import Path

import pytest

from benchmarks.training.device import resolve_device


def test_torch_is_asked_for_a_gpu_only_where_there_may_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setitem(sys.modules, "torch", None)  # whoever loads it fails
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("benchmarks.training.device.OTHER_DRIVERS", (tmp_path / "none",))
    monkeypatch.setattr("ctypes.CDLL", missing)
    assert resolve_device("auto") == "cpu"
    monkeypatch.setattr("benchmarks.training.device.OTHER_DRIVERS", (tmp_path,))
    with pytest.raises(ImportError, match="torch"):
        resolve_device("auto")
    monkeypatch.setattr("benchmarks.training.device.OTHER_DRIVERS", ())
    monkeypatch.setattr("ctypes.CDLL", lambda name: None)
    with pytest.raises(ImportError, match="torch"):
        resolve_device("auto")
