"""What others read: the summary, JUnit, the TREC run, the SQuAD predictions."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from answering import QUESTIONS, SharedWords, run_into

from assistant.evaluation.compare import compare
from assistant.evaluation.gates import check_gates, read_gate
from assistant.evaluation.junit import junit
from assistant.evaluation.manifest import Plan
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.summary import escaped, summary
from assistant.evaluation.trec_run import trec_run
from assistant.evaluation.types import Outcome, RankedSpan


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_into(tmp_path_factory.mktemp("outputs") / "run")


def gated(run, *given):
    return replace(run, gates=check_gates([read_gate(one) for one in given], run, None, ()))


def test_every_file_is_written(run, tmp_path):
    write_outputs(run, Shown("fr", report=tmp_path / "rapport.html"), (), None)
    names = {path.name for path in run.path.iterdir() if path.is_file()}
    assert names == {
        "manifest.json", "questions.jsonl", "results.jsonl", "timings.jsonl", "articles.jsonl", "metrics.json",
        "summary.md", "junit.xml", "run.trec", "squad_predictions.json", "na_prob.json", "report.html",
    }  # fmt: skip
    assert (tmp_path / "rapport.html").read_bytes() == (run.path / "report.html").read_bytes()


def test_squad_predictions_are_what_was_shown(run):
    write_outputs(run, Shown(), (), None)
    predictions = json.loads((run.path / "squad_predictions.json").read_text(encoding="utf-8"))
    assert predictions["combattants"] == "Interpol a identifié 14\u2009000 combattants étrangers."
    assert predictions["truffes"] == ""
    chances = json.loads((run.path / "na_prob.json").read_text(encoding="utf-8"))
    assert chances["combattants"] == pytest.approx(1 - run.scored[0].outcome.confidence)


def test_the_summary_speaks_french(run):
    told = summary(gated(run, "answer_containment=0.1", "risk=-1"), "fr")
    assert told.startswith("## Évaluation\u00a0: une condition sur 2 n’est pas tenue\n")
    assert "5 questions, dont 4 avec une réponse dans le corpus, qui compte 3 articles." in told
    assert "Mots seuls" not in told  # nobody ran it
    assert "Recherche parfaite" in told
    assert "- ✅ `fail-under answer_containment=0.1` tenue" in told
    assert "- ❌ `fail-under risk=-1` non tenue" in told
    assert "° moins de 20 questions" in told


def test_the_summary_has_slices_in_the_order_of_the_report_and_variants_in_their_own(tmp_path):
    told = summary(run_into(tmp_path, plan=Plan(variants=("no_accents", "typos", "keywords"))), "fr")
    rows = [line.split(" | ")[0].strip("| ") for line in told.splitlines() if line.startswith("| ")]
    kinds = [
        name for name in rows if name in ("Sans accents", "Fautes de frappe", "Mots-clés seuls", "La pire de toutes")
    ]
    assert kinds == ["Sans accents", "Fautes de frappe", "Mots-clés seuls", "La pire de toutes"]
    places = [line for line in told.splitlines() if line.startswith("| Place dans l’article")]
    assert [place.split(" | ")[1] for place in places] == ["premier tiers", "dernier tiers"]


def test_one_is_one(tmp_path):
    one = run_into(tmp_path, questions=QUESTIONS[:1])
    assert "\n1 question, 1 with an answer in the 3 articles searched.\n" in summary(one, "en")
    gates = gated(one, "risk=-1")
    assert summary(gates, "en").startswith("## Evaluation: one condition of 1 does not hold\n")


def test_the_summary_shows_the_cut_offs_asked_for(run):
    told = summary(run, "en", depths=(1, 10))
    assert "`article_recall@1`" in told and "`sentence_recall@10`" in told
    assert "`article_recall@5`" not in told.split("<details>", maxsplit=1)[0]


def test_the_summary_says_what_can_not_be_told(run, tmp_path):
    told = summary(run, "en", compare(run, run), run)
    assert told.count("not distinguishable") >= 5
    assert "worse" not in told.splitlines()[0]
    silent = run_into(tmp_path, SharedWords(least=99))
    told = summary(silent, "fr", compare(silent, run), run)
    assert "indiscernable" in told
    assert "ne veut pas dire" in told


def test_tables_of_the_summary_have_as_many_cells_as_heads(run):
    for language in ("en", "fr"):
        rows = [line for line in summary(run, language, compare(run, run), run).splitlines() if line.startswith("|")]
        heads = [n for n, row in enumerate(rows) if set(row) <= {"|", "-"}]
        for start, end in zip(heads, [*[n - 1 for n in heads[1:]], len(rows)], strict=True):
            assert {row.count("|") for row in rows[start - 1 : end]} == {rows[start].count("|")}


def test_strangers_text_can_not_command_the_comment(tmp_path):
    tag = "<img src=x> | @everyone [x](javascript:1) `code` https://evil.example\n# head"
    hostile = [replace(QUESTIONS[0], tags=(tag,)), replace(QUESTIONS[1], id=tag, disputed=True), QUESTIONS[3]]
    told = summary(run_into(tmp_path, questions=hostile), "en")
    for sign in ("<img", "@everyone", "](javascript", "`code`", "https://evil"):
        assert sign not in told
    assert escaped("L’été à 14\u2009000 « euros »") == "L’été à 14\u2009000 « euros »"


def test_gates_are_tests_of_a_build(run):
    suite = ET.fromstring(junit(gated(run, "answer_containment=0.1", "risk=-1")))
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "1"
    failed = [case.attrib["name"] for case in suite if case.find("failure") is not None]
    assert failed == ["fail-under risk=-1"]


def test_failed_questions_fail_the_build(tmp_path):
    suite = ET.fromstring(junit(run_into(tmp_path, SharedWords(failing=["séisme"]))))
    assert "séisme" in suite.find("testcase/failure").attrib["message"]


def test_the_trec_run_ranks_articles_once(run):
    passages = (RankedSpan("b", 0, 5, 2.0), RankedSpan("b", 5, 9, 1.0), RankedSpan("dépêche 7\u2028%", 0, 5, 1.0))
    told = trec_run([replace(run.scored[0], outcome=Outcome("q 1", passages=passages))])
    assert told.splitlines() == [
        "q%201 Q0 b 1 2.000000 sourcier",
        "q%201 Q0 d%C3%A9p%C3%AAche%207%E2%80%A8%25 2 1.000000 sourcier",
    ]
