"""The last checkpoint into the package: ``python -m benchmarks.reader.export FOLDER [FILE]``."""

import sys
from pathlib import Path

import numpy as np
from torch import nn

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
    found = {}
    for number, layer in enumerate(upper.layers, upper.frozen):
        for name, part in layer.named_children():
            weight, key = part.weight.detach().numpy(), f"l{number}.{name}"
            if isinstance(part, nn.Linear):
                found[f"{key}.w.bytes"], found[f"{key}.w.scales"] = in_blocks(weight)
            else:
                found[f"{key}.w"] = weight
            found[f"{key}.b"] = part.bias.detach().numpy()
    for name, param in upper.head.named_parameters():
        found[name] = param.detach().numpy().astype(np.float16)
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
