"""What is found in a file of questions before anything is measured with it."""

from datetime import date
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus, corpus_of, read_corpus
from assistant.evaluation.questions import question_id
from assistant.evaluation.sheet import template
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.evaluation.validate import Finding, check, merge, validate
from assistant.types import Article

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    raqa = "Interpol a identifié 14\u2009000 combattants. Une centaine viennent du Danemark. Ils vivent encore."
    return corpus_of([Article("raqa", raqa, language="fr"), Article("paris", "La Seine déborde.", language="fr")])


def asked(number: int, question: str, **about: object) -> ReferenceQuestion:
    about = {"answers": ("oui",), "language": "fr", "id": f"q{number}"} | about
    return ReferenceQuestion(question, origin=f"q.csv, row {number}", **about)


def found(*questions: ReferenceQuestion, corpus: Corpus | None = None) -> list[tuple[str, str, str]]:
    return [(f.origin.removeprefix("q.csv, "), f.severity, f.message) for f in check(questions, corpus)]


# --- Records -----------------------------------------------------------------------------------------


def test_every_bad_record_is_told_with_its_line_and_the_others_are_checked(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"question": "Who hosted the ministers that day?", "lang": "fr", "answers": ["x"], "quesiton": 1, "zzz": 1}\n'
        '{"question": \n'
        '{"question": "Qui ?", "anwsers": ["x"]}\n'
        '{"question": "Qui donc ?", "answers": "x", "zzz": 2}\n'
        '{"question": "Quoi donc ?"}\n',
        encoding="utf-8",
    )
    assert [(f.origin, f.severity) for f in validate(path)] == [
        ("q.jsonl, line 1", "warning"),
        ("q.jsonl, line 1", "warning"),
        ("q.jsonl, line 1", "warning"),
        ("q.jsonl, line 2", "error"),
        ("q.jsonl, line 3", "error"),
        ("q.jsonl, line 4", "error"),
        ("q.jsonl, line 5", "warning"),
    ]
    messages = [finding.message for finding in validate(path)]
    assert messages[0] == "unknown field 'quesiton' is not used (nearest known: 'question')"
    assert messages[1] == "unknown field 'zzz' is not used"
    assert messages[2] == "the language is said to be 'fr' and looks like 'en'"
    assert messages[4] == "'anwsers' is no field. Did you mean 'answers'?"
    assert messages[5] == "'answers' is \"x\", not a list of texts"
    assert messages[6] == "neither answers nor evidence: taken as unanswerable. Say so, or add them"


def test_a_sheet_is_checked_row_by_row_with_its_own_headers(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text(
        "question;article;sans réponse;commentairs\nQui ?;a;;x\nOù ?;;bof;\nQuand ?;;oui;\n", encoding="utf-8"
    )
    with pytest.raises(UsageError, match=r"'commentairs'. Did you mean 'commentaires'"):
        validate(path)
    path.write_text("question;article;sans réponse;vérifié\nQui ?;a;;x\nOù ?;;bof;\nQuand ?;;oui;\n", encoding="utf-8")
    assert [(f.origin, f.severity) for f in validate(path)] == [
        ("q.csv, row 2", "warning"),
        ("q.csv, row 3", "error"),
    ]


# --- Questions among each other ----------------------------------------------------------------------


def test_an_id_given_twice_is_an_error_and_one_made_twice_a_warning():
    same = "Qui a parlé ?"
    assert found(asked(2, "Qui a parlé ?"), asked(3, "Quand la paix ?", id="q2")) == [
        ("row 3", "error", "the id 'q2' is also that of q.csv, row 2")
    ]
    assert found(asked(2, same, id=question_id(same)), asked(3, same, id=question_id(same))) == [
        ("row 3", "warning", "the same question as at q.csv, row 2")
    ]


@pytest.mark.parametrize(
    "twin",
    [
        "Combien de combattants étrangers Interpol a-t-il identifiés",
        "COMBIEN DE COMBATTANTS ETRANGERS INTERPOL A-T-IL IDENTIFIES ?",
        "Combien Interpol a identifié de combattants étrangers ?",
        "Combien de combattants étrangers Interpole a-t-il identifiés ?",
        "Combien de combatants étrangers Interpol a-t-il identifiés ?",
    ],
)
def test_a_question_asked_nearly_twice_is_a_warning(twin):
    first = "Combien de combattants étrangers Interpol a-t-il identifiés ?"
    assert found(asked(2, first), asked(3, twin)) == [
        ("row 3", "warning", f"nearly the same question as at q.csv, row 2: “{first}”")
    ]


@pytest.mark.parametrize(
    "other",
    [
        asked(3, "Quand Interpol a-t-il identifié les combattants étrangers en 2017 ?"),
        asked(3, "Combien de combattants étrangers Interpol a-t-il identifiés en 2018 ?"),
        asked(3, "Combien de combattants danois Interpol a-t-il identifiés en 2017 ?"),
        asked(3, "Combien de combattants étrangers Interpol a-t-il identifiés en 2017 ?", history=("Et en Irak ?",)),
        asked(3, "Combien de combattants étrangers Interpol a-t-il identifiés en 2017 ?", as_of=date(2017, 5, 1)),
        asked(3, "Combien de combattants étrangers Interpol a-t-il identifiés en 2017 ?", filters={"source": "AFP"}),
        asked(3, "Combien de combattants étrangers Interpol a-t-il identifiés en 2017 ?", variant_of="q2"),
    ],
)
def test_another_number_word_circumstance_or_a_variant_is_another_question(other):
    assert found(asked(2, "Combien de combattants étrangers Interpol a-t-il identifiés en 2017 ?"), other) == []


def test_countries_of_one_letter_apart_are_two():
    assert found(asked(2, "Qui gouverne l'Irak depuis Bagdad ?"), asked(3, "Qui gouverne l'Iran depuis Bagdad ?")) == []


def test_a_test_question_seen_in_development_is_a_leak(corpus):
    evidence = ((Evidence("raqa", "Une centaine"),),)
    dev = asked(2, "Combien de Danois ?", split="dev", evidence=evidence, answers=("centaine",))
    same = asked(3, "combien de danois", split="test", variant_of="q2")
    gold = asked(
        4, "D'où viennent-ils ?", split="test", answers=("Danemark",), evidence=((Evidence("raqa", "viennent du"),),)
    )
    free = asked(5, "Vivent-ils encore ?", split="test", evidence=((Evidence("raqa", "Ils vivent encore."),),))
    whole = asked(6, "Que dit l'article ?", split="test", evidence=((Evidence("raqa"),),))
    assert found(dev, same, gold, free, whole, corpus=corpus) == [
        ("row 3", "warning", "the question is in the development set too (q.csv, row 2): test figures flatter"),
        ("row 4", "warning", "its evidence is in the development set too (q.csv, row 2): test figures flatter"),
    ]
    assert len(found(dev, same, gold)) == 1


def test_a_variant_of_nothing_is_a_warning():
    assert found(asked(2, "Qui ?", variant_of="x")) == [
        ("row 2", "warning", "a variant of 'x', which is not in this file")
    ]


# --- One question ------------------------------------------------------------------------------------


def test_contradictions_are_told():
    assert found(
        asked(2, "Qui ?", answerable=False),
        asked(3, "Où ?", answers=()),
        asked(4, "Combien de morts ?", answers=("14 000",), forbidden=("14\u2009000",)),
        asked(5, "Pourquoi ?", answers=(), reference="Parce que."),
    ) == [
        ("row 2", "warning", "marked as unanswerable: its answers and evidence are not used"),
        ("row 3", "warning", "marked as answerable without answers or evidence: only the abstention is measured"),
        ("row 4", "error", "“14\u2009000” is both an answer and forbidden"),
    ]


def test_a_language_that_is_another_is_a_warning_and_one_that_nothing_tells_is_not():
    assert found(
        asked(2, "When did the operation to retake Mosul begin?"), asked(3, "Et en 2023 ?", language="en")
    ) == [("row 2", "warning", "the language is said to be 'fr' and looks like 'en'")]


# --- Questions and the corpus ------------------------------------------------------------------------


def test_evidence_that_is_not_found_is_an_error_and_nearly_found_a_warning(corpus):
    assert [
        (origin, severity, message.split(" (")[0])
        for origin, severity, message in found(
            asked(2, "Qui ?", evidence=((Evidence("raqa", "Europol"),),)),
            asked(3, "Où ?", evidence=((Evidence("raqa", "Interpol a identifié 15 000 combattants"),),)),
            corpus=corpus,
        )
    ] == [
        ("row 2", "error", "“Europol” is not in 'raqa'"),
        ("row 3", "warning", "“Interpol a identifié 15 000 combattants” is only nearly in 'raqa'"),
    ]


@pytest.mark.parametrize(
    ("answers", "facts", "quote", "told"),
    [
        (("14 000",), (), "Interpol a identifié", []),
        (("quinze mille", "14000"), (), "Interpol a identifié", []),
        (("quatorze",), (), "Interpol a identifié", ["quatorze"]),
        (("14 000",), (), "Ils vivent encore", ["14 000"]),
        (("14 000",), (), "", []),
        (("15 000",), (), "", ["15 000"]),
        (("non", "pas du tout"), (), "Ils vivent encore", []),
        ((), (("14 000",), ("Europol",)), "Interpol a identifié", ["Europol"]),
    ],
)
def test_an_answer_stands_in_the_sentences_of_its_evidence(corpus, answers, facts, quote, told):
    question = asked(2, "Combien ?", answers=answers, facts=facts, evidence=((Evidence("raqa", quote),),))
    assert found(question, corpus=corpus) == [
        ("row 2", "warning", f"“{wording}” is not in its evidence, in none of its wordings") for wording in told
    ]


def test_a_plausible_answer_stands_in_some_article(corpus):
    near_miss = asked(
        2, "Combien de Belges ?", answerable=False, answers=(), plausible=("une Centaine", "14 000", "deux cents")
    )
    assert found(near_miss, corpus=corpus) == [
        ("row 2", "warning", "the plausible answer “deux cents” is in no article")
    ]
    assert found(near_miss) == []


# --- Merging -----------------------------------------------------------------------------------------


def test_files_merge_into_one_with_an_error_for_an_id_of_two_questions():
    one, two, three = asked(2, "Qui ?"), asked(3, "Où ?"), asked(4, "Quand ?")
    again = ReferenceQuestion("Qui ?", "q2", "b.csv, row 9", language="fr", answers=("oui",))
    other = ReferenceQuestion("Où ?", "q3", "b.csv, row 10", language="fr", answers=("non",))
    assert merge([[one, two], [again, other, three]]) == (
        [one, two, three],
        [Finding("b.csv, row 10", "error", "the id 'q3' stands for something else at q.csv, row 3")],
    )


# --- Real files --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> Corpus:
    return read_corpus([ROOT / "corpus" / "articles"])[0]


def test_the_sample_questions_are_clean_but_for_one_asked_twice(sample):
    path = ROOT / "corpus" / "questions.jsonl"
    assert [(f.origin, f.severity, f.message.split(":")[0]) for f in validate(path, sample)] == [
        ("questions.jsonl, line 109", "warning", "nearly the same question as at questions.jsonl, line 49")
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_template_is_clean(tmp_path, sample, language):
    path = tmp_path / "questions.csv"
    path.write_text(template(language), encoding="utf-8", newline="")
    assert validate(path, sample) == []
