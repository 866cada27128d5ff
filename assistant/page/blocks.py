"""The conversation as Gradio components: a chat, a question box, and what there is to ask about."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.access import groups_of
from assistant.errors import AssistantError
from assistant.page.asking import Asking
from assistant.page.conversation import Conversation, Message, reply
from assistant.page.markup import escaped
from assistant.page.messages import (
    answer_message,
    problem_message,
    stopped_message,
    thinking_message,
    welcome,
)
from assistant.page.turns import (
    DigestAsked,
    Turn,
    digest_asked,
    not_worded,
    remembered,
    stale_numbers,
    turn_of,
    without_stale_runner_up,
    without_stale_words,
)
from assistant.problems import Problem, explain, problem
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.types import Answer, CorpusFacts, Digest, Progress
from assistant.words import CATALOGUE, Words

if TYPE_CHECKING:
    from assistant.generate import Writer
    from assistant.page.wording import Wording

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Read at import: nothing is told to anyone.

import gradio

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Questions answered at the same time for the readers of one page, and how many more may wait their turn.
AT_ONCE = 8
WAITING = 64

#: Conversations kept on the server, the latest ones; by itself Gradio keeps ten thousand. One that was dropped begins
#: anew with its next question, and is brought back by its browser when the page is loaded again.
CONVERSATIONS = 500

#: Sample questions offered.
SAMPLES = 3

#: Seconds between two looks at an index that is being built.
REFRESH = 3.0

#: Of a page's event: quiet, and no address of its own under which others could call it.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

#: Of an event that asks: they share the places, and the same reader cannot ask twice at once.
ASKS: dict[str, Any] = QUIET | {"concurrency_limit": AT_ONCE, "concurrency_id": "ask"}

#: Of the event that follows a model: it holds no thread, and does not keep its reader from asking on.
FOLLOWS: dict[str, Any] = QUIET | {"concurrency_limit": None, "trigger_mode": "multiple"}

#: What an event shows: the question box, the messages, the conversation behind them.
Shown = tuple[Any, list[Message], Conversation]

#: What an event shows that leaves the question box alone: messages and conversation, or nothing new.
Told = tuple[Any, Any]


def build_page(language: str, engine: Engine, settings: Settings, writer: "Writer | None") -> gradio.Blocks:
    """The conversation in one of the catalogue's languages; every text is given, so Gradio adds none."""
    words = CATALOGUE[language]
    threads = ThreadPoolExecutor(AT_ONCE, f"ask-{language}")
    converser = Converser(engine, settings.question_limit, words, threads, writer)
    page = gradio.Blocks(title=words.title, analytics_enabled=False, fill_height=True)
    with page:
        conversation = gradio.State(Conversation())
        chat = _chat(words)
        # Our style lays these two out; as rows, they would be two more files to load.
        with gradio.Column(elem_id="samples"):
            samples = [gradio.Button(visible=False, size="sm") for _ in range(SAMPLES)]
        question = _question_box(words)
        with gradio.Column(elem_id="foot"):
            corpus = gradio.Markdown(elem_id="corpus", latex_delimiters=[], container=False)
            switches = [] if writer is None else [_switch(words)]
            restart = gradio.Button(words.new_conversation, size="sm", elem_id="restart")
        # Behind the scenes: what the page's script asks for on a reader's behalf.
        memory = gradio.Textbox(label="", visible="hidden", elem_id="memory", max_lines=1)
        recall = gradio.Button("", visible="hidden", elem_id="recall")
        again = gradio.Button("", visible="hidden", elem_id="again")
        digested = gradio.Textbox(label="", visible="hidden", elem_id="digested", max_lines=1)
        digest = gradio.Button("", visible="hidden", elem_id="digest")
        timer = gradio.Timer(REFRESH, active=False)

        # Gradio gives each of these the request that made the event, by the name of its type.
        def look(request: gradio.Request) -> list[Any]:
            readers = engine.seen_by(groups_of(request.state))
            return [*_corpus(readers, words), *_samples(readers, words)]

        def ask(asked: str, so_far: Conversation, request: gradio.Request, worded: bool = False) -> Iterator[Shown]:
            yield from converser.seen_by(groups_of(request.state)).ask(asked, so_far, worded)

        def ask_again(so_far: Conversation, request: gradio.Request, worded: bool = False) -> Iterator[Shown]:
            yield from converser.seen_by(groups_of(request.state)).ask_again(so_far, worded)

        def sum_up(of: str, so_far: Conversation, request: gradio.Request) -> Iterator[Shown]:
            yield from converser.seen_by(groups_of(request.state)).sum_up(of, so_far)

        def remember(kept: str, request: gradio.Request) -> tuple[list[Message], Conversation]:
            return converser.seen_by(groups_of(request.state)).recall(kept)

        shown = [question, chat, conversation]
        asking = [question.submit(ask, [question, conversation, *switches], shown, **ASKS)]
        for sample in samples:
            asking.append(_into(question, sample).then(ask, [question, conversation, *switches], shown, **ASKS))
        asking.append(again.click(ask_again, [conversation, *switches], shown, **ASKS))
        if writer is not None:
            asking.append(digest.click(sum_up, [digested, conversation], shown, **ASKS))
            for asked in asking:
                asked.then(converser.follow, conversation, [chat, conversation], **FOLLOWS)
        question.stop(converser.stop, conversation, [chat, conversation], **QUIET)
        recall.click(remember, memory, [chat, conversation], **QUIET)
        restart.click(lambda: ("", [], Conversation()), None, shown, **QUIET)
        for look_again in (page.load, timer.tick):
            look_again(look, None, [corpus, timer, *samples], **QUIET)
    page.queue(max_size=WAITING, api_open=False)
    page.state_session_capacity = CONVERSATIONS
    return page


@dataclass(frozen=True, slots=True)
class Converser:
    """Carries a conversation on: what each thing that a reader does makes the page show."""

    engine: Engine
    #: Longest question taken, in characters.
    limit: int
    words: Words
    executor: Executor
    #: Words answers; None where the settings want none.
    writer: "Writer | None"

    def seen_by(self, groups: frozenset[str]) -> "Converser":
        """The same for a member of ``groups``."""
        return replace(self, engine=self.engine.seen_by(groups))

    def ask(self, question: str, so_far: Conversation, worded: bool) -> Iterator[Shown]:
        """What the page shows for a question, one statement after the other.

        The question stays in its box until it is answered, so one without an answer can be mended and sent
        again; the conversation goes on as if it had not been asked. Where ``worded`` is wanted, the answer is left
        to ``follow``.
        """
        so_far = self._at_rest(so_far)
        if not question.strip():
            yield gradio.skip(), so_far.messages, so_far
            return
        yield from self._answer(question, so_far, worded)

    def ask_again(self, so_far: Conversation, worded: bool) -> Iterator[Shown]:
        """Ask the last question once more, in place of its answer."""
        if so_far.questions:
            yield from self._answer(so_far.questions[-1], self._at_rest(so_far).without_last_turn(), worded)

    def sum_up(self, of: str, so_far: Conversation) -> Iterator[Shown]:
        """What the page shows for articles that are to be summed up, as its script names them."""
        so_far = self._at_rest(so_far)
        asked = digest_asked(of)
        if asked is None:
            yield gradio.skip(), so_far.messages, so_far
            return
        yield from self._sum_up(asked, so_far)

    async def follow(self, so_far: Conversation) -> AsyncIterator[Told]:
        """What the page shows while a model words the last answer; nothing any more once that was stopped."""
        wording = so_far.wording
        if wording is None:
            yield gradio.skip(), gradio.skip()
            return
        async with aclosing(wording.turns()) as turns:
            async for turn in turns:
                if turn is None:
                    yield gradio.skip(), gradio.skip()
                else:
                    yield so_far.with_reply(self._message(turn, wording=True)).messages, gradio.skip()
        if wording.is_stopped:
            yield gradio.skip(), gradio.skip()  # Gradio shows the last of what came once more.
        else:
            told = self._at_rest(so_far)
            yield told.messages, told

    def stop(self, so_far: Conversation) -> Told:
        """Give up the question that is being answered, or an answer's wording."""
        if so_far.asking is not None:
            so_far.asking.stop()
        if so_far.wording is None:
            return gradio.skip(), gradio.skip()
        told = self._at_rest(so_far)
        return told.messages, told

    def _at_rest(self, so_far: Conversation) -> Conversation:
        """The conversation with nobody waiting for a model any longer."""
        if so_far.wording is None:
            return so_far
        so_far.wording.stop()
        return replace(so_far.with_reply(self._message(so_far.wording.turn)), wording=None)

    def recall(self, memory: str) -> tuple[list[Message], Conversation]:
        """A conversation that the browser kept, with what has become of its citations."""
        conversation = Conversation()
        for turn in remembered(memory):
            standing = without_stale_runner_up(without_stale_words(turn, self.engine), self.engine)
            if self.writer is None:
                standing = not_worded(standing)
            answer = self._message(standing, stale=stale_numbers(turn, self.engine))
            add = conversation.with_digest if turn.digest else conversation.with_turn
            conversation = add(turn.answer.question, answer)
        return conversation.messages, conversation

    def _answer(self, question: str, so_far: Conversation, worded: bool) -> Iterator[Shown]:
        asking = Asking(partial(self.engine.ask, question, so_far.questions, explain=True))
        asked = so_far.messages_with(question)
        yield gradio.skip(), [*asked, reply(thinking_message(self.words))], replace(so_far, asking=asking)
        found = self._wait(asking, question)
        if not isinstance(found, Answer):
            without = stopped_message(self.words) if found is None else problem_message(found, self.words)
            yield gradio.skip(), [*asked, reply(without)], so_far
            return
        turn = turn_of(found, self.engine.facts().generation)
        wording = self._wording(found, turn, so_far.questions) if worded else None
        turn = wording.turn if wording else turn
        for shown in range(1, len(found.statements)):
            message = self._message(turn, shown=shown, wording=wording is not None)
            yield gradio.skip(), [*asked, reply(message)], so_far
        message = self._message(turn, wording=wording is not None)
        done = replace(so_far.with_turn(question, message), wording=wording)
        yield "", done.messages, done

    def _sum_up(self, asked: DigestAsked, so_far: Conversation) -> Iterator[Shown]:
        title = self.words.digest_of.format(subject=asked.subject)
        asking = Asking(partial(self.engine.digest, asked.subject, only=asked.articles))
        messages = so_far.messages_with(title)
        yield gradio.skip(), [*messages, reply(thinking_message(self.words))], replace(so_far, asking=asking)
        found = self._wait(asking, asked.subject)
        if not isinstance(found, Digest):
            without = stopped_message(self.words) if found is None else problem_message(found, self.words)
            yield gradio.skip(), [*messages, reply(without)], so_far
            return
        turn = turn_of(replace(found.answer, question=title), self.engine.facts().generation, digest=True)
        wording = self._digest_wording(found, turn)
        turn = wording.turn if wording else turn
        message = self._message(turn, wording=wording is not None)
        done = replace(so_far.with_digest(title, message), wording=wording)
        yield gradio.skip(), done.messages, done

    def _digest_wording(self, digest: Digest, turn: Turn) -> "Wording | None":
        if self.writer is None or digest.answer.abstained:
            return None
        from assistant.generate import DIGEST
        from assistant.page.wording import Wording

        return Wording(partial(self.writer.word, digest.answer, digest.sentences, DIGEST), turn)

    def _message(self, turn: Turn, **shown: Any) -> str:
        return answer_message(turn, self.words, digests=self.writer is not None, **shown)

    def _wording(self, answer: Answer, turn: Turn, earlier: Sequence[str]) -> "Wording | None":
        """Of an answer, or of a question behind ``earlier`` ones that has none as it stands."""
        if self.writer is None:
            return None
        from assistant.generate import FollowUp
        from assistant.page.wording import Wording

        follow_up = FollowUp(earlier, self._ask_again)
        if answer.abstained and not follow_up.may_help(answer):
            return None
        return Wording(partial(self.writer.word, answer, follow_up=follow_up), turn)

    async def _ask_again(self, question: str, earlier: Sequence[str]) -> Answer:
        asked = partial(self.engine.ask, question, earlier, explain=True)
        return await asyncio.get_running_loop().run_in_executor(self.executor, asked)

    def _wait(self, asking: Asking[T], question: str) -> T | Problem | None:
        """The answer, why there is none, or None if the reader gave it up."""
        try:
            return asking.wait(self.executor)
        except AssistantError as error:
            return explain(error, question, self.limit, self.words)
        except Exception:
            # A bug. Raised, it would cover the whole conversation with Gradio's own message; the log has it.
            log.exception("a question failed")
            return problem("failed", self.words)


def facts_line(facts: CorpusFacts, words: Words) -> str:
    """As in: 52 articles, the newest from 9 May 2024."""
    line = words.counted(facts.articles, words.articles)
    return f"{line}, {words.newest.format(date=words.date(facts.newest))}" if facts.newest else line


def progress_line(progress: Progress, words: Words) -> str:
    """As in: 12 articles of 40 indexed."""
    return words.counted(progress.done, words.indexing).replace("{total}", words.number(progress.total))


def _chat(words: Words) -> gradio.Chatbot:
    return gradio.Chatbot(
        label=words.conversation,
        show_label=False,
        container=False,
        elem_id="chat",
        layout="panel",
        height=None,
        scale=1,
        placeholder=welcome(words),
        autoscroll=False,  # To the end of an answer; ui.js brings its beginning into view.
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        allow_tags=False,
    )


def _question_box(words: Words) -> gradio.Textbox:
    return gradio.Textbox(
        label=words.question,
        show_label=False,
        placeholder=words.question_hint,
        max_lines=6,
        submit_btn=True,
        stop_btn=True,  # Shown by our style while there is something to stop.
        autofocus=True,
        container=False,
        elem_id="question",
    )


def _switch(words: Words) -> gradio.Checkbox:
    """Whether answers are worded by a model besides."""
    return gradio.Checkbox(value=True, label=words.worded_answers, container=False, elem_id="worded")


def _into(question: gradio.Textbox, sample: gradio.Button) -> gradio.events.Dependency:
    """The event of a sample being put into the question box by a click."""
    return sample.click(lambda sample_question: sample_question, sample, question, **QUIET)


def _corpus(engine: Engine, words: Words) -> tuple[str, gradio.Timer]:
    """The line at the foot: the corpus, and where else one can go; and whether to look again soon."""
    facts, progress = engine.facts(), engine.progress()
    lines = []
    if progress is not None:
        lines.append(f'<p class="banner">{escaped(progress_line(progress, words))}</p>')
    elif facts.generation is None:
        lines.append(f'<p class="banner">{escaped(words.nothing_indexed)}</p>')
    if facts.articles:
        lines.append(f'<p class="all"><a href="articles">{escaped(facts_line(facts, words))}</a></p>')
    lines.append(f'<p class="quotation"><a href="quote">{escaped(words.check_quotation)}</a></p>')
    lines.append(f'<p class="embed"><a href="embed">{escaped(words.embed)}</a></p>')
    return "".join(lines), gradio.Timer(active=progress is not None or facts.generation is None)


def _samples(engine: Engine, words: Words) -> list[gradio.Button]:
    questions = engine.sample_questions(words.code)[:SAMPLES]
    missing = SAMPLES - len(questions)
    return [gradio.Button(question, visible=True) for question in questions] + [
        gradio.Button(visible=False) for _ in range(missing)
    ]
