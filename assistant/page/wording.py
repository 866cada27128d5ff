"""An answer being worded by a model, which whoever reads it may stop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from threading import Lock

from assistant.generate import Event, Glossed, Understood, Worded
from assistant.page.turns import Turn, turn_of
from assistant.worded import NOTHING_TOLD, with_event

#: Seconds after which it is told that nothing is new, so that a reader who is gone is noticed.
PAUSE = 1.0


class Wording:
    """The model speaks in the event loop that asks for ``turns``; it may be stopped from any thread."""

    def __init__(self, word: Callable[[], AsyncGenerator[Event, None]], turn: Turn) -> None:
        """``word`` has the model speak of the answer that is in ``turn``."""
        self._word = word
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
        """The answer as it grows by what the model says; None where nothing is new."""
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
                if isinstance(event, Understood | Worded | Glossed):
                    yield self.turn
        finally:
            speaking.cancel()

    async def _speak(self, events: asyncio.Queue[Event | None]) -> None:
        """Put what is told into ``events``, None at the end."""
        try:
            async with aclosing(self._word()) as told:
                async for event in told:
                    events.put_nowait(event)
        finally:
            events.put_nowait(None)

    def _takes(self, event: Event) -> bool:
        """Whether the event becomes part of the answer: not once it was stopped."""
        with self._lock:
            if not self._is_stopped:
                if isinstance(event, Understood):
                    self._turn = turn_of(event.answer, self._turn.generation)
                self._told = with_event(self._told, event)
            return not self._is_stopped
