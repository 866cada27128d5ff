"""Files of reference questions as other tools write them, and as strangers break them."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.evaluation.corpus import corpus_of, read_corpus
from assistant.evaluation.formats import (
    FORMATS,
    WRITABLE,
    corpus_records,
    detect,
    read_questions,
    write_questions,
)
from assistant.evaluation.resolve import resolve
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.types import Article

THIN = "\u2009"
PONT = f"Le pont a coûté 14{THIN}000 francs. L’ingénieur Renaud l’a fini en 1862. Renaud est mort en 1870."


@pytest.fixture
def write(tmp_path):
    """Writes a file into an empty folder: text as it is, anything else as JSON, lists as lines for ``.jsonl``."""

    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(one) + "\n" for one in content), encoding="utf-8")
        else:
            path.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return path

    return write


def fault(path: Path, **given) -> str:
    """The one line that reading ``path`` ends with."""
    with pytest.raises(UsageError) as caught:
        read_questions(path, **given)
    message = str(caught.value)
    assert "\n" not in message
    return message


def corpus_in(path: Path, tmp_path: Path):
    """The articles that a file brings, ingested as anyone would."""
    articles = tmp_path / "articles.jsonl"
    articles.write_text("".join(json.dumps(one) + "\n" for one in corpus_records(path)), encoding="utf-8")
    corpus, refused = read_corpus([articles])
    assert not refused
    return corpus


def squad(*questions: dict, context: str = PONT, title: str = "Pont_Renaud") -> dict:
    return {"version": "v2.0", "data": [{"title": title, "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def asked(id: str, *answers: tuple[str, int], **more) -> dict:
    found = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": id, "question": f"Question {id} ?", "answers": found, **more}


# --- SQuAD -------------------------------------------------------------------------------------------


def test_squad_answers_are_alternative_quotes_of_their_paragraph(write):
    start = PONT.index("Renaud")
    path = write("dev.json", squad(asked("56be", ("Renaud", start), ("L’ingénieur Renaud", start - 12))))
    (question,) = read_questions(path)
    assert (question.id, question.answerable) == ("56be", True)
    assert question.answers == ("Renaud", "L’ingénieur Renaud")
    assert question.evidence == (
        (
            Evidence("Pont_Renaud-p1", "Renaud", start, start + 6),
            Evidence("Pont_Renaud-p1", "L’ingénieur Renaud", start - 12, start + 6),
        ),
    )


@pytest.mark.parametrize(
    ("said", "answer", "expected"),
    [
        (PONT.rindex("Renaud"), "Renaud", PONT.rindex("Renaud")),  # right
        (PONT.rindex("Renaud") - 4, "Renaud", PONT.rindex("Renaud")),  # near the second
        (2, "Renaud", PONT.index("Renaud")),  # near the first
        (9999, "Renaud", PONT.rindex("Renaud")),
        (0, "14 000 francs", PONT.index("14")),  # other spaces: the article's own words are kept
        (0, "L'ingénieur", PONT.index("L’ing")),
    ],
)
def test_a_squad_answer_is_looked_for_where_it_is_not(write, said, answer, expected):
    (question,) = read_questions(write("dev.json", squad(asked("a", (answer, said)))))
    ((evidence,),) = question.evidence
    assert evidence.start == expected
    assert evidence.quote == PONT[evidence.start : evidence.end]
    assert len(evidence.quote) == len(answer)


def test_a_squad_answer_that_is_nowhere_is_reported_when_it_is_resolved(write, tmp_path):
    path = write("dev.json", squad(asked("a", ("Gustave Eiffel", 3)), asked("b", ("1862", 5), ("Gustave Eiffel", 3))))
    invalid, fine = resolve(read_questions(path), corpus_in(path, tmp_path))
    assert "“Gustave Eiffel” is not in 'Pont_Renaud-p1'" in invalid.invalid
    assert [span.start for group in fine.gold for span in group] == [PONT.index("1862")]


def test_squad_questions_that_nothing_answers(write):
    plausible = [{"text": "1870", "answer_start": PONT.index("1870")}]
    path = write("dev.json", squad(asked("a", is_impossible=True, plausible_answers=plausible), asked("b")))
    marked, empty = read_questions(path)
    assert (marked.answerable, marked.plausible, marked.why_unanswerable) == (False, ("1870",), "near_miss")
    assert (marked.answers, marked.evidence) == ((), ())
    assert not empty.answerable


def test_a_squad_test_set_without_answers_still_has_its_paragraphs(write):
    record = {"id": "a", "question": "Qui ?"}
    (question,) = read_questions(write("test.json", squad(record)))
    assert question.answerable
    assert question.evidence == ((Evidence("Pont_Renaud-p1"),),)


def test_flat_squad_is_read_as_the_nested_one(write):
    start = PONT.index("1862")
    flat = {
        "id": "a",
        "title": "Pont_Renaud",
        "context": PONT,
        "question": "Question a ?",
        "answers": {"text": ["1862"], "answer_start": [start]},
    }
    nested = read_questions(write("nested.json", squad(asked("a", ("1862", start)))))
    for name, content in (("flat.jsonl", [flat]), ("flat.json", [flat]), ("wrapped.json", {"data": [flat]})):
        path = write(name, content)
        assert [(q.id, q.answers, q.evidence) for q in read_questions(path)] == [
            (q.id, q.answers, q.evidence) for q in nested
        ]
        assert corpus_records(path) == [{"id": "Pont_Renaud-p1", "title": "Pont Renaud", "text": PONT}]
    unanswerable = flat | {"id": "b", "answers": {"text": [], "answer_start": []}}
    assert not read_questions(write("v2.jsonl", [unanswerable]))[0].answerable


def test_squad_paragraphs_are_named_by_title_and_number(write):
    def paragraphs(*texts):
        return [{"context": text, "qas": [asked(text)]} for text in texts]

    data = [
        {"title": "Lyon", "paragraphs": paragraphs("Un.", "Deux.")},
        {"title": f"L’Isle\u00a0: «{THIN}été{THIN}»", "paragraphs": paragraphs("Trois.")},
        {"title": "Lyon", "paragraphs": paragraphs("Deux.", "Quatre.")},
        {"paragraphs": paragraphs("Cinq.")},
    ]
    path = write("dev.json", {"data": data[:2] + data[3:]})
    expected = ["Lyon-p1", "Lyon-p2", "L’Isle : « été »-p1", "paragraph-p1"]
    assert [one["id"] for one in corpus_records(path)] == expected
    # A title that comes again goes on, and a paragraph that comes again keeps its name.
    path = write("dev.json", {"data": data})
    assert [one["id"] for one in corpus_records(path)] == [*expected[:3], "Lyon-p3", "paragraph-p1"]


def test_squad_quotes_resolve_against_the_corpus_the_file_brings(write, tmp_path):
    context = f"\ufeffL’été\r\n«{THIN}chaud{THIN}» de 1862 \u0000et 1863 "
    path = write("dev.json", squad(asked("a", ("1863", context.index("1863"))), context=context))
    (resolved,) = resolve(read_questions(path), corpus_in(path, tmp_path))
    ((span,),) = resolved.gold
    article = corpus_in(path, tmp_path).articles[span.article]
    assert article.text[span.start : span.end] == "1863"
    assert not resolved.warnings


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"data": [\n{"title": "x",]}', "dev.json, line 2: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, "dev.json, data 1, paragraphs 1: no 'context'"),
        ({"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "a"}]}]}]}, "data 1, paragraphs 1, qas 1: no 'qu"),
        ({"data": [{"paragraphs": {"context": "x"}}]}, "dev.json, data 1: 'paragraphs' is not a list"),
        ({"data": ["x"]}, "dev.json, data 1: not an object"),
        (squad(asked("a", is_impossible="no")), "'is_impossible' is neither true nor false"),
        (squad({"id": "a", "question": ["Qui ?"]}), "'question' is neither text nor a number"),
        ({"data": []}, "holds no question"),
        ({"donnees": []}, "--format"),
    ],
)
def test_broken_squad_files_are_named_with_the_place(write, content, expected):
    assert expected in fault(write("dev.json", content))


# --- BEIR and TREC -----------------------------------------------------------------------------------


@pytest.fixture
def beir(write, tmp_path):
    write("queries.jsonl", [{"_id": id, "text": f"Question {id} ?", "metadata": {}} for id in ("q1", "q2", "q3", "q4")])
    write("corpus.jsonl", [{"_id": "a 1", "title": "Pont", "text": PONT}, {"_id": "a2", "text": "Rien."}])
    write("qrels/dev.tsv", "query-id\tcorpus-id\tscore\nq1\ta 1\t1\n")
    write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\ta2\t2\nq2\ta2\t0\nq3\ta2\t1.0\n")
    return tmp_path


def test_beir_articles_are_graded_groups(beir):
    first, second, third = read_questions(beir)
    assert first.evidence == ((Evidence("a 1", grade=1),), (Evidence("a2", grade=2),))
    assert (first.id, first.question, first.split) == ("q1", "Question q1 ?", "test")
    assert (second.answerable, second.why_unanswerable) == (False, "none_relevant")
    assert third.evidence == ((Evidence("a2"),),)
    assert read_questions(beir / "queries.jsonl") == [first, second, third]


def test_beir_brings_its_corpus(beir):
    assert corpus_records(beir) == [
        {"id": "a 1", "title": "Pont", "text": PONT},
        {"id": "a2", "title": "", "text": "Rien."},
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("q1\ta2\thigh", "test.tsv, line 3: grade 'high'"),
        ("q1\ta2\t0.5", "test.tsv, line 3: grade '0.5'"),
        ("q1\ta2", "test.tsv, line 3: 2 cells"),
    ],
)
def test_broken_judgements_are_named_with_the_line(beir, write, line, expected):
    write("qrels/test.tsv", f"query-id\tcorpus-id\tscore\nq1\ta2\t1\n{line}\n")
    assert expected in fault(beir)


def test_beir_without_judgements_says_where_they_go(write):
    assert "qrels/*.tsv" in fault(write("queries.jsonl", [{"_id": "a", "text": "Qui ?"}]))


SGML = """<top>
<num> Number: 301
<title> International Organized Crime

<desc> Description:
Identify organizations &amp; people.
<narr> Narrative: A relevant document…
</top>
<top><num>302</num><title>Poliomyelitis</title></top>
"""
CLEF = (
    "<top>\n<num>C041</num>\n<FR-title>Pesticides dans l’alimentation</FR-title>\n<FR-desc>Trouver…</FR-desc>\n</top>"
)
COVID = """<topics task="COVIDSearch"><topic number="301"><query>virus origin</query>
<question>what is the origin of the virus</question><narrative>…</narrative></topic></topics>"""
CLINICAL = '<topics><topic number="301">\n 74-year-old\n man with pain</topic></topics>'
COLUMNS = "qid\tquery\n301\tQui a payé ?\n302\tOù ?\n"


@pytest.mark.parametrize(
    ("name", "topics", "expected"),
    [
        ("topics.txt", SGML, ["International Organized Crime", "Poliomyelitis"]),
        ("topics.xml", COVID, ["what is the origin of the virus"]),
        ("topics.xml", CLINICAL, ["74-year-old man with pain"]),
        ("topics.tsv", COLUMNS, ["Qui a payé ?", "Où ?"]),
    ],
)
def test_trec_topics_in_every_notation(write, tmp_path, name, topics, expected):
    write("qrels.301.txt", "301 0 FT911-1 1\n301 0 FT911-2 0\n301 0 FT911-3 2\n302 0 FT911-1 -1\n")
    path = write(name, topics)
    questions = read_questions(path)
    assert [question.question for question in questions] == expected
    assert questions[0].id == "301"
    assert questions[0].evidence == ((Evidence("FT911-1"),), (Evidence("FT911-3", grade=2),))
    assert [question.answerable for question in questions[1:]] == [False] * (len(expected) - 1)
    assert read_questions(tmp_path) == questions
    assert detect(path) == detect(tmp_path) == "trec"


def test_trec_topics_keep_their_description_and_clef_its_language(write):
    write("qrels.txt", "301 0 FT911-1 1\nC041 0 LEMONDE94-1 1\n")
    assert read_questions(write("topics.txt", SGML))[0].note == "Identify organizations & people."
    (question,) = read_questions(write("topics.txt", CLEF.encode("cp1252")))
    assert (question.language, question.question) == ("fr", "Pesticides dans l’alimentation")


def test_trec_needs_one_file_of_each_kind(write, tmp_path):
    path = write("topics.txt", SGML)
    assert "'qrels' in its name (found: none)" in fault(path)
    write("qrels.a.txt", "301 0 x 1")
    write("qrels.b.txt", "301 0 x 1")
    assert "found: qrels.a.txt, qrels.b.txt" in fault(path)
    assert "cannot be read" in fault(tmp_path / "none" / "topics.txt", format="trec")


def test_broken_topics_are_named(write):
    write("qrels.txt", "301 0 x 1")
    assert "topics.txt, topic 1: no number" in fault(write("topics.txt", "<top><title>Qui ?</title></top>"))
    assert "topics.tsv, line 2: no tab" in fault(write("topics.tsv", "301\tQui ?\nOù ?\n"))


# --- Evaluation tools --------------------------------------------------------------------------------


def test_ragas_contexts_are_needed_quotes_of_the_articles_beside_them(write):
    path = write(
        "testset.jsonl",
        [
            {
                "user_input": "Qui a bâti le pont ?",
                "reference": "L’ingénieur Renaud a bâti le pont en 1862.",
                "reference_contexts": ["<1-hop>\n\nL’ingénieur Renaud", "<2-hop>\n\nfini en 1862"],
                "reference_context_ids": ["pont", 7],
                "synthesizer_name": "multi_hop_specific_query_synthesizer",
            },
            {"user_input": "Combien ?", "reference": "14 000 francs", "reference_contexts": ["14 000 francs"]},
            {"user_input": "Où ?", "reference_context_ids": ["pont"]},
        ],
    )
    two, anywhere, whole = read_questions(path)
    assert two.evidence == ((Evidence("pont", "L’ingénieur Renaud"),), (Evidence("7", "fini en 1862"),))
    assert (two.answers, two.reference) == ((), "L’ingénieur Renaud a bâti le pont en 1862.")
    assert two.tags == ("multi_hop_specific_query_synthesizer",)
    assert anywhere.evidence == ((Evidence("", "14 000 francs"),),)
    assert anywhere.answers == ("14 000 francs",)
    assert whole.evidence == ((Evidence("pont"),),)


def test_a_ragas_quote_without_an_article_is_found_in_any(write):
    (question,) = read_questions(
        write("t.jsonl", [{"user_input": "Combien ?", "reference_contexts": ["14 000 francs"]}])
    )
    (resolved,) = resolve([question], corpus_of([Article("autre", "Rien."), Article("pont", PONT)]))
    ((span,),) = resolved.gold
    assert (span.article, span.start) == ("pont", PONT.index("14"))


def test_a_ragas_conversation_ends_with_the_question(write):
    turns = [
        {"type": "human", "content": "Qui a bâti le pont ?"},
        {"type": "ai", "content": "Renaud."},
        {"type": "human", "content": "Et quand ?"},
    ]
    (question,) = read_questions(write("t.jsonl", [{"user_input": turns, "reference": "en 1862"}]))
    assert (question.history, question.question) == (("Qui a bâti le pont ?",), "Et quand ?")


def test_ragas_csv_has_lists_as_python_writes_them(write):
    table = 'user_input,reference_contexts,reference\n"Qui, au juste ?","[\'L’ingénieur Renaud\']",Renaud\n'
    path = write("testset.csv", table)
    assert detect(path) == "ragas"
    (question,) = read_questions(path)
    assert question.question == "Qui, au juste ?"
    assert question.evidence == ((Evidence("", "L’ingénieur Renaud"),),)
    assert question.origin == "testset.csv, row 2"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"user_input": "Qui ?", "response": "Renaud"}, "line 2: no 'reference' and no 'reference_contexts'"),
        ({"user_input": "Qui ?", "reference_contexts": ["a", "b"], "reference_context_ids": ["a"]}, "2 'reference_con"),
        ({"user_input": [{"type": "ai", "content": "Bonjour"}], "reference": "x"}, "no message of type 'human'"),
        ({"user_input": "", "reference": "x"}, "line 2: no 'user_input'"),
    ],
)
def test_ragas_records_without_what_is_needed(write, record, expected):
    assert expected in fault(write("t.jsonl", [{"user_input": "Où ?", "reference": "ici"}, record]))


GOLDEN = {
    "input": "Qui a bâti le pont ?",
    "actual_output": None,
    "expected_output": "Renaud",
    "context": ["L’ingénieur Renaud", "fini en 1862"],
    "source_file": "C:\\articles\\pont.txt",
}


def test_deepeval_goldens_in_every_shape(write):
    camel = {
        "input": GOLDEN["input"],
        "expectedOutput": "Renaud",
        "context": GOLDEN["context"],
        "sourceFile": "pont.txt",
    }
    cells = [GOLDEN["input"], "", "Renaud", "|".join(GOLDEN["context"]), "/data/pont.txt"]
    table = f"input,actual_output,expected_output,context,source_file\n{','.join(cells)}\n"
    for path in (
        write("goldens.json", [GOLDEN]),
        write("goldens.jsonl", [GOLDEN]),
        write("dataset.json", {"goldens": [camel]}),
        write("goldens.csv", table),
    ):
        assert detect(path) == "deepeval"
        (question,) = read_questions(path)
        assert question.answers == ("Renaud",)
        assert question.evidence == (
            (Evidence("pont.txt", "L’ingénieur Renaud"),),
            (Evidence("pont.txt", "fini en 1862"),),
        )


def test_deepeval_goldens_with_less(write):
    long = "Renaud, qui était ingénieur à Lyon, l’a bâti."
    path = write(
        "goldens.json",
        [
            {"input": "Qui ?", "expected_output": long, "context": None},
            {"input": "Où ?", "expected_output": "Lyon", "source_file": "pont.txt"},
        ],
    )
    said, where = read_questions(path)
    assert (said.answerable, said.answers, said.reference, said.evidence) == (True, (), long, ())
    assert where.evidence == ((Evidence("pont.txt"),),)
    path = write("goldens.json", [{"input": "Qui ?", "expected_output": ""}])
    assert "goldens.json, record 1: no 'expected_output' and no 'context'" in fault(path)


def test_ragchecker_inputs_have_a_reference_and_no_evidence(write):
    result = {
        "query_id": "000",
        "query": "Qui a bâti le pont ?",
        "gt_answer": "Renaud",
        "response": "Eiffel",
        "retrieved_context": [{"doc_id": "pont", "text": PONT}],
    }
    for content in ({"results": [result]}, [result]):
        (question,) = read_questions(write("inputs.json", content))
        assert (question.id, question.answers, question.evidence) == ("000", ("Renaud",), ())
    assert "record 1: no 'gt_answer'" in fault(write("i.json", {"results": [result | {"gt_answer": ""}]}))


def test_multihop_rag_facts_are_needed_quotes_and_null_queries_unanswerable(write, tmp_path):
    urls = ["https://exemple.fr/pont", "https://exemple.fr/lyon"]
    facts = ["L’ingénieur Renaud l’a fini en 1862.", "Lyon a deux fleuves."]
    articles = [
        {
            "title": "Le pont",
            "body": PONT,
            "url": urls[0],
            "published_at": "2023-10-01T09:00:00+00:00",
            "source": "AFP",
        },
        {"title": "Lyon", "body": facts[1], "url": urls[1], "source": "AFP"},
    ]
    evidence = [{"title": "t", "url": url, "fact": fact} for url, fact in zip(urls, facts, strict=True)]
    write("corpus.json", articles)
    path = write(
        "MultiHopRAG.json",
        [
            {
                "query": "Q ?",
                "answer": "Yes",
                "question_type": "comparison_query",
                "evidence_list": [*evidence, evidence[0]],
            },
            {
                "query": "R ?",
                "answer": "Insufficient information.",
                "question_type": "null_query",
                "evidence_list": [],
            },
        ],
    )
    compared, nothing = read_questions(path)
    assert compared.evidence == tuple((Evidence(url, fact),) for url, fact in zip(urls, facts, strict=True))
    assert (compared.answers, compared.tags) == (("Yes",), ("comparison_query",))
    assert (nothing.answerable, nothing.answers, nothing.why_unanswerable) == (False, (), "out_of_corpus")
    corpus = corpus_in(path, tmp_path)
    assert {article.published for article in corpus.articles.values()} == {date(2023, 10, 1), None}
    assert [one.invalid for one in resolve([compared], corpus)] == [""]


# --- Questions over a corpus by ids, and the data beside the checkout ---------------------------------


def test_gold_ids_are_alternatives(write):
    path = write(
        "questions.jsonl",
        [
            {"id": "a", "question": "Qui ?", "lang": "fr", "answers": [], "gold_ids": ["x", "y"], "gold_start": None},
            {"id": "b", "question": "Qui ?", "answers": ["Renaud", "lui"], "gold_ids": ["x"], "gold_start": 44},
            {"id": "c", "question": "Qui ?", "answers": [], "gold_ids": ["x"], "gold_sentences": ["Un.", "Deux."]},
            {
                "id": "d",
                "question": "Et lui ?",
                "answers": [],
                "gold_ids": [],
                "answerable": False,
                "standalone": False,
                "date": "2017-05-09",
                "removed_article": "z",
                "removed_answers": ["Eiffel"],
            },
            {"id": "e", "question": "Et elle ?", "gold_ids": [], "near_ids": ["x"], "plausible_wrong": ["Renaud"]},
            {"id": "f", "question": "FAQ ?", "answers": ["Tout."], "gold_ids": ["x"], "gold_start": 0, "kind": "faq"},
        ],
    )
    any_of, spans, sentences, removed, near, faq = read_questions(path)
    assert any_of.evidence == ((Evidence("x"), Evidence("y")),)
    assert any_of.language == "fr"
    assert spans.evidence == ((Evidence("x", "Renaud", 44, 50),),)
    assert sentences.evidence == ((Evidence("x", "Un."),), (Evidence("x", "Deux."),))
    assert (removed.answerable, removed.why_unanswerable, removed.tags) == (False, "out_of_corpus", ("not-standalone",))
    assert (removed.as_of, removed.note) == (date(2017, 5, 9), "taken out of the corpus: Eiffel")
    assert (near.why_unanswerable, near.plausible) == ("near_miss", ("Renaud",))
    assert (faq.answers, faq.reference) == ((), "Tout.")
    assert "'answerable' is neither" in fault(write("q.jsonl", [{"question": "?", "gold_ids": [], "answerable": "no"}]))


@pytest.mark.parametrize(
    ("name", "answerable", "unanswerable"),
    [
        ("afriqa_fr_en", 534, 0),
        ("clapnq_en_dev", 300, 300),
        ("cnil_faq_fr", 537, 0),
        ("crosslingual_fr_question_xquad", 73, 0),
        ("nomiracl_fr_dev", 132, 122),
        ("orangesum_news_fr_2016_2018", 150, 39),
        ("piaf_fr_dev", 750, 250),
        ("squad2_en_dev", 2910, 3168),
        ("xquad_en_es", 2380, 0),
    ],
)
def test_every_development_set_resolves(shared, name, answerable, unanswerable):
    folder = shared / name
    questions = read_questions(folder)
    assert [question.answerable for question in questions].count(True) == answerable
    assert [question.answerable for question in questions].count(False) == unanswerable
    assert all(question.why_unanswerable for question in questions if not question.answerable)
    articles = [Article(one["id"], one["text"], one["title"]) for one in corpus_records(folder)]
    resolved = resolve(questions, corpus_of(articles))
    assert not [one for one in resolved if one.invalid]
    # Two paragraphs begin with a byte order mark, which no stored article keeps.
    assert len([one for one in resolved if one.warnings]) == (19 if name == "xquad_en_es" else 0)


# --- Mapped ------------------------------------------------------------------------------------------

RECORD = {
    "key": 7,
    "inputs": {"q": "Qui a bâti le pont ?", "lang": "fr"},
    "outputs": {
        "a": ["Renaud", None, 1862],
        "refs": [{"doc": "pont", "text": "Renaud"}, {"doc": "lyon", "text": "1862"}],
    },
    "meta.kind": "qui",
    "impossible": False,
}


def test_a_mapping_says_where_the_fields_are(write):
    mapping = {
        "id": "key",
        "question": "inputs.q",
        "lang": "inputs.lang",
        "answers": "outputs.a[]",
        "article": "outputs.refs[].doc",
        "quote": "outputs.refs[].text",
        "type": "meta.kind",
        "unanswerable": "impossible",
        "note": "nothing.here",
    }
    (question,) = read_questions(write("log.jsonl", [RECORD]), mapping=mapping)
    assert (question.id, question.question, question.language) == ("7", "Qui a bâti le pont ?", "fr")
    assert question.answers == ("Renaud", "1862")
    assert question.evidence == ((Evidence("pont", "Renaud"),), (Evidence("lyon", "1862"),))
    assert (question.type, question.answerable, question.note) == ("qui", True, "")
    assert question.origin == "log.jsonl, line 1"


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"answers": "outputs.a"}, ()),
        ({"article": "outputs.refs[0].doc", "quote": "outputs.a"}, (("pont", "Renaud"), ("pont", "1862"))),
        ({"quote": "outputs.refs[].text"}, (("", "Renaud"), ("", "1862"))),
        ({"article": "outputs.refs[].doc"}, (("pont", ""), ("lyon", ""))),
    ],
)
def test_articles_and_quotes_go_together(write, mapping, expected):
    record = RECORD | {"outputs": RECORD["outputs"] | {"a": ["Renaud", "1862"]}}
    path = write("log.json", [record])
    (question,) = read_questions(path, mapping={"question": "inputs.q"} | mapping)
    assert tuple((one.article, one.quote) for (one,) in question.evidence) == expected


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"answers": "outputs.a"}, "--map names no question"),
        ({"question": "inputs.q", "reponse": "outputs.a"}, "no field 'reponse'. Fields: id, question"),
        ({"question": "inputs.q", "note": "key"}, "--map says nothing of what is right"),
        ({"question": "inputs.q", "unanswerable": "inputs.lang"}, "line 1: 'inputs.lang' is neither true nor false"),
        ({"question": "inputs..q"}, "--map question=inputs..q: not a path"),
        ({"question": "inputs.question", "answers": "outputs.a"}, "log.jsonl, line 1: nothing at 'inputs.question'"),
        (
            {"question": "outputs.a", "answers": "outputs.a"},
            "log.jsonl, line 1: 2 values at 'outputs.a' for 'question'. Map one, as in 'outputs.a[0]'",
        ),
        ({"question": "inputs", "answers": "outputs.a"}, "log.jsonl, line 1: 'question' is"),
        ({"question": "inputs.q", "article": "outputs.a", "quote": "inputs.q"}, "2 articles but 1 quotes"),
        ({"question": "inputs.q", "answers": "outputs.a", "split": "inputs.lang"}, "line 1: 'split' is \"fr\""),
    ],
)
def test_mappings_that_do_not_fit(write, mapping, expected):
    assert expected in fault(write("log.jsonl", [RECORD]), mapping=mapping)


@pytest.mark.parametrize(("impossible", "answerable"), [(True, False), (False, True), (None, True)])
def test_a_mapping_with_only_a_long_reference(write, impossible, answerable):
    record = {"q": "Qui ?", "long": "Renaud, qui était ingénieur.", "impossible": impossible}
    mapping = {"question": "q", "reference": "long", "unanswerable": "impossible"}
    (question,) = read_questions(write("log.jsonl", [record]), mapping=mapping)
    assert (question.answerable, question.reference) == (answerable, record["long"])


def test_a_mapping_and_a_format_are_one_too_many(write):
    assert "Use one of them" in fault(write("log.jsonl", [RECORD]), mapping={"question": "inputs.q"}, format="ragas")


# --- Detection and what all have in common -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("q.jsonl", [{"question": "Qui ?"}], "native"),
        ("q.json", [{"question": "Qui ?"}], "native"),
        ("q.yaml", "- question: Qui ?\n", "native"),
        ("q.csv", "question;réponse;article\nQui ?;Renaud;pont\n", "sheet"),
        ("q.tsv", "question\tréponse\nQui ?\tRenaud\n", "sheet"),
        ("q.csv", "Question,Article\nQui ?,pont\n", "sheet"),
        ("q.jsonl", [{"question": "Qui ?", "gold_ids": ["x"]}], "corpus-qa"),
        ("questions.jsonl", [{"question": "Qui ?", "gold_ids": ["x"]}], "corpus-qa"),
    ],
)
def test_formats_are_told_by_the_first_record(write, name, content, expected):
    path = write(name, content)
    assert detect(path) == expected
    assert [question.question for question in read_questions(path)] == ["Qui ?"]


def test_the_given_format_wins(write):
    path = write("q.jsonl", [{"question": "Qui ?", "gold_ids": ["x"], "answers": ["Renaud"]}])
    assert read_questions(path)[0].evidence
    assert not read_questions(path, format="native")[0].evidence


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("q.jsonl", [{"frage": "Wer?"}], "--map question=inputs.q"),
        ("q.jsonl", "", "--map"),
        ("q.jsonl", '{"question": "Qui ?"}\n{"question": \n', "q.jsonl, line 2"),
        ("q.jsonl", '{"user_input": "Qui ?", "reference": "x"}\n["x"]\n', "q.jsonl, line 2: not an object"),
        ("q.jsonl", '{"user_input": "Qui \xff"}\n'.encode("latin-1"), "q.jsonl, line 1: not UTF-8"),
        ("q.json", "12", "--map"),
        ("q.txt", "Qui a bâti le pont ?", "--map"),
        ("q.json", '{"data": ' + "1" * 5000 + "}", "q.json: not JSON that can be read"),
        ("q.csv", 'user_input,reference\n"Qui ?" x,y\n', "q.csv, line 2: not CSV"),
    ],
)
def test_files_that_are_none(write, name, content, expected):
    assert expected in fault(write(name, content))


def test_a_missing_file_is_named(tmp_path):
    for name in ("none.jsonl", "none.json", "none.csv", "none.yaml", "none.txt", "none"):
        assert name in fault(tmp_path / name)
    with pytest.raises(UsageError, match=r"No format 'squid' here\. Formats: native, sheet, squad"):
        read_questions(tmp_path, format="squid")


def test_ids_are_unique_within_a_file(write):
    path = write("q.jsonl", [{"question": "Qui ?", "answers": [answer]} for answer in "abc"])
    first, second, third = (question.id for question in read_questions(path))
    assert (second, third) == (f"{first}-2", f"{first}-3")
    path = write("q.jsonl", [{"id": "x", "question": f"{word} ?"} for word in ("Qui", "Où")])
    assert fault(path) == "q.jsonl, line 2: the id 'x' is that of q.jsonl, line 1. Give it another."


def test_only_some_formats_bring_articles(write):
    with pytest.raises(UsageError, match="native bring no articles"):
        corpus_records(write("q.jsonl", [{"question": "Qui ?"}]))


NAMES = """
    data paragraphs context qas question answers text answer_start is_impossible id user_input reference
    reference_contexts input expected_output query gt_answer results evidence_list fact url gold_ids
"""
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)
OF_ONE_FILE = [name for name in FORMATS if name not in ("beir", "trec", "sheet")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.sampled_from(OF_ONE_FILE), ANYTHING)
def test_whatever_json_holds_is_read_or_refused_in_one_line(tmp_path, format, value):
    path = tmp_path / "q.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    for given_format in (format, None):
        try:
            assert read_questions(path, given_format)
        except UsageError as error:
            assert "q.json" in str(error)
            assert "\n" not in str(error)


# --- Writing -----------------------------------------------------------------------------------------

CORPUS = corpus_of([Article("pont", PONT, "Le pont"), Article("lyon", "Lyon a deux fleuves.", "Lyon")])
QUESTIONS = [
    ReferenceQuestion(
        "Qui ?", "q1", answers=("Renaud",), evidence=((Evidence("pont", "L'ingénieur Renaud l'a fini"),),)
    ),
    ReferenceQuestion("Combien ?", "q2", answers=("14 000 francs",), evidence=((Evidence("Le pont"),),), split="dev"),
    ReferenceQuestion("Quand ?", "q3", evidence=((Evidence("pont", "en 1862", grade=2),),)),
]
UNANSWERABLE = ReferenceQuestion("Pourquoi ?", "u1", answerable=False, plausible=("Renaud",))


@pytest.mark.parametrize(("format", "name"), [("native", "q.jsonl"), ("native", "q.yaml"), ("sheet", "q.csv")])
def test_our_own_formats_carry_everything(tmp_path, format, name):
    path = tmp_path / name
    write_questions([*QUESTIONS, UNANSWERABLE], path, format)
    again = read_questions(path)
    assert [(q.id, q.answers, q.evidence, q.plausible) for q in again] == [
        (q.id, q.answers, q.evidence, q.plausible) for q in [*QUESTIONS, UNANSWERABLE]
    ]


def test_squad_is_written_with_answers_as_they_stand_in_the_articles(tmp_path):
    path = tmp_path / "q.json"
    write_questions([*QUESTIONS, UNANSWERABLE], path, "squad", CORPUS)
    pont, nothing = json.loads(path.read_text(encoding="utf-8"))["data"]
    (paragraph,) = pont["paragraphs"]
    assert (pont["title"], paragraph["context"]) == ("Le pont", PONT)
    answers = [qa["answers"][0] for qa in paragraph["qas"]]
    assert [answer["text"] for answer in answers] == ["Renaud", f"14{THIN}000 francs", "en 1862"]
    for answer in answers:
        assert PONT[answer["answer_start"] :].startswith(answer["text"])
    assert nothing["paragraphs"][0]["qas"][0]["is_impossible"]
    again = read_questions(path)
    assert [(q.id, q.answerable) for q in again] == [("q1", True), ("q2", True), ("q3", True), ("u1", False)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (ReferenceQuestion("?", "x", answers=("a",)), "it names no article"),
        (ReferenceQuestion("?", "x", evidence=((Evidence("paris"),),)), "no article is called 'paris'"),
        (ReferenceQuestion("?", "x", evidence=((Evidence("pont"),), (Evidence("lyon"),))), "it needs several articles"),
        (ReferenceQuestion("?", "x", answers=("oui",), evidence=((Evidence("pont"),),)), "none of its answers is in"),
    ],
)
def test_what_squad_cannot_carry(tmp_path, question, expected):
    with pytest.raises(UsageError, match=f"question 'x' cannot be written as SQuAD: {expected}"):
        write_questions([question], tmp_path / "q.json", "squad", CORPUS)
    assert not (tmp_path / "q.json").exists()


def test_squad_needs_the_articles(tmp_path):
    with pytest.raises(UsageError, match="Name them with --corpus"):
        write_questions(QUESTIONS, tmp_path / "q.json", "squad")


@pytest.mark.parametrize("format", ["beir", "trec"])
def test_judgements_are_written_and_read_again(tmp_path, format):
    write_questions(QUESTIONS, tmp_path / "out", format, CORPUS)
    again = read_questions(tmp_path / "out")
    assert detect(tmp_path / "out") == format
    assert [(q.id, q.question) for q in again] == [(q.id, q.question) for q in QUESTIONS]
    assert [q.evidence for q in again] == [((Evidence("pont", grade=grade),),) for grade in (1, 1, 2)]
    if format == "beir":
        assert [q.split for q in again] == ["test", "dev", "test"]
        assert {one["id"] for one in corpus_records(tmp_path / "out")} == {"pont", "lyon"}


@pytest.mark.parametrize("format", ["beir", "trec"])
@pytest.mark.parametrize(
    ("question", "corpus", "expected"),
    [
        (UNANSWERABLE, CORPUS, r"1 of 1 questions have none \(first: u1\)"),
        (
            ReferenceQuestion("?", "x", evidence=((Evidence("pont"), Evidence("lyon")),)),
            None,
            "x: any one of 2 articles",
        ),
        (ReferenceQuestion("?", "x", evidence=((Evidence("", "Renaud"),),)), None, "x: a quote without its article"),
        (ReferenceQuestion("?", "x", "q, row 2", evidence=((Evidence("paris"),),)), CORPUS, "q, row 2: no article is"),
    ],
)
def test_what_judgements_cannot_carry(tmp_path, format, question, corpus, expected):
    with pytest.raises(UsageError, match=expected):
        write_questions([question], tmp_path / "out", format, corpus)
    assert not (tmp_path / "out").exists()


def test_names_that_qrels_cannot_carry(tmp_path):
    question = ReferenceQuestion("?", "x", evidence=((Evidence("Le pont"),),))
    with pytest.raises(UsageError, match="TREC cannot carry the name 'Le pont'"):
        write_questions([question], tmp_path / "out", "trec")
    write_questions([question], tmp_path / "out", "beir")
    assert read_questions(tmp_path / "out")[0].evidence == question.evidence
    question = ReferenceQuestion("?", "x", evidence=((Evidence("Le\tpont"),),))
    with pytest.raises(UsageError, match="not one line"):
        write_questions([question], tmp_path / "out", "beir")


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    for format in ("beir", "trec", "squad"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_questions(QUESTIONS, tmp_path / "file" / "q", format, CORPUS)
    with pytest.raises(UsageError, match=f"No format 'ragas' here. Formats: {', '.join(WRITABLE)}"):
        write_questions(QUESTIONS, tmp_path / "q", "ragas")
