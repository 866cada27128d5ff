"""A quotation in the language of the question, by a model: taken only where it says what is quoted, and all of it."""

import re
from collections.abc import Sequence
from contextlib import aclosing

from assistant.generate.client import stream
from assistant.generate.comparison import compare
from assistant.generate.completeness import lacks
from assistant.generate.faults import Fault
from assistant.generate.instructions import speaks_to_a_model
from assistant.generate.language import CODES
from assistant.generate.markers import Drafted, Drafts, Overlong
from assistant.generate.prompt import messages
from assistant.generate.service import Service
from assistant.generate.support import support
from assistant.generate.wording import Wording, wording
from assistant.sentences import split_sentences
from assistant.text import fold
from assistant.types import Answer, Citation, Sentence

#: Quotations of an answer that are translated.
MOST = 3

_MARKS = '"'
#: What a model puts before a translation.
_LABEL = re.compile(r"^(?:traduction|translation|french|français|english|anglais)\b[^:]{0,20}: *", re.IGNORECASE)


def foreign(answer: Answer) -> list[Citation]:
    """The first quotations in another language than the question; only of languages that translations can be verified
    in, and none that speaks to a model.
    """
    return [
        citation
        for citation in answer.citations
        if {answer.language, citation.sentence.article.language} == {*CODES}
        and not speaks_to_a_model(citation.sentence.text)
    ][:MOST]


async def translated(sentence: Sentence, language: str, service: Service, deadline: float) -> str:
    """What is quoted in ``language``, in one line.

    :param deadline: On the clock of the running event loop.
    :raises Fault: If the server or the model fails, or the translation is not what is quoted.
    """
    drafts, drafted = Drafts(), list[Drafted]()
    try:
        async with aclosing(stream(service, messages("", language, [sentence], task="translation"), deadline)) as told:
            async for piece in told:
                drafted += drafts.feed(piece)
    except Overlong:
        raise Fault("llm_loop", "a translation does not end") from None
    drafted += drafts.close()
    return verified(drafted, sentence, language)


def verified(drafted: Sequence[Drafted], sentence: Sentence, language: str) -> str:
    """The translation, where each sentence of it is supported by what is quoted and nothing essential is missing.

    :raises Fault: If it is not.
    """
    text = _bare(_LABEL.sub("", " ".join(one.text for one in drafted)), sentence.text)
    if not text:
        raise Fault("llm_empty")
    if drafted[0].is_refusal:
        raise Fault("llm_no_answer")
    if _folded(text) == _folded(sentence.text):
        raise Fault("llm_language", "it is not translated")
    # Cut as articles are: what is said between quotation marks stays with its speaker.
    parts = [Drafted(text[part.start : part.end], ()) for part in split_sentences(text)]
    wrong = [reason for part in parts for reason in support(part, "", language, [sentence]).reasons]
    told, quoted = wording(text, language), wording(sentence.text, sentence.article.language or language)
    if _alone(told, quoted) > _alone(quoted, told):
        wrong.append("addition")
    if wrong:
        raise Fault("llm_language" if "language" in wrong else "llm_unverified", ", ".join(wrong))
    missing = lacks(text, language, sentence.text, sentence.article.language or language)
    if missing:
        raise Fault("llm_unverified", f"without: {', '.join(missing)}")
    return text


def _alone(one: Wording, other: Wording) -> int:
    """Words without a counterpart; in a translation each of them stands for one that has none in what is quoted."""
    return sum(pair.found is None for pair in compare(one, other).pairs)


def _bare(text: str, quoted: str) -> str:
    """Without quotation marks around the whole that the article does not have."""
    folded = fold(text).text
    is_marked = folded.startswith(_MARKS) and folded.endswith(_MARKS) and folded.count(_MARKS) == 2
    return text[1:-1].strip() if is_marked and _MARKS not in fold(quoted).text else text


def _folded(text: str) -> str:
    return fold(text, accents=False).text.strip()
