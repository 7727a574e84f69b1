"""Results for a paper: LaTeX that is well formed whatever the texts hold, with the numbers of the records, and BibTeX of known facts."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import paper as command
from analysis.inference.effect_words import effect_in_words
from analysis.pages.latex import bibtex, escaped
from analysis.pages.paper_text import papers_of, text_of
from analysis.pages.study_page import Summary
from analysis.tables.compute import compute_of
from analysis.tables.grouping import studies_of
from analysis.tables.references import Reference, _known, references_in
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.store.out import Out
from benchmarks.store.timings import GpuSample, NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of

ESCAPED = re.compile(r"\\[\\{}$&#%_]|\\[a-zA-Z]+")
Write = Callable[[Path, list[TrialResult]], Path]


def refuse_ill_formed(text: str) -> None:
    """Read LaTeX as LaTeX would: comments off, then braces, dollars and environments in pairs, and as many cells in each row."""
    body = re.sub(r"(?<!\\)%.*", "", text)
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    for rows in re.findall(r"\\toprule(.*?)\\bottomrule", body, re.DOTALL):
        cells = {len(re.findall(r"(?<!\\)&", row)) for row in re.split(r"\\\\\s*", rows) if row.strip(" \n")}
        assert cells - {0} == {5}, cells
    bare = ESCAPED.sub("", re.sub(r"\\(cite|label)\{[^}]*\}", "", body))
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0
    assert not set("#_~") & set(bare.replace("~", "", bare.count("~"))), bare
    assert "^" not in bare.replace("$^*$", "")


@pytest.fixture
def summary(results: list[TrialResult]) -> Summary:
    (study,) = studies_of("depth", load_suite("depth"), results)
    return Summary(study=study)


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    bare = ESCAPED.sub("", escaped(text)).replace("$-$", "").replace("$$", "")
    assert "\n" not in bare and not set(bare) & set("\\%#&_^")
    assert bare.count("{") == bare.count("}") and bare.count("$") == 0


def test_signs_keep_their_meaning() -> None:
    assert escaped("50% of a_b & c # {d} ~ ^ \\") == (
        r"50\% of a\_b \& c \# \{d\} \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )
    assert escaped("\N{MINUS SIGN}1 \N{MULTIPLICATION SIGN}2 \N{PLUS-MINUS SIGN}3 é") == r"$-$1 $\times$2 $\pm$3 é"


def test_a_table_has_each_claim_with_its_effect_interval_n_and_trained_runs(summary: Summary) -> None:
    text = text_of(summary)
    refuse_ill_formed(text)
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith("Claim")]
    assert len(rows) == len(summary.verdicts)
    for row, verdict in zip(rows, summary.verdicts, strict=True):
        statement, outcome, effect, interval, n, trained = re.split(r" (?<!\\)& ", row.removesuffix(r" \\"))
        assert statement.startswith(escaped(verdict.claim.statement)) and verdict.outcome in outcome
        assert effect == escaped(effect_in_words(verdict))
        assert (interval == "--") == (
            not verdict.is_tested or verdict.effect is None or verdict.effect.low == verdict.effect.high
        )
        assert n == ("5" if verdict.is_tested else "--") and trained
        assert all(rf"\cite{{{paper.key}" in statement for paper in references_in(verdict.claim.source)[:1])


def test_the_sentence_to_quote_has_the_main_claim_its_numbers_and_the_totals(summary: Summary) -> None:
    quote, totals = (line for line in text_of(summary).splitlines() if line.startswith(("On tiny", "Of the")))
    main = next(verdict for verdict in summary.verdicts if verdict.claim.id == summary.main_claim)
    claim = escaped(main.claim.statement.rstrip("."))
    assert claim[1:] in quote and escaped(effect_in_words(main)) in quote and "n = 5" in quote and "% interval" in quote
    assert totals.startswith(f"Of the suite's {len(summary.verdicts)} claims: ")


def test_hours_are_the_sum_of_all_epochs_and_energy_is_told_only_where_power_was(summary: Summary) -> None:
    study = summary.study
    (found,) = compute_of(study)
    seconds = sum(epoch.train_seconds + epoch.eval_seconds for result in study.results for epoch in result.history)
    threads = study.results[0].environment.num_threads
    assert found.hours == pytest.approx(seconds * threads / 3600) and found.num_trials == len(study.results)
    assert found.kilowatt_hours is None and "reported no power, so that the energy is unknown" in text_of(summary)
    on_gpu = replace(study.results[0].environment, gpu="NVIDIA H100", device="cuda")
    timed = NetworkTiming.__new__(NetworkTiming)
    session = TimingResult.__new__(TimingResult)
    object.__setattr__(
        timed, "gpu_samples", tuple(GpuSample(clock_mhz=1, power_watts=watts, celsius=50) for watts in (400.0, 500.0, 900.0))
    )
    object.__setattr__(session, "networks", (timed,))
    object.__setattr__(session, "environment", on_gpu)
    results = tuple(replace(result, environment=on_gpu, num_lanes=2) for result in study.results)
    (gpu,) = compute_of(replace(study, results=results, timings=(session,)))
    assert gpu.hours == pytest.approx(seconds / 2 / 3600) and gpu.power_watts == 500.0
    assert gpu.kilowatt_hours == pytest.approx(gpu.hours * 0.5)


def test_every_paper_is_named_by_its_number_and_only_known_facts_are_told() -> None:
    sources = [claim.source for name in suite_names() for claim in load_suite(name).claims]
    papers = {paper for source in sources for paper in references_in(source)}
    assert len(papers) > 20 and all(paper.year >= 2015 for paper in papers)
    he, unknown = (next(iter(references_in(text))) for text in ("He et al. 2015 (1512.03385)", "unheard of (2601.00417)"))
    text = bibtex([he, unknown, Reference(arxiv="2601.00417", authors="A_b & C", title="50% {x}")])
    assert "title = {{Deep Residual Learning for Image Recognition}}" in text and he.key == "he2015-1512.03385"
    assert "@misc{arxiv2026-2601.00417,\n  title = {arXiv:2601.00417},\n  year = {2026},\n  eprint = {2601.00417}," in text
    assert r"title = {{50\% \{x\}}}" in text and text.count("author") == 2
    assert references_in("18.27 and 3.14159; 2020.1234") == [] and len(references_in("1512.03385, again 1512.03385")) == 1
    assert all(unicodedata.is_normalized("NFC", paper.authors) and paper.title for paper in _known().values())


@pytest.mark.usefixtures("no_figures")
def test_the_command_writes_both_files_or_prints_them_and_refuses_other_names(
    results: list[TrialResult], write: Write, tmp_path: Path
) -> None:
    out = str(write(tmp_path / "out", results))
    run, app = CliRunner(), app_of(command.main)
    done = run.invoke(app, [out, "--suite", "depth", "-o", str(tmp_path / "depth.tex")])
    assert done.exit_code == 0 and done.stdout.split() == [str(tmp_path / "depth.tex"), str(tmp_path / "depth.bib")]
    refuse_ill_formed((tmp_path / "depth.tex").read_text())
    printed = run.invoke(app, [out, "--suite", "depth"]).stdout
    assert printed == f"{(tmp_path / 'depth.tex').read_text()}\n% BibTeX\n{(tmp_path / 'depth.bib').read_text()}"
    for arguments, words in (
        (["--suite", "depth", "-o", str(tmp_path / "x.txt")], "must end in .tex"),
        (["--suite", "lectures"], "holds no results of suite lectures"),
        (["--suite", "dept"], "did you mean depth"),
        (["--suite", "depth", "-o", str(tmp_path / "no" / "x.tex")], "No such file or directory: name another file with -o"),
    ):
        refused = run.invoke(app, [out, *arguments])
        assert refused.exit_code == 2 and words in refused.stderr, refused.stderr
    assert run.invoke(app, [str(tmp_path / "nowhere"), "--suite", "depth"]).exit_code == 2


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX on this machine")
def test_latex_takes_it(summary: Summary, tmp_path: Path) -> None:
    (tmp_path / "x.bib").write_text(bibtex(papers_of([summary])))
    body = f"\\documentclass{{article}}\\usepackage[T1]{{fontenc}}\\usepackage{{booktabs}}\\begin{{document}}\n{text_of(summary)}\n\\end{{document}}"
    (tmp_path / "x.tex").write_text(body)
    subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "x.tex"], cwd=tmp_path, check=True, timeout=60)


def test_the_records_of_the_folder_are_read_alone(results: list[TrialResult], write: Write, tmp_path: Path) -> None:
    folder = write(tmp_path / "out", results)
    text, _ = command.paper(folder, "depth")
    (study,) = studies_of("depth", load_suite("depth"), Out(folder).read().results)
    assert text_of(Summary(study=study)) in text
