"""An answer being worded by a model, which whoever reads it may stop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from threading import Lock

from assistant.generate import Event, Worded, Writer
from assistant.page.turns import Turn
from assistant.types import Answer
from assistant.worded import NOTHING_TOLD, with_event

#: Seconds after which it is told that nothing is new, so that a reader who is gone is noticed.
PAUSE = 1.0


class Wording:
    """The model speaks in the event loop that asks for ``turns``; it may be stopped from any thread."""

    def __init__(self, writer: Writer, answer: Answer, turn: Turn) -> None:
        self._writer = writer
        self._answer = answer
        self._turn = turn
        self._told = NOTHING_TOLD
        self._lock = Lock()
        self._hang_up: Callable[[], object] | None = None
        self._is_stopped = False

    @property
    def turn(self) -> Turn:
        """The answer with all that was told of the model's words."""
        answer = self._turn.answer.model_copy(update={"worded": self._told})
        return self._turn.model_copy(update={"answer": answer})

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def stop(self) -> None:
        """No more is told, and the model's server is hung up on."""
        with self._lock:
            self._is_stopped = True
            if self._hang_up is not None:
                self._hang_up()

    async def turns(self) -> AsyncGenerator[Turn | None, None]:
        """The answer as it grows by a sentence of the model's; None where nothing is new."""
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        speaking = asyncio.create_task(self._speak(events))
        with self._lock:
            self._hang_up = partial(asyncio.get_running_loop().call_soon_threadsafe, speaking.cancel)
        try:
            while True:
                try:
                    event = await asyncio.wait_for(events.get(), PAUSE)
                except TimeoutError:
                    yield None
                    continue
                if event is None or not self._takes(event):
                    return
                if isinstance(event, Worded):
                    yield self.turn
        finally:
            speaking.cancel()

    async def _speak(self, events: asyncio.Queue[Event | None]) -> None:
        """Put what is told into ``events``, None at the end."""
        try:
            async with aclosing(self._writer.word(self._answer)) as told:
                async for event in told:
                    events.put_nowait(event)
        finally:
            events.put_nowait(None)

    def _takes(self, event: Event) -> bool:
        """Whether the event becomes part of the answer: not once it was stopped."""
        with self._lock:
            if not self._is_stopped:
                self._told = with_event(self._told, event)
            return not self._is_stopped
