"""Answers worded by a language model on a short leash: no sentence of it is shown that its source does not support.

Nothing of OpenAI's is imported before the first question of the mode ``generative``.
"""

from assistant.generate.events import Ended, Event, Extractive, Glossed, Understood, Waiting, Worded
from assistant.generate.rewording import FollowUp
from assistant.generate.service import Service, service_of
from assistant.generate.writer import ANSWER, DIGEST, Writer

__all__ = [
    "ANSWER",
    "DIGEST",
    "Ended",
    "Event",
    "Extractive",
    "FollowUp",
    "Glossed",
    "Service",
    "Understood",
    "Waiting",
    "Worded",
    "Writer",
    "service_of",
]
