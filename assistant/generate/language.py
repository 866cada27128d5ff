"""What is said to the model, and about it to readers: one file a language, ``{code}.toml`` beside this one."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULT = "en"
CODES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its sentences, and the answer that is wanted: a turn of the conversation that the model sees."""

    question: str
    sentences: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Language:
    """Instructions and messages in one language."""

    #: Names in braces are filled in.
    system: str
    spans: str
    question: str
    examples: tuple[Example, ...]
    #: By code.
    faults: dict[str, str]


@cache
def language_of(code: str) -> Language:
    """What there is in this language, else in English."""
    table = tomllib.loads(Path(__file__).with_name(f"{code if code in CODES else DEFAULT}.toml").read_text("utf-8"))
    examples = tuple(
        Example(example["question"], tuple(example["sentences"]), example["answer"]) for example in table["examples"]
    )
    return Language(table["system"], table["spans"], table["question"], examples, table["faults"])
