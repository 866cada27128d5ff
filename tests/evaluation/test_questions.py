"""The native record: what is read, what is refused and where, what comes back after writing."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from assistant.errors import UsageError
from assistant.evaluation import questions as native
from assistant.evaluation.questions import (
    EVIDENCE_FIELDS,
    FIELDS,
    from_record,
    native_records,
    question_id,
    question_record,
    read_native,
    write_native,
)
from assistant.evaluation.types import Evidence, ReferenceQuestion

SAMPLE = Path(__file__).parents[2] / "corpus" / "questions.jsonl"
SCHEMA = json.loads(Path(native.__file__).with_name("questions.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker(["date"]))

FULL = {
    "id": "raqa-007",
    "question": "Combien de combattants étrangers Interpol a-t-il identifiés ?",
    "lang": "fr",
    "answers": ["14 000", "quatorze mille"],
    "facts": [["14 000"], ["toujours en vie", "vivants"]],
    "evidence": [
        {"article": "a.txt", "quote": "Interpol a identifié", "start": 10, "end": 30},
        {"any_of": [{"article": "b", "grade": 2}, {"quote": "« ils »"}]},
    ],
    "forbidden": ["15 000"],
    "as_of": "2017-05-10",
    "filters": {"source": "AFP"},
    "history": ["Qui est Interpol ?"],
    "variant_of": "raqa-001",
    "type": "combien",
    "tags": ["syrie"],
    "split": "test",
    "weight": 2.5,
    "disputed": True,
    "note": "à revoir",
    "author": "Zoé",
    "validated_at": "2024-02-29",
    "reference": "Interpol en a identifié 14 000.",
}


def fault(record: object) -> str:
    with pytest.raises(UsageError) as error:
        from_record(record, "questions.jsonl, line 7")
    message = str(error.value)
    assert message.startswith("questions.jsonl, line 7: ") and "\n" not in message
    return message.removeprefix("questions.jsonl, line 7: ")


# --- Reading -----------------------------------------------------------------------------------------


def test_every_field_is_read():
    question = from_record(FULL, "q.jsonl, line 1")
    assert question == ReferenceQuestion(
        question="Combien de combattants étrangers Interpol a-t-il identifiés ?",
        id="raqa-007",
        origin="q.jsonl, line 1",
        language="fr",
        answers=("14 000", "quatorze mille"),
        facts=(("14 000",), ("toujours en vie", "vivants")),
        evidence=(
            (Evidence("a.txt", "Interpol a identifié", 10, 30),),
            (Evidence("b", grade=2), Evidence("", "« ils »")),
        ),
        forbidden=("15 000",),
        as_of=date(2017, 5, 10),
        filters={"source": "AFP"},
        history=("Qui est Interpol ?",),
        variant_of="raqa-001",
        type="combien",
        tags=("syrie",),
        split="test",
        weight=2.5,
        disputed=True,
        note="à revoir",
        author="Zoé",
        validated_at=date(2024, 2, 29),
        reference="Interpol en a identifié 14 000.",
    )
    assert question_record(question) == FULL


@pytest.mark.parametrize(
    ("more", "answerable"),
    [
        ({}, False),
        ({"answers": ["oui"]}, True),
        ({"facts": [["oui"]]}, True),
        ({"evidence": [{"article": "a"}]}, True),
        ({"answers": ["oui"], "answerable": False}, False),
        ({"answerable": True}, True),
        ({"answers": None, "answerable": None}, False),
    ],
)
def test_a_question_is_answerable_where_an_answer_is_given_unless_it_is_said(more, answerable):
    question = from_record({"question": "Qui ?", **more}, "")
    assert question.answerable is answerable
    assert from_record(question_record(question), "") == question


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "no field 'question'"),
        ({"question": " \u00a0"}, "no field 'question'"),
        ({"question": 7}, "'question' is 7, not a text (put quotation marks around it)"),
        ({"answers": "14 000"}, "'answers' is \"14 000\", not a list of texts"),
        ({"answers": [14000]}, "'answers' is 14000, not a text (put quotation marks around it)"),
        ({"facts": ["a"]}, "'facts' is \"a\", not made of lists of texts"),
        ({"facts": [[]]}, "'facts' is [], not made of lists of texts"),
        ({"answerable": "oui"}, "'answerable' is \"oui\", not true or false"),
        ({"lang": "fr-FR"}, "'lang' is \"fr-FR\", not a code such as fr"),
        ({"split": "train"}, "'split' is \"train\", not dev or test"),
        ({"as_of": "10/05/2017"}, "'as_of' is \"10/05/2017\", not a day such as 2017-05-09"),
        ({"as_of": "2017-02-29"}, "'as_of' is \"2017-02-29\", not a day of the calendar"),
        ({"weight": 0}, "'weight' is 0, not a number above 0"),
        ({"weight": True}, "'weight' is true, not a number above 0"),
        ({"weight": float("nan")}, "'weight' is NaN, not a number above 0"),
        ({"evidence": {"article": "a"}}, '\'evidence\' is {"article": "a"}, not a list of objects'),
        ({"evidence": ["a"]}, "'evidence' is \"a\", not an object with fields"),
        ({"evidence": [{}]}, "'evidence.article' is missing, and so is 'quote'"),
        ({"evidence": [{"article": "a", "start": -1}]}, "'evidence.start' is -1, not a whole number from 0"),
        ({"evidence": [{"article": "a", "start": 1.5}]}, "'evidence.start' is 1.5, not a whole number from 0"),
        ({"evidence": [{"article": "a", "qoute": "b"}]}, "'evidence.qoute' is no field. Did you mean 'quote'?"),
        (
            {"evidence": [{"article": "a", "any_of": [{"article": "b"}]}]},
            "'evidence.any_of' stands beside an article or a quote: move that into it",
        ),
        ({"filters": {"source": 1}}, "'filters.source' is 1, not a text (put quotation marks around it)"),
        ({"anwsers": ["oui"]}, "'anwsers' is no field. Did you mean 'answers'?"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_what_is_expected(record, message):
    assert fault({"question": "Qui ?"} | record if record and "question" not in record else record) == message


def test_unknown_fields_are_ignored_unless_a_known_one_is_missing():
    extra = {"question": "Qui ?", "question_id": 3, "gold_ids": ["a"], "answers": ["x"], "answer": "x"}
    assert from_record(extra, "") == from_record({"question": "Qui ?", "answers": ["x"]}, "")


def test_whole_numbers_may_come_as_decimals_and_ids_as_numbers():
    question = from_record({"id": 7, "question": "Qui ?", "evidence": [{"article": 12, "start": 3.0, "end": 9}]}, "")
    assert question.id == "7"
    assert question.evidence == ((Evidence("12", "", 3, 9),),)


def test_texts_are_cleaned_and_keep_their_outer_spaces():
    question = from_record({"question": "\ufeffQui\r\n ? ", "evidence": [{"article": "a", "quote": " b\0\ud800"}]}, "")
    assert question.question == "Qui\n ? "
    assert question.evidence == ((Evidence("a", " b"),),)


def test_an_id_made_of_the_question_stays_when_its_typography_changes_and_not_with_its_history():
    assert question_id("Qu'est-ce que l'« État » ?") == question_id("qu’est-ce\u00a0que l’“ État ”\u2009?")
    assert question_id("Qui ?") != question_id("Quoi ?")
    alone = from_record({"question": "Et en Syrie ?"}, "")
    followed = from_record({"question": "Et en Syrie ?", "history": ["Combien de morts en Turquie ?"]}, "")
    assert alone.id == question_id("Et en Syrie ?") != followed.id


# --- Files -------------------------------------------------------------------------------------------


def test_jsonl_numbers_its_lines_and_reads_on_after_a_broken_one(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_bytes('\ufeff{"question": "Où\u2028?"}\r\n\r\n{"question": \r\n[1]\r\n{"question": "Qui ?"}'.encode())
    records = list(native_records(path))
    assert [record.origin for record in records] == [f"q.jsonl, line {n}" for n in (1, 3, 4, 5)]
    assert [bool(record.fault) for record in records] == [False, True, True, False]
    assert records[2].fault == "not an object with fields"
    with pytest.raises(UsageError, match=r"q\.jsonl, line 3: not valid JSON"):
        read_native(path)


def test_unknown_fields_come_with_the_nearest_known_one(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "Qui ?", "question_id": 1, "zzz": 2}', encoding="utf-8")
    assert next(native_records(path)).unknown == {"question_id": "question", "zzz": ""}


def test_yaml_values_are_texts_unless_the_field_is_none(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text(
        "# commentaire\n"
        "- question: En quelle année ?\n"
        "  lang: no\n"
        "  answers: [2004, non, no, 1.50, 2017-05-09]\n"
        "  weight: 2\n"
        "  as_of: 2017-05-09\n"
        "  note:\n"
        "  evidence:\n"
        "    - {article: 1984, quote: 'null', start: 3, end: ~}\n"
        "\n"
        "- question: Qui ?\n"
        "  answerable: false\n",
        encoding="utf-8",
    )
    first, second = read_native(path)
    assert (first.origin, second.origin) == ("q.yaml, line 2", "q.yaml, line 11")
    assert first.language == "no"
    assert first.answers == ("2004", "non", "no", "1.50", "2017-05-09")
    assert (first.weight, first.as_of, first.note) == (2.0, date(2017, 5, 9), "")
    assert first.evidence == ((Evidence("1984", "null", 3, None),),)
    assert not second.answerable


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question: Qui ?", "not a YAML list"),
        ("- question: [", "not valid YAML"),
        ("- &a {question: 'Qui ?'}\n- *a", "aliases"),
        ("- !!python/object/apply:os.system ['true']", "not an object"),
        ("[" * 5000, "not valid YAML"),
        ("", "empty file"),
    ],
)
def test_yaml_that_is_no_list_of_questions_is_refused(tmp_path, text, message):
    path = tmp_path / "q.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_native(path)


def test_a_missing_file_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be opened"):
        read_native(tmp_path / "none.jsonl")


# --- Writing -----------------------------------------------------------------------------------------

visible = st.text("aé 14\u2009|'’«…=-~:#[\n\u2028", min_size=1, max_size=12).map(str.strip).filter(bool)
texts = st.lists(visible, max_size=2).map(tuple)
place = st.builds(
    Evidence,
    st.just("") | visible,
    visible,
    st.none() | st.integers(0, 99),
    st.none() | st.integers(0, 99),
    st.integers(1, 3),
)
questions = st.builds(
    ReferenceQuestion,
    question=visible,
    id=visible,
    language=st.sampled_from([None, "fr", "no"]),
    answerable=st.booleans(),
    answers=texts,
    facts=st.lists(st.lists(visible, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
    evidence=st.lists(st.lists(place, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
    forbidden=texts,
    plausible=texts,
    why_unanswerable=st.sampled_from(["", "near_miss"]),
    as_of=st.none() | st.dates(),
    filters=st.dictionaries(visible, visible, max_size=2),
    history=texts,
    variant_of=st.none() | visible,
    tags=texts,
    split=st.sampled_from(["", "dev", "test"]),
    weight=st.sampled_from([1.0, 0.5, 3.0]),
    disputed=st.booleans(),
    note=st.just("") | visible,
    validated_at=st.none() | st.dates(),
)


@given(st.lists(questions, min_size=1, max_size=3), st.sampled_from(["q.jsonl", "q.yaml"]))
def test_what_is_written_is_read_again(tmp_path_factory, written, name):
    path = tmp_path_factory.mktemp("written") / name
    write_native(written, path)
    assert [replace(question, origin="") for question in read_native(path)] == written


def test_the_sample_questions_survive_both_forms(tmp_path):
    sample = read_native(SAMPLE)
    assert len(sample) == 247
    for name in ("q.jsonl", "q.yaml"):
        write_native(sample, tmp_path / name)
        assert [replace(q, origin="") for q in read_native(tmp_path / name)] == [replace(q, origin="") for q in sample]


# --- The schema --------------------------------------------------------------------------------------


def test_the_schema_is_one_and_names_every_field():
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(FIELDS)
    assert set(SCHEMA["$defs"]["place"]["properties"]) == set(EVIDENCE_FIELDS)


def test_every_sample_question_fits_the_schema():
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        VALIDATOR.validate(json.loads(line))


word = st.sampled_from(["fr", "dev", "2017-05-09", "2017-02-30", "Qui ?", "", " "])
scalar = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([0.0, 1.0, 1.5]) | word
some_place = st.dictionaries(st.sampled_from(EVIDENCE_FIELDS), scalar, max_size=4)
some_group = some_place | st.fixed_dictionaries({"any_of": st.lists(some_place, max_size=2)})
some_value = scalar | st.lists(scalar | st.lists(scalar, max_size=2) | some_group, max_size=2) | some_group
some_record = st.dictionaries(st.sampled_from(FIELDS), some_value, max_size=4)


@given(some_record, st.lists(some_group, max_size=2))
def test_the_schema_allows_what_the_reader_takes_and_nothing_else(record, evidence):
    for tried in (record, {"question": "Qui ?"} | record, {"question": "Qui ?", "evidence": evidence}):
        try:
            from_record(tried, "")
        except UsageError:
            taken = False
        else:
            taken = True
        assert VALIDATOR.is_valid(tried) == taken, tried
