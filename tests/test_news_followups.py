import pytest
from news_scores import cases

from assistant.news.followups import understand
from assistant.text import find_folded


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (["Combien de visiteurs au Louvre en 2023 ?"], "Et en 2018 ?", "Combien de visiteurs au Louvre en 2018 ?"),
        (["Combien de gens ont défilé à Paris selon la préfecture ?"], "Et selon les organisateurs ?",
         "Combien de gens ont défilé à Paris selon les organisateurs ?"),
        (["Combien de gens ont défilé à Paris le 7 mars ?"], "Et à Marseille ?",
         "Combien de gens ont défilé à Marseille le 7 mars ?"),
        (["How many votes in England?", "And in Wales?"], "And in Scotland?", "How many votes in Scotland?"),
        (["Qui préside le Louvre ?"], "Depuis quand ?", "Depuis quand préside le Louvre ?"),
        (["Qui a volé la Joconde ?"], "Où est-il né ?", "Où est-il né (volé la Joconde) ?"),
        (["Who was the youngest of the miners?"], "And the oldest?", "Who was the oldest of the miners?"),
        (["Qui préside le Louvre ?"], "Quand le viaduc a-t-il ouvert ?", None),
        (["Qui préside le Louvre ?"], "Y a-t-il eu des blessés à Rome ?", None),
        (["Qui préside le Louvre ?"], "Airbus a-t-il arrêté l'A380 ?", None),
        ([], "Et en 2018 ?", None),
        (["Qui préside le Louvre ?"], "", None),
        (["?"], "Et en 2018 ?", None),
    ],
)  # fmt: skip
def test_how_a_question_is_understood(history, question, understood):
    assert understand(question, history) == understood


@pytest.mark.parametrize("held_out", [False, True])
def test_standalone_questions_stay_as_they_are(held_out):
    alone = [case for case in cases("followups", held_out) if case.get("standalone")]
    changed = [case["id"] for case in alone if understand(case["question"], case["history"])]
    assert len(changed) <= 0.03 * len(alone)


@pytest.mark.parametrize("held_out", [False, True])
def test_follow_ups_find_their_sentence(sample_engine, held_out):
    leaning = [case for case in cases("followups", held_out) if not case.get("standalone")]
    found = 0
    for case in leaning:
        question = understand(case["question"], case["history"]) or case["question"]
        best = [ranked.sentence.text for ranked in sample_engine.trace(question).sentences[:3]]
        found += any(find_folded(sentence, quote) is not None for sentence in best for quote in case["quotes"])
    assert found / len(leaning) >= 0.80
