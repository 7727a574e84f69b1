"""The command that lists every claim: printed or written whole, with the verdicts of the reports of a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from analysis import claims
from analysis.report import make_reports
from benchmarks.spec.claims import Claim
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")


def answered(*arguments: object) -> Result:
    return CliRunner().invoke(app_of(claims.main), list(map(str, arguments)))


def row_of(claim: Claim, text: str) -> list[str]:
    """The cells of a claim's row: assertion, source, id, kind, verdicts."""
    (line,) = [line for line in text.splitlines() if f"| `{claim.id}` |" in line]
    return line.strip("| ").split(" | ")


def test_a_folder_without_reports_gives_every_claim_as_not_run(tmp_path: Path) -> None:
    done = answered(tmp_path)
    assert done.exit_code == 0
    suites, surveys = [load_suite(name) for name in suite_names()], [load_survey(name) for name in survey_names()]
    required = sum(len(listed.claims) for listed in (*suites, *surveys))
    optional = sum(len(suite.optional_claims) for suite in suites)
    rows = [line for line in done.stdout.splitlines() if line.endswith("| not run |")]
    assert len(rows) == required + optional > optional == sum(", optional arms |" in row for row in rows) > 0
    assert f"{required + optional} claims in {len(suites) + len(surveys)} suites" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_figures")
def test_a_claim_has_the_verdict_of_each_report_that_holds_it(make_result: Make, write: Write, tmp_path: Path) -> None:
    """Depth helps the plain networks, which is the opposite of what is claimed, and only four arms ran."""
    errors = {"plain20": 9.0, "plain56": 7.0, "resnet20": 5.0, "resnet56": 3.0}
    results = [
        make_result(arm, seed, train=error + 0.01 * seed * error, test=error + 0.01 * seed * error)
        for arm, error in errors.items()
        for seed in range(5)
    ]
    (page,) = make_reports(write(tmp_path, results), "depth")
    (other := page.parent.with_name("other-images")).mkdir()
    (other / "verdicts.json").write_text(page.with_name("verdicts.json").read_text().replace('"toy"', '"exact"'))
    text, label = answered(tmp_path).stdout, page.parent.name
    claim = {claim.id: claim for claim in (*DEPTH.claims, *DEPTH.optional_claims)}
    degrades = row_of(claim["plain-degrades"], text)
    assert degrades[:4] == [claim["plain-degrades"].statement, claim["plain-degrades"].source, "`plain-degrades`", "evidence"]
    assert sorted(degrades[4].split("; ")) == sorted([f"{label}: does not hold here (toy)", "other-images: contradicted (exact)"])
    assert f"{label}: supported (toy)" in row_of(claim["residual-trains-no-worse-at-56"], text)[4]
    assert f"{label}: untested (toy)" in row_of(claim["shallow-shortcuts-do-little"], text)[4]
    assert row_of(claim["plain-110-fails"], text)[3:] == ["evidence, optional arms", "not run"]


def test_the_list_is_written_whole_in_place_of_the_old_one(tmp_path: Path) -> None:
    (out := tmp_path / "out").mkdir()
    (file := tmp_path / "claims.md").write_text("as it was")
    done = answered(out, "--write", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert file.read_text() == answered(out).stdout == claims.in_markdown(out)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "claims.md"}


def test_what_cannot_be_read_or_written_is_refused_by_name_and_nothing_is_written(tmp_path: Path) -> None:
    (file := tmp_path / "claims.md").write_text("as it was")
    missing, nowhere = tmp_path / "no-such", tmp_path / "no-such" / "claims.md"
    (torn := tmp_path / "out" / "depth" / "digits-splits-quick" / "verdicts.json").parent.mkdir(parents=True)
    for held, arguments, words in (
        ("[]", (missing, "--write", file), f"{missing} is not a folder: name the folder of a run"),
        ("[]", (tmp_path / "out", "--write", nowhere), f"--write {nowhere} cannot be written"),
        ("[{", (tmp_path / "out", "--write", file), f"{torn} does not hold the verdicts of a report"),
        ('[{"claim": "plain-degrades"}]', (tmp_path / "out", "--write", file), f"{torn} does not hold the verdicts"),
    ):
        torn.write_text(held)
        done = answered(*arguments)
        assert done.exit_code == 2 and done.stdout == "" and words in done.stderr, words
    assert file.read_text() == "as it was" and {path.name for path in tmp_path.iterdir()} == {"claims.md", "out"}
