"""Our answers in the shape of OpenAI's chat completions, so that other chat front ends can sit on top.

The last message of the user is the question, the ones before are the history; what other roles say is left aside.
The content is Markdown, which front ends take it for: what an article says is escaped there. The citations are in
``sourcier``, a field of ours beside OpenAI's: the answer object itself, word for word.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import UsageError
from assistant.records import AnswerRecord, AskRequest, CitationRecord, GivenText, Record, StatementRecord

#: The only model there is, by name; whatever a front end asks for is answered by it.
MODEL = "sourcier"

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


def completion(record: AnswerRecord, identifier: str, created: int, abstention: str) -> Completion:
    """
    :param identifier: Of the request.
    :param created: Seconds since 1970.
    :param abstention: What is said where there is no answer.
    """
    message = CompletionMessage(content="".join(_pieces(record, abstention)))
    return Completion(id=identifier, created=created, choices=[Choice(message=message)], sourcier=record)


def chunks(record: AnswerRecord, identifier: str, created: int, abstention: str) -> Iterator[str]:
    """The same as data of server-sent events, a statement at a time; the last but one has ``sourcier``."""
    yield _chunk({"role": "assistant", "content": ""}, None, identifier, created)
    for piece in _pieces(record, abstention):
        yield _chunk({"content": piece}, None, identifier, created)
    yield _chunk({}, "stop", identifier, created, {"sourcier": record.model_dump(mode="json")})
    yield "[DONE]"


def _pieces(record: AnswerRecord, abstention: str) -> list[str]:
    """The content: each statement, then the sources."""
    if not record.statements:
        return [abstention]
    first, *others = [_marked(statement) for statement in record.statements]
    return [first, *(f" {other}" for other in others), "\n" + "".join(map(_source, record.citations))]


def _marked(statement: StatementRecord) -> str:
    return escaped(statement.text) + "".join(f" [{number}]" for number in statement.citations)


def _source(citation: CitationRecord) -> str:
    """As text, for front ends that show nothing else: number, title, source, address."""
    facts = (escaped(citation.title), escaped(citation.source), citation.url)
    return f"\n[{citation.number}] " + " · ".join(filter(None, facts))


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it in one line and takes nothing in it for a link, a picture or HTML."""
    return _ACTIVE.sub(r"\\\g<0>", _LINES.sub(" ", text))


def _chunk(
    delta: dict[str, str], finish: str | None, identifier: str, created: int, more: dict[str, Any] | None = None
) -> str:
    return _Chunk(
        id=identifier,
        created=created,
        choices=[{"index": 0, "delta": delta, "finish_reason": finish}],
        **(more or {}),
    ).model_dump_json()


class _Chunk(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: list[dict[str, Any]]
