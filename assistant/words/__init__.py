"""Every string a reader can see, by language: a further language is one more file ``{code}.toml`` beside this one."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The interface in one language. Names in braces are filled in."""

    #: ISO 639-1 code.
    code: str
    #: The language's name for itself.
    name: str

    # How numbers, plurals and dates are written.
    #: The numbers that take the singular.
    singular: tuple[int, ...]
    thousands: str
    decimal: str
    percent: str
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
    thinking: str
    stop: str
    stopped: str
    retry: str
    characters: str
    unreachable: str

    # Answering.
    understood_as: str
    revise: str
    sources: tuple[str, str]
    abstention: str
    sentence_before: str
    nearest: str
    preview: str
    citation_gone: str
    copy_answer: str
    copy_markdown: str
    copied: str
    copy_failed: str
    copy_link: str
    link_copied: str
    ask_again: str

    # Wording it by a language model, where the settings say so.
    worded_answers: str
    wording: str
    rewording: str
    by_model: str
    machine_translation: str
    #: Several articles summed up.
    digest: str
    digest_of: str
    no_digest: str
    verified: str
    unverified: str
    quotations: str

    # What stands for what is not known.
    unknown_date: str
    untitled: str

    # What is known about a quotation, and about its article.
    speaker: str
    unnamed_speaker: str
    gloss: str
    today: str
    yesterday: str
    days_ago: tuple[str, str]
    months_ago: tuple[str, str]
    years_ago: tuple[str, str]
    copies: tuple[str, str]
    #: Where each of them is from another paper.
    reprints: tuple[str, str]
    #: By what the articles differ in.
    disagreements: dict[str, str]

    # Why there is this answer, or none.
    why_answer: str
    why_nothing: str
    #: By what came of the question.
    outcomes: dict[str, str]
    confidence: str
    threshold: str
    risk: str
    evidence: str
    as_usual: str
    #: By the name of a signal.
    signals: dict[str, str]
    reader_asked: str
    reader_not_asked: str
    runner_up: str

    # Rating an answer.
    useful: str
    not_useful: str
    what_is_wrong: str
    #: By the code of a reason.
    reasons: dict[str, str]
    comment: str
    rating_note: str
    send_rating: str
    cancel: str
    rating_kept: str
    rating_failed: str

    # The conversation as a whole, and the earlier ones.
    export: str
    export_markdown: str
    export_html: str
    print: str
    conversations: str
    close_list: str
    conversations_note: str
    conversations_not_kept: str
    no_conversations: str
    questions: tuple[str, str]
    erase: str
    erase_all: str

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
    previous_article: str
    next_article: str
    neighbours: str
    cite: str
    cite_sentence: str
    previous_sentence: str
    next_sentence: str
    in_original: str
    quoted: str
    reference_copied: str

    # The list of all articles.
    browse: str
    search_words: str
    search: str
    since: str
    until: str
    any_source: str
    any_language: str
    sorting: str
    by_relevance: str
    by_date: str
    clear_filters: str
    none_found: str
    none_found_hint: str
    ask_instead: str
    not_a_date: str
    no_such_page: str
    pages: str
    page_of: str
    previous_page: str
    next_page: str

    # Looking up a quotation.
    check_quotation: str
    check_quotation_purpose: str
    quotation: str
    check: str
    #: By status.
    verdicts: dict[str, str]
    verdict_notes: dict[str, str]
    rest_of_sentence: str
    only_quoted: str
    only_original: str
    differences: tuple[str, str]
    replaced: str
    added: str
    left_out: str
    #: What a difference changes, by its kind.
    meanings: dict[str, str]

    # The widget on the page of another site, and the page that hands it out.
    widget_loading: str
    widget_refused: str
    widget_tab: str
    widget_close: str
    embed: str
    embed_purpose: str
    embed_language: str
    embed_position: str
    embed_positions: tuple[str, str]
    embed_color: str
    embed_title: str
    embed_try: str
    embed_tag: str
    embed_copy: str
    embed_copied: str
    embed_origins: str
    embed_setting: str
    embed_admitted: str
    embed_none_admitted: str
    embed_policy: str
    embed_policy_hint: str

    #: What went wrong, by the code of a problem.
    problems: dict[str, str]

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self.thousands)

    def counted(self, value: int, forms: tuple[str, str]) -> str:
        """The singular or plural form, with ``value`` in place of ``{n}``."""
        return forms[value not in self.singular].replace("{n}", self.number(value))

    def elsewhere(self, source: str, others: Sequence[str]) -> str:
        """Where else the text of ``source`` stands: in how many titles, or in how many articles where some have none.

        :param others: The source of each copy; empty where it is not known.
        """
        if all(other and other != source for other in others):
            return self.counted(len(set(others)), self.reprints)
        return self.counted(len(others), self.copies)

    def date(self, day: date | None) -> str:
        if day is None:
            return self.unknown_date
        number = self.first_of_month if day.day == 1 else str(day.day)
        return f"{number} {self.months[day.month - 1]} {day.year}"


def load_words(file: Path) -> Words:
    """The interface in the language of a catalogue file.

    :raises TypeError: If a string is missing or one too many.
    """
    with open(file, "rb") as opened:
        table = tomllib.load(opened)
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return Words(code=file.stem, **values)


#: By ISO 639-1 code, in the order of the language switch.
CATALOGUE = {file.stem: load_words(file) for file in sorted(Path(__file__).parent.glob("*.toml"))}


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
