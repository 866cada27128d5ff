"""Evidence found in articles: by any name, in any typography, nearly, or not at all with the reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus, corpus_of, read_corpus
from assistant.evaluation.questions import read_native
from assistant.evaluation.quotes import LONGEST, NEARLY, find_quote, nearest_run
from assistant.evaluation.resolve import resolve
from assistant.evaluation.types import Evidence, GoldSpan, ReferenceQuestion, ResolvedQuestion
from assistant.types import Article

CORPUS = Path(__file__).parents[2] / "corpus"
THIN, NBSP, NARROW = "\u2009", "\u00a0", "\u202f"
RAQA = (
    f"«{NARROW}Notre intention est de collaborer{NARROW}», a déclaré M. Mattis. L’œuvre n’est pas finie… "
    f"Interpol a identifié 14{THIN}000 de ces combattants étrangers{NBSP}; 35{NBSP}% sont en vie — selon lui."
)


def article(id: str, text: str = "Rien.", **about: str) -> Article:
    return Article(id, text, **about)


def resolved(corpus: Corpus, *evidence: Evidence, answerable: bool = True) -> ResolvedQuestion:
    """One question that needs every piece of ``evidence``."""
    groups = tuple((one,) for one in evidence)
    (found,) = resolve([ReferenceQuestion("Qui ?", "q", answerable=answerable, evidence=groups)], corpus)
    return found


@pytest.fixture(scope="module")
def raqa() -> Corpus:
    return corpus_of([article("raqa", RAQA), article("paris", "Paris. La Seine coule, la Seine déborde à Paris.")])


# --- Quotations --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("14 000", f"14{THIN}000"),
        ("Interpol a identifié 14 000 de ces", f"Interpol a identifié 14{THIN}000 de ces"),
        ("interpol A IDENTIFIÉ", "Interpol a identifié"),
        (
            '"Notre intention est de collaborer", a déclaré',
            f"«{NARROW}Notre intention est de collaborer{NARROW}», a déclaré",
        ),
        ("“Notre intention est de collaborer”", f"«{NARROW}Notre intention est de collaborer{NARROW}»"),
        ("« L'oeuvre n'est pas finie »", "L’œuvre n’est pas finie"),
        ("L'œuvre n'est pas finie...", "L’œuvre n’est pas finie…"),
        ("étrangers; 35%", f"étrangers{NBSP}; 35{NBSP}%"),
        ("en vie - selon", "en vie — selon"),
        ("en vie–selon", "en vie — selon"),
        ("\n a déclaré\n M. Mattis ", "a déclaré M. Mattis"),
        ("  14\u202f000\u00ad ", f"14{THIN}000"),
        ("e\u0301trangers", "étrangers"),
    ],
)
def test_a_quotation_is_found_in_any_typography_at_the_offsets_of_the_original(typed, stored):
    found = find_quote(RAQA, typed)
    assert RAQA[found.start : found.end] == stored
    assert found.likeness == 1


@pytest.mark.parametrize("typed", ["15 000", "L'oeuvr est", "", "  ", "«»", "Mattis a déclaré", "identifie"])
def test_what_is_not_there_is_not_found(typed):
    assert find_quote(RAQA, typed) is None


def test_half_a_letter_is_no_quotation():
    assert find_quote("Un cœur.", "co") is None
    assert find_quote("Un cœur.", "coeur").start == 3


def test_of_several_places_the_nearest_to_the_offset_is_meant_and_else_the_first_whole_word():
    text = "récent, cent ; cent"
    assert find_quote(text, "cent").start == 8
    assert find_quote(text, "cent", near=2).start == 2
    assert find_quote(text, "cent", near=13).start == 15
    assert find_quote("récent, Cent", "cent").start == 8
    assert find_quote("récents", "cent").start == 2


@given(st.text("aé œ’'«»\u2009\n-", max_size=30), st.data())
def test_any_run_of_a_text_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = find_quote(text, text[start:end], near=start)
    if text[start:end].strip():
        assert text[found.start : found.end] == text[start:end].strip()
        assert abs(found.start - start) <= len(text[start:end]) - len(text[start:end].lstrip())
    else:
        assert found is None


def test_a_run_with_an_edit_in_ten_characters_is_nearly_found():
    # 56 characters, one of them other: 1 - 1/56.
    found = nearest_run(RAQA, "Interpol a identifié 15 000 de ces combattants étrangers")
    assert RAQA[found.start : found.end] == f"Interpol a identifié 14{THIN}000 de ces combattants étrangers"
    assert found.likeness == pytest.approx(1 - 1 / 56)


def test_the_least_number_of_edits_is_counted():
    # Left out "de ces " (7), added "x" (1), changed "é" in "étrangers" (1): 9 of 50.
    found = nearest_run(RAQA, "Interpol a xidentifié 14 000 combattants etrangers")
    assert found.likeness == pytest.approx(1 - 9 / 50)
    assert found.likeness < NEARLY


def test_a_near_run_is_shown_in_whole_words():
    text = "Quinze pays étaient représentés à Copenhague."
    found = nearest_run(text, "Vingt-cinq pays étaient représentés")
    assert text[found.start : found.end] == "Quinze pays étaient représentés"
    assert found.likeness < NEARLY


def test_nothing_is_like_a_quotation_that_shares_no_piece_or_is_no_quotation():
    assert nearest_run(RAQA, "zzzz yyyy xxxx") is None
    assert nearest_run(RAQA, "") is None
    assert nearest_run("", "abc") is None
    assert nearest_run("a" * (LONGEST + 10), "a" * (LONGEST + 1)) is None


def test_a_text_that_repeats_itself_a_hundred_thousand_times_is_read_in_bounded_steps():
    found = nearest_run("tout va bien " * 80_000, "tout va bien " * 100 + "sauf ici")
    assert found.start == 0 and found.likeness >= NEARLY


# --- Names -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def named() -> Corpus:
    return corpus_of(
        [
            article("a1", title="L’État : « bilan »", url="https://www.exemple.fr/a?id=1", origin="data/2017/un.txt"),
            article("a2", title="Deux", url="https://www.exemple.fr/a?id=2", origin="data/2018/un.txt"),
            article("A3", title="Bilan", origin="data/articles.jsonl#A3"),
            article("a4", title="Bilan", origin="data\\articles.jsonl#A4"),
            article("a1.txt", title="???"),
        ]
    )


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("a1", ["a1"]),
        ("A1", ["a1"]),
        ("a3", ["A3"]),
        ("a1.txt", ["a1.txt"]),
        ("un.txt", ["a1", "a2"]),
        ("2018/un.txt", ["a2"]),
        ("data/2017/un", ["a1"]),
        ("articles.jsonl", ["A3", "a4"]),
        ("articles.jsonl#a4", ["a4"]),
        ("http://exemple.fr/a?id=2#titre", ["a2"]),
        ('L\'Etat: "bilan"', ["a1"]),
        ("bilan", ["A3", "a4"]),
        ("", []),
        ("?", []),
        ("un autre", []),
    ],
)
def test_an_article_goes_by_id_file_address_or_title(named, name, ids):
    assert [found.id for found in named.find(name)] == ids


def test_a_name_of_several_articles_is_an_error_with_all_of_them(named):
    assert resolved(named, Evidence("un.txt")).invalid == "'un.txt' may be any of 'a1', 'a2': give the id"


def test_an_unknown_name_is_an_error_with_what_comes_near(named):
    assert resolved(named, Evidence("Le bilan du mois")).invalid == (
        "no article is called 'Le bilan du mois' (near: 'A3', 'a1', 'a4')"
    )
    assert resolved(named, Evidence("zzz")).invalid == "no article is called 'zzz'"


def test_the_hash_depends_on_ids_and_content_and_not_on_order():
    one, two = article("a", "Un."), article("b", "Deux.")
    assert corpus_of([one, two]).hash == corpus_of([two, one]).hash
    assert len({corpus_of(articles).hash for articles in ([one], [one, two], [one, article("b", "Trois.")])}) == 3


def test_a_corpus_is_read_from_files_with_what_was_refused(tmp_path):
    (tmp_path / "a.txt").write_text("Une phrase. Une autre.", encoding="utf-8")
    (tmp_path / "a.md").write_text("Le même nom.", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"")
    corpus, refused = read_corpus([tmp_path])
    assert [sentence.text for sentence in corpus.sentences("a")] == ["Le même nom."]
    assert {Path(refusal.origin).name: refusal.reason for refusal in refused} == {
        "a.txt": "the id 'a' is given twice",
        "b.txt": "empty file",
    }
    with pytest.raises(UsageError, match="does not exist"):
        read_corpus([tmp_path / "none"])


# --- Evidence ----------------------------------------------------------------------------------------


def test_a_quote_becomes_a_span_and_an_article_alone_the_whole(raqa):
    found = resolved(raqa, Evidence("raqa", "14 000", grade=2), Evidence("paris"))
    start = RAQA.index("14")
    assert found.gold == (
        (GoldSpan("raqa", start, start + 6, grade=2),),
        (GoldSpan("paris", 0, 48, whole=True),),
    )
    assert not found.invalid and not found.warnings
    assert not found.has_spans


def test_where_offsets_and_quote_disagree_the_quote_wins_with_a_warning(raqa):
    start = RAQA.index("M. Mattis")
    right = resolved(raqa, Evidence("raqa", "M. Mattis", start, start + 9))
    padded = resolved(raqa, Evidence("raqa", " M. Mattis", start - 1, start + 9))
    moved = resolved(raqa, Evidence("raqa", "M. Mattis", 3, 12))
    assert right.gold == padded.gold == moved.gold == ((GoldSpan("raqa", start, start + 9),),)
    assert right.warnings == padded.warnings == ()
    assert moved.warnings == (f"“M. Mattis” starts at {start} of 'raqa', not at 3: the article has changed",)


def test_the_place_nearest_to_the_offset_is_taken_and_without_one_the_first(raqa):
    text = raqa.articles["paris"].text
    last = text.rindex("la Seine")
    assert resolved(raqa, Evidence("paris", "la Seine", last)).gold[0][0].start == last
    first = resolved(raqa, Evidence("paris", "Paris"))
    assert first.gold[0][0].start == 0 and not first.warnings


def test_offsets_alone_are_a_span_where_the_article_is_long_enough(raqa):
    assert resolved(raqa, Evidence("paris", "", 0, 5)).gold == ((GoldSpan("paris", 0, 5),),)
    assert resolved(raqa, Evidence("paris", "", 40, 99)).invalid == (
        "'paris' has no text at 40:99: it has 48 characters"
    )


def test_a_quote_found_nearly_is_used_with_a_warning_that_shows_both(raqa):
    found = resolved(raqa, Evidence("raqa", "Interpol a identifié 15 000 de ces combattants étrangers"))
    assert found.gold and not found.invalid
    assert found.warnings == (
        "“Interpol a identifié 15 000 de ces combattants étrangers” is only nearly in 'raqa' (98%): "
        f"“Interpol a identifié 14{THIN}000 de ces combattants étrangers”",
    )


def test_a_quote_of_another_article_is_an_error_that_names_it(raqa):
    assert resolved(raqa, Evidence("paris", "interpol a identifié")).invalid == (
        "“interpol a identifié” is not in 'paris' but in 'raqa': name that article"
    )


def test_a_quote_of_no_article_is_an_error_that_shows_the_nearest(raqa):
    invalid = resolved(raqa, Evidence("paris", "Europol a identifié 2 000 combattants")).invalid
    assert invalid.startswith("“Europol a identifié 2 000 combattants” is not in 'paris'; nearest (")
    assert invalid.endswith("in 'raqa'") and "a identifié" in invalid.partition("nearest")[2]
    assert resolved(raqa, Evidence("paris", "zzz")).invalid == "“zzz” is not in 'paris'"


def test_a_quote_without_an_article_is_in_every_copy():
    copies = corpus_of([article("a", "Un mot. Le même."), article("b", "Le même."), article("c", "Rien.")])
    found = resolved(copies, Evidence("", "Le même."))
    assert found.gold == ((GoldSpan("a", 8, 16), GoldSpan("b", 0, 8)),)
    assert resolved(copies, Evidence("", "le même.")).gold == found.gold
    assert resolved(copies, Evidence("", "absent")).invalid == "“absent” is in no article"


def test_alternatives_that_are_not_found_are_warnings_as_long_as_one_is(raqa):
    group = (Evidence("paris", "Interpol"), Evidence("raqa", "Interpol"), Evidence("raqa", "INTERPOL"))
    (found,) = resolve([ReferenceQuestion("Qui ?", "q", evidence=(group,))], raqa)
    assert len(found.gold) == len(found.gold[0]) == 1
    assert len(found.warnings) == 1 and not found.invalid
    (lost,) = resolve([ReferenceQuestion("Qui ?", "q", evidence=(group[:1], group[1:]))], raqa)
    assert lost.invalid and not lost.gold


def test_an_unanswerable_question_has_no_gold(raqa):
    found = resolved(raqa, Evidence("nowhere", "nothing"), answerable=False)
    assert (found.gold, found.warnings, found.invalid) == ((), (), "")


def test_messages_stay_on_one_short_line(raqa):
    hostile = "a\u202eb\n<script>" * 500
    for evidence in (Evidence(hostile), Evidence("raqa", hostile), Evidence("", hostile)):
        invalid = resolved(raqa, evidence).invalid
        assert invalid.isprintable() and len(invalid) < 300


# --- Real articles -----------------------------------------------------------------------------------


def test_every_sample_question_resolves_against_the_sample_articles():
    corpus, refused = read_corpus([CORPUS / "articles"])
    found = resolve(read_native(CORPUS / "questions.jsonl"), corpus)
    assert not refused and len(found) == 247
    assert [(one.question.id, one.invalid, one.warnings) for one in found if one.invalid or one.warnings] == []
    assert sum(bool(one.gold) for one in found) == 170


def test_the_figure_of_the_seed_article_is_found_as_it_is_typed(shared):
    corpus, _ = read_corpus([shared / "seed_article"])
    found = resolved(corpus, Evidence("000_7801a2711a1fd7ce.txt", "Interpol a identifié 14 000 de ces combattants"))
    (span,) = found.gold[0]
    text = corpus.articles[span.article].text
    assert text[span.start : span.end] == f"Interpol a identifié 14{THIN}000 de ces combattants"
    assert not found.warnings
