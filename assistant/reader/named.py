"""Any sentence-transformers CrossEncoder, by name or folder, from files that are on this machine already.

It scores a question beside one sentence, so each sentence is given with its title; "none" is a score of zero, which
for models trained on relevance is a chance of one half. Torch is imported when such a model is loaded, not before.
"""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import ModelError
from assistant.reader.reader import Reading

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH = 16
_WAY_OUT = "Set ASSISTANT_READER to 'builtin', to 'off', or to the folder of a sentence-transformers CrossEncoder."


class NamedReader:
    """Made from a loaded model; ``load`` loads one. Threads may share one."""

    def __init__(self, model: "CrossEncoder") -> None:
        self._model = model
        # Tokenizers of this kind fail when two threads use one at once ("Already borrowed").
        self._one_at_a_time = Lock()

    @classmethod
    def load(cls, name: str) -> "NamedReader":
        """The model called ``name``: a folder, or a name under which the Hugging Face cache holds one.

        :raises ModelError: If it is not on this machine, is damaged, or gives other than one score a pair.
        """
        os.environ["HF_HUB_OFFLINE"] = "1"  # read by the Hugging Face libraries when they are first imported
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        model = _loaded(name, _folder(name))
        if model.num_labels != 1:
            raise ModelError(f"Reader '{name}' gives {model.num_labels} scores a pair, not one. {_WAY_OUT}")
        return cls(model)

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        pairs = [
            (question, f"{title}. {sentence}" if title else sentence)
            for title, sentences in passages
            for sentence in sentences
        ]
        scores = np.zeros(0, np.float32)
        if pairs:
            with self._one_at_a_time:
                scores = np.asarray(self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False), np.float32)
        starts = np.cumsum([0, *(len(sentences) for _, sentences in passages)])
        return [Reading(scores[start:end], 0.0) for start, end in pairwise(starts.tolist())]


def _folder(name: str) -> Path:
    """Found here: asked for a name, the libraries look for some files on the network whatever they are told."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:  # not in the cache, or not a name that a model could have
        raise ModelError(f"Reader '{name}' is not on this machine, and nothing is downloaded. {_WAY_OUT}") from error


def _loaded(name: str, folder: Path) -> "CrossEncoder":
    try:
        from safetensors import SafetensorError
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity
        from transformers.utils.logging import disable_progress_bar
    except ModuleNotFoundError as error:
        raise ModelError(
            f"Reader '{name}' needs the package '{error.name}'. Install it with: pip install sentence-transformers"
        ) from error
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: CrossEncoder = CrossEncoder(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False, activation_fn=Identity()
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise ModelError(f"Reader '{name}' is not a CrossEncoder that can be loaded: {reason}. {_WAY_OUT}") from error
    return model
