"""What was said on one page: its questions, and the messages that show them and their answers."""

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.page.asking import Asking
from assistant.page.messages import question_message

if TYPE_CHECKING:
    from assistant.page.wording import Wording

#: Role and content, as Gradio's chat takes it.
Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Kept on the server while the page is open: sent back with each question it would outgrow a request."""

    questions: tuple[str, ...] = ()
    #: The content of each message, a question and its answer in turn. Compressed, an answer takes a tenth of its 26 KB.
    kept: tuple[bytes, ...] = ()
    #: The question that is being answered.
    asking: Asking[Any] | None = None
    #: The last answer being worded by a model.
    wording: "Wording | None" = None

    @property
    def messages(self) -> list[Message]:
        contents = [zlib.decompress(content).decode() for content in self.kept]
        return [reply(content) if number % 2 else _asked(content) for number, content in enumerate(contents)]

    def with_turn(self, question: str, answer: str) -> "Conversation":
        return self._with(question, question_message(question), answer)

    def with_digest(self, title: str, answer: str) -> "Conversation":
        """What the next question may lean on is still the one before."""
        return self._with(self.questions[-1] if self.questions else title, question_message(title), answer)

    def without_last_turn(self) -> "Conversation":
        return Conversation(self.questions[:-1], self.kept[:-2])

    def with_reply(self, answer: str) -> "Conversation":
        """With another last message."""
        return replace(self, kept=(*self.kept[:-1], _compressed(answer)))

    def messages_with(self, question: str) -> list[Message]:
        return [*self.messages, _asked(question_message(question))]

    def _with(self, question: str, asked: str, answer: str) -> "Conversation":
        kept = (*self.kept, _compressed(asked), _compressed(answer))
        return Conversation((*self.questions, question), kept)


def reply(content: str) -> Message:
    return {"role": "assistant", "content": content}


def _asked(content: str) -> Message:
    return {"role": "user", "content": content}


def _compressed(content: str) -> bytes:
    return zlib.compress(content.encode())
