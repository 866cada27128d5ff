"""The reader's second look: the few best passages read together with the question, where signals leave a doubt."""

import numpy as np

from assistant.index import Generation
from assistant.reader import Reader
from assistant.retrieve import Candidates

#: Passages read: a fifth of a second on two cores.
PASSAGES = 5

#: Log-odds are kept within this; a sentence of a passage that was not read has the lowest.
LIMIT = 8.0

#: Below this confidence the signals alone decide: the subject is not in the corpus. A high one decides nothing, for a
#: question about a fact that is absent may be very near.
HOPELESS = 0.02


def is_worth_reading(confidence: float) -> bool:
    return confidence > HOPELESS


def read(
    reader: Reader, generation: Generation, question: str, candidates: Candidates, passage_scores: np.ndarray
) -> np.ndarray:
    """The reader's log-odds of each candidate sentence against "none of these", shape (sentences,)."""
    odds = np.full(len(candidates.sentences), -LIMIT, np.float32)
    best = np.argsort(-passage_scores, kind="stable")[:PASSAGES].tolist()
    members = [np.flatnonzero(candidates.owners == place) for place in best]
    passages = [
        (generation.article_at(candidates.passages[place].article).title, _texts(generation, candidates, inside))
        for place, inside in zip(best, members, strict=True)
    ]
    for inside, reading in zip(members, reader.read(question, passages), strict=True):
        odds[inside] = np.clip(reading.odds, -LIMIT, LIMIT)
    return odds


def _texts(generation: Generation, candidates: Candidates, places: np.ndarray) -> list[str]:
    return [generation.sentence(candidates.sentences[place]).text for place in places.tolist()]
