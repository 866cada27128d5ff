"""The commands as people run them: in a process of their own, by their exit codes and what they print."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés ?"


def assistant(*arguments, stdin="", cwd=None, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "assistant", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )


def test_ask_prints_the_sentence_and_its_source(sample_index):
    ran = assistant("ask", QUESTION, "--index", sample_index)
    assert ran.returncode == 0, ran.stderr
    assert "14\u2009000" in ran.stdout
    assert "[1] Raqa" in ran.stdout
    assert "2017-05-09-raqa-coalition-copenhague#s" in ran.stdout


def test_ask_prints_the_answer_object(sample_index):
    answer = json.loads(assistant("ask", QUESTION, "--json", "--index", sample_index).stdout)
    citation = answer["citations"][0]
    article = json.loads(assistant("show", citation["article_id"], "--json", "--index", sample_index).stdout)
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert "14\u2009000" in citation["quote"]
    assert list(answer) == [
        "question", "understood_as", "language", "abstained", "confidence", "answer", "shape", "disagreement",
        "statements", "citations", "nearest", "hits", "timings_ms", "worded",
    ]  # fmt: skip


def test_ask_takes_the_day_it_is_asked_on(sample_index):
    question = "Quelle est la hauteur actuelle du mont Blanc ?"
    for day, article in (("2018-06-01", "2017-09-14-mont-blanc"), ("2024-06-01", "2023-10-05-mont-blanc")):
        ran = assistant("ask", question, "--as-of", day, "--json", "--index", sample_index)
        assert json.loads(ran.stdout)["citations"][0]["article_id"].startswith(article)


def test_a_day_that_is_none_is_refused_with_the_way_out():
    ran = assistant("ask", "Qui ?", "--as-of", "hier")
    assert ran.returncode == 2
    assert "'hier' is no day. Write it as 2017-05-09" in ran.stderr


def test_ask_explains(sample_index):
    told = assistant("ask", QUESTION, "--explain", "--index", sample_index).stdout
    assert "Answered: confidence 0." in told
    assert "runner-up:" in told
    assert "\nscore " in told
    why = json.loads(assistant("ask", QUESTION, "--explain", "--json", "--index", sample_index).stdout)["explain"]
    assert why["outcome"] == "answered"
    assert why["runner_up"]["rank"] > 1
    batch = assistant(
        "ask", "--batch", "-", "--explain", "--index", sample_index, stdin=json.dumps({"question": "Qui ?"})
    )
    assert json.loads(batch.stdout)["explain"]["outcome"] == "unsure"


def test_an_abstention_is_said_and_is_no_failure(sample_index):
    ran = assistant("ask", "Quel est le prix du kilo de truffes à Oslo ?", "--index", sample_index)
    assert ran.returncode == 0
    assert ran.stdout.startswith("Les articles ne répondent pas")


def test_batch_answers_each_line_in_order(sample_index):
    lines = [{"id": n, "question": f"Qui a gagné la Coupe du monde {year} ?"} for n, year in enumerate((2018, 2022))]
    lines.append({"id": "x", "question": QUESTION, "history": ["Que dit Interpol ?"]})
    ran = assistant("ask", "--batch", "-", "--index", sample_index, stdin="\n".join(map(json.dumps, lines)) + "\n\n")
    assert ran.returncode == 0, ran.stderr
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == [0, 1, "x"]


@pytest.mark.parametrize(
    ("line", "told"),
    [("not json", "not JSON"), ('{"id": 7}', "question"), ('{"id": 7, "question": ""}', "empty"), ("[]", "question")],
)
def test_a_bad_line_of_a_batch_is_named_and_the_rest_is_answered(sample_index, line, told):
    ran = assistant("ask", "--batch", "-", "--index", sample_index, stdin=f'{line}\n{{"id": 1, "question": "Qui ?"}}\n')
    bad, good = map(json.loads, ran.stdout.splitlines())
    assert ran.returncode == 2
    assert told in bad["error"]["message"]
    assert good["id"] == 1
    assert ran.stderr.startswith("assistant: line 1: ")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "--help"),
        (["ask"], 2, "QUESTION"),
        (["ask", "Qui ?", "--batch", "x"], 2, "QUESTION"),
        (["ask", "--batch", "no-such-file"], 2, "no-such-file"),
        (["ask", "  "], 2, "empty"),
        (["ask", "Qui ?", "--index", "no-such-index"], 1, "assistant ingest"),
        (["show", "no-such-article"], 1, "no-such-article"),
        (["ingest", "no-such-folder"], 2, "no-such-folder"),
        (["serve", "--port", "many"], 2, "many"),
        (["export-model"], 2, "DIR"),
        (["fly"], 2, "fly"),
    ],
)
def test_an_error_is_one_line_with_the_way_out(sample_index, tmp_path, arguments, code, told):
    needs_index = arguments[:1] in (["ask"], ["show"]) and "--index" not in arguments
    ran = assistant(*arguments, *(["--index", sample_index] if needs_index else []), cwd=tmp_path)
    assert ran.returncode == code
    assert told in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ran.stderr


def test_ingest_counts_and_names_refusals(tmp_path):
    (tmp_path / "bon.txt").write_text("Le préfet a parlé mardi. Il a cité trois communes.", encoding="utf-8")
    (tmp_path / "vide.txt").write_bytes(b"")
    ran = assistant("ingest", tmp_path, "--index", tmp_path / ".index")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "1 added, 0 changed, 0 removed, 0 unchanged, 1 refused"
    assert "vide.txt: " in ran.stdout


def test_ingest_interrupted_loses_nothing(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = (ROOT / "corpus" / "articles" / "2018-07-16-coupe-du-monde-les-bleus-champions.md").read_text("utf-8")
    for n in range(12):
        # With another title each of its sentences is embedded again: there is work left after the first batch.
        (corpus / f"{n}.md").write_text(text.replace("title: ", f"title: {n}. ", 1), encoding="utf-8")
    command = [sys.executable, "-m", "assistant", "ingest", str(corpus), "--index", str(tmp_path / "index")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    progress = tmp_path / "index" / "progress.json"
    end = time.monotonic() + 60
    while not (progress.exists() and json.loads(progress.read_text() or "{}").get("done", 0) > 0):
        assert time.monotonic() < end
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told.strip().splitlines()[-1].startswith("assistant: interrupted")
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.splitlines()[-1] == "0 added, 0 changed, 0 removed, 12 unchanged, 0 refused"


def test_check_tells_the_model_and_the_index(sample_index):
    ran = assistant("check", "--index", sample_index)
    assert ran.returncode == 0, ran.stdout
    assert "multilingual-e5-small" in ran.stdout
    assert "55 articles" in ran.stdout


def test_check_without_an_index_says_what_to_do(tmp_path):
    ran = assistant("check", "--index", tmp_path)
    assert ran.returncode == 1
    assert "BAD" in ran.stdout
    assert "assistant ingest" in ran.stdout


def test_a_file_name_cannot_command_the_terminal(tmp_path):
    (tmp_path / "\x1b[31mrouge.txt").write_bytes(b"")
    ran = assistant("ingest", tmp_path, "--index", tmp_path / ".index")
    assert "\x1b" not in ran.stdout + ran.stderr


def test_help_names_every_command():
    told = assistant("--help").stdout
    for command in ("ingest", "ask", "show", "serve", "check", "export-model", "evaluate"):
        assert command in told
        assert assistant(command, "--help").returncode == 0
