"""Questions asked, scored and kept: errors, passes, kills, and the same bytes whatever happened on the way."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from answering import CORPUS, QUESTIONS, SharedWords, many_questions, run_into

from assistant.errors import UsageError
from assistant.evaluation.claim import begin_run, claim_run, end_run, in_use
from assistant.evaluation.manifest import Plan, identity
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.resolve import resolve
from assistant.evaluation.results import read_pass, read_run, result_hashes
from assistant.evaluation.run import outcome_of, run

ANSWERING = Path(__file__).with_name("answering.py")


def what(questions=QUESTIONS, plan=None, **settings):
    return identity(resolve(questions, CORPUS), CORPUS, {"index": "words"} | settings, plan or Plan())


def finish(summed):
    write_outputs(summed, Shown(), (), None)


def test_questions_are_asked_and_scored_without_a_folder():
    scored = run(QUESTIONS, SharedWords())
    by_id = {one.outcome.id: one for one in scored}
    assert list(by_id) == [question.id for question in QUESTIONS]
    found = by_id["combattants"]
    assert [cited.shown for cited in found.outcome.citations] == [
        "Interpol a identifié 14\u2009000 combattants étrangers."
    ]
    assert found.measures["answer_containment"] == 1
    assert found.measures["verbatim_validity"] == 1
    assert by_id["truffes"].outcome.abstained
    assert by_id["truffes"].measures["rejection_rate_u"] == 1


def test_an_outcome_keeps_the_rankings_in_the_order_that_is_fixed():
    outcome = outcome_of("q", SharedWords().trace("Combien de pays ?"))
    keys = [(-one.score, one.article, one.start) for one in outcome.sentences]
    assert keys == sorted(keys)
    assert [one.article for one in outcome.sentences[:2]] == ["raqa", "seisme"]
    assert outcome.shown == ""
    assert outcome.nearest[0].shown == "Quinze pays étaient représentés à Copenhague."


def test_an_error_is_kept_and_the_rest_is_asked(tmp_path):
    summed = run_into(tmp_path, SharedWords(failing=["séisme"]))
    assert summed.errors == ["séisme"]
    failed = next(one for one in summed.scored if one.outcome.id == "séisme")
    assert failed.outcome.error == "RuntimeError: cannot read Combien"
    assert failed.cause == "error"
    assert len(summed.scored) == len(QUESTIONS)


def test_other_answerers_get_what_is_theirs(tmp_path):
    answerer = SharedWords()
    summed = run_into(tmp_path, answerer, plan=Plan(leave_gold_out=True))
    combattants = QUESTIONS[0].question
    of_first = [call[1:] for call in answerer.asked if call[0] == combattants]
    assert of_first == [(frozenset(), None), (frozenset(), {"raqa"}), ({"raqa"}, None)]
    of_unanswerable = [call[1:] for call in answerer.asked if call[0] == QUESTIONS[3].question]
    assert of_unanswerable == [(frozenset(), None)] * 2
    assert set(summed.baselines) == {"always_abstain", "never_abstain", "oracle", "leave_gold_out"}
    assert summed.baselines["oracle"]["article_recall@1"].value == 1
    hidden = summed.baselines["leave_gold_out"]
    assert hidden["rejection_rate_u"].n == 4
    assert hidden["answer_rate_a"].n == 4
    assert "raqa" not in {
        span.article for one in read_pass(tmp_path / "leave_gold_out")[:1] for span in one.outcome.sentences
    }


def test_variants_are_compared_with_the_questions_as_they_stand(tmp_path):
    summed = run_into(tmp_path, plan=Plan(variants=("no_accents", "upper")))
    assert set(summed.variants) == {"no_accents", "upper", "worst"}
    changes = {change.name: change for change in summed.variants["upper"]}
    assert changes["same_citations"].n == 5
    assert changes["same_citations"].baseline == 1
    assert changes["answer_containment"].n == 4
    worst = {change.name: change for change in summed.variants["worst"]}
    for kind in ("no_accents", "upper"):
        for change in summed.variants[kind]:
            if change.n == worst[change.name].n:
                assert worst[change.name].value <= change.value


def test_only_the_search_is_measured_where_nothing_else_is_asked(tmp_path):
    summed = run_into(tmp_path, plan=Plan(retrieval_only=True))
    assert summed.figures["article_recall@3"].value == 1
    assert not {"citation_f1", "answer_containment", "answer_rate_a", "crag"} & set(summed.figures)
    assert set(summed.baselines) == set()
    assert {one.cause for one in summed.scored} == {None}
    finish(summed)
    assert not (tmp_path / "squad_predictions.json").exists()


def test_invalid_and_disputed_questions_are_asked_and_listed_but_not_counted(tmp_path):
    lost = replace(QUESTIONS[0], id="lost", evidence=((replace(QUESTIONS[0].evidence[0][0], article="nowhere"),),))
    doubted = replace(QUESTIONS[1], id="doubted", disputed=True)
    summed = run_into(tmp_path, questions=[*QUESTIONS, lost, doubted])
    assert summed.left_out == {"invalid": ["lost"], "disputed": ["doubted"]}
    assert len(summed.scored) == 7
    assert summed.figures["answer_rate_a"].n == 4


def test_latency_leaves_the_first_question_apart(tmp_path):
    summed = run_into(tmp_path)
    totals = [timing["ms"]["total"] for timing in summed.timings]
    assert [timing["first"] for timing in summed.timings] == [True, False, False, False, False]
    assert summed.cost["first_question_ms"] == totals[0]
    assert summed.cost["latency_ms"]["total"]["max"] == max(totals[1:])
    assert summed.cost["latency_ms"]["total"]["p50"] == pytest.approx(sum(sorted(totals[1:])[1:3]) / 2)
    assert summed.cost["questions_per_second"] == pytest.approx(4000 / sum(totals[1:]))


def test_progress_is_told_question_by_question(tmp_path):
    told = []
    run_into(tmp_path, report=lambda name, done, total, scored: told.append((name, done, total, scored.outcome.id)))
    assert told[:2] == [("", 1, 5, "combattants"), ("", 2, 5, "séisme")]
    assert told[-1] == ("oracle", 5, 5, "turcs")


# --- Interrupted and resumed -------------------------------------------------------------------------


class Stopped(BaseException):
    pass


def stop_at(count):
    def report(name, done, total, scored):
        if name == "" and done == count:
            raise Stopped

    return report


def test_a_run_goes_on_where_it_stopped(tmp_path):
    run_into(tmp_path / "whole")
    with pytest.raises(Stopped):
        run_into(tmp_path / "parts", report=stop_at(2))
    answerer = SharedWords()
    run_into(tmp_path / "parts", answerer)
    assert len(answerer.asked) == 3 + 5  # and those of the oracle
    assert result_hashes(tmp_path / "parts") == result_hashes(tmp_path / "whole")


def test_a_torn_last_line_is_dropped_and_asked_again(tmp_path):
    run_into(tmp_path / "whole")
    with pytest.raises(Stopped):
        run_into(tmp_path / "torn", report=stop_at(3))
    results = tmp_path / "torn" / "results.jsonl"
    results.write_bytes(results.read_bytes()[:-20])
    run_into(tmp_path / "torn")
    assert result_hashes(tmp_path / "torn") == result_hashes(tmp_path / "whole")
    ids = [json.loads(line)["id"] for line in (tmp_path / "torn" / "timings.jsonl").read_bytes().splitlines()]
    assert ids == [question.id for question in QUESTIONS]


def test_results_of_other_questions_are_never_gone_on_with(tmp_path):
    with pytest.raises(Stopped):
        run_into(tmp_path, report=stop_at(2))
    with pytest.raises(UsageError, match="other questions"):
        run_into(tmp_path, questions=QUESTIONS[::-1])


def start_process(folder, seed):
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, str(ANSWERING), str(folder)], env=environment)


def wait_for_more(results, process):
    """Until ``process`` has written to the file ``results``, or is done."""
    before = results.stat().st_size if results.exists() else 0
    end = time.monotonic() + 60
    while process.poll() is None and not (results.exists() and results.stat().st_size > before):
        assert time.monotonic() < end
        time.sleep(0.002)


def test_killed_at_any_moment_the_results_are_those_of_an_undisturbed_run(tmp_path):
    assert start_process(tmp_path / "whole", seed=1).wait(120) == 0
    moments = random.Random(3)
    kills = 0
    for seed in range(2, 6):
        process = start_process(tmp_path / "killed", seed)
        wait_for_more(tmp_path / "killed" / "results.jsonl", process)
        time.sleep(moments.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        kills += process.wait(60) == -signal.SIGKILL
    assert start_process(tmp_path / "killed", seed=6).wait(120) == 0
    assert kills >= 2
    assert result_hashes(tmp_path / "killed") == result_hashes(tmp_path / "whole")


def test_a_second_process_is_refused(tmp_path):
    with in_use(tmp_path), pytest.raises(UsageError, match="another process"), in_use(tmp_path):
        pass
    with in_use(tmp_path):
        pass


# --- Which folder ------------------------------------------------------------------------------------


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(path, identity):
    with in_use(path):
        begin_run(path, identity, None, ["test"])
        end_run(path)


def test_an_unfinished_run_of_the_same_is_taken_up_again(workplace):
    first = claim_run(None, what())
    start(first, what())
    assert claim_run(None, what()) == first
    assert claim_run(None, what(), resume=True) == first
    assert claim_run(None, what(), fresh=True) != first
    assert claim_run(None, what(threshold=0.4)) != first


def test_a_run_that_another_process_holds_is_not_taken_up(workplace):
    first = claim_run(None, what())
    start(first, what())
    with in_use(first):
        assert claim_run(None, what()) != first


def test_a_finished_run_is_left_alone(workplace):
    path = claim_run(Path("main"), what())
    finish(run_into(path))
    assert claim_run(None, what()) != path
    with pytest.raises(UsageError, match=r"finished run.*--fresh"):
        claim_run(path, what())
    assert claim_run(path, what(), fresh=True) == path
    assert not list(path.rglob("*.json*"))


def test_a_run_of_something_else_is_refused_with_what_differs(workplace):
    start(Path("main"), what(threshold=0.4))
    with pytest.raises(UsageError, match=r"main holds .*\(assistant\.threshold: 0\.4 and 0\.5\)"):
        claim_run(Path("main"), what(threshold=0.5))
    with pytest.raises(UsageError, match=r"questions\.count: 5 and 4"):
        claim_run(Path("main"), what(QUESTIONS[:4], threshold=0.4))
    start(Path("runs/20250101T000000Z-aaaaaa"), what(threshold=0.4))
    with pytest.raises(UsageError, match=r"assistant\.threshold: 0\.4 and 0\.5"):
        claim_run(None, what(threshold=0.5), resume=True)


def test_there_must_be_something_to_resume(workplace):
    with pytest.raises(UsageError, match="no run to resume"):
        claim_run(Path("main"), what(), resume=True)
    with pytest.raises(UsageError, match="no unfinished run"):
        claim_run(None, what(), resume=True)


def test_a_folder_of_something_else_is_not_touched(workplace):
    (workplace / "main").mkdir()
    (workplace / "main" / "thesis.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(UsageError, match="no run folder"):
            claim_run(Path("main"), what(), fresh=fresh)
    finish(run_into(workplace / "run"))
    (workplace / "run" / "notes.txt").write_text("mine")
    claim_run(workplace / "run", what(), fresh=True)
    assert [path.name for path in (workplace / "run").iterdir() if path.is_file()] == ["notes.txt"]


def test_the_order_of_questions_and_the_file_they_are_in_do_and_do_not_count():
    moved = [replace(question, origin="elsewhere, line 7") for question in QUESTIONS]
    assert what(moved) == what()
    assert what(QUESTIONS[::-1]) != what()
    assert what(plan=Plan(seed=1)) != what()


def test_many_questions_give_what_one_by_one_gives(tmp_path):
    finish(run_into(tmp_path, questions=many_questions(25)))
    read = read_run(tmp_path)
    assert [one.outcome.abstained for one in read.scored[:5]] == [one.outcome.abstained for one in read.scored[5:10]]
    assert (
        read.manifest["sha256"]["results.jsonl"]
        == hashlib.sha256((tmp_path / "results.jsonl").read_bytes()).hexdigest()
    )
