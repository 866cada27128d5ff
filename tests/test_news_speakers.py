import pytest

from assistant.news.speakers import quotations, speaker_at
from assistant.types import Article, Speaker
from benchmarks.news import cases, speakers, total


def spoken(text):
    return [(text[q.start : q.end], q.speaker and q.speaker.name) for q in quotations(text)]


@pytest.mark.parametrize("held_out", [False, True])
def test_speakers_of_the_set_are_told(held_out):
    score = total(map(speakers, cases("speakers", held_out)))
    assert score.f1 >= 0.85
    assert score.precision >= 0.85


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Le secrétaire à la Défense Jim Mattis a parlé. «\u00a0Oui\u00a0», a dit M. Mattis."
            " «\u00a0Demain\u00a0», a-t-il ajouté.",
            [("Oui", "Jim Mattis"), ("Demain", "Jim Mattis")],
        ),
        ("“We won,” said Ann Lee, the coach. “At last,” she added.", [("We won,", "Ann Lee"), ("At last,", "Ann Lee")]),
        ("Selon Météo-France, « il neigera ».", [("il neigera", "Météo-France")]),
        ("La ministre, Rima Abad, est venue. « Non », a répondu la ministre.", [("Non", "Rima Abad")]),
        ("Le président américain Bo Lane et le président de la République étaient là. « Oui », a dit le président de la"
         " République.", [("Oui", "le président de la République")]),
        ("« Le temps presse, expliquait Inès Roca. Demain, il sera trop tard. »",
         [("Le temps presse, expliquait Inès Roca. Demain, il sera trop tard.", "Inès Roca")]),
        ("Le film « La Nuit » sort mercredi.", [("La Nuit", None)]),
        ("La « capitale » est tombée, a dit l'armée.", [("capitale", None)]),
        ("« On verra », dit-on à Paris.", [("On verra", None)]),
        ("Un mot « sans fin", []),
        ("", []),
    ],
)  # fmt: skip
def test_who_says_what(text, expected):
    assert spoken(text) == expected


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("« Oui », a confié une source proche du dossier.", Speaker("une source proche du dossier", anonymous=True)),
        ("« Oui », a dit le conseiller sous couvert de l'anonymat.", Speaker("le conseiller", anonymous=True)),
        ("« Oui », a dit le même responsable américain.", Speaker("le même responsable américain", anonymous=True)),
        ("« Oui », ont annoncé les dockers.", Speaker("les dockers")),
    ],
)
def test_who_is_not_named_stays_unnamed(text, speaker):
    assert [q.speaker for q in quotations(text)] == [speaker]


def test_the_speaker_of_a_stretch_says_most_of_it():
    text = "« Nous irons au bout », a dit Ann Lee. Il pleut sur la ville depuis lundi."
    article = Article("a", text)
    assert speaker_at(article, 2, 10) == Speaker("Ann Lee")
    assert speaker_at(article, 2, len(text)) is None
    assert speaker_at(article, 40, 50) is None


def test_a_long_text_without_an_end_is_read_once():
    for text in ("« " * 5_000, "le " * 10_000, "Ann Lee " * 5_000, "« Oui », a dit " * 1_000):
        assert all(q.speaker is None or q.speaker.name for q in quotations(text))


def test_the_sample_article_of_the_house(sample_engine):
    article = sample_engine.article("2017-05-09-raqa-coalition-copenhague")
    told = dict(spoken(article.text))
    assert told[
        "Notre intention est de collaborer avec les Turcs, les uns aux côtés des autres, pour prendre Raqa"
    ] == ("Jim Mattis")
    assert told["Nous allons nous occuper de cela"] == "Jim Mattis"
    assert told["Nous allons accélérer ce combat"] == "Jim Mattis"
    assert told["califat"] is None
