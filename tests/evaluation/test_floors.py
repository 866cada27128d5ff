"""The project's own gate: the shipped questions hold their floors, and no floor is lowered without a word."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.evaluation.claim import begin_run, end_run
from assistant.evaluation.formats import read_questions
from assistant.evaluation.gates import check_gates
from assistant.evaluation.manifest import Plan, identity
from assistant.evaluation.metrics import sum_up
from assistant.evaluation.resolve import resolve
from assistant.evaluation.run import ask_all, corpus_behind, passes
from assistant.evaluation.types import Figure, Part
from benchmarks import floors as module
from benchmarks.floors import (
    FILE,
    NEWS,
    SETS,
    SHIPPED,
    Floors,
    FloorsFile,
    GatedSet,
    Lowered,
    earlier_floors,
    fingerprint,
    part_figures,
    part_results,
    propose,
    read_floors,
    section,
    silently_lowered,
    unlike,
)
from benchmarks.news import PARTS, measured

SECTION = '[news]\nquestions = "q"\ncorpus = "c"\n\n[news.floors]\n"citation_f1" = 0.5\n"risk" = 0.3\n'
REASON = (
    '[[lowered]]\nset = "news"\nfigure = "citation_f1"\nfrom = 0.5\nto = 0.4\ndate = 2026-03-01\nreason = "Fewer."\n'
)


# --- The floors of this repository -------------------------------------------------------------------


def test_the_shipped_questions_hold_their_floors(sample_engine, tmp_path):
    """As ``make evaluate``, without the baselines beside it."""
    floors = read_floors(FILE.read_text(encoding="utf-8")).sets["shipped"]
    corpus = corpus_behind(sample_engine)
    questions = resolve(read_questions(SHIPPED.questions), corpus)
    plan = Plan()
    begin_run(tmp_path, identity(questions, corpus, {}, plan), None, [])
    ask_all(tmp_path, {"": passes(questions, sample_engine, plan)[""]}, corpus, plan, lambda *told: None)
    end_run(tmp_path)
    results = check_gates(floors.gates, sum_up(tmp_path, {}), None, ())
    assert len(results) >= 8
    assert [result.message for result in results if not result.passed] == []


def test_the_parts_that_read_news_hold_their_floors(sample_engine):
    floors = read_floors(FILE.read_text(encoding="utf-8")).sets["news"]
    results = part_results(part_figures([measured(part, True, sample_engine) for part in PARTS]), floors)
    assert [result.message for result in results if not result.passed] == []


def test_they_are_those_that_the_floors_were_set_on():
    sets = read_floors(FILE.read_text(encoding="utf-8")).sets
    assert unlike(SHIPPED, sets["shipped"]) == unlike(NEWS, sets["news"]) == []


def test_a_part_under_its_floor_and_one_that_is_gone_are_told():
    part = Part("speakers", 42, *(Figure(name, 0.9, 42, 0.8, 1.0) for name in ("precision", "recall", "f1")))
    floors = Floors("q", "c", {"speakers_precision": 0.9, "speakers_f1": 0.95, "seers_f1": 0.1})
    results = part_results(part_figures([part]), floors)
    assert [result.passed for result in results] == [True, False, False]
    assert results[1].message == "speakers_f1 is 0.9 (0.8 to 1); at least 0.95 is asked"
    assert part_results(part_figures([part]), None) == []
    assert propose(NEWS, None, part_figures([part]), ("speakers_f1",)).values == {"speakers_f1": 0.8}


def test_every_set_has_floors_of_figures_that_there_are():
    sets = read_floors(FILE.read_text(encoding="utf-8")).sets
    assert set(sets) == {one.name for one in (*SETS, NEWS)}
    assert all({gate.name for gate in sets[one.name].gates} >= {"verbatim_validity", "crag"} for one in SETS)
    assert set(sets[NEWS.name].values) == {f"{part}_{figure}" for part in PARTS for figure in ("precision", "f1")}


def test_none_was_lowered_without_a_reason():
    try:
        earlier = earlier_floors(FILE)
    except UsageError as error:
        pytest.skip(str(error))
    assert silently_lowered([*earlier, read_floors(FILE.read_text(encoding="utf-8"))]) == []


# --- Lowering ----------------------------------------------------------------------------------------


def version(f1=0.5, risk=0.3, lowered=()):
    values = {name: value for name, value in (("citation_f1", f1), ("risk", risk)) if value is not None}
    return FloorsFile({"news": Floors("q", "c", values)}, lowered)


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([version()], []),
        ([version(), version()], []),
        ([version(), version(f1=0.6, risk=0.2)], []),
        ([version(), version(f1=0.4)], ["news: citation_f1 went from 0.5 to 0.4 "]),
        ([version(), version(risk=0.4)], ["news: risk went from 0.3 to 0.4 "]),
        ([version(), version(f1=None)], ["news: citation_f1 went from 0.5 to nothing "]),
        ([version(), FloorsFile({})], ["news: citation_f1 went", "news: risk went"]),
        # Long ago, and raised again since.
        ([version(), version(f1=0.4), version()], ["news: citation_f1 went from 0.5 to 0.4 "]),
        ([version(), version(f1=0.4, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)])], []),
        # A reason for less, for another figure, for another set.
        ([version(), version(f1=0.3, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)])], ["news: citation_f1"]),
        ([version(), version(f1=None, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)])], ["news: citation_f1"]),
        ([version(f1=0.6), version(f1=0.4, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)])], ["news: citation_f1"]),
        ([version(), version(risk=0.4, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)])], ["news: risk"]),
        ([version(), version(f1=0.4, lowered=[Lowered("old", "citation_f1", 0.5, 0.4)])], ["news: citation_f1"]),
        ([version(), version(f1=None, lowered=[Lowered("news", "citation_f1", 0.5, None)])], []),
        # A reason that was given once and is gone.
        (
            [version(), version(f1=0.4, lowered=[Lowered("news", "citation_f1", 0.5, 0.4)]), version(f1=0.4)],
            ["news: citation_f1"],
        ),
    ],
)
def test_a_floor_gets_worse_with_a_written_reason_only(versions, told):
    found = silently_lowered(versions)
    assert len(found) == len(told)
    assert all(sentence.startswith(start) for sentence, start in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SECTION + REASON.replace('"Fewer."', '" "'), "without a reason or a date"),
        (SECTION + REASON.replace("2026-03-01", '"lately"'), "without a reason or a date"),
        (SECTION + REASON.replace('reason = "Fewer."\n', ""), "'reason' is missing"),
        (SECTION.replace('corpus = "c"\n', ""), "'corpus' is missing"),
        (SECTION.replace("0.5", '"high"'), "high"),
        ("shipped = 1", "floors.toml: "),
        ("[shipped", "floors.toml: "),
    ],
)
def test_a_file_that_says_less_than_it_must_is_refused(text, told):
    with pytest.raises(UsageError, match=told):
        read_floors(text)


def test_what_is_proposed_can_be_read():
    floors = Floors("q", "c", {"article_recall@5": 0.9, "crag": -0.1})
    assert read_floors(section("news", floors) + REASON) == FloorsFile(
        {"news": floors}, [Lowered("news", "citation_f1", 0.5, 0.4)]
    )


@pytest.fixture
def repository(tmp_path):
    """A repository with a file of floors, and what commits to it."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    file = tmp_path / "floors.toml"

    def commit(text):
        if text is None:
            file.unlink()
        else:
            file.write_text(text, encoding="utf-8")
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message=m"], check=True)

    commit(SECTION)
    return file, commit


def test_neither_a_broken_nor_a_missing_version_hides_a_lowered_floor(repository):
    file, commit = repository
    for text in (SECTION.replace("0.5", "0.6"), "[broken", None, SECTION):
        commit(text)
    versions = earlier_floors(file)
    assert [one.sets["news"].values["citation_f1"] for one in versions] == [0.5, 0.6, 0.5]
    assert len(silently_lowered(versions)) == 1


def test_a_floor_lowered_in_the_checkout_is_refused_before_anything_is_asked(repository, monkeypatch, capsys):
    file, _ = repository
    monkeypatch.setattr(module, "FILE", file)
    monkeypatch.setattr(module, "SETS", (GatedSet("news", file, file.with_name("gone")),))
    file.write_text(SECTION.replace("0.5", "0.4"), encoding="utf-8")
    assert module.main([]) == 1
    assert "citation_f1 went from 0.5 to 0.4 without a reason" in capsys.readouterr().out
    file.write_text(SECTION.replace("0.5", "0.4") + REASON, encoding="utf-8")
    assert module.main([]) == 0
    assert "left out: " in capsys.readouterr().out


def test_without_a_history_it_cannot_be_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="no git history"):
        earlier_floors(tmp_path / "floors.toml")


# --- A set -------------------------------------------------------------------------------------------


def test_a_fingerprint_tells_names_and_bytes(tmp_path):
    (tmp_path / "a.md").write_text("un", encoding="utf-8")
    (tmp_path / "b.md").write_text("deux", encoding="utf-8")
    first = fingerprint(tmp_path)
    (tmp_path / ".swp").touch()
    assert fingerprint(tmp_path) == first
    (tmp_path / "b.md").rename(tmp_path / "c.md")
    renamed = fingerprint(tmp_path)
    (tmp_path / "c.md").write_text("trois", encoding="utf-8")
    assert len({first, renamed, fingerprint(tmp_path)}) == 3


def test_the_worse_end_is_proposed_and_a_better_floor_that_holds_is_kept(tmp_path):
    one = GatedSet("news", tmp_path, tmp_path)
    figures = {
        "citation_f1": Figure("citation_f1", 0.5, 100, 0.4337, 0.56),
        "crag": Figure("crag", 0.3, 100, 0.2, 0.4),
        "answer_rate_a": Figure("answer_rate_a", 0.9, 100, 0.85, 0.95),
        "risk": Figure("risk", 0.3, 100, 0.25, 0.3501),
        "rejection_rate_u": Figure("rejection_rate_u", None, 0),
        "verbatim_validity": Figure("verbatim_validity", 1.0, 3),
    }
    assert propose(one, None, figures).values == {
        "citation_f1": 0.433,
        "crag": 0.2,
        "answer_rate_a": 0.85,
        "risk": 0.351,
        "verbatim_validity": 1,
    }
    before = Floors("q", "c", {"citation_f1": 0.45, "crag": 0.31, "answer_rate_a": 0.8, "risk": 0.32})
    proposed = propose(one, before, figures).values
    assert (proposed["citation_f1"], proposed["risk"]) == (0.45, 0.32)  # better, and they hold
    assert (proposed["crag"], proposed["answer_rate_a"]) == (0.2, 0.85)  # does not hold; worse


@pytest.fixture
def village(tmp_path, monkeypatch):
    """A set of one article and two questions, with everything that is written put into a folder of its own."""
    (tmp_path / "articles").mkdir()
    text = "Le moulin de Kerbernez a brûlé mardi 3 mars 2026.\n\nSa roue, longue de 6 mètres, date de 1789.\n"
    (tmp_path / "articles" / "moulin.txt").write_text(text, encoding="utf-8")
    questions = [
        '{"question": "Quand le moulin de Kerbernez a-t-il brûlé ?", "answers": ["mardi 3 mars 2026"],'
        ' "evidence": [{"article": "moulin.txt", "quote": "a brûlé mardi 3 mars 2026"}]}\n',
        '{"question": "Qui a gagné le marathon de Tokyo en 1994 ?", "answerable": false}\n',
        '{"question": "Et lui, quand ?", "answers": ["jamais"], "tags": ["not-standalone"]}\n',
    ]
    (tmp_path / "q.jsonl").write_text("".join(questions), encoding="utf-8")
    monkeypatch.setattr(module, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(module, "INDEXES", tmp_path / "indexes")
    return GatedSet("village", tmp_path / "q.jsonl", tmp_path / "articles")


def test_a_set_is_held_to_its_floors_and_to_what_they_were_set_on(village, capsys):
    assert module.gate(village, None) == 1
    printed = capsys.readouterr().out
    assert "no floors are set" in printed and "article_recall@5" in printed
    proposed = (module.RUNS / "village" / "floors.toml").read_text(encoding="utf-8")
    floors = read_floors(proposed).sets["village"]
    assert floors.values["verbatim_validity"] == 1

    assert module.gate(village, floors) == 0
    printed = capsys.readouterr().out
    assert "holds  fail-under article_recall@5=" in printed and "To raise them" not in printed

    assert module.gate(village, replace(floors, values={"article_recall@5": 0.1})) == 0
    assert "To raise them, take " in capsys.readouterr().out

    assert module.gate(village, replace(floors, values={"risk": -0.5})) == 1
    assert "BROKEN fail-under risk=-0.5" in capsys.readouterr().out

    (village.corpus / "moulin.txt").write_text("Le moulin de Kerbernez a brûlé mardi 3 mars 2026.", encoding="utf-8")
    assert module.gate(village, floors) == 1
    told = capsys.readouterr().out
    assert f"{village.corpus} is not what the floors were set on. If that is meant, put " in told
    assert str(village.questions) + " is not" not in told


def test_an_article_that_is_gone_is_asked_about_no_more(village):
    (village.corpus / "autre.txt").write_text("Le phare d'Eckmühl éclaire à 40 kilomètres.", encoding="utf-8")
    module.gate(village, None)
    (village.corpus / "autre.txt").unlink()
    module.gate(village, None)
    manifest = Path(module.RUNS / "village" / "manifest.json").read_text(encoding="utf-8")
    assert '"articles": 1' in manifest


def test_a_set_that_nobody_knows_is_named(capsys):
    assert module.main(["village"]) == 2
    assert "no set is called village. There are shipped, " in capsys.readouterr().err
