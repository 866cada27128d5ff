"""Our answers in the shape of OpenAI's chat completions, so that other chat front ends can sit on top.

The last message of the user is the question, the ones before are the history; what other roles say is left aside.
The citations are in ``sourcier``, a field of ours beside OpenAI's: the answer object itself.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import UsageError
from assistant.records import AnswerRecord, AskRequest, GivenText, Record

#: The only model there is, by name; whatever a front end asks for is answered by it.
MODEL = "sourcier"

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
    message = CompletionMessage(content=_content(record, abstention))
    return Completion(id=identifier, created=created, choices=[Choice(message=message)], sourcier=record)


def chunks(record: AnswerRecord, identifier: str, created: int, abstention: str) -> Iterator[str]:
    """The same as data of server-sent events, a statement at a time; the last but one has ``sourcier``."""
    pieces = [_marked(statement.text, statement.citations) for statement in record.statements] or [abstention]
    yield _chunk({"role": "assistant", "content": ""}, None, identifier, created)
    for place, piece in enumerate(pieces):
        yield _chunk({"content": piece if place == 0 else f" {piece}"}, None, identifier, created)
    sources = _sources(record)
    if sources:
        yield _chunk({"content": sources}, None, identifier, created)
    yield _chunk({}, "stop", identifier, created, {"sourcier": record.model_dump(mode="json")})
    yield "[DONE]"


def _content(record: AnswerRecord, abstention: str) -> str:
    return f"{record.answer}{_sources(record)}" if record.answer else abstention


def _marked(text: str, numbers: list[int]) -> str:
    return text + "".join(f" [{number}]" for number in numbers)


def _sources(record: AnswerRecord) -> str:
    """The citations as text, for front ends that show nothing else: number, title, source, address."""
    lines = [
        " · ".join(part for part in (f"[{citation.number}] {citation.title}", citation.source, citation.url) if part)
        for citation in record.citations
    ]
    return "\n\n" + "\n".join(lines) if lines else ""


def _chunk(
    delta: dict[str, str], finish: str | None, identifier: str, created: int, more: dict[str, Any] | None = None
) -> str:
    return _Chunk(
        id=identifier,
        created=created,
        choices=[{"index": 0, "delta": delta, "finish_reason": finish}],
        **(more or {}),
    ).model_dump_json(exclude_unset=False)


class _Chunk(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: list[dict[str, Any]]
