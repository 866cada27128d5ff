"""Our answers in the shape of OpenAI's chat completions, so that other chat front ends can sit on top.

The last message of the user is the question, the ones before are the history; what other roles say is left aside.
The content is Markdown, which front ends take it for: what an article says is escaped there. The citations are in
``sourcier``, a field of ours beside OpenAI's: the answer object itself, word for word.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import UsageError
from assistant.records import AnswerRecord, AskRequest, CitationRecord, GivenText, Record, StatementRecord

#: What answers, by name, whatever else a front end asks for; and where the settings say so, in a model's words.
MODEL = "sourcier"
WORDED = "sourcier-worded"

#: What Markdown takes for more than a character, and the ends of lines, behind which it sees lists and code.
_ACTIVE = re.compile(r"[\\`*_\[\]<]|&(?=#?\w+;)")
_LINES = re.compile(r"[\r\n]\s*")

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class _Lenient(BaseModel):
    """A stranger's object: front ends send many settings of models that we do not have."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Lenient):
    """A part of a message; pictures and sounds are left aside."""

    type: str
    text: GivenText = ""


class ChatMessage(_Lenient):
    role: Role
    content: GivenText | list[TextPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class CompletionRequest(_Lenient):
    """What ``POST /v1/chat/completions`` takes."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=200)]
    stream: bool = False
    #: Only a name of ours makes a difference.
    model: str = MODEL


class CompletionMessage(Record):
    role: Literal["assistant"] = "assistant"
    content: str


class Choice(Record):
    index: int = 0
    message: CompletionMessage
    finish_reason: Literal["stop"] = "stop"


class Usage(Record):
    """No tokens are counted here."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Completion(Record):
    """What it answers."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Seconds since 1970.")
    model: str = MODEL
    choices: list[Choice]
    usage: Usage = Usage()
    sourcier: AnswerRecord = Field(description="The answer object, with every citation.")


class Model(Record):
    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class Models(Record):
    """What ``GET /v1/models`` answers."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...] = (Model(),)


def asked(request: CompletionRequest) -> AskRequest:
    """The question and the history of a conversation.

    :raises UsageError: If no message of it is a user's.
    """
    questions = [message.text for message in request.messages if message.role == "user" and message.text.strip()]
    if not questions:
        raise UsageError("'messages' holds no message with the role 'user'. Ask something in one.")
    return AskRequest(question=questions[-1], history=questions[:-1])


def completion(
    record: AnswerRecord, identifier: str, created: int, abstention: str, model: str = MODEL, reason: str = ""
) -> Completion:
    """
    :param identifier: Of the request.
    :param created: Seconds since 1970.
    :param abstention: What is said where there is no answer.
    :param model: The name that is answered under.
    :param reason: Why there are no words of a model, said before the quotations.
    """
    message = CompletionMessage(content="".join(pieces(record, abstention, reason)))
    choices = [Choice(message=message)]
    return Completion(id=identifier, created=created, model=model, choices=choices, sourcier=record)


@dataclass(frozen=True, slots=True)
class Chunks:
    """A completion as data of server-sent events."""

    identifier: str
    created: int
    model: str = MODEL

    def opening(self) -> str:
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, content: str) -> str:
        return self._chunk({"content": content})

    def closing(self, record: AnswerRecord) -> Iterator[str]:
        """The last but one has ``sourcier``."""
        yield self._chunk({}, "stop", {"sourcier": record.model_dump(mode="json")})
        yield "[DONE]"

    def _chunk(self, delta: dict[str, str], finish: str | None = None, more: dict[str, Any] | None = None) -> str:
        return _Chunk(
            id=self.identifier,
            created=self.created,
            model=self.model,
            choices=[{"index": 0, "delta": delta, "finish_reason": finish}],
            **(more or {}),
        ).model_dump_json()


def chunks(record: AnswerRecord, identifier: str, created: int, abstention: str) -> Iterator[str]:
    """The same as a stream, a statement at a time."""
    made = Chunks(identifier, created)
    yield made.opening()
    yield from map(made.piece, pieces(record, abstention))
    yield from made.closing(record)


def pieces(record: AnswerRecord, abstention: str, reason: str = "") -> list[str]:
    """The content: each statement, in a model's words where there are any, then the sources."""
    worded = record.worded if record.worded and record.worded.statements else None
    told, cited = (worded.statements, worded.citations) if worded else (record.statements, record.citations)
    if not told:
        return [abstention]
    lead = [f"{escaped(reason)}\n\n"] if reason else []
    return [*lead, *(marked(statement, at > 0) for at, statement in enumerate(told)), sources(cited)]


def marked(statement: StatementRecord, follows: bool) -> str:
    """A statement with its ``[n]``, behind another where it ``follows``."""
    return (" " if follows else "") + escaped(statement.text) + "".join(f" [{n}]" for n in statement.citations)


def sources(citations: Iterable[CitationRecord]) -> str:
    return "\n" + "".join(map(_source, citations))


def _source(citation: CitationRecord) -> str:
    """As text, for front ends that show nothing else: number, title, source, address."""
    facts = (escaped(citation.title), escaped(citation.source), citation.url)
    return f"\n[{citation.number}] " + " · ".join(filter(None, facts))


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it in one line and takes nothing in it for a link, a picture or HTML."""
    return _ACTIVE.sub(r"\\\g<0>", _LINES.sub(" ", text))


class _Chunk(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[dict[str, Any]]
