"""An answer from the articles, then the same worded by a model, sentence by sentence, each verified before it is told.

The extractive answer decides whether there is one, and stays where the model fails. Whatever the model or its server
does, the last event comes within the total time.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from threading import BoundedSemaphore

from assistant.citations import number
from assistant.generate.breaker import Breaker
from assistant.generate.client import load, stream
from assistant.generate.events import Ended, Event, Extractive, Waiting, Worded
from assistant.generate.faults import CONNECTION, Code, Fault
from assistant.generate.grammar import span_grammar
from assistant.generate.markers import Drafted, Drafts, Overlong
from assistant.generate.prompt import given, messages
from assistant.generate.service import Service
from assistant.generate.support import Support, support, support_of_span
from assistant.text import fold
from assistant.types import Answer, Citation, Sentence, Statement

log = logging.getLogger(__name__)

#: Sentences of a worded answer; the model was asked for three.
MOST_SENTENCES = 6

#: Seconds before a server that failed is asked once more.
BETWEEN_TRIES = 0.3


class Writer:
    """Words answers with one server; may be used from any thread and event loop."""

    def __init__(self, service: Service, breaker: Breaker | None = None) -> None:
        self._service = service
        self._breaker = breaker or Breaker()
        self._places = BoundedSemaphore(service.at_once)

    async def word(self, answer: Answer, sentences: Sequence[Sentence] = ()) -> AsyncGenerator[Event, None]:
        """Events up to ``Ended``; to stop, close the iterator or cancel the task: the server is hung up on.

        :param sentences: What the model is given, best first; by default, those that the answer cites.
        """
        yield Extractive(answer)
        wording = _Wording(
            answer, given(sentences or [citation.sentence for citation in answer.citations]), self._service
        )
        if answer.abstained or not wording.has_sentences:
            yield wording.ended(None)
        elif not self._breaker.allows():
            yield wording.ended(Fault("llm_paused"))
        elif not self._places.acquire(blocking=False):
            yield wording.ended(Fault("llm_busy"))
        else:
            try:
                async with aclosing(self._worded(wording)) as events:
                    async for event in events:
                        yield event
            finally:
                self._places.release()

    async def _worded(self, wording: "_Wording") -> AsyncGenerator[Event, None]:
        yield Waiting(self._service.model)
        try:
            async with aclosing(wording.events()) as events:
                async for event in events:
                    yield event
        except Fault as fault:
            log.warning("an answer was not worded: %s", fault)
            (self._breaker.failed if fault.code in CONNECTION else self._breaker.succeeded)()
            yield wording.ended(fault)
        else:
            self._breaker.succeeded()
            yield wording.ended(None)


async def last_event(events: AsyncIterator[Event]) -> Ended:
    """How it ended, for those who show no sentence before."""
    async for event in events:
        if isinstance(event, Ended):
            return event
    raise AssertionError("the last event is Ended")


class _Wording:
    """One answer being worded."""

    def __init__(self, answer: Answer, sentences: list[Sentence], service: Service) -> None:
        self._answer = answer
        self._question = answer.understood_as or answer.question
        self._sentences = sentences
        self._service = service
        self._statements: list[Statement] = []
        self._citations: list[Citation] = []
        self._said: set[str] = set()
        self._withheld: list[Support] = []
        self._began = time.monotonic()

    @property
    def has_sentences(self) -> bool:
        return bool(self._sentences)

    async def events(self) -> AsyncGenerator[Worded, None]:
        """
        :raises Fault: If the answer cannot be worded, or not to the end.
        """
        await asyncio.to_thread(load)
        deadline = asyncio.get_running_loop().time() + self._service.total_timeout
        try:
            async with aclosing(self._attempt(deadline, self._sentences)) as worded:
                async for event in worded:
                    yield event
        except Fault as fault:
            sentences = self._for_another_try(fault)
            if not sentences:
                raise
            await asyncio.sleep(BETWEEN_TRIES)
            async with aclosing(self._attempt(deadline, sentences)) as worded:
                async for event in worded:
                    yield event

    def _for_another_try(self, fault: Fault) -> list[Sentence]:
        """What to ask with once more, as long as nothing was said: fewer sentences where they were too many."""
        if self._said:
            return []
        if fault.code == "llm_context":
            return self._sentences[: len(self._sentences) // 2]
        return self._sentences if fault.code == "llm_failed" else []

    async def _attempt(self, deadline: float, sentences: list[Sentence]) -> AsyncGenerator[Worded, None]:
        spans = self._service.protocol == "spans"
        grammar = span_grammar([sentence.text for sentence in sentences]) if spans else None
        asked = messages(self._question, self._answer.language, sentences, spans)
        judge: Callable[..., Support] = support_of_span if spans else support
        drafts = Drafts()
        try:
            async with aclosing(stream(self._service, asked, deadline, grammar)) as pieces:
                async for piece in pieces:
                    for drafted in drafts.feed(piece):
                        if event := self._judged(drafted, judge, sentences):
                            yield event
        except Overlong:
            raise Fault("llm_loop", "a sentence does not end") from None
        for drafted in drafts.close():
            if event := self._judged(drafted, judge, sentences):
                yield event
        if not self._said:
            raise Fault("llm_empty")
        if not self._statements:
            raise Fault(self._why_none())

    def _judged(self, drafted: Drafted, judge: Callable[..., Support], sentences: list[Sentence]) -> Worded | None:
        """The event for a sentence, None where it is not shown.

        :raises Fault: If the model refuses, repeats itself or goes on and on.
        """
        if drafted.is_refusal and not self._said:
            raise Fault("llm_no_answer")
        key = fold(drafted.text, accents=False).text
        if key in self._said or len(self._said) == MOST_SENTENCES:
            raise Fault("llm_loop", "a sentence comes again, or too many come")
        self._said.add(key)
        found = judge(drafted, self._question, self._answer.language, sentences)
        if found.sentences:
            statement = Statement(drafted.text, tuple(self._cite(sentence) for sentence in found.sentences))
            self._statements.append(statement)
            return Worded(statement)
        self._withheld.append(found)
        if self._service.verification == "mark":
            return Worded(Statement(drafted.text, ()), found.reasons)
        return None

    def _cite(self, sentence: Sentence) -> Citation:
        """Its citation, numbered in order of first use."""
        for citation in self._citations:
            if citation.sentence == sentence:
                return citation
        used = [citation.sentence for citation in self._citations]
        self._citations = list(number([*used, sentence]))
        return self._citations[-1]

    def _why_none(self) -> Code:
        foreign = all("language" in found.reasons for found in self._withheld)
        return "llm_language" if foreign else "llm_unverified"

    def ended(self, fault: Fault | None) -> Ended:
        taken = round(1000 * (time.monotonic() - self._began), 1)
        worded = replace(self._answer, statements=tuple(self._statements)) if self._statements else None
        return Ended(
            answer=worded,
            fault=fault.code if fault else None,
            retryable=fault is not None and fault.retryable,
            withheld=len(self._withheld),
            timings_ms={"generate": taken},
        )
