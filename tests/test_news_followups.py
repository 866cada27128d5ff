import pytest

from assistant.news.followups import understand
from benchmarks.news import cases, scores, total


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (["Combien de visiteurs au Louvre en 2023 ?"], "Et en 2018 ?", "Combien de visiteurs au Louvre en 2018 ?"),
        (["Combien de gens ont défilé à Paris selon la préfecture ?"], "Et selon les organisateurs ?",
         "Combien de gens ont défilé à Paris selon les organisateurs ?"),
        (["Combien de gens ont défilé à Paris le 7 mars ?"], "Et à Marseille ?",
         "Combien de gens ont défilé à Marseille le 7 mars ?"),
        (["How many votes in England?", "And in Wales?"], "And in Scotland?", "How many votes in Scotland?"),
        (["Qui préside le Louvre ?"], "Depuis quand ?", "Qui préside le Louvre, et depuis quand ?"),
        (["Qui préside le Louvre ?", "Depuis quand ?"], "Et pourquoi ?", "Qui préside le Louvre, et pourquoi ?"),
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


@pytest.mark.parametrize(
    ("earlier", "question", "understood"),
    [
        ("Combien de combattants étrangers Interpol a-t-il identifiés ?", "Depuis quand ?",
         "Depuis quand Interpol a-t-il identifié ces combattants étrangers ?"),
        ("Combien de mesures la ministre a-t-elle prises ?", "Pourquoi ?",
         "Pourquoi la ministre a-t-elle pris ces mesures ?"),
        ("Quelles villes les jihadistes tiennent-ils ?", "Depuis quand ?",
         "Depuis quand les jihadistes tiennent-ils ces villes ?"),
        ("Combien d'articles ont-ils été censurés ?", "Par qui ?", "Par qui ces articles ont-ils été censurés ?"),
        ("Combien de soldats américains se trouvent en Syrie ?", "Où ?",
         "Où est-ce que ces soldats américains se trouvent en Syrie ?"),
        ("Combien de visiteurs par jour le Louvre laisse-t-il entrer ?", "Pourquoi ?",
         "Combien de visiteurs par jour le Louvre laisse-t-il entrer, et pourquoi ?"),
        ("Combien a coûté le viaduc ?", "Pourquoi ?", "Combien a coûté le viaduc, et pourquoi ?"),
        ("Quand a eu lieu l'incendie ?", "Pourquoi ?", "Quand a eu lieu l'incendie, et pourquoi ?"),
        ("Quand a eu lieu l'incendie ?", "Où ?", "Où a eu lieu l'incendie ?"),
        ("Où Philae s'est-il posé ?", "Et pourquoi ?", "Où Philae s'est-il posé, et pourquoi ?"),
        ("Quel est le bilan du séisme ?", "Depuis quand ?", "Quel est le bilan du séisme, et depuis quand ?"),
        ("Le loup est-il revenu ?", "Quand ?", "Quand le loup est-il revenu ?"),
        ("Airbus a-t-il arrêté l'A380 ?", "Pourquoi ?", "Pourquoi Airbus a-t-il arrêté l'A380 ?"),
        ("How many miners were rescued in Chile?", "When?", "When were these miners rescued in Chile?"),
        ("Which countries sent divers?", "Why?", "Which countries sent divers, and why?"),
        ("What is the height of Mont Blanc?", "Since when?", "What is the height of Mont Blanc, and since when?"),
        ("Did AlphaGo win?", "By what score?", "Did AlphaGo win, and by what score?"),
    ],
)  # fmt: skip
def test_a_bare_question_word_becomes_a_question(earlier, question, understood):
    assert understand(question, [earlier]) == understood


@pytest.mark.parametrize("held_out", [False, True])
def test_bare_question_words_of_the_set_read_as_a_person_would_ask(sample_engine, held_out):
    assert total(scores("wordings", held_out, sample_engine)).recall >= 0.80


@pytest.mark.parametrize("held_out", [False, True])
def test_standalone_questions_stay_as_they_are(held_out):
    alone = [case for case in cases("followups", held_out) if case.get("standalone")]
    changed = [case["id"] for case in alone if understand(case["question"], case["history"])]
    assert len(changed) <= 0.03 * len(alone)


@pytest.mark.parametrize("held_out", [False, True])
def test_follow_ups_find_their_sentence(sample_engine, held_out):
    assert total(scores("follow-ups", held_out, sample_engine)).recall >= 0.80
