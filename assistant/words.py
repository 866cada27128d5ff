"""Every string a reader can see, by language: a further language is one more entry of ``CATALOGUE``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The interface in one language. Names in braces are filled in."""

    #: ISO 639-1 code.
    code: str
    #: The language's name for itself.
    name: str

    # How numbers, plurals and dates are written.
    is_singular: Callable[[int], bool]
    thousands: str
    months: tuple[str, ...]
    first_of_month: str

    # The page around the conversation.
    title: str
    purpose: str
    invitation: str
    explanation: str
    needs_javascript: str

    # The corpus.
    articles: tuple[str, str]
    newest: str
    indexing: tuple[str, str]
    nothing_indexed: str

    # Asking.
    conversation: str
    question: str
    question_hint: str
    send: str
    new_conversation: str

    # Answering.
    understood_as: str
    sources: tuple[str, str]
    abstention: str
    nearest: str
    copy_answer: str
    copied: str
    copy_failed: str
    unknown_date: str
    untitled: str

    # The article, in the side panel and on its own page.
    source_panel: str
    close: str
    previous_citation: str
    next_citation: str
    place: str
    open_article: str
    original: str
    author: str
    published: str
    ask_here: str
    article_gone: str
    article_gone_hint: str
    article_unreachable: str

    #: What went wrong, by the code of a problem.
    problems: dict[str, str]

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self.thousands)

    def counted(self, value: int, forms: tuple[str, str]) -> str:
        """The singular or plural form, with ``value`` in place of ``{n}``."""
        return forms[0 if self.is_singular(value) else 1].replace("{n}", self.number(value))

    def date(self, day: date | None) -> str:
        if day is None:
            return self.unknown_date
        number = self.first_of_month if day.day == 1 else str(day.day)
        return f"{number} {self.months[day.month - 1]} {day.year}"


FRENCH = Words(
    code="fr",
    name="Français",
    is_singular=lambda n: n < 2,
    thousands="\u202f",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    first_of_month="1er",
    title="Sourcier",
    purpose="Des réponses citées mot pour mot",
    invitation="Que disent les articles ?",
    explanation="Chaque réponse est faite de phrases des articles, citées telles quelles. "
    "Quand ils ne disent rien, Sourcier le dit.",
    needs_javascript="Cette page a besoin de JavaScript. Les pages des articles s’en passent.",
    articles=("{n} article", "{n} articles"),
    newest="le plus récent du {date}",
    indexing=("{n} article sur {total} indexé", "{n} articles sur {total} indexés"),
    nothing_indexed="Aucun article n’est encore indexé.",
    conversation="Conversation",
    question="Votre question",
    question_hint="Posez votre question",
    send="Envoyer la question",
    new_conversation="Nouvelle conversation",
    understood_as="Compris comme : {question}",
    sources=("Source", "Sources"),
    abstention="Les articles ne répondent pas à cette question.",
    nearest="Ce qui s’en approche le plus, sans être une réponse :",
    copy_answer="Copier avec les sources",
    copied="Réponse copiée avec ses sources",
    copy_failed="La copie a échoué",
    unknown_date="date inconnue",
    untitled="Sans titre",
    source_panel="Article cité",
    close="Fermer l’article",
    previous_citation="Citation précédente",
    next_citation="Citation suivante",
    place="{n} sur {total}",
    open_article="Ouvrir l’article",
    original="Article d’origine",
    author="Auteur",
    published="Publié le {date}",
    ask_here="Poser une question",
    article_gone="Cet article n’est plus dans le corpus",
    article_gone_hint="Il a pu être retiré ou remplacé depuis que la réponse a été donnée.",
    article_unreachable="L’article n’a pas pu être chargé. Le serveur ne répond pas.",
    problems={
        "malformed": "La requête n’est pas du JSON valide.",
        "invalid": "Le champ « {field} » ne convient pas : il faut question (texte), history (liste de "
        "textes) et language (code de langue).",
        "question_empty": "La question est vide. Écrivez ce que vous voulez savoir.",
        "question_too_long": "La question dépasse {limit} caractères. Raccourcissez-la.",
        "question_refused": "La question n’a pas pu être lue : {reason}",
        "no_index": "L’index des articles n’est pas prêt. Réessayez quand l’indexation est terminée.",
        "unavailable": "L’assistant ne peut pas répondre pour le moment. Réessayez dans un instant.",
        "failed": "Une erreur inattendue est survenue. Réessayez, ou reformulez la question.",
        "not_found": "Il n’y a rien à cette adresse.",
        "method_not_allowed": "Cette adresse n’accepte pas cette méthode.",
        "too_large": "La requête dépasse {limit} Kio.",
        "host_refused": "L’hôte « {host} » n’est pas servi ici. Ajoutez-le au réglage ASSISTANT_HOSTS.",
        "origin_refused": "L’origine « {origin} » n’est pas admise. Ajoutez-la au réglage ASSISTANT_WIDGET_ORIGINS.",
    },
)

ENGLISH = Words(
    code="en",
    name="English",
    is_singular=lambda n: n == 1,
    thousands=",",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    first_of_month="1",
    title="Sourcier",
    purpose="Answers quoted word for word",
    invitation="What do the articles say?",
    explanation="Every answer is made of sentences from the articles, quoted as they stand. "
    "When they are silent, Sourcier says so.",
    needs_javascript="This page needs JavaScript. The pages of the articles do without.",
    articles=("{n} article", "{n} articles"),
    newest="the newest from {date}",
    indexing=("{n} article of {total} indexed", "{n} articles of {total} indexed"),
    nothing_indexed="No article is indexed yet.",
    conversation="Conversation",
    question="Your question",
    question_hint="Ask your question",
    send="Send the question",
    new_conversation="New conversation",
    understood_as="Understood as: {question}",
    sources=("Source", "Sources"),
    abstention="The articles do not answer this question.",
    nearest="What comes nearest, without being an answer:",
    copy_answer="Copy with sources",
    copied="Answer copied with its sources",
    copy_failed="Copying failed",
    unknown_date="date unknown",
    untitled="Untitled",
    source_panel="Cited article",
    close="Close the article",
    previous_citation="Previous citation",
    next_citation="Next citation",
    place="{n} of {total}",
    open_article="Open the article",
    original="Original article",
    author="Author",
    published="Published on {date}",
    ask_here="Ask a question",
    article_gone="This article is no longer in the corpus",
    article_gone_hint="It may have been removed or replaced since the answer was given.",
    article_unreachable="The article could not be loaded. The server does not respond.",
    problems={
        "malformed": "The request is not valid JSON.",
        "invalid": "The field '{field}' does not fit: question (text), history (list of texts) and language "
        "(language code) are taken.",
        "question_empty": "The question is empty. Write what you want to know.",
        "question_too_long": "The question is longer than {limit} characters. Shorten it.",
        "question_refused": "The question could not be read: {reason}",
        "no_index": "The index of the articles is not ready. Try again when the indexing is done.",
        "unavailable": "The assistant cannot answer at the moment. Try again shortly.",
        "failed": "Something unexpected went wrong. Try again, or word the question differently.",
        "not_found": "There is nothing at this address.",
        "method_not_allowed": "This address does not take this method.",
        "too_large": "The request is larger than {limit} KiB.",
        "host_refused": "Host '{host}' is not served here. Add it to the setting ASSISTANT_HOSTS.",
        "origin_refused": "Origin '{origin}' is not allowed. Add it to the setting ASSISTANT_WIDGET_ORIGINS.",
    },
)

#: By ISO 639-1 code, in the order of the language switch.
CATALOGUE = {words.code: words for words in (FRENCH, ENGLISH)}


def words_for(language: str | None, accept_language: str = "") -> Words:
    """The interface in ``language`` where there is one, else in the best of an ``Accept-Language`` header."""
    if language is not None and language in CATALOGUE:
        return CATALOGUE[language]
    known = (code for code in _preferred(accept_language) if code in CATALOGUE)
    return CATALOGUE[next(known, DEFAULT_LANGUAGE)]


def _preferred(accept_language: str) -> list[str]:
    """Language codes of an ``Accept-Language`` header, best first, without those refused by ``q=0``."""
    weighted = []
    for entry in accept_language.split(","):
        tag, _, parameter = entry.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            weighted.append((weight, tag.strip().split("-")[0].lower()))
    return [code for _, code in sorted(weighted, key=lambda pair: -pair[0])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
