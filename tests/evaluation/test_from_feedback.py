"""Opinions left on the page become questions that validate and can be asked, and no opinion is lost on the way."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.api import create_app
from assistant.cli import main
from assistant.evaluation.questions import read_native
from assistant.evaluation.results import read_run
from assistant.evaluation.sheet import read_sheet
from assistant.feedback import FILE
from assistant.settings import Settings

ARTICLE = "2017-05-09-raqa"
QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés\u00a0?"
QUOTES = (
    "Interpol a identifié 14\u2009000 combattants étrangers.",
    "«\u202fNotre intention est de collaborer avec les Turcs\u202f», a déclaré M. Mattis.",
)


def opinion(question=QUESTION, rating="up", day=1, cited=(), **fields):
    """What is needed of a line as the page stores it."""
    answer = {
        "question": question,
        "understood_as": fields.pop("understood_as", None),
        "abstained": not cited,
        "citations": [{"article_id": ARTICLE, "quote": quote} for quote in cited],
    }
    return {
        "time": f"2026-03-{day:02}T08:00:00Z",
        "question": question,
        "language": "fr",
        "rating": rating,
        "reason": None,
        "comment": "",
        "answer": answer,
        "generation": "g1",
    } | fields


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Writes lines into a file, exports them and reads the questions."""
    monkeypatch.chdir(tmp_path)

    def run(*lines):
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        Path(FILE).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        assert main(["evaluate", "from-feedback", FILE, "-o", "q.jsonl"]) == 0
        return read_native(Path("q.jsonl"))

    return run


def groups(question):
    return [[(place.article, place.quote) for place in group] for group in question.evidence]


# --- One opinion -------------------------------------------------------------------------------------


def test_a_useful_answer_proposes_what_it_cites(export):
    (question,) = export(opinion(cited=QUOTES[:1]))
    assert (question.question, question.language, question.tags) == (QUESTION, "fr", ("feedback",))
    assert groups(question) == [[(ARTICLE, QUOTES[0])]]
    assert question.answerable and not question.disputed
    assert question.note == "2026-03-01 · Utile"


def test_of_several_citations_any_will_do(export):
    (question,) = export(opinion(cited=QUOTES))
    assert groups(question) == [[(ARTICLE, quote) for quote in QUOTES]]


def test_an_abstention_found_useful_says_that_there_is_no_answer(export):
    (question,) = export(opinion())
    assert not question.answerable and not question.evidence and not question.disputed


def test_an_answer_not_found_useful_says_only_what_to_ask(export):
    comment = "Il manque\nla date\u00a0: «\u202fmardi\u202f»."
    (question,) = export(opinion(rating="down", reason="incomplete", comment=comment, cited=QUOTES))
    assert question.answerable and not question.evidence and question.disputed
    assert question.note == (
        "2026-03-01 · Pas utile · Il manque quelque chose d’important · Il manque la date\u00a0: «\u202fmardi\u202f»."
    )


def test_a_follow_up_is_asked_as_it_was_understood(export):
    understood = "Combien de ces combattants étaient danois ?"
    (question,) = export(opinion("Et combien de Danois ?", cited=QUOTES[:1], understood_as=understood))
    assert question.question == understood
    assert question.note == "2026-03-01 · Utile · Et combien de Danois ?"


def test_a_line_of_another_version_is_read(export):
    old = opinion(cited=QUOTES[:1], rating="down", reason="boring") | {"stars": 3}
    del old["generation"], old["comment"], old["answer"]["understood_as"]
    (question,) = export(old)
    assert question.note == "2026-03-01 · Pas utile · boring"


# --- Several opinions on one question ----------------------------------------------------------------


def test_the_latest_opinion_on_a_question_wins_whatever_its_typing(export, capsys):
    retyped = "combien de combattants etrangers Interpol a‑t‑il identifies"
    (question,) = export(
        opinion(retyped, day=3, cited=QUOTES[:1]),
        opinion(day=1, cited=QUOTES[1:], comment="premier avis"),
        opinion(day=2, cited=QUOTES),
    )
    assert question.question == retyped
    assert groups(question) == [[(ARTICLE, QUOTES[0])]]
    assert not question.disputed
    assert question.note.splitlines() == [
        "2026-03-01 · Utile · premier avis",
        "2026-03-02 · Utile",
        "2026-03-03 · Utile",
    ]
    told = capsys.readouterr().err
    assert "1 questions of 3 opinions" in told and "same question: 2;" in told and "disagree on: 0" in told


@pytest.mark.parametrize("last", ["up", "down"])
def test_readers_who_disagree_leave_the_question_to_an_editor(export, capsys, last):
    first = "down" if last == "up" else "up"
    (question,) = export(opinion(rating=last, day=2, cited=QUOTES), opinion(rating=first, day=1, cited=QUOTES))
    assert question.disputed
    assert bool(question.evidence) == (last == "up")
    assert "Utile" in question.note and "Pas utile" in question.note
    assert "disagree on: 1" in capsys.readouterr().err


def test_different_questions_stay_apart_in_the_order_they_were_first_asked(export):
    found = export(
        opinion("Qui ?", day=3), opinion("Quand ?", day=2), opinion("Où ?", day=1), opinion("Quand ?", day=4)
    )
    assert [question.question for question in found] == ["Où ?", "Quand ?", "Qui ?"]


def test_several_files_are_one(tmp_path, capsys):
    for number in (1, 2):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / FILE).write_text(json.dumps(opinion(day=number)) + "\n{}\n", encoding="utf-8")
    files = [str(tmp_path / f"{number}" / FILE) for number in (1, 2)]
    assert main(["evaluate", "from-feedback", *files]) == 0
    printed = capsys.readouterr()
    (record,) = map(json.loads, printed.out.splitlines())
    assert record["note"] == "2026-03-01 · Utile\n2026-03-02 · Utile"
    assert all(f"skipped: {file}, line 2: 'time'" in printed.err for file in files)


# --- What cannot be read, and what must not be lost --------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('{"time": "2026-', "not one whole JSON object"),
        ("[]", "not one whole JSON object"),
        ("[" * 100_000, "not one whole JSON object"),
        (opinion(rating="five"), "'rating'"),
        (opinion(question=" "), "question"),
        (opinion(language="français"), "'lang'"),
        (
            opinion() | {"answer": {"abstained": False, "citations": [{"quote": "\x1b[2J"}]}},
            "'answer.citations.0.article_id'",
        ),
        ('{"question": "\\ud800"}', "not one whole JSON object"),
    ],
)
def test_a_broken_line_is_named_and_skipped(export, capsys, broken, told):
    (question,) = export(opinion(cited=QUOTES), broken, "", opinion(day=2, cited=QUOTES))
    assert question.evidence
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("skipped")]
    assert line.startswith(f"skipped: {FILE}, line 2: ") and told in line and line.isprintable()


def test_a_line_that_is_no_text_is_skipped(tmp_path, capsys):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00\n" + json.dumps(opinion()).encode())
    assert main(["evaluate", "from-feedback", str(tmp_path / FILE)]) == 0
    assert "lines skipped: 1;" in capsys.readouterr().err


def test_a_file_that_is_there_is_not_written_over(export, capsys):
    export(opinion())
    kept = Path("q.jsonl").read_bytes()
    assert main(["evaluate", "from-feedback", FILE, "-o", "q.jsonl"]) == 2
    assert "q.jsonl is there already" in capsys.readouterr().err
    assert Path("q.jsonl").read_bytes() == kept


@pytest.mark.parametrize(
    ("files", "out", "told"),
    [
        (["nowhere.jsonl"], "q.jsonl", "nowhere.jsonl: No such file"),
        (["."], "q.jsonl", ".: Is a directory"),
        (["empty"], "q.jsonl", "empty: no opinion"),
        (["broken"], "q.jsonl", "(1 lines skipped)"),
        (["good"], "no/such/q.jsonl", "no/such/q.jsonl: No such file"),
    ],
)
def test_an_error_is_one_line_with_the_way_out(tmp_path, monkeypatch, capsys, files, out, told):
    monkeypatch.chdir(tmp_path)
    Path("empty").touch()
    Path("broken").write_text("{}", encoding="utf-8")
    Path("good").write_text(json.dumps(opinion()), encoding="utf-8")
    assert main(["evaluate", "from-feedback", *files, "-o", out]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("assistant: ") and told in said
    assert not Path(out).exists()


def test_a_spreadsheet_holds_the_same(export):
    lines = [
        opinion("=1+1 ?", cited=QUOTES, comment='Bien | net; "utile"'),
        opinion("Qui ?", rating="down", reason="missed", day=1),
        opinion("Qui ?", day=2),
    ]
    native = export(*lines)
    assert main(["evaluate", "from-feedback", FILE, "-o", "q.csv"]) == 0
    sheet = read_sheet(Path("q.csv"))
    assert [(q.question, q.evidence, q.answerable, q.disputed, q.note) for q in sheet] == [
        (q.question, q.evidence, q.answerable, q.disputed, q.note) for q in native
    ]


# --- From the page to figures ------------------------------------------------------------------------


def test_from_the_page_to_figures(tmp_path, monkeypatch, sample_engine, sample_index, capsys):
    monkeypatch.chdir(tmp_path)
    app = create_app(sample_engine, Settings(index=tmp_path / "index"))
    page = TestClient(app, base_url="http://127.0.0.1:7860")
    right = "Combien de combattants étrangers Interpol a-t-il recensés ?"
    none = "Quel est le prix du kilo de truffes à Oslo ?"
    wrong = "Quand le viaduc de Millau a-t-il été inauguré ?"
    for question, rating in ((right, "up"), (none, "up"), (wrong, "down")):
        answer = page.post("/api/ask", json={"question": question}).json()
        assert page.post("/api/feedback", json={"answer": answer, "rating": rating}).status_code == 204
    assert main(["evaluate", "from-feedback", str(tmp_path / "index" / FILE), "-o", "q.jsonl"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "validate", "q.jsonl", "--index", str(sample_index)]) == 0
    assert "q.jsonl, line 3: warning: " in (printed := capsys.readouterr().out)
    assert "q.jsonl: 0 errors, 1 warnings" in printed
    assert main(["evaluate", "q.jsonl", "--strict", "--index", str(sample_index), "--out", "run", "--quiet"]) == 0
    run = read_run(Path("run"))
    assert len(run.left_out["disputed"]) == 1
    assert (run.figures["citation_recall"].value, run.figures["citation_recall"].n) == (1, 1)
    assert (run.figures["rejection_rate_u"].value, run.figures["rejection_rate_u"].n) == (1, 1)
