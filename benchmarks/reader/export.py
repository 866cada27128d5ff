"""The last checkpoint into the package: ``python -m benchmarks.reader.export FOLDER [FILE]``."""

import sys
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from assistant.embedding.weights import SHA256
from assistant.reader.weights import FILE, FORMAT, in_blocks
from benchmarks.reader.model import Upper
from benchmarks.reader.train import load_upper


def main(folder: Path, file: Path = FILE) -> None:
    from safetensors.numpy import save_file

    save_file(tensors(load_upper(folder)), file, metadata={"format": FORMAT, "encoder": SHA256})
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def tensors(upper: Upper) -> dict[str, np.ndarray]:
    """By the names that ``assistant.reader.graph`` reads: layers in eight bits, the head in float16."""
    found: dict[str, np.ndarray] = {}
    for number, layer in enumerate(upper.layers, upper.frozen):
        for name, part in layer.named_children():
            weight, key = _values(part.weight), f"l{number}.{name}"
            if isinstance(part, nn.Linear):
                found[f"{key}.w.bytes"], found[f"{key}.w.scales"] = in_blocks(weight)
            else:
                found[f"{key}.w"] = weight
            found[f"{key}.b"] = _values(part.bias)
    for name, param in upper.head.named_parameters():
        found[name] = _values(param).astype(np.float16)
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _values(param: object) -> np.ndarray:
    assert isinstance(param, Tensor)
    return param.detach().numpy()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
