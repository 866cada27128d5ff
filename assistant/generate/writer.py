"""An answer from the articles, then the same worded by a model, sentence by sentence, each verified before it is told.

The extractive answer decides whether there is one, and stays where the model fails. Behind the words come glosses of
what is quoted in another language; before them, where nothing was found for a question that leans on earlier ones, the
model may say what is meant. Whatever the model or its server does, the last event comes within the total time.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from threading import BoundedSemaphore

from assistant.citations import number
from assistant.generate.breaker import Breaker
from assistant.generate.client import load, stream
from assistant.generate.events import Ended, Event, Extractive, Glossed, Understood, Waiting, Worded
from assistant.generate.faults import CONNECTION, WRITTEN, Code, Fault
from assistant.generate.gloss import foreign, translated
from assistant.generate.grammar import span_grammar
from assistant.generate.language import Task
from assistant.generate.markers import Drafted, Drafts, Overlong
from assistant.generate.prompt import given, messages
from assistant.generate.rewording import FollowUp
from assistant.generate.service import Service
from assistant.generate.support import Support, support, support_of_span
from assistant.text import fold
from assistant.types import Answer, Citation, Sentence, Statement

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is made of the sentences that a model is given."""

    task: Task
    #: Sentences that are shown at most, and that the model may write before it is thought to be lost.
    shown: int
    written: int
    #: Articles that it has to cite at least: until it does, nothing is told.
    articles: int = 1


#: The model was asked for three sentences, and for five.
ANSWER = Kind("answer", shown=6, written=6)
DIGEST = Kind("digest", shown=5, written=8, articles=2)

#: Seconds before a server that failed is asked once more.
BETWEEN_TRIES = 0.3


class Writer:
    """Words answers with one server; may be used from any thread and event loop."""

    def __init__(self, service: Service, breaker: Breaker | None = None) -> None:
        self._service = service
        self._breaker = breaker or Breaker()
        self._places = BoundedSemaphore(service.at_once)

    async def word(
        self,
        answer: Answer,
        sentences: Sequence[Sentence] = (),
        kind: Kind = ANSWER,
        follow_up: FollowUp | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Events up to ``Ended``; to stop, close the iterator or cancel the task: the server is hung up on.

        :param sentences: What the model is given, best first; by default, those that the answer cites.
        :param follow_up: How the question is asked again where nothing was found; without it, that is the end.
        """
        yield Extractive(answer)
        wording = _Wording(answer, sentences, self._service, kind)
        is_asked_again = answer.abstained and follow_up is not None and follow_up.may_help(answer)
        if not (wording.has_sentences or is_asked_again):
            yield wording.ended(None)
        elif not (wording.has_enough or is_asked_again):
            yield wording.ended(Fault("llm_one_article"))
        elif not self._breaker.allows():
            yield wording.ended(Fault("llm_paused"))
        elif not self._places.acquire(blocking=False):
            yield wording.ended(Fault("llm_busy"))
        else:
            try:
                async with aclosing(self._told(wording, follow_up)) as events:
                    async for event in events:
                        yield event
            finally:
                self._places.release()

    async def _told(self, wording: "_Wording", follow_up: FollowUp | None) -> AsyncGenerator[Event, None]:
        yield Waiting(self._service.model)
        await asyncio.to_thread(load)
        deadline = asyncio.get_running_loop().time() + self._service.total_timeout
        fault: Fault | None = None
        try:
            if wording.answer.abstained and follow_up is not None:
                understood = await follow_up.understood(wording.answer, self._service, deadline)
                yield Understood(understood)
                wording = wording.of(understood)
            if wording.has_sentences:
                async with aclosing(wording.events(deadline)) as worded:
                    async for event in worded:
                        yield event
        except Fault as found:
            fault = found
            self._note(fault)
        else:
            self._breaker.succeeded()
        if wording.glosses and (fault is None or fault.code in WRITTEN):
            async with aclosing(self._glossed(wording.answer, deadline)) as glosses:
                async for gloss in glosses:
                    yield gloss
        yield wording.ended(fault)

    async def _glossed(self, answer: Answer, deadline: float) -> AsyncGenerator[Glossed, None]:
        """What is quoted in another language; a translation that is not taken leaves the quotation as it is."""
        for citation in foreign(answer):
            try:
                text = await translated(citation.sentence, answer.language, self._service, deadline)
            except Fault as fault:
                self._note(fault)
                if fault.code not in WRITTEN:
                    return
            else:
                yield Glossed(citation, text)

    def _note(self, fault: Fault) -> None:
        log.warning("a model's words were not taken: %s", fault)
        (self._breaker.failed if fault.code in CONNECTION else self._breaker.succeeded)()


async def last_event(events: AsyncIterator[Event]) -> Ended:
    """How it ended, for those who show no sentence before."""
    async for event in events:
        if isinstance(event, Ended):
            return event
    raise AssertionError("the last event is Ended")


class _Wording:
    """One answer being worded."""

    def __init__(self, answer: Answer, sentences: Sequence[Sentence], service: Service, kind: Kind) -> None:
        self.answer = answer
        self._question = answer.understood_as or answer.question
        cited = [citation.sentence for citation in answer.citations]
        self._sentences = given(sentences or cited) if cited else []
        self._service = service
        self._kind = kind
        self._statements: list[Statement] = []
        self._citations: list[Citation] = []
        #: What is told once enough articles are cited.
        self._kept: list[Worded] = []
        self._said: set[str] = set()
        self._withheld: list[Support] = []
        self._began = time.monotonic()

    def of(self, answer: Answer) -> "_Wording":
        """The same for another answer."""
        return _Wording(answer, (), self._service, self._kind)

    @property
    def has_sentences(self) -> bool:
        return bool(self._sentences)

    @property
    def has_enough(self) -> bool:
        """Whether they are from as many articles as are to be cited."""
        return len({sentence.article.id for sentence in self._sentences}) >= self._kind.articles

    @property
    def glosses(self) -> bool:
        """Whether what is quoted is translated besides."""
        return self._kind is ANSWER

    @property
    def _is_whole(self) -> bool:
        """Whether enough articles are cited."""
        cited = {citation.sentence.article.id for citation in self._citations}
        return bool(self._statements) and len(cited) >= self._kind.articles

    async def events(self, deadline: float) -> AsyncGenerator[Worded, None]:
        """
        :param deadline: On the clock of the running event loop.
        :raises Fault: If the answer cannot be worded, or not to the end.
        """
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
        spans = self._service.protocol == "spans" and self._kind is ANSWER
        grammar = span_grammar([sentence.text for sentence in sentences]) if spans else None
        asked = messages(self._question, self.answer.language, sentences, spans, task=self._kind.task)
        judge: Callable[..., Support] = support_of_span if spans else support
        drafts = Drafts()
        try:
            async with aclosing(stream(self._service, asked, deadline, grammar)) as pieces:
                async for piece in pieces:
                    for drafted in drafts.feed(piece):
                        for event in self._judged(drafted, judge, sentences):
                            yield event
                    if len(self._statements) == self._kind.shown:
                        break
        except Overlong:
            raise Fault("llm_loop", "a sentence does not end") from None
        for drafted in drafts.close():
            for event in self._judged(drafted, judge, sentences):
                yield event
        if not self._said:
            raise Fault("llm_empty")
        if not self._statements:
            raise Fault(self._why_none())
        if not self._is_whole:
            raise Fault("llm_one_article")

    def _judged(self, drafted: Drafted, judge: Callable[..., Support], sentences: list[Sentence]) -> list[Worded]:
        """What is told for a sentence: nothing where it is not shown, and what was kept besides once it may be told.

        :raises Fault: If the model refuses, repeats itself or goes on and on.
        """
        if drafted.is_refusal and not self._said:
            raise Fault("llm_no_answer")
        if len(self._statements) == self._kind.shown:
            return []
        key = fold(drafted.text, accents=False).text
        if key in self._said or len(self._said) == self._kind.written:
            raise Fault("llm_loop", "a sentence comes again, or too many come")
        self._said.add(key)
        found = judge(drafted, self._question, self.answer.language, sentences)
        if found.sentences:
            statement = Statement(drafted.text, tuple(self._cite(sentence) for sentence in found.sentences))
            self._statements.append(statement)
            self._kept.append(Worded(statement))
        else:
            self._withheld.append(found)
            if self._service.verification == "mark":
                self._kept.append(Worded(Statement(drafted.text, ()), found.reasons))
        return self._released()

    def _released(self) -> list[Worded]:
        """What was kept, once enough articles are cited; where one is enough, at once."""
        if self._kind.articles > 1 and not self._is_whole:
            return []
        told, self._kept = self._kept, []
        return told

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
        worded = replace(self.answer, statements=tuple(self._statements)) if self._is_whole else None
        return Ended(
            answer=worded,
            fault=fault.code if fault else None,
            retryable=fault is not None and fault.retryable,
            withheld=len(self._withheld),
            timings_ms={"generate": taken},
        )
