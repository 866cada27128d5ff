"""``assistant evaluate`` as people run it: exit codes, files, two runs of the same bytes, an interruption."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from answering import SharedWords, many_questions, run_into

from assistant.cli import main
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.results import read_run, result_hashes

ROOT = Path(__file__).parents[2]
ARTICLE = "2017-05-09-raqa-coalition-copenhague"
FOUR = [
    {
        "id": "danois",
        "question": "Combien de combattants étrangers Interpol a-t-il recensés ?",
        "lang": "fr",
        "answers": ["14 000"],
        "evidence": [{"article": ARTICLE, "quote": "Interpol en a recensé 14 000"}],
        "tags": ["chiffres"],
        "split": "dev",
    },
    {
        "id": "champions",
        "question": "Qui a gagné la Coupe du monde 2018 ?",
        "lang": "fr",
        "evidence": [{"article": "2018-07-16-coupe-du-monde-les-bleus-champions"}],
    },
    {
        "id": "pluto",
        "question": "When did New Horizons fly past Pluto?",
        "lang": "en",
        "evidence": [{"article": "2015-07-15-new-horizons-reaches-pluto"}],
    },
    {"id": "truffes", "question": "Quel est le prix du kilo de truffes à Oslo ?", "lang": "fr", "answerable": False},
]


def lines(records):
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


@pytest.fixture
def workplace(tmp_path, monkeypatch, sample_index):
    """An empty folder with four questions, and the sample index as the default one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_INDEX", str(sample_index))
    (tmp_path / "q.jsonl").write_text(lines(FOUR), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sample_index):
    """A run of the four questions, not to be written to."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "q.jsonl").write_text(lines(FOUR), encoding="utf-8")
    out = ["--out", str(folder / "run"), "--index", str(sample_index), "--quiet"]
    assert main(["evaluate", str(folder / "q.jsonl"), *out]) == 0
    return folder / "run"


def evaluate(*arguments):
    return main(["evaluate", *map(str, arguments)])


def start(folder, *arguments, seed="0"):
    return subprocess.Popen(
        [sys.executable, "-m", "assistant", "evaluate", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


# --- A run -------------------------------------------------------------------------------------------


def test_a_run_has_its_files_and_its_figures(finished):
    run = read_run(finished)
    assert {path.name for path in finished.iterdir()} >= {"report.html", "summary.md", "junit.xml", "run.trec", "bm25"}
    assert run.figures["verbatim_validity"].value == 1
    assert run.figures["article_hit@5"].n == 3
    assert set(run.baselines) == {"always_abstain", "never_abstain", "bm25", "oracle"}
    identity = run.manifest["identity"]
    assert identity["corpus"]["articles"] == 55
    assert "multilingual-e5-small" in identity["assistant"]["embedder"]
    assert run.manifest["file"]["name"] == "q.jsonl"
    assert run.manifest["command"][:2] == ["assistant evaluate", str(finished.parent / "q.jsonl")]
    assert {"embed", "retrieve", "total"} <= set(run.cost["latency_ms"])
    assert run.cost["index_mib"] > 0.1 and run.cost["peak_rss_mib"] > 50


def test_a_run_is_named_by_its_time_and_printed(workplace, capsys):
    assert evaluate("q.jsonl", "--limit", 1, "--report", "report.html", "--lang", "fr") == 0
    (path,) = (workplace / "runs").iterdir()
    printed = capsys.readouterr()
    assert "article_recall@5" in printed.out
    assert f"runs/{path.name}" in printed.out and f"runs/{path.name}" in printed.err
    assert "questions: 1 of 1" in printed.err
    assert (workplace / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_is_what_metrics_json_holds(workplace, capsys):
    assert evaluate("q.jsonl", "--only", "chiffres", "--json", "--quiet", "--out", "run") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("run") == "run"
    assert {k: v for k, v in printed.items() if k != "cost"} == {
        k: v for k, v in json.loads((workplace / "run" / "metrics.json").read_text("utf-8")).items() if k != "cost"
    }
    assert printed["questions"]["asked"] == 1


def test_nothing_is_asked_of_the_network(workplace, monkeypatch):
    def refuse(*arguments):
        raise AssertionError(f"the network was used: {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    assert evaluate("q.jsonl", "--limit", 2, "--quiet") == 0


def test_two_processes_write_the_same_bytes(workplace):
    options = ("q.jsonl", "--leave-gold-out", "--variants", "no_accents,keywords", "--quiet")
    running = [start(workplace, *options, "--out", f"run{seed}", seed=seed) for seed in ("1", "2")]
    for process in running:
        assert process.wait(300) == 0, process.stderr.read()
    one, two = (workplace / f"run{seed}" for seed in ("1", "2"))
    assert len(result_hashes(one)) == 11
    assert result_hashes(one) == result_hashes(two)
    metrics = [json.loads((path / "metrics.json").read_text("utf-8")) for path in (one, two)]
    assert [m.pop("cost") != {} for m in metrics] == [True, True]
    assert metrics[0] == metrics[1]
    assert read_run(one).manifest["key"] == read_run(two).manifest["key"]
    for name in ("run.trec", "squad_predictions.json", "na_prob.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_interrupted_it_goes_on_with_the_same_command(workplace, finished):
    process = start(workplace, "q.jsonl")
    end = time.monotonic() + 120
    while not list(workplace.glob("runs/*/results.jsonl")) and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert told.strip().splitlines()[-1].startswith("assistant: interrupted")
    assert evaluate("q.jsonl", "--resume", "--quiet") == 0
    (path,) = (workplace / "runs").iterdir()
    assert result_hashes(path) == result_hashes(finished)
    assert evaluate("q.jsonl", "--resume", "--quiet") == 2


# --- Verdicts ----------------------------------------------------------------------------------------


def test_gates_decide_the_exit_code(workplace, capsys):
    out = ("q.jsonl", "--limit", 2, "--fresh", "--out", "run")
    assert evaluate(*out, "--fail-under", "verbatim_validity=1", "--fail-under", "article_hit@5=0.9") == 0
    assert "holds  fail-under verbatim_validity=1" in capsys.readouterr().out
    assert evaluate("rescore", "run", "--fail-under", "risk=-1") == 1
    assert "BROKEN fail-under risk=-1" in capsys.readouterr().out
    assert evaluate("rescore", "run", "--fail-under", "rejection_rate_u=0.5") == 2
    assert "bears on rejection_rate_u" in capsys.readouterr().err
    assert "rejection_rate_u" in (workplace / "run" / "summary.md").read_text("utf-8")
    assert evaluate("rescore", "run", "--fail-under", "article_hit@5=0.9", "--gate", "ci") == 1


def test_a_baseline_of_other_questions_is_no_baseline(workplace, finished, capsys):
    assert evaluate("q.jsonl", "--limit", 3, "--baseline", finished) == 3
    assert "--allow-different" in capsys.readouterr().err
    assert not (workplace / "runs").exists()  # said before anything is asked
    options = ("--baseline", finished, "--allow-different", "--max-drop", "article_recall@5=0")
    assert evaluate("q.jsonl", "--limit", 3, *options) == 0
    assert "not distinguishable" in capsys.readouterr().out


def unlinked(count=40):
    """Questions with an answer and no evidence: each is a cluster of its own."""
    return [replace(question, evidence=()) for question in many_questions(count) if question.answerable]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    for name, least in (("before", 2), ("after", 99)):
        write_outputs(run_into(folder / name, SharedWords(least), unlinked()), Shown(), (), None)
    return folder / "before", folder / "after"


def test_a_significant_regression_is_exit_1(pair, capsys, tmp_path):
    before, after = pair
    assert evaluate("compare", before, after, "--report", tmp_path / "diff.html") == 1
    assert "WORSE" in capsys.readouterr().out
    assert (tmp_path / "diff.html").exists()
    assert evaluate("compare", after, before) == 0
    assert "better" in capsys.readouterr().out
    assert evaluate("compare", before, before, "--json") == 0
    assert {change["difference"] for change in json.loads(capsys.readouterr().out)} == {0}
    assert evaluate("rescore", after, "--baseline", before, "--quiet") == 1


def test_failed_questions_are_exit_3(tmp_path, capsys):
    write_outputs(run_into(tmp_path, SharedWords(failing=["séisme"])), Shown(), (), None)
    assert evaluate("rescore", tmp_path, "--quiet") == 3
    assert "1 of 5 questions failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "evaluate template"),
        (["no-such-file.jsonl"], 2, "no-such-file.jsonl"),
        (["q.jsonl", "--fail-under", "citation_f2=0.8"], 2, "Did you mean citation_f1?"),
        (["q.jsonl", "--max-drop", "citation_f1=0.8"], 2, "--baseline"),
        (["q.jsonl", "--baseline", "nowhere"], 2, "nowhere is no run folder"),
        (["q.jsonl", "--only", "nothing"], 2, "no question is left"),
        (["q.jsonl", "--limit", "0"], 2, "'0' is no number from 1"),
        (["q.jsonl", "--k", "1,7"], 2, "1, 3, 5, 10, 20"),
        (["q.jsonl", "--variants", "backwards"], 2, "no_accents"),
        (["q.jsonl", "--slice", "colour"], 2, "language"),
        (["q.jsonl", "--map", "question"], 2, "--map question"),
        (["q.jsonl", "--resume", "--fresh"], 2, "not allowed with"),
        (["q.jsonl", "--resume"], 2, "no unfinished run"),
        (["q.jsonl", "--index", "no-such-index"], 1, "assistant ingest"),
        (["compare", "a"], 2, "B"),
        (["compare", "a", "b"], 2, "a is no run folder"),
        (["rescore", "nowhere/deep"], 2, "no run folder"),
        (["convert", "q.jsonl", "q.xyz"], 2, "--to"),
    ],
)
def test_an_error_is_one_line_with_the_way_out(workplace, capsys, arguments, code, told):
    assert evaluate(*arguments) == code
    said = capsys.readouterr().err.strip()
    assert told in said
    assert said.startswith("assistant: ") and "\n" not in said


def test_evidence_that_is_nowhere_is_listed_or_strictly_refused(workplace, capsys):
    lost = {"id": "lost", "question": "Où ?", "evidence": [{"article": ARTICLE, "quote": "jamais écrit nulle part"}]}
    (workplace / "q.jsonl").write_text(lines([*FOUR[:1], lost]), encoding="utf-8")
    assert evaluate("q.jsonl", "--strict") == 2
    assert "left out: q.jsonl, line 2" in capsys.readouterr().err
    assert evaluate("q.jsonl", "--quiet", "--out", "run") == 0
    assert read_run(workplace / "run").left_out["invalid"] == ["lost"]
    (workplace / "q.jsonl").write_text(lines([lost]), encoding="utf-8")
    assert evaluate("q.jsonl") == 2


# --- Questions and articles from elsewhere -----------------------------------------------------------


def test_from_a_spreadsheet_to_a_report_in_two_commands(workplace, sample_index):
    sheet = "Question;Réponse;Article;Citation;Sans réponse\nCombien de combattants Interpol a-t-il recensés ?;14 000;"
    sheet += f"{ARTICLE};« Interpol en a recensé 14 000 »;\nQuel est le prix des truffes à Oslo ?;;;;oui\n"
    (workplace / "questions.csv").write_bytes(sheet.encode("cp1252"))
    assert evaluate("validate", "questions.csv") == 0
    assert evaluate("questions.csv", "--report", "rapport.html", "--lang", "fr", "--out", "run", "--quiet") == 0
    run = read_run(workplace / "run")
    assert [one.resolved.invalid for one in run.scored] == ["", ""]
    assert run.figures["article_hit@5"].value == 1


def test_a_folder_of_articles_is_read_into_the_index_first(workplace, monkeypatch, capsys):
    monkeypatch.delenv("ASSISTANT_INDEX")
    (workplace / "corpus").mkdir()
    (workplace / "corpus" / "raqa.txt").write_text("Interpol a recensé 14\u2009000 combattants.", encoding="utf-8")
    question = {"question": "Combien de combattants ?", "answers": ["14 000"], "evidence": [{"article": "raqa.txt"}]}
    (workplace / "q.jsonl").write_text(lines([question]), encoding="utf-8")
    assert evaluate("q.jsonl", "--corpus", "corpus", "--index", "own", "--out", "run") == 0
    assert "own: 1 articles read" in capsys.readouterr().err
    assert read_run(workplace / "run").manifest["identity"]["corpus"]["articles"] == 1


def test_the_articles_of_the_questions_get_an_index_of_their_own(workplace, sample_index):
    context = "Le séisme a fait 50\u202f000 morts en Turquie."
    answer = {"text": "50\u202f000", "answer_start": context.index("50")}
    paragraph = {"context": context, "qas": [{"id": "s", "question": "Combien de morts ?", "answers": [answer]}]}
    squad = {"version": "1.1", "data": [{"title": "Séisme", "paragraphs": [paragraph]}]}
    (workplace / "squad.json").write_text(json.dumps(squad), encoding="utf-8")
    assert evaluate("squad.json", "--corpus-from-questions", "--out", "run", "--quiet") == 0
    run = read_run(workplace / "run")
    assert run.manifest["identity"]["corpus"]["articles"] == 1
    assert run.figures["article_hit@1"].value == 1
    (own,) = (workplace / "runs" / "indexes").iterdir()
    assert (own / "from-questions.jsonl").is_file()


def test_without_questions_titles_are_asked(workplace):
    assert evaluate("--known-item", "--retrieval-only", "--limit", 5, "--out", "run", "--quiet") == 0
    run = read_run(workplace / "run")
    assert run.figures["article_hit@5"].n == 5
    assert "answer_containment" not in run.figures
    assert run.manifest["identity"]["assistant"]["reader"] == ""


def test_a_file_named_like_a_sub_command_is_reached_by_its_path(workplace):
    (workplace / "compare").write_text(lines(FOUR[3:]), encoding="utf-8")
    assert evaluate("compare") == 2
    assert evaluate("./compare", "--format", "native", "--quiet") == 0


def test_slices_can_be_chosen(tmp_path):
    write_outputs(run_into(tmp_path), Shown(), (), None)
    assert set(read_run(tmp_path).slices) >= {"language", "type", "tag"}
    assert evaluate("rescore", tmp_path, "--slice", "type", "--slice", "tag", "--quiet") == 0
    assert set(read_run(tmp_path).slices) == {"type", "tag"}


# --- Files of questions ------------------------------------------------------------------------------


def test_the_template_is_a_sheet_that_can_be_read(workplace, capsysbinary):
    for language, separator in (("fr", ";"), ("en", ",")):
        assert evaluate("template", "--lang", language) == 0
        text = capsysbinary.readouterr().out.decode("utf-8-sig")
        assert len(list(csv.reader(text.splitlines(), delimiter=separator))) > 2
        (workplace / "questions.csv").write_text(text, encoding="utf-8")
        assert evaluate("convert", "questions.csv", f"{language}.jsonl") == 0
        assert json.loads((workplace / f"{language}.jsonl").read_text("utf-8").splitlines()[0])["question"]


def test_validate_names_the_row_and_fails(workplace, capsys):
    bad = [*FOUR[:1], {"question": "Où ?", "evidence": [{"article": ARTICLE, "quote": "jamais écrit"}]}]
    (workplace / "bad.jsonl").write_text(lines(bad), encoding="utf-8")
    assert evaluate("validate", "q.jsonl") == 0
    assert evaluate("validate", "q.jsonl", "bad.jsonl") == 2
    assert "bad.jsonl, line 2: error: " in capsys.readouterr().out
    assert evaluate("validate", "bad.jsonl", "--corpus", ROOT / "corpus" / "articles") == 2


def test_files_are_merged_each_question_once(workplace, capsys):
    (workplace / "more.jsonl").write_text(lines([FOUR[0], FOUR[3] | {"id": "huîtres"}]), encoding="utf-8")
    assert evaluate("merge", "q.jsonl", "more.jsonl") == 0
    ids = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["danois", "champions", "pluto", "truffes", "huîtres"]
    assert evaluate("merge", "q.jsonl", "more.jsonl", "--out", "all.csv") == 0
    (workplace / "more.jsonl").write_text(lines([FOUR[1] | {"id": "danois"}]), encoding="utf-8")
    assert evaluate("merge", "q.jsonl", "more.jsonl") == 2


@pytest.mark.parametrize("out", ["no/such/folder/a.jsonl", "no/such/folder/a.csv", "no/such/folder/a.xlsx"])
@pytest.mark.parametrize("before", [["merge", "q.jsonl", "--out"], ["convert", "q.jsonl"]])
def test_a_place_that_cannot_be_written_is_named(workplace, capsys, before, out):
    assert evaluate(*before, out) == 2
    told = capsys.readouterr().err
    assert out in told and len(told.splitlines()) == 1


def test_help_names_the_options_and_the_sub_commands(workplace):
    for command in (["-m", "assistant", "evaluate"], ["-m", "assistant.evaluation"]):
        ran = subprocess.run([sys.executable, *command, "--help"], capture_output=True, text=True, check=True)
        for word in ("--fail-under", "--leave-gold-out", "compare", "rescore", "validate", "convert", "template"):
            assert word in ran.stdout
    ran = subprocess.run(
        [sys.executable, "-m", "assistant", "evaluate", "compare", "--help"], capture_output=True, text=True, check=True
    )
    assert "usage: assistant evaluate compare" in ran.stdout
    assert (
        "evaluate"
        in subprocess.run(
            [sys.executable, "-m", "assistant", "--help"], capture_output=True, text=True, check=True
        ).stdout
    )
