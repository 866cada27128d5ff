"""Which sentence supports what a model wrote: the one it cites, else another that it was given."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.generate.markers import Drafted
from assistant.generate.verify import Reason, anchored, faults
from assistant.languages import detect_language
from assistant.text import find_folded
from assistant.types import Sentence

#: Citations of a sentence.
MOST = 2
#: Characters of the article on either side of a sentence that count as near it.
NEAR = 400


@dataclass(frozen=True, slots=True)
class Support:
    """What a sentence of the model stands on: sentences, or the reasons why on none."""

    sentences: tuple[Sentence, ...]
    reasons: tuple[Reason, ...] = ()


def support(drafted: Drafted, question: str, language: str, given: Sequence[Sentence]) -> Support:
    """The sentences among those ``given`` that say what was drafted, the cited ones first.

    The numbers are not trusted: small models often cite the wrong sentence for the right words.

    :param language: Of the question, ISO 639-1.
    """
    if detect_language(drafted.text, {"fr", "en", language}) not in (language, None):
        return Support((), ("language",))
    cited = [given[number - 1] for number in drafted.numbers if 0 < number <= len(given)]
    others = [sentence for sentence in given if sentence not in cited]
    missing: list[tuple[Reason, ...]] = []
    found: list[Sentence] = []
    for sentence in (*cited, *others):
        if found and (sentence not in cited or len(found) == MOST):
            break
        reasons = _reasons(drafted.text, question, language, sentence)
        if reasons:
            missing.append(reasons)
        else:
            found.append(sentence)
    return Support(tuple(found), () if found else min(missing, key=len, default=("coverage",)))


def support_of_span(drafted: Drafted, question: str, language: str, given: Sequence[Sentence]) -> Support:
    """The sentence that has the drafted words, as they stand."""
    for sentence in given:
        if find_folded(sentence.text, drafted.text) and anchored(
            question, language, _around(sentence), _language(sentence, language)
        ):
            return Support((sentence,))
    return Support((), ("coverage",))


def _reasons(text: str, question: str, language: str, sentence: Sentence) -> tuple[Reason, ...]:
    of_sentence = _language(sentence, language)
    around = _around(sentence)
    reasons = faults(text, language, sentence.text, of_sentence, around)
    return reasons if anchored(question, language, around, of_sentence) else (*reasons, "anchor")


def _language(sentence: Sentence, otherwise: str) -> str:
    return sentence.article.language or otherwise


def _around(sentence: Sentence) -> str:
    """The title and what stands near the sentence, itself included."""
    article = sentence.article
    near = article.text[max(0, sentence.start - NEAR) : sentence.end + NEAR]
    return f"{article.title}\n{near}"
