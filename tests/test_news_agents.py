"""Whose names are marked where a question asks who."""

import time

import pytest

from assistant.news.agents import agent


def named(question, sentence):
    found = agent(question, sentence)
    return found and sentence[slice(*found)]


@pytest.mark.parametrize(
    ("question", "sentence", "name"),
    [
        # The subject, with what may stand between it and its verb.
        ("Qui a inauguré le pont ?", "Paul Lebrun a inauguré mardi le pont.", "Paul Lebrun"),
        ("Qui dirige la banque ?", "Marc Aubry, qui dirige la banque depuis 2019, s'en va.", "Marc Aubry"),
        ("Qui a gagné le tournoi ?", "Carlos Vidal, tête de série numéro un, a gagné le tournoi.", "Carlos Vidal"),
        ("Qui a gagné le tournoi ?", "L'Espagnol Carlos Vidal a remporté le tournoi.", "Carlos Vidal"),
        ("Qui a battu la France ?", "L'Argentine a battu la France.", "L'Argentine"),
        ("Qui succède à Paul Roux ?", "Anne Legrand lui succède.", "Anne Legrand"),
        ("Who resigned?", "Health Minister Anna Weiss has now resigned.", "Anna Weiss"),
        # Behind "par", behind a noun.
        ("Qui a annoncé l'accord ?", "L'accord a été annoncé par le ministre des Finances Bruno Petit.", "Bruno Petit"),
        ("Who won the vote?", "The vote was won by Maria Lopez, a former mayor.", "Maria Lopez"),
        ("Qui a invité les pays ?", "À l'invitation du ministre, Claus Holm, quinze pays sont venus.", "Claus Holm"),
        ("Qui a gravi le pic ?", "L'ascension du pic a été réussie par Jean Roux puis par d'autres.", "Jean Roux"),
        ("Par qui le pape a-t-il été reçu ?", "Le pape a été reçu à Rome par le roi Philippe.", "Philippe"),
        # In a part, and with a preposition.
        ("Qui est le maire de Lille ?", "Le maire de Lille, Jean Vidal, a souri.", "Jean Vidal"),
        ("Who was the coach?", "“We lost,” said Ann Lee, the coach.", "Ann Lee"),
        ("Avec qui le président s'est-il entretenu ?", "Il s'est entretenu avec le roi Carl Borg.", "Carl Borg"),
        ("Qui a été nommé directeur ?", "Hélène Duval a été nommée directrice.", "Hélène Duval"),
        ("Qui a dit que ce serait long ?", "« Ce sera long », a prévenu le général Ian Moor.", "Ian Moor"),
        # Names beside it that do nothing of the kind.
        ("Qui a gagné le tournoi ?", "« Bravo », a lancé Marco Silva après le tournoi.", None),
        ("Qui a gagné le tournoi ?", "Marco Silva n'a pas gagné le tournoi.", None),
        ("Qui a gagné le tournoi en 2018 ?", "Marco Silva a gagné le tournoi en 2022.", None),
        ("Qui a nommé la directrice ?", "La directrice, Hélène Duval, a été nommée en mai.", None),
        ("Qui a tué Omar Haddad ?", "Omar Haddad a été tué devant chez Nabil Issa.", None),
        ("Qui a découvert l'épave ?", "La découverte de l'épave a réjoui Maud Keller.", None),
        ("Qui a gagné le premier ?", "Marco Silva a gagné le dernier tournoi.", None),
        ("Qui est le maire de Lille ?", "À Lille, Jean Vidal a reçu le maire.", None),
        ("Qui est la présidente de la région ?", "« Oui », dit Carole Delva, présidente du parti.", None),
        ("Qui a reçu le prix de médecine ?", "Le prix de physique est allé à Anne Huel.", None),
        ("Qui ?", "Marco Silva a gagné.", None),
    ],
)  # fmt: skip
def test_who_does_what_is_asked(question, sentence, name):
    assert named(question, sentence) == name


def test_long_runs_of_names_and_verbs_are_read_in_no_time():
    started = time.perf_counter()
    for text in ("Jean Rey a gagné " * 2000, "Lee, " * 4000, "par le gagné de " * 2000):
        agent("Qui a gagné la finale ?", text)
    assert time.perf_counter() - started < 20
