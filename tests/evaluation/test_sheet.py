"""Spreadsheets of a newsroom: every separator, encoding and header, rows as people count them, formulas disarmed."""

import csv
import sys
from dataclasses import replace
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_questions import questions

from assistant.errors import UsageError
from assistant.evaluation.corpus import read_corpus
from assistant.evaluation.questions import question_id, read_native
from assistant.evaluation.resolve import resolve
from assistant.evaluation.sheet import read_sheet, sheet_records, template, write_sheet
from assistant.evaluation.types import Evidence, ReferenceQuestion

CORPUS = Path(__file__).parents[2] / "corpus"
FRENCH = (
    "Question;Réponse;Article;Phrase;Sans réponse (oui/x);Type;Langue;Commentaire\r\n"
    "Combien de combattants étrangers Interpol a-t-il identifiés ?;14 000 | quatorze mille;raqa.txt;"
    "Interpol a identifié 14 000 de ces combattants étrangers;;combien;français;à relire\r\n"
    "Combien de soldats danois ont été envoyés à Raqa ?;;;;OUI;combien;fr;\r\n"
)


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    def workbook(*rows: list[object], name: str = "q.xlsx") -> Path:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return workbook


def fault(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        read_sheet(path)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- Reading CSV -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_any_separator_and_encoding_gives_the_same_questions(write, separator, encoding):
    text = FRENCH.replace(";", separator)
    assert read_sheet(write("q.csv", text.encode(encoding))) == [
        ReferenceQuestion(
            question="Combien de combattants étrangers Interpol a-t-il identifiés ?",
            id=question_id("Combien de combattants étrangers Interpol a-t-il identifiés ?"),
            origin="q.csv, row 2",
            language="fr",
            answers=("14 000", "quatorze mille"),
            evidence=((Evidence("raqa.txt", "Interpol a identifié 14 000 de ces combattants étrangers"),),),
            type="combien",
            note="à relire",
        ),
        ReferenceQuestion(
            question="Combien de soldats danois ont été envoyés à Raqa ?",
            id=question_id("Combien de soldats danois ont été envoyés à Raqa ?"),
            origin="q.csv, row 3",
            language="fr",
            answerable=False,
            type="combien",
        ),
    ]


def test_question_and_article_are_enough(write):
    (question,) = read_sheet(write("q.csv", "question,article\nQui ?,a.txt\n"))
    assert question.answerable and question.evidence == ((Evidence("a.txt"),),)


@pytest.mark.parametrize(
    "header",
    ["QUESTION;REPONSE;SANS REPONSE", "question;Réponses;sans_réponse", "Questions ;réponse(s); Unanswerable?"],
)
def test_headers_are_read_whatever_their_case_accents_and_signs(write, header):
    (question,) = read_sheet(write("q.csv", f"{header}\nQui ?;Zoé;non\n"))
    assert question.answers == ("Zoé",) and question.answerable


def test_rows_are_numbered_as_a_spreadsheet_shows_them(write):
    text = 'question;phrase;article\n\n"Qui ?";"Une phrase\nsur deux\n\nlignes.";a\n;;\nOù ?;"dit ""non""";b\n'
    first, second = read_sheet(write("q.csv", text))
    assert (first.origin, second.origin) == ("q.csv, row 3", "q.csv, row 5")
    assert first.evidence[0][0].quote == "Une phrase\nsur deux\n\nlignes."
    assert second.evidence[0][0].quote == 'dit "non"'


def test_excels_own_separator_line_is_not_counted(write):
    (question,) = read_sheet(write("q.csv", "sep=|\nquestion|article\nQui ?|a\n"))
    assert question.origin == "q.csv, row 2"


def test_what_is_needed_besides_stands_in_numbered_or_repeated_columns(write):
    text = (
        "question;article;phrase;article 2;phrase 2;élément;élément;Réponse 2\n"
        "Qui ?;a | b;x | y;c;p | q;14 000 | quatorze mille;vivants;Zoé\n"
    )
    (question,) = read_sheet(write("q.csv", text))
    assert question.evidence == ((Evidence("a", "x"), Evidence("b", "y")), (Evidence("c", "p"), Evidence("c", "q")))
    assert question.facts == (("14 000", "quatorze mille"), ("vivants",))
    assert question.answers == ("Zoé",)


def test_of_title_and_address_the_first_filled_one_names_the_article(write):
    found = read_sheet(write("q.csv", "question;URL;titre\nQui ?;;Un titre\nOù ?;https://a.fr/b;Un titre\n"))
    assert [question.evidence[0][0].article for question in found] == ["Un titre", "https://a.fr/b"]


def test_a_bar_may_be_written_and_empty_parts_do_not_count(write):
    (question,) = read_sheet(write("q.csv", "question;réponse;article;phrase\nQui ?;a \\| b | | c |;x;y |\n"))
    assert question.answers == ("a | b", "c")
    assert question.evidence == ((Evidence("x", "y"),),)


def test_days_languages_and_weights_are_read_as_people_write_them(write):
    text = "question;posée le;validée le;langue;poids\nQui ?;10/05/2017;1er mars 2024;English;1,5\n"
    (question,) = read_sheet(write("q.csv", text))
    assert (question.as_of, question.validated_at) == (date(2017, 5, 10), date(2024, 3, 1))
    assert (question.language, question.weight) == ("en", 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("article;phrase\na;b\n", "q.csv, row 1: no column 'question' among the headers (article, phrase; known: "),
        ("question;réponce\nQui ?;a\n", "q.csv, row 1: unknown column 'réponce'. Did you mean 'réponse'?"),
        ("question;article\nQui ?;a\n;b\n", "q.csv, row 3: no field 'question'"),
        ("question;article\nQui ?;a;b\n", "q.csv, row 2: 3 cells for 2 columns (put quotation marks around the text)"),
        ('question;article\nQui ?;"a\n', "q.csv, row 2: broken row (unexpected end of data): is a quotation mark"),
        ("question;sans réponse\nQui ?;peut-être\n", "q.csv, row 2: 'peut-être' is neither 'oui' nor 'non'"),
        ("question;langue\nQui ?;martien\n", "q.csv, row 2: 'lang' is \"martien\", not a code such as fr"),
        ("question;posée le\nQui ?;mardi\n", "q.csv, row 2: 'as_of' is \"mardi\", not a day such as 2017-05-09"),
        ("question;article;phrase\nQui ?;a|b|c;x|y\n", "q.csv, row 2: 2 in the cell of 'quote' where another has 3"),
        ("question;article\nQui ?;|\n", "q.csv, row 2: 'evidence.any_of.article' is missing, and so is 'quote'"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_row(write, text, message):
    assert fault(write("q.csv", text)).startswith(message)


def test_one_bad_row_does_not_hide_the_others(write):
    records = list(sheet_records(write("q.csv", "question;sans réponse;statut\nA ?;bof;x\nB ?;oui;y\n")))
    assert [bool(record.fault) for record in records] == [True, False]
    assert records[1].unknown == {"statut": "start"}


def test_a_file_that_is_no_text_is_refused(write):
    assert "not text" in fault(write("q.csv", bytes(range(32)) * 100))
    assert "empty file" in fault(write("q.csv", b""))


# --- Reading XLSX ------------------------------------------------------------------------------------


def test_a_workbook_is_read_as_it_looks(workbook):
    path = workbook(
        ["Question", "Réponse", "Article", "Sans réponse", "Posée le", None],
        ["Combien ?", 14000, "a.txt", None, datetime(2017, 5, 10), None],
        [],
        ["Quelle part ?", 0.35, "b.txt", False],
        ["Combien de mètres ?", 4807.81, "c.txt"],
        ["Et en 2030 ?", None, None, True],
    )
    book = openpyxl.load_workbook(path)
    book.active["B4"].number_format = "0.0%"
    book.save(path)
    found = read_sheet(path)
    assert [question.origin for question in found] == [f"q.xlsx, row {n}" for n in (2, 4, 5, 6)]
    assert [question.answers for question in found] == [("14000",), ("35 %",), ("4807.81",), ()]
    assert [question.answerable for question in found] == [True, True, True, False]
    assert found[0].as_of == date(2017, 5, 10)


def test_a_formula_is_the_value_it_had_and_never_the_formula(workbook):
    (question,) = read_sheet(workbook(["question", "article", "réponse"], ["Qui ?", "a", "=1+1"]))
    assert question.answers == ()  # nothing has computed it


@pytest.mark.parametrize("content", [b"PK\x03\x04 no", b"question;article", b"\xd0\xcf\x11\xe0" * 200])
def test_what_is_no_workbook_is_refused(write, content):
    assert "broken Excel workbook" in fault(write("q.xlsx", content))


def test_without_openpyxl_it_says_what_to_do(workbook, monkeypatch):
    path = workbook(["question"], ["Qui ?"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "Export as CSV" in fault(path)


# --- Writing -----------------------------------------------------------------------------------------


words = st.text("aé4|'=+-@\\＝«»’", min_size=1, max_size=8)


def check_round_trip(path, written):
    write_sheet(written, path)
    assert [replace(question, origin="") for question in read_sheet(path)] == written


some_questions = st.lists(
    st.builds(ReferenceQuestion, question=words, id=words, answers=st.lists(words, max_size=3).map(tuple))
)
formulas = example([ReferenceQuestion("=1+1", "+1", answers=("-2", "@x"), answerable=True)])
bars = example([ReferenceQuestion("'=1+1", "''-1", answers=("a\\|b", "|"), answerable=True)])


@given(some_questions)
@formulas
@bars
def test_what_is_written_is_read_again_unchanged(tmp_path_factory, written):
    check_round_trip(tmp_path_factory.mktemp("written") / "q.csv", written)


@settings(max_examples=15)  # each is read in a process of its own
@given(some_questions)
@formulas
@bars
def test_what_is_written_to_a_workbook_is_read_again_unchanged(tmp_path_factory, written):
    check_round_trip(tmp_path_factory.mktemp("written") / "q.xlsx", written)


@pytest.mark.parametrize("name", ["q.csv", "q.xlsx"])
def test_the_sample_questions_survive_a_spreadsheet(tmp_path, name):
    sample = read_native(CORPUS / "questions.jsonl")
    write_sheet(sample, tmp_path / name)
    assert [replace(question, origin="") for question in read_sheet(tmp_path / name)] == [
        replace(question, origin="") for question in sample
    ]


def test_every_field_has_a_column(tmp_path):
    question = ReferenceQuestion(
        question="Combien ?",
        id="a-1",
        language="fr",
        answerable=True,
        answers=("14 000",),
        facts=(("a", "b"), ("c",)),
        evidence=(
            (Evidence("a", "x", 3, 9), Evidence("b", "", None, None, 2)),
            (Evidence("", "y"),),
            (Evidence("c"),),
        ),
        forbidden=("15 000",),
        plausible=("une centaine",),
        why_unanswerable="near_miss",
        as_of=date(2017, 5, 10),
        filters={"source": "AFP", "langue": "fr"},
        history=("Qui ?", "Et | ou ?"),
        variant_of="a-0",
        type="combien",
        tags=("x", "y"),
        split="dev",
        weight=0.5,
        disputed=True,
        note="n",
        author="Zoé",
        validated_at=date(2024, 2, 29),
        reference="r",
    )
    write_sheet([question], tmp_path / "q.csv")
    assert read_sheet(tmp_path / "q.csv") == [replace(question, origin="q.csv, row 2")]


@given(questions)
def test_any_question_survives_a_spreadsheet(tmp_path_factory, question):
    path = tmp_path_factory.mktemp("written") / "q.csv"
    written = replace(question, filters={name.replace("=", "_"): value for name, value in question.filters.items()})
    write_sheet([written], path)
    assert read_sheet(path) == [replace(written, origin="q.csv, row 2")]


def test_no_cell_begins_as_a_formula(tmp_path):
    dangerous = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"]
    written = [ReferenceQuestion(text, f"id-{n}", answers=(text,)) for n, text in enumerate(dangerous)]
    for name in ("q.csv", "q.xlsx"):
        write_sheet(written, tmp_path / name)
        assert [question.question for question in read_sheet(tmp_path / name)] == dangerous
    rows = csv.reader(StringIO((tmp_path / "q.csv").read_text(encoding="utf-8-sig"), newline=""))
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r＝")]
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "q.xlsx").active.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize(("text", "message"), [("x" * 32_768, "32768 characters"), ("a\x01b", "control character")])
def test_what_xlsx_cannot_hold_is_refused_and_not_cut(tmp_path, text, message):
    with pytest.raises(UsageError, match=rf"q\.xlsx, row 2: .*{message}.*Write CSV"):
        write_sheet([ReferenceQuestion(text, "a")], tmp_path / "q.xlsx")


# --- The template ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "separator"), [("fr", ";"), ("en", ",")])
def test_the_template_opens_in_excel_and_holds_in_the_sample_corpus(tmp_path, language, separator):
    text = template(language)
    assert text.startswith(f"\ufeffquestion{separator}")
    path = tmp_path / "questions.csv"
    path.write_text(text, encoding="utf-8", newline="")
    found = read_sheet(path)
    assert {question.language for question in found} == {language}
    assert {question.answerable for question in found} == {True, False}
    corpus, refused = read_corpus([CORPUS / "articles"])
    assert not refused
    for one in resolve(found, corpus):
        assert not one.invalid and not one.warnings
        assert bool(one.gold) == one.question.answerable


def test_there_is_no_template_in_other_languages():
    with pytest.raises(UsageError, match=r"'de'.*fr, en"):
        template("de")
