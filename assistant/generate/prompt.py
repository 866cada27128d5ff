"""What the model is sent: numbered sentences and a question, after three examples of how it is done."""

import re
from collections.abc import Sequence

from assistant.generate.instructions import speaks_to_a_model
from assistant.generate.language import Example, language_of
from assistant.types import Sentence

#: Sentences that a model is given at most, and characters of all of them: about 1,200 tokens.
MOST_SENTENCES = 8
MOST_CHARACTERS = 4500

Message = tuple[str, str]

_NAMED = re.compile(r"\{(question|sentences)\}")
_SPACES = re.compile(r"\s+")
_BRACKETS = str.maketrans("[]【】［］<>", "()()()()")


def given(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that a model is given: the first that do not speak to it, as many as it can take."""
    kept: list[Sentence] = []
    left = MOST_CHARACTERS
    told = [sentence for sentence in sentences if not speaks_to_a_model(sentence.text)]
    for sentence in told[:MOST_SENTENCES]:
        left -= len(sentence.text)
        if kept and left < 0:
            break
        kept.append(sentence)
    return kept


def messages(question: str, language: str, sentences: Sequence[Sentence], spans: bool = False) -> list[Message]:
    """Roles and texts, the instructions first.

    Brackets of the sentences become parentheses: only our numbers are in brackets, and no tag is ours.

    :param language: Of the question, ISO 639-1: the instructions are in it where we have them.
    """
    words = language_of(language)
    texts = [_in_one_line(sentence.text) for sentence in sentences]
    asked = Example(_in_one_line(question), tuple(texts), "")
    if spans:
        return [("system", words.spans), ("user", _ask(asked, words.question))]
    turns = [
        turn
        for example in words.examples
        for turn in (("user", _ask(example, words.question)), ("assistant", example.answer))
    ]
    return [("system", words.system.strip()), *turns, ("user", _ask(asked, words.question))]


def _ask(example: Example, template: str) -> str:
    numbered = "\n".join(f"[{number}] {text}" for number, text in enumerate(example.sentences, 1))
    values = {"question": example.question, "sentences": numbered}
    return _NAMED.sub(lambda name: values[name[1]], template)


def _in_one_line(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_BRACKETS)).strip()
