"""What ``assistant check`` tells: what is installed, which index and model, what is wrong and how to mend it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from assistant import __version__
from assistant.embedding import load_embedder
from assistant.errors import AssistantError
from assistant.index import GENERATIONS, current_name, open_generation
from assistant.publish import check_in_child
from assistant.settings import Settings

PACKAGES = (
    "chromadb",
    "onnxruntime",
    "numpy",
    "gradio",
    "fastapi",
    "langchain-core",
    "sentence-transformers",
    "torch",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; one that is not fine says what to do."""

    fine: bool
    what: str


def check(settings: Settings) -> list[Finding]:
    """Look at everything an answer needs. Nothing is changed."""
    return [*_installed(), *_model_and_index(settings)]


def _installed() -> Iterator[Finding]:
    yield Finding(
        True,
        f"sourcier {__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}",
    )
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    yield Finding(True, ", ".join(found))
    if missing:
        yield Finding(False, f"not installed: {', '.join(missing)}. Run `make install`.")


def _model_and_index(settings: Settings) -> Iterator[Finding]:
    try:
        embedder = load_embedder(settings)
        yield Finding(True, f"embedding model {embedder.identity}, {embedder.dimension} dimensions")
        name = current_name(settings.index)
        generation = open_generation(settings.index, embedder.identity, name)
        check_in_child(settings.index / GENERATIONS / generation.name)
        facts = generation.facts()
        yield Finding(
            True,
            f"index {settings.index}, generation {facts.generation} of {generation.manifest['created']}:"
            f" {facts.articles} articles, {facts.passages} passages, {facts.sentences} sentences,"
            f" languages {', '.join(facts.languages) or 'unknown'}, newest {facts.newest or 'undated'}",
        )
    except AssistantError as error:
        yield Finding(False, str(error))
