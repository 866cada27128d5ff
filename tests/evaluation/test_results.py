"""The run folder read back as it was written, whatever is in the questions."""

import json
from dataclasses import replace

import pytest
from answering import QUESTIONS, run_into

from assistant.errors import UsageError
from assistant.evaluation.manifest import Plan
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.records import canonical, resolved_from, resolved_record, scored_from, scored_record
from assistant.evaluation.rescore import rescore
from assistant.evaluation.results import METRICS, read_lines, read_run, result_hashes, write_json, write_lines
from assistant.evaluation.summary import summary
from assistant.evaluation.types import (
    CitedSpan,
    Evidence,
    Figure,
    GoldSpan,
    Outcome,
    Part,
    RankedSpan,
    ReferenceQuestion,
    ResolvedQuestion,
    Scored,
    Told,
)

HOSTILE = "«\u202fTu\u2028\u2029 \ud800 </script>\r\n\x0b“é”\u00a0»"


@pytest.fixture
def finished(tmp_path):
    plan = Plan(leave_gold_out=True, variants=("no_accents",))
    write_outputs(run_into(tmp_path / "run", plan=plan), Shown(), (), None)
    return tmp_path / "run"


def scored():
    question = ReferenceQuestion(
        "Combien\u00a0?",
        "q\u20281",
        origin="a, line 1",
        language="fr",
        answers=("14\u2009000",),
        evidence=((Evidence("a", "quote", 1, 2, 3), Evidence("b")),),
        filters={"year": "2017"},
        tags=("x",),
    )
    resolved = ResolvedQuestion(
        question, ((GoldSpan("a", 1, 2, grade=3), GoldSpan("b", 0, 9, whole=True)),), ("w",), ""
    )
    outcome = Outcome(
        "q\u20281", False, 0.123457, 0.5, (RankedSpan("a", 0, 5, 1.5),), (), (CitedSpan("a", 0, 5, HOSTILE),),
        shown=HOSTILE, highlight="x", shape="number", told=(Told("14\u2009000", HOSTILE, 2, 1), Told()),
        disagreement="date", error=None,
    )  # fmt: skip
    return Scored(resolved, outcome, {"em": None, "f1": 0.333333}, "error")


def test_what_is_written_is_read_back():
    one = scored()
    resolved = resolved_from(json.loads(canonical(resolved_record(one.resolved))))
    assert scored_from(json.loads(canonical(scored_record(one))), resolved) == one


def test_a_run_of_an_earlier_version_tells_nothing_of_news():
    record = json.loads(canonical(scored_record(scored())))
    for name in ("shape", "told", "disagreement"):
        del record[name]
    outcome = scored_from(record, scored().resolved).outcome
    assert (outcome.shape, outcome.told, outcome.disagreement) == (None, (), None)


def test_the_parts_scored_besides_stay_with_the_run(finished):
    part = Part(
        "speakers", 42, Figure("precision", 0.9, 40, 0.8, 1.0), Figure("recall", 0.5, 42), Figure("f1", 0.6, 42)
    )
    write_outputs(replace(read_run(finished), parts=[part]), Shown(), (), None)
    assert read_run(finished).parts == [part]
    assert rescore(finished).parts == [part]


def test_a_line_is_one_line_of_utf8():
    line = canonical(scored_record(scored()))
    assert b"\n" not in line and b"\r" not in line
    line.decode("utf-8")


def test_equal_records_are_equal_bytes():
    assert canonical({"b": 1 / 3, "a": [-0.0, 1e-9]}) == b'{"a":[0.0,0.0],"b":0.333333}'
    assert canonical({"b": 0.1 + 0.2, "a": 0}) == canonical({"a": 0, "b": 0.3})
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})


def test_a_run_is_read_back(finished):
    read = read_run(finished)
    assert [one.outcome.id for one in read.scored] == [question.id for question in QUESTIONS]
    assert read.scored[0].resolved.question.tags == ("chiffres",)
    assert read.figures["answer_containment"].n == 4
    assert set(read.slices["type"]) == {"combien", "qui"}
    assert read.slices["tag"]["chiffres"]["answer_containment"].n == 2
    assert {change.name for change in read.variants["no_accents"]} >= {"citation_f1", "same_citations"}
    assert set(read.articles) == {"raqa", "seisme", "pluto"}
    assert read.articles["raqa"].text.startswith("Quinze pays")
    assert read.articles["raqa"].origin == ""
    assert read.manifest["identity"]["questions"]["count"] == 5
    assert read.cost["peak_rss_mib"] == 1.0


def test_metrics_say_what_they_are_about(finished):
    metrics = json.loads((finished / METRICS).read_text(encoding="utf-8"))
    assert metrics["questions"] == {
        "asked": 5, "counted": 5, "answerable": 4, "invalid": [], "disputed": [], "errors": []
    }  # fmt: skip
    assert set(metrics["figures"]["citation_f1"]) == {"value", "n", "low", "high"}
    assert metrics["slices"]["language"]["en"]["citation_f1"]["few"] is True
    assert sum(metrics["causes"].values()) <= 5


def test_rescoring_changes_nothing_where_the_formulas_are_the_same(finished):
    hashes = result_hashes(finished)
    before = (finished / METRICS).read_bytes()
    write_outputs(rescore(finished), Shown(), (), None)
    assert result_hashes(finished) == hashes
    assert (finished / METRICS).read_bytes() == before
    assert "rescored" in read_run(finished).manifest


def test_rescoring_mends_measures(finished):
    results = finished / "results.jsonl"
    records = list(read_lines(results))
    results.write_bytes(
        b"".join(canonical(r | {"measures": r["measures"] | {"citation_f1": 0.0}}) + b"\n" for r in records)
    )
    assert rescore(finished).figures["citation_f1"].value > 0


def test_rescoring_keeps_only_what_an_article_is_missing_for_and_says_so(finished):
    before = {record["id"]: record["measures"] for record in read_lines(finished / "results.jsonl")}
    assert before["truffes"]["citation_f1"] is None
    stale = [
        record | {"measures": record["measures"] | {"citation_f1": 1.0, "passage_budget_recall@1k": 0.25}}
        for record in read_lines(finished / "results.jsonl")
    ]
    write_lines(finished / "results.jsonl", stale)
    assert rescore(finished).manifest["kept"] == []  # every article is at hand
    assert {r["id"]: r["measures"] for r in read_lines(finished / "results.jsonl")} == before

    write_lines(finished / "results.jsonl", stale)
    at_hand = [article for article in read_lines(finished / "articles.jsonl") if article["id"] != "pluto"]
    write_lines(finished / "articles.jsonl", at_hand)
    run = rescore(finished)
    assert run.manifest["kept"] == [f"passage_budget_recall@{budget}" for budget in ("1k", "2k", "4k")]
    measures = {one.outcome.id: one.measures for one in run.scored}
    assert measures["truffes"]["citation_f1"] is None
    assert measures["séisme"]["passage_budget_recall@1k"] == 0.25
    assert measures["séisme"]["sentence_recall@5"] == before["séisme"]["sentence_recall@5"]
    assert "sauf le rappel des passages en tant de mots" in summary(run, "fr")


def test_an_unfinished_or_damaged_run_is_said(tmp_path, finished):
    run_into(tmp_path / "unfinished")
    with pytest.raises(UsageError, match="unfinished"):
        read_run(tmp_path / "unfinished")
    with pytest.raises(UsageError, match=r"no run folder: it has no manifest\.json"):
        read_run(tmp_path)
    manifest = json.loads((finished / "manifest.json").read_text(encoding="utf-8"))
    write_json(finished / "manifest.json", manifest | {"format": 99})
    with pytest.raises(UsageError, match="format 99"):
        read_run(finished)
    write_json(finished / "manifest.json", manifest)
    (finished / METRICS).write_text("{")
    with pytest.raises(UsageError, match=r"metrics\.json"):
        read_run(finished)


def test_a_damaged_line_in_the_middle_is_no_torn_one(tmp_path):
    run_into(tmp_path)
    results = tmp_path / "results.jsonl"
    results.write_bytes(results.read_bytes().replace(b'{"abstained"', b'{"abstai', 1))
    with pytest.raises(UsageError, match="damaged"):
        run_into(tmp_path)


def test_a_question_with_half_a_character_is_kept(tmp_path):
    odd = replace(QUESTIONS[0], question=f"{QUESTIONS[0].question} \ud800", id="odd\u2028", tags=(HOSTILE,))
    write_outputs(run_into(tmp_path, questions=[odd]), Shown(), (), None)
    assert read_run(tmp_path).scored[0].resolved.question.question.startswith(QUESTIONS[0].question)
