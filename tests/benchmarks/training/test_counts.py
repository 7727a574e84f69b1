"""What a plan shows of networks is counted without building ours, and kept of others whose source is known."""

import json
from pathlib import Path

import pytest

from benchmarks.training.counts import Counts
from resnet_variants import parse
from resnet_variants.architecture import MNIST, Task
from resnet_variants.by_numbers import Complexity
from resnet_variants.variant import FIXED, FixedFacts, Variant

OURS, TAUGHT = parse("resnet8"), parse("lecture_identity")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Variant]:
    """The networks that were built and looked at; the next one is found to have one parameter more."""
    found: list[Variant] = []

    def complexity(network: Variant, task: Task) -> Complexity:
        found.append(network)
        return Complexity(params=len(found), macs=2, activations=3)

    (tmp_path / "source").mkdir()
    monkeypatch.setattr("benchmarks.training.kept.SOURCES", (tmp_path / "source",))
    monkeypatch.setattr("resnet_variants.complexity.complexity_of", complexity)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return found


def ask(network: Variant, task: Task = MNIST) -> Complexity:
    with Counts() as counts:
        return counts.of(network, task)


def test_networks_of_ours_are_not_built_and_others_once(looked_at: list[Variant]) -> None:
    assert ask(OURS).params > 1000 and looked_at == []
    assert ask(TAUGHT) == ask(TAUGHT) and looked_at == [TAUGHT]
    with Counts() as counts:
        assert counts.of(TAUGHT, Task(image_shape=(1, 8, 8), num_classes=10)).params == 2  # another task
    assert looked_at == [TAUGHT] * 2


def test_changed_source_or_versions_make_counts_stale(
    looked_at: list[Variant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [ask(TAUGHT).params, ask(TAUGHT).params] == [1, 1]
    folder = tmp_path / "source" / "networks"
    folder.mkdir()
    (folder / "taught.py").write_text("width = 4")
    assert [ask(TAUGHT).params, ask(TAUGHT).params] == [2, 2]
    (folder / "taught.py").write_text("width = 8")
    assert [ask(TAUGHT).params, ask(TAUGHT).params] == [3, 3]
    (folder / "taught.py").rename(folder.parent / "taught.py")
    assert [ask(TAUGHT).params, ask(TAUGHT).params] == [4, 4]
    monkeypatch.setattr("benchmarks.training.counts.versions", lambda: {"torchvision": "9.9"})
    assert [ask(TAUGHT).params, ask(TAUGHT).params] == [5, 5]


def test_what_others_put_in_place_of_a_network_is_counted_in_every_command(
    looked_at: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIXED, "theirs", FixedFacts(depth=2, is_residual=False, task=MNIST, make="their_nets:theirs"))
    theirs = parse("theirs")
    with Counts() as counts:
        assert counts.of(theirs, MNIST) == counts.of(theirs, MNIST)
    assert [ask(theirs).params, looked_at] == [2, [theirs] * 2]


@pytest.mark.parametrize("value", [None, 7, [], {}, {"params": 1}])
def test_a_kept_value_that_is_no_count_is_counted_again(value: object, looked_at: list[Variant], tmp_path: Path) -> None:
    ask(TAUGHT)
    path = tmp_path / "cache" / "residual-benchmarks" / "counts.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"values": dict.fromkeys(content["values"], value)}))
    assert ask(TAUGHT).params == 2
