"""What a user's own file imports from `benchmarks`: every name is there, and none of them loads torch."""

import subprocess
import sys

import pytest

import benchmarks
from benchmarks import Arm, arms, network
from resnet_variants import parse


def test_the_names_load_no_torch() -> None:
    program = f"import sys; from benchmarks import {', '.join(benchmarks.__all__)}; assert not {{'torch', 'pandas', 'pydantic'}} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_is_its_own_label_and_a_keyword_is_that_of_its_network() -> None:
    found = arms("resnet20", "resnet20:ordering=bn-after", mine=network("plain20"))
    assert list(found) == ["resnet20", "resnet20:ordering=bn-after", "mine"]
    assert found["mine"] == Arm(architecture=parse("plain20")) and found["resnet20"].architecture == parse("resnet20")


def test_labels_are_of_networks_and_given_once() -> None:
    with pytest.raises(ValueError, match=r"mine='plain20' is a name, not a network: write mine=network\('plain20'\)"):
        arms("resnet20", mine="plain20")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two arms are labelled 'plain20'"):
        arms("plain20", plain20=network("resnet20"))
    with pytest.raises(ValueError, match="resnet20"):
        arms("resnte20")
