"""The built-in model as a sentence-transformers model folder: to use elsewhere, to fine-tune, to compare."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.embedding.builtin import PROMPTS
from assistant.embedding.tokenizer import BEGIN, END, SPECIAL_TOKENS, UNKNOWN
from assistant.embedding.weights import NAME, PACKAGE, VERSION, Floats, Weights, locate, open_weights, verify
from assistant.errors import ModelError, UsageError

#: In the model card of every folder written here: such a folder may be written again.
_MARK = "<!-- written by: assistant export-model -->"

_README = f"""---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
license: mit
language: multilingual
base_model: intfloat/multilingual-e5-small
---
{_MARK}

# multilingual-e5-small, from 4-bit weights

The weights are those of `{NAME}` in the Python package `{PACKAGE}` {VERSION} (MIT), written out as float32.
The values are the 4-bit ones, so the vectors are those of the assistant's built-in model (cosine of at least
0.99999), and slightly other than those of the original `intfloat/multilingual-e5-small`.

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
questions = model.encode_query(["Quand Lyon a-t-elle été fondée ?"])
passages = model.encode_document(["Lyon fut fondée en 43 avant notre ère."])
```

The prompts `query: ` and `passage: ` are set and applied by `encode_query` and `encode_document`. An input
longer than 512 tokens is cut off there; the assistant embeds it in windows instead.
"""

#: Names in the weight file and in a BertModel, of a layer's matrices and of its normalizations.
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMALIZATIONS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def export_model(folder: Path, weight_file: str = "", progress: Callable[[str], None] | None = None) -> None:
    """Write the model into ``folder``, 480 MB; ``weight_file`` is ``Settings.e5_file``.

    ``progress`` is called with the name of each file before it is written.

    :raises UsageError: If the folder holds something else.
    :raises ModelError: If the weight file is missing or damaged, or the folder cannot be written.
    """
    from safetensors import SafetensorError

    _refuse_to_overwrite(folder)
    path = locate(weight_file)
    verify(path)
    try:
        _write(folder, open_weights(path), progress)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"Folder '{folder}' cannot be written: {error}. Choose another one.") from error


def _refuse_to_overwrite(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        card = folder / "README.md"
        if not (card.is_file() and _MARK in card.read_text(encoding="utf-8", errors="replace")):
            raise UsageError(f"Folder '{folder}' holds other files. Name an empty or a new one.")
    elif folder.exists() and not folder.is_dir():
        raise UsageError(f"'{folder}' is a file. Name an empty or a new folder.")


def _write(folder: Path, weights: Weights, progress: Callable[[str], None] | None) -> None:
    from safetensors.numpy import save_file

    def begin(name: str) -> Path:
        if progress:
            progress(name)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    card = begin("README.md")
    card.write_text(_README, encoding="utf-8")
    for name, content in _configuration(weights).items():
        begin(name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    begin("tokenizer.json").write_text(tokenizer_json(weights), encoding="utf-8")
    tensors = begin("model.safetensors")
    save_file(_tensors(weights), tensors, metadata={"format": "pt"})
    # Written for the owner alone; whoever may read the card may read it.
    tensors.chmod(card.stat().st_mode)


def _configuration(weights: Weights) -> dict[str, object]:
    """The small JSON files, by name."""
    begin, padding, end, unknown, mask = SPECIAL_TOKENS
    shape = weights.shape
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.types,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": padding,
            "unk_token": unknown,
            "mask_token": mask,
            "model_max_length": shape.positions,
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": {"query": PROMPTS.question, "document": PROMPTS.passage},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
    }


def tokenizer_json(weights: Weights) -> str:
    """``tokenizer.json``: what ``tokenizer.py`` does, said with the parts of the ``tokenizers`` library."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from tokenizers.decoders import Metaspace

    scores = dict.fromkeys(SPECIAL_TOKENS, 0.0)
    vocabulary = [
        (piece, scores.get(piece, score))
        for piece, score in zip(weights.pieces(), weights.scores.tolist(), strict=True)
    ]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.decoder = Metaspace(replacement="\u2581", prepend_scheme="always")
    begin, _, end, _, mask = SPECIAL_TOKENS
    tokenizer.add_special_tokens(
        [AddedToken(token, lstrip=token == mask, normalized=False, special=True) for token in SPECIAL_TOKENS]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, BEGIN), (end, END)],
    )
    text: str = tokenizer.to_str()
    return text


def _tensors(weights: Weights) -> dict[str, Floats]:
    """The parameters of a ``BertModel``; the pooler, which is not used, is zero."""
    shape = weights.shape
    tensors = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word", shape.hidden),
        "embeddings.position_embeddings.weight": weights.floats("emb.pos").reshape(-1, shape.hidden),
        "embeddings.token_type_embeddings.weight": weights.floats("emb.type").reshape(-1, shape.hidden),
        "embeddings.LayerNorm.weight": weights.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.floats("emb.ln.b"),
        "pooler.dense.weight": np.zeros((shape.hidden, shape.hidden), np.float32),
        "pooler.dense.bias": np.zeros(shape.hidden, np.float32),
    }
    for layer in range(shape.layers):
        theirs, ours = f"encoder.layer.{layer}.", f"l{layer}."
        for short, name in _MATRICES.items():
            columns = shape.feed_forward if short == "fo" else shape.hidden
            tensors[f"{theirs}{name}.weight"] = weights.matrix(f"{ours}{short}.w", columns)
            tensors[f"{theirs}{name}.bias"] = weights.floats(f"{ours}{short}.b")
        for short, name in _NORMALIZATIONS.items():
            tensors[f"{theirs}{name}.weight"] = weights.floats(f"{ours}{short}.w")
            tensors[f"{theirs}{name}.bias"] = weights.floats(f"{ours}{short}.b")
    return {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
