import json
import random
import re

import pytest
from hash_embedder import HashEmbedder

from assistant.cli import main
from assistant.errors import UsageError
from assistant.index import open_generation
from assistant.ingest import ingest
from assistant.news.alignment import align, find, tokens
from assistant.news.quotes import find_quote
from assistant.sentences import split_sentences
from assistant.text import clean, words
from benchmarks.news import cases, scores, total


def keys(text, accents=True):
    return [token.key for token in tokens(text, accents)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("« L’État a 14\u202f000 agents… »", ["l", "etat", "a", "14000", "agents"]),
        ("peut-être, à 7,8", ["peut", "-", "être", ",", "à", "7,8"]),
        ("(...) fin […]", ["fin"]),
        ("en 2017 300 soldats", ["en", "2017", "300", "soldats"]),
        ("10² m", ["10", keys("²")[0], "m"]),
        ("«  »", []),
    ],
)
def test_what_is_compared(text, found):
    assert keys(text) == found


def test_a_raised_digit_is_no_digit():
    assert keys("10²") != keys("102")
    assert keys("10²") != keys("10³")


def test_tokens_lead_back_to_the_text():
    text = "L’œuvre coûte 14\u2009000 €."
    assert [text[t.start : t.end] for t in tokens(text)] == ["L", "œuvre", "coûte", "14\u2009000", "€", "."]


def test_an_alignment_by_hand():
    quoted, original = tokens("un deux neuf cinq"), tokens("zéro un deux trois quatre cinq six")
    alignment = align(quoted, original)
    assert alignment.original == range(1, 6)
    assert [(edit.quoted, edit.original) for edit in alignment.edits] == [(range(2, 3), range(3, 5))]
    assert find(tokens("trois quatre"), original) == range(3, 5)
    assert find(quoted, original) is None


def test_the_last_word_is_replaced_and_not_added():
    alignment = align(tokens("un deux neuf"), tokens("un deux trois quatre"))
    assert alignment.original == range(0, 3)


# --- The sample corpus -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(sample_index, embedder):
    return open_generation(sample_index, embedder.identity)


def meaning(found):
    return sorted({kind for difference in found.differences for kind in difference.meaning})


@pytest.mark.parametrize("held_out", [False, True])
def test_quotations_of_the_set_are_told_for_what_they_are(sample_engine, held_out):
    score = total(scores("quotes", held_out, sample_engine))
    assert score.precision >= 0.93
    assert score.recall >= 0.93
    labelled = cases("quotes", held_out)
    assert not [c for c in labelled if sample_engine.find_quote(c["quotation"]).status == "exact" != c["status"]]


MATTIS = "Notre intention est de collaborer avec les Turcs, les uns aux côtés des autres, pour prendre Raqa"


def test_an_exact_quotation_has_article_date_and_speaker(sample):
    found = find_quote(f"« {MATTIS} »", sample)
    sentence = found.citation.sentence
    assert found.status == "exact"
    assert sentence.text == sentence.article.text[sentence.start : sentence.end] == MATTIS
    assert sentence.article.published.isoformat() == "2017-05-09"
    assert found.speaker.name == "Jim Mattis"
    assert found.differences == ()


def test_an_altered_one_has_its_differences(sample):
    found = find_quote(MATTIS.replace("Turcs", "Kurdes").replace("est de", "n'est pas de"), sample)
    assert found.status == "altered"
    assert found.citation.sentence.text == MATTIS
    differences = [(one.quoted, one.original, one.meaning) for one in found.differences]
    assert ("Kurdes", "Turcs", ("name",)) in differences
    assert [one for one in differences if "negation" in one[2]] == [
        ("n", "", ("negation",)),
        ("pas", "", ("negation",)),
    ]


def test_words_left_out_are_told(sample):
    found = find_quote("Nous rebâtirons la cathédrale […] et je veux que cela soit achevé d'ici cinq années", sample)
    assert [(one.quoted, one.original) for one in found.differences] == [("", "plus belle encore,")]


def test_one_wrong_accent_is_a_difference_and_none_at_all_is_forgiven(sample):
    bare = "Il faut attendre"
    assert find_quote(bare, sample).status != "exact"
    assert find_quote("Nous rebatirons la cathedrale plus belle encore", sample).status == "exact"
    assert find_quote("Nous rebâtirons la cathedrale plus belle encore", sample).status == "altered"


def test_the_oldest_copy_is_named(sample):
    found = find_quote("jusqu'aux toutes premières galaxies, formées quelques centaines de millions d'années", sample)
    assert found.citation.sentence.article.id == "2021-12-25-un-telescope-pour-noel"


@pytest.mark.parametrize("quotation", ["", "« … »", "mot " * 600])
def test_what_cannot_be_looked_up_is_refused(sample, quotation):
    with pytest.raises(UsageError):
        find_quote(quotation, sample)


def test_words_that_are_everywhere_are_refused(tmp_path, hashed):
    (tmp_path / "a.txt").write_text("Mais ce n'est pas tout ! Le pont est fermé depuis lundi.", encoding="utf-8")
    ingest([tmp_path / "a.txt"], tmp_path / "index", hashed)
    with pytest.raises(UsageError, match="Give more"):
        find_quote("ce n'est pas", open_generation(tmp_path / "index", hashed.identity))


def test_the_command(sample_index, capsys):
    assert main(["quote", MATTIS.replace("Turcs", "Kurdes"), "--index", str(sample_index), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["status"] == "altered"
    assert record["citation"]["quote"] == MATTIS
    assert record["citation"]["url"] == "/articles/2017-05-09-raqa-coalition-copenhague#s3"
    assert record["speaker"] == {"name": "Jim Mattis", "anonymous": False}
    (difference,) = record["differences"]
    start, end = difference.pop("start"), difference.pop("end")
    assert difference == {"quoted": "Kurdes", "original": "Turcs", "meaning": ["name"]}
    assert MATTIS[start - record["citation"]["start"] : end - record["citation"]["start"]] == "Turcs"
    assert main(["quote", MATTIS, "--index", str(sample_index)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["exact", MATTIS]
    assert main(["quote", "Personne n'a jamais dit cela à aucun journaliste", "--index", str(sample_index)]) == 0
    assert capsys.readouterr().out == "absent\n"
    assert main(["quote", "« »", "--index", str(sample_index)]) == 2
    assert capsys.readouterr().err.startswith("assistant: the quotation has no words")


# --- A thousand real sentences ---------------------------------------------------------------------------

SENTENCES = 1000


@pytest.fixture(scope="module")
def news(shared, tmp_path_factory):
    """An index of real dispatches, and sentences of them."""
    with open(shared / "orangesum_news_fr_2016_2018" / "corpus.jsonl", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines][:500]
    folder = tmp_path_factory.mktemp("news")
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    hashed = HashEmbedder()
    ingest([folder / "news.jsonl"], folder / "index", hashed)
    texts = [clean(record["text"]) for record in records]
    sentences = [text[start:end] for text in texts for start, end, _ in split_sentences(text, "fr")]
    told = [sentence for sentence in sentences if 6 <= len(sentence.split()) <= 60 and words(sentence, "fr")]
    return open_generation(folder / "index", hashed.identity), random.Random(7).sample(told, SENTENCES)


def in_words(text):
    return [token.key for token in tokens(text) if token.is_word]


def test_real_sentences_are_found(news):
    generation, sentences = news
    found = [find_quote(sentence, generation) for sentence in sentences]
    assert sum(one.status == "exact" for one in found) >= 0.99 * SENTENCES
    for sentence, one in zip(sentences, found, strict=True):
        if one.status == "exact":
            assert in_words(one.citation.sentence.text) == in_words(sentence)


def noisy(sentence, chance):
    """Other quotation marks, spaces, apostrophes, capitals, dots, and accents left out."""
    changes = [
        lambda s: s.translate(str.maketrans('«»"', "““„")),
        lambda s: s.replace(" ", "\u00a0"),
        lambda s: s.replace("'", "’"),
        str.upper,
        str.lower,
        lambda s: f"… {s.rstrip('.')}...",
        lambda s: s.translate(str.maketrans("éèêëàâîïôûùç", "eeeeaaiiouuc")),
        lambda s: f"« {s} »",
        lambda s: re.sub(r"(?<=\w) (?=\w)", "  ", s),
    ]
    for change in chance.sample(changes, 3):
        sentence = change(sentence)
    return sentence


def test_real_sentences_are_found_through_other_typography(news):
    generation, sentences = news
    chance = random.Random(8)
    found = [find_quote(noisy(sentence, chance), generation).status for sentence in sentences]
    assert found.count("exact") >= 0.99 * SENTENCES


def with_another_number(sentence, chance):
    place = chance.choice(list(re.finditer(r"[0-9]", sentence)))
    digit = chance.choice([d for d in "123456789" if d != place.group()])
    return sentence[: place.start()] + digit + sentence[place.end() :]


def test_another_number_is_never_exact_and_is_named(news):
    generation, sentences = news
    chance = random.Random(9)
    changed = [with_another_number(s, chance) for s in sentences if re.search("[0-9]", s)]
    found = [find_quote(sentence, generation) for sentence in changed]
    assert all(one.status != "exact" for one in found)
    assert sum("number" in meaning(one) for one in found) >= 0.98 * len(found)


_NEGATED = re.compile(r"(?<=\w )n(?:e |['’])(\w+) pas ")
_AFFIRMED = re.compile(r"(?<=\w )(est|sont|a|ont|peut|doit|va|était|avait) (?=\w)")


def contradicted(sentence):
    """With its negation left out, or with one put in."""
    if _NEGATED.search(sentence):
        return _NEGATED.sub(r"\1 ", sentence, count=1)
    denied = _AFFIRMED.sub(lambda m: f"n'{m[1]} pas " if m[1][0] in "aeoé" else f"ne {m[1]} pas ", sentence, count=1)
    return denied if denied != sentence else None


def test_a_negation_put_in_or_left_out_is_never_exact_and_is_named(news):
    generation, sentences = news
    changed = [text for text in map(contradicted, sentences) if text]
    found = [find_quote(sentence, generation) for sentence in changed]
    assert len(found) > 300
    assert all(one.status != "exact" for one in found)
    assert sum("negation" in meaning(one) for one in found) >= 0.98 * len(found)
