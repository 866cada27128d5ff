"""Questions and passages to log-odds, run by onnxruntime. No torch, no network."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime

from assistant.allocator import buffers_given_back
from assistant.embedding.graph import EmbeddingRows
from assistant.embedding.tokenizer import Tokenizer
from assistant.embedding.vocabulary import tokenizer_of
from assistant.embedding.weights import Weights
from assistant.reader import graph
from assistant.reader.inputs import Window, windows
from assistant.reader.reader import Reading
from assistant.reader.weights import Trained

#: Added to a state that is not a sentence's, so that it is never the largest.
_NEVER_LARGEST = -1e4


class BuiltinReader:
    """The trained reader, made from finished parts; ``load`` makes them. Threads may share one."""

    def __init__(self, tokenizer: Tokenizer, rows: EmbeddingRows, session: onnxruntime.InferenceSession) -> None:
        """``session`` runs windows side by side, each on one thread, which wastes nothing on padding."""
        self._tokenizer = tokenizer
        self._rows = rows
        self._session = session
        self._workers = ThreadPoolExecutor(_cores(), thread_name_prefix="reader")

    @classmethod
    def load(cls, weights: Weights, trained: Trained) -> "BuiltinReader":
        """The reader made of the encoder's ``weights`` below and the ``trained`` ones above."""
        with buffers_given_back():
            session = _session(graph.reader(weights, trained))
            return cls(tokenizer_of(weights.path), EmbeddingRows(weights), session)

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        """One reading a passage, which is a title (or "") and sentences.

        A passage that is too long for one input is read in windows of whole sentences, each against its own "none";
        the logits are then moved so that the first window's "none" stands for all.
        """
        split = [windows(self._tokenizer, question, title, sentences) for title, sentences in passages]
        flat = [window for parts in split for window in parts]
        # Long ones first, so that the workers finish together.
        order = sorted(range(len(flat)), key=lambda place: -len(flat[place].ids))
        done = dict(zip(order, self._workers.map(self._run, [flat[place] for place in order]), strict=True))
        results = iter([done[place] for place in range(len(flat))])
        return [_joined([next(results) for _ in parts]) for parts in split]

    def _run(self, window: Window) -> Reading:
        belongs = window.members().astype(np.float32)
        shares = belongs / belongs.sum(axis=1, keepdims=True)
        inputs = {
            graph.ROWS: self._rows(window.ids),
            graph.QUESTION: shares[:1],
            graph.SENTENCES: shares[1:],
            graph.OUTSIDE: ((1 - belongs[1:]) * np.float32(_NEVER_LARGEST))[..., np.newaxis],
        }
        sentences, none = self._session.run([graph.SENTENCE_LOGITS, graph.NONE_LOGIT], inputs)
        return Reading(sentences.reshape(-1), float(none.item()))


def _joined(parts: Sequence[Reading]) -> Reading:
    if not parts:
        return Reading(np.zeros(0, np.float32), 0.0)
    first = parts[0].none
    return Reading(np.concatenate([part.odds for part in parts]) + np.float32(first), first)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Plans for one length serve no other and take memory.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _cores() -> int:
    """Those this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
