"""The built-in model: multilingual-e5-small in 4 bit, run by onnxruntime. No torch, no network.

Passages go to as many workers as there are cores over one single-threaded session, one text a run. That is
faster than one run spread over the cores, wastes nothing on padding, and gives a text the same vector, to the
bit, whatever it is embedded with: a batch, even of texts of one length, changes the last bits. A question has
the cores to itself.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import onnxruntime

from assistant.allocator import buffers_given_back
from assistant.embedding import graph
from assistant.embedding.embedder import Embedder, Prompts, Vectors
from assistant.embedding.tokenizer import Tokenizer
from assistant.embedding.vocabulary import tokenizer_of
from assistant.embedding.weights import SHA256, open_weights, verify

PROMPTS = Prompts(question="query: ", passage="passage: ")
#: Change its number whenever the same text no longer has the same vector.
IDENTITY = f"builtin-1 multilingual-e5-small q4 {SHA256[:16]} float32 384 {PROMPTS.question!r} {PROMPTS.passage!r}"

#: Begin and end.
_SPECIALS = 2
_THREADS_FOR_A_QUESTION = 4


class BuiltinEmbedder(Embedder):
    """Made from finished parts; ``load`` makes them."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        rows: graph.EmbeddingRows,
        one_by_one: onnxruntime.InferenceSession,
        side_by_side: Callable[[], onnxruntime.InferenceSession],
    ) -> None:
        """``one_by_one`` runs questions; ``side_by_side`` gives what runs passages, which who only asks never needs."""
        super().__init__(IDENTITY, rows.hidden, rows.positions, _SPECIALS, PROMPTS)
        self._tokenizer = tokenizer
        self._rows = rows
        self._one_by_one = one_by_one
        self._side_by_side = side_by_side

    @classmethod
    def load(cls, path: Path) -> "BuiltinEmbedder":
        """The model in the weight file ``path``, whose every byte is checked while the sessions are made.

        :raises ModelError: If the file is not the right one.
        """
        weights = open_weights(path)
        with buffers_given_back(), ThreadPoolExecutor(1) as checker:
            checked = checker.submit(verify, path)
            try:
                one_by_one = _session(graph.encoder(weights), min(_THREADS_FOR_A_QUESTION, _cores()))
                tokenizer = tokenizer_of(path)
            finally:
                checked.result()  # in a damaged file anything may have failed above: this error says why
        side_by_side = cache(lambda: _session(graph.encoder(weights), 1))
        return cls(tokenizer, graph.EmbeddingRows(weights), one_by_one, side_by_side)

    def _count(self, text: str) -> int:
        return self._tokenizer.count(text)

    def _question_vector(self, window: str) -> Vectors:
        return self._run(self._one_by_one, self._tokenizer.encode(self.prompts.question + window))

    def _passage_vectors(self, windows: Sequence[str]) -> Iterator[tuple[int, Vectors]]:
        inputs = [self._tokenizer.encode(self.prompts.passage + window) for window in windows]
        # Long ones first: the memory they take is known at once, and the workers finish together.
        order = sorted(range(len(inputs)), key=lambda index: -len(inputs[index]))
        session = self._side_by_side()
        workers = ThreadPoolExecutor(_cores())
        try:
            vectors = workers.map(lambda index: self._run(session, inputs[index]), order)
            yield from zip(order, vectors, strict=True)
        finally:
            workers.shutdown(cancel_futures=True)

    def _run(self, session: onnxruntime.InferenceSession, ids: Sequence[int]) -> Vectors:
        (vectors,) = session.run([graph.OUTPUT], {graph.INPUT: self._rows(ids)})
        vector: Vectors = vectors[0]
        return vector


def _session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Plans for one length serve no other and take memory.
    options.enable_mem_pattern = False
    # Waiting threads sleep: spinning wins a millisecond and burns a core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _cores() -> int:
    """Those this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
