"""The answer object: its fields, its offsets, its addresses."""

import json
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

import pytest
from fake_engine import ARTICLES, FakeEngine, sentences_of
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.records import AnswerRecord, AskRequest, answer_record, article_record, citation_record
from assistant.types import (
    Answer,
    Article,
    Citation,
    Explanation,
    RankedSentence,
    Sentence,
    Signal,
    Statement,
)

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"


def cited(article: Article, start: int, end: int) -> Citation:
    return Citation(1, Sentence(article, start, end, number=1, paragraph=0))


def test_the_answer_object_has_the_fields_that_programs_rely_on() -> None:
    record = answer_record(FakeEngine().ask(QUESTION)).model_dump(mode="json")
    assert list(record) == [
        "question", "understood_as", "language", "abstained", "confidence", "answer", "shape", "disagreement",
        "statements", "citations", "nearest", "hits", "timings_ms", "worded",
    ]  # fmt: skip
    assert list(record["citations"][0]) == [
        "number", "article_id", "title", "published", "source", "language", "start", "end", "quote", "url", "before",
        "speaker", "times", "answering", "copies",
    ]  # fmt: skip
    assert list(record["statements"][0]) == ["text", "citations"]
    assert list(record["hits"][0]) == ["article_id", "start", "end", "score", "rank"]


def test_an_answer_is_its_statements_with_their_numbers() -> None:
    record = answer_record(FakeEngine().ask(QUESTION))
    assert not record.abstained and record.nearest == []
    assert record.answer.startswith(
        "Interpol a identifié 14\u2009000 combattants étrangers qui ont rejoint la Syrie et l'Irak. [1]"
    )
    assert [statement.citations for statement in record.statements] == [[c.number] for c in record.citations]
    first = record.citations[0]
    assert first.published == date(2017, 5, 9)
    assert first.quote == ARTICLES[0].text[first.start : first.end] == record.statements[0].text


def test_an_abstention_has_no_answer_but_what_comes_nearest() -> None:
    record = answer_record(FakeEngine().ask("Et la Turquie ?"))
    assert record.abstained and record.answer == "" and record.statements == record.citations == []
    assert [near.number for near in record.nearest] == list(range(1, len(record.nearest) + 1))
    assert 0 <= record.confidence < 0.5


def test_a_citation_used_twice_is_listed_once() -> None:
    citation = Citation(1, sentences_of(ARTICLES[0])[0])
    statements = (Statement("a", (citation,)), Statement("b", (citation,)))
    record = answer_record(Answer("q", "fr", statements, 0.9, (), ()))
    assert record.answer == "a [1] b [1]"
    assert [c.number for c in record.citations] == [1]


def test_text_in_json_is_not_escaped() -> None:
    encoded = answer_record(FakeEngine().ask(QUESTION)).model_dump_json()
    assert "14\u2009000 combattants étrangers" in encoded and "\\u" not in encoded


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (0, 6), (2, 2), (3, 2), (5, 9)])
def test_offsets_outside_the_article_are_never_cited(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="is not in its text of 5 characters"):
        citation_record(cited(Article("a", "texte"), start, end))


class Retouched(Sentence):
    """A sentence that claims another text than its article's."""

    @property
    def text(self) -> str:
        return "Quinze"


def test_a_quotation_that_differs_from_its_article_is_never_cited() -> None:
    sentence = Retouched(Article("a", "Vingt-cinq pays"), 0, 10, number=1, paragraph=0)
    with pytest.raises(ValueError, match="Citation of article 'a' at 0:10"):
        citation_record(Citation(1, sentence))


@given(st.text(min_size=1), st.data())
def test_a_quotation_is_the_text_between_its_offsets_in_code_points(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    record = citation_record(cited(Article("a", text), start, end))
    assert record.quote == text[record.start : record.end]


@pytest.mark.parametrize(
    ("article_id", "url"),
    [
        ("2017-05-09-raqa", "/articles/2017-05-09-raqa#s1"),
        ("a/b", "/articles/a%2Fb#s1"),
        ("a?b#c", "/articles/a%3Fb%23c#s1"),
        ("100 %", "/articles/100%20%25#s1"),
        ("dépêche\n1", "/articles/d%C3%A9p%C3%AAche%0A1#s1"),
    ],
)
def test_an_address_holds_any_article_id(article_id: str, url: str) -> None:
    assert citation_record(cited(Article(article_id, "Un."), 0, 3)).url == url


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_address_gives_the_article_id_back(article_id: str) -> None:
    path, _, fragment = citation_record(cited(Article(article_id, "Un."), 0, 3)).url.partition("#")
    assert unquote(path.removeprefix("/articles/")) == article_id
    assert path.isascii() and path.count("/") == 2 and fragment == "s1"


def test_addresses_begin_with_the_prefix_of_the_proxy() -> None:
    record = answer_record(FakeEngine().ask(QUESTION), root_path="/qa")
    assert record.citations[0].url.startswith("/qa/articles/2017-05-09-raqa#s")


def test_the_record_reads_back_what_it_wrote() -> None:
    record = answer_record(FakeEngine().ask(QUESTION))
    assert AnswerRecord.model_validate_json(record.model_dump_json()) == record


def test_an_article_is_told_whole_with_its_sentences() -> None:
    article = ARTICLES[0]
    record = json.loads(article_record(article, sentences_of(article)).model_dump_json())
    assert list(record) == [
        "id", "title", "text", "published", "source", "url", "author", "language", "sentences",
    ]  # fmt: skip
    assert record["text"] == article.text and record["published"] == "2017-05-09"
    assert record["sentences"][2] == {"number": 3, "start": 332, "end": 382, "paragraph": 1}
    assert article.text[332:382] == "Quinze pays de la coalition y étaient représentés."


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"question": 3},
        {"question": "q", "history": "q"},
        {"question": "q", "histroy": []},
        {"question": "q", "language": "français"},
    ],
)
def test_a_request_of_another_shape_is_refused(request_body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AskRequest.model_validate(request_body)


def test_the_sentence_before_is_told_beside_the_quotation_and_checked() -> None:
    first, second, *_ = sentences_of(ARTICLES[0])
    record = citation_record(Citation(1, second, first))
    assert record.before is not None
    assert record.before.quote == ARTICLES[0].text[record.before.start : record.before.end] == first.text
    assert record.quote == second.text
    assert citation_record(Citation(1, second)).before is None
    with pytest.raises(ValueError, match="not in its text"):
        citation_record(Citation(1, second, Sentence(ARTICLES[0], 5, 10**6, 1, 0)))


def test_an_answer_tells_why_where_it_was_asked_for() -> None:
    best, other, *_ = sentences_of(ARTICLES[0])
    why = Explanation(
        outcome="answered",
        threshold=0.5,
        risk=10,
        read=True,
        intercept=-1.0,
        signals=(Signal("score", 3.0, 0.5, 1.0), Signal("reader", -2.0, 0.25, 0.0)),
        best=RankedSentence(best, 2.5, 1),
        runner_up=RankedSentence(other, 1.5, 2),
    )
    answer = Answer("q", "fr", (Statement(best.text, (Citation(1, best),)),), 0.6, (), ())
    assert "explain" not in answer_record(answer).model_dump()
    record = json.loads(answer_record(replace(answer, explanation=why), "/qa").model_dump_json())
    assert [signal["log_odds"] for signal in record["explain"]["signals"]] == [1.0, -0.5]
    assert record["explain"]["runner_up"]["quote"] == other.text
    assert record["explain"]["best"]["url"] == "/qa/articles/2017-05-09-raqa#s1"
    assert AnswerRecord.model_validate(record).explain is not None
