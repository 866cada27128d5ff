"""Any sentence-transformers model, by name or folder, from files that are on this machine already.

Torch and the rest are imported when such a model is loaded, not before. Code that a model brings is not run.
"""

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.embedding.embedder import Embedder, Prompts, Vectors
from assistant.errors import ModelError

if TYPE_CHECKING:
    from langchain_huggingface import HuggingFaceEmbeddings

#: Given to a model of the E5 family that names no prompts itself: it was trained with these.
_E5_PROMPTS = Prompts(question="query: ", passage="passage: ")
#: Names under which models keep the prompt of a passage, in the order sentence-transformers looks them up.
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
#: Where a name without an owner belongs.
_DEFAULT_OWNER = "sentence-transformers"

_BATCH = 16
#: For a model that reads texts of any length: longer windows blur, and memory has an end.
_LONGEST_WINDOW = 8192
#: Files of a model folder that its vectors depend on.
_DECISIVE = {".safetensors", ".bin", ".json", ".txt", ".model"}

_WAY_OUT = "Set ASSISTANT_EMBEDDING to 'builtin' or to the folder of a sentence-transformers model."


class NamedEmbedder(Embedder):
    """Made from a loaded model; ``load`` loads one."""

    def __init__(self, model: "HuggingFaceEmbeddings", digest: str, prompts: Prompts) -> None:
        """``digest`` names the files that ``model`` was loaded from."""
        inner = model._client  # the SentenceTransformer: no public name leads to its tokenizer and limits
        dimension = inner.get_embedding_dimension() or len(model.embed_query("dimension"))
        identity = f"sentence-transformers {digest} float32 {dimension} {prompts.question!r} {prompts.passage!r}"
        self._tokenizer = inner.tokenizer
        self._bare = _is_bare(self._tokenizer)
        specials = 0 if self._bare else self._tokenizer.num_special_tokens_to_add()
        super().__init__(identity, dimension, _limit(inner), specials, prompts)
        model.encode_kwargs = {"prompt": prompts.passage, "normalize_embeddings": True, "batch_size": _BATCH}
        model.query_encode_kwargs = {"prompt": prompts.question, "normalize_embeddings": True}
        self._model = model
        # Tokenizers of this kind fail when two threads use one at once ("Already borrowed").
        self._one_at_a_time = Lock()

    @classmethod
    def load(cls, name: str) -> "NamedEmbedder":
        """The model called ``name``: a folder, or a name under which the Hugging Face cache holds one.

        :raises ModelError: If it is not on this machine, is damaged, or asks for code of its own.
        """
        _stay_offline()
        folder = _folder(name)
        model = _loaded(name, folder)
        inner = model._client
        return cls(model, _digest(folder), _prompts(name, inner.prompts, inner.default_prompt_name))

    def _count(self, text: str) -> int:
        with self._one_at_a_time:
            if self._bare:
                return len(self._tokenizer.encode(text, add_special_tokens=False).ids)
            encoded = self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
            return len(encoded["input_ids"])

    def _question_vector(self, window: str) -> Vectors:
        with self._one_at_a_time:
            return np.asarray(self._model.embed_query(window), np.float32)

    def _passage_vectors(self, windows: Sequence[str]) -> Iterator[tuple[int, Vectors]]:
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        for begin in range(0, len(order), _BATCH):
            batch = order[begin : begin + _BATCH]
            with self._one_at_a_time:
                vectors = self._model.embed_documents([windows[index] for index in batch])
            yield from zip(batch, np.asarray(vectors, np.float32), strict=True)


def _stay_offline() -> None:
    """Read by the Hugging Face libraries when they are first imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(f"Embedding model folder '{name}' does not exist. {_WAY_OUT}")
    from huggingface_hub import snapshot_download

    repository = name if "/" in name else f"{_DEFAULT_OWNER}/{name}"
    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    try:
        return Path(snapshot_download(repository, cache_dir=cache, local_files_only=True))
    except (OSError, ValueError) as error:  # not in the cache, or not a name that a model could have
        raise ModelError(
            f"Embedding model '{name}' is not on this machine, and nothing is downloaded at run time. "
            f"{_WAY_OUT} Or fetch it beforehand with: hf download {repository}"
        ) from error


def _loaded(name: str, folder: Path) -> "HuggingFaceEmbeddings":
    try:
        from langchain_huggingface import HuggingFaceEmbeddings
        from safetensors import SafetensorError
        from transformers.utils.logging import disable_progress_bar
    except ModuleNotFoundError as error:
        raise ModelError(
            f"Embedding model '{name}' needs the package '{error.name}'. "
            "Install it with: pip install sentence-transformers langchain-huggingface"
        ) from error
    disable_progress_bar()  # type: ignore[no-untyped-call]
    options = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"dtype": "float32"}}
    try:
        return HuggingFaceEmbeddings(model_name=str(folder), model_kwargs=options)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise ModelError(
            f"Folder '{folder}' is not a model that sentence-transformers can load: {reason}. {_WAY_OUT}"
        ) from error


def _prompts(name: str, own: Mapping[str, str | None], default: str | None) -> Prompts:
    """The model's own prompts, else those of the E5 family if its name says so, else none."""
    fallback = (own.get(default) if default else None) or ""
    passage = next((prompt for key in _PASSAGE_PROMPTS if (prompt := own.get(key))), fallback)
    prompts = Prompts(own.get("query") or fallback, passage)
    if prompts == Prompts() and "e5" in Path(name).name.lower():
        return _E5_PROMPTS
    return prompts


def _limit(model: Any) -> int:
    """None, infinity and the tokenizers' 1e30 all mean that the model sets no limit."""
    limit = model.max_seq_length
    if limit is None or math.isinf(limit) or limit > _LONGEST_WINDOW:
        return _LONGEST_WINDOW
    return int(limit)


def _is_bare(tokenizer: Any) -> bool:
    """Static models have a tokenizer that knows nothing of the model, and add no special tokens."""
    from tokenizers import Tokenizer

    return isinstance(tokenizer, Tokenizer)


def _digest(folder: Path) -> str:
    """Names the content of a model folder, wherever it lies."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _DECISIVE and path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
