"""What the model is sent: sentences, numbered, and a question, after examples of how it is done."""

import re
from collections.abc import Sequence

from assistant.generate.instructions import speaks_to_a_model
from assistant.generate.language import Example, Task, language_of
from assistant.types import Sentence

#: Sentences that a model is given at most, and characters of all of them: about 1,200 tokens.
MOST_SENTENCES = 8
MOST_CHARACTERS = 4500

Message = tuple[str, str]

_NAMED = re.compile(r"\{(question|earlier|sentences|sentence)\}")
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


def messages(
    question: str,
    language: str,
    sentences: Sequence[Sentence],
    spans: bool = False,
    *,
    task: Task = "answer",
    earlier: Sequence[str] = (),
) -> list[Message]:
    """Roles and texts, the instructions first.

    Brackets of the sentences become parentheses: only our numbers are in brackets, and no tag is ours.

    :param language: Of the question, ISO 639-1: the instructions are in it where we have them.
    :param spans: Ask for words of one sentence, and nothing else.
    :param earlier: Questions before this one.
    """
    words = language_of(language)
    told = words.instructions[task]
    texts = tuple(_in_one_line(sentence.text) for sentence in sentences)
    asked = Example(_in_one_line(question), tuple(map(_in_one_line, earlier)), texts)
    if spans:
        return [("system", words.spans), ("user", _ask(asked, told.question))]
    turns = [
        turn
        for example in told.examples
        for turn in (("user", _ask(example, told.question)), ("assistant", example.answer))
    ]
    return [("system", told.system.strip()), *turns, ("user", _ask(asked, told.question))]


def _ask(example: Example, template: str) -> str:
    values = {
        "question": example.question,
        "earlier": "\n".join(f"- {question}" for question in example.earlier),
        "sentences": "\n".join(f"[{number}] {text}" for number, text in enumerate(example.sentences, 1)),
        "sentence": next(iter(example.sentences), ""),
    }
    return _NAMED.sub(lambda name: values[name[1]], template)


def _in_one_line(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_BRACKETS)).strip()
