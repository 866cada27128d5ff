"""What is said to the model, and about it to readers: one file a language, ``{code}.toml`` beside this one."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

DEFAULT = "en"
CODES = ("en", "fr")


#: What a model may be asked to do.
Task = Literal["answer", "digest", "translation", "follow_up"]
TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True, slots=True)
class Example:
    """What is asked, and the answer that is wanted: a turn of the conversation that the model sees."""

    question: str = ""
    #: Questions before it.
    earlier: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Instructions:
    """How a model is told to do something."""

    system: str
    #: What it is asked then; names in braces are filled in.
    question: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """Instructions and messages in one language."""

    instructions: dict[Task, Instructions]
    #: In place of those of an answer, where a grammar keeps the model to words of a sentence.
    spans: str
    #: By code.
    faults: dict[str, str]


@cache
def language_of(code: str) -> Language:
    """What there is in this language, else in English."""
    table = tomllib.loads(Path(__file__).with_name(f"{code if code in CODES else DEFAULT}.toml").read_text("utf-8"))
    return Language({task: _instructions(table[task]) for task in TASKS}, table["spans"], table["faults"])


def _instructions(table: dict[str, Any]) -> Instructions:
    examples = (
        Example(
            question=example.get("question", ""),
            earlier=tuple(example.get("earlier", ())),
            sentences=tuple(example.get("sentences", ())),
            answer=example["answer"],
        )
        for example in table["examples"]
    )
    return Instructions(table["system"], table["question"], tuple(examples))
