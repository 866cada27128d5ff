"""A question that leans on earlier ones in a way that no rule follows, worded by a model so that it stands alone.

It is asked where the articles had no answer, and its words are taken only where they bring nothing new with them.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from assistant.errors import AssistantError
from assistant.generate.client import stream
from assistant.generate.faults import Fault
from assistant.generate.prompt import given, messages
from assistant.generate.service import Service
from assistant.generate.standalone import flaws
from assistant.news.followups import REMEMBERED, understand
from assistant.types import Answer, Sentence

#: Characters of a question that a model words.
LONGEST = 400


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The questions before one, and how to ask."""

    #: The oldest first.
    earlier: Sequence[str]
    #: A question and those before it to its answer.
    ask: Callable[[str, Sequence[str]], Awaitable[Answer]]

    def may_help(self, answer: Answer) -> bool:
        """Whether the question may lean on earlier ones though the rules say that it stands alone."""
        return bool(self.earlier) and understand(answer.question, self.earlier) is None

    async def understood(self, answer: Answer, service: Service, deadline: float) -> Answer:
        """The answer to the question as the model words it, in place of an abstention.

        :param deadline: On the clock of the running event loop.
        :raises Fault: If the model fails, its words are not taken, or the articles do not answer them either.
        """
        earlier = self.earlier[-REMEMBERED:]
        try:
            before = await self.ask(earlier[-1], earlier[:-1])
            shown = given([citation.sentence for citation in before.citations])
            told = await _worded(answer, earlier, shown, service, deadline)
            found = flaws(told, answer.question, answer.language, earlier, shown)
            if found:
                raise Fault("llm_unverified", f"{', '.join(found)}: {told}")
            again = await self.ask(told, ())
        except AssistantError as error:
            raise Fault("llm_no_answer", str(error)) from error
        if again.abstained:
            raise Fault("llm_no_answer", f"nor is there an answer to: {told}")
        return replace(again, question=answer.question, understood_as=again.understood_as or told)


async def _worded(
    answer: Answer, earlier: Sequence[str], shown: Sequence[Sentence], service: Service, deadline: float
) -> str:
    """What the model makes of the question.

    :raises Fault: If there is nothing, or no end of it.
    """
    asked = messages(answer.question, answer.language, shown, task="follow_up", earlier=earlier)
    told = ""
    async with aclosing(stream(service, asked, deadline)) as pieces:
        async for piece in pieces:
            told += piece
            if len(told) > LONGEST:
                raise Fault("llm_loop", "a question does not end")
    if not told.strip():
        raise Fault("llm_empty")
    return told.strip()
