"""What ``assistant check`` tells: what is installed, which index and model, what is wrong and how to mend it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from assistant import __version__
from assistant.embedding import load_embedder
from assistant.errors import AssistantError, StoreError
from assistant.index import GENERATIONS, open_generation, wanted_name
from assistant.ingest import ingest
from assistant.publish import check_in_child
from assistant.settings import Settings
from assistant.store import STORE, read_store

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
    return [*_installed(), *_store(settings), *_model_and_index(settings)]


def repair(settings: Settings) -> str | None:
    """Build the index again from the store, where it is damaged; returns its generation, None if it was whole.

    :raises StoreError: If the store is missing or damaged too, or another process is writing.
    """
    if not (settings.index / STORE).exists():
        raise StoreError(
            f"there is no store in {settings.index} to build the index from. Run `assistant ingest`, or"
            " `assistant restore` with a backup."
        )
    return ingest([], settings.index, load_embedder(settings)).published


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


def _store(settings: Settings) -> Iterator[Finding]:
    try:
        with read_store(settings.index) as store:
            articles, embeddings = store.verify()
        yield Finding(True, f"store {settings.index / STORE}: {articles} articles, {embeddings} embeddings")
    except StoreError as error:
        yield Finding(False, str(error))


def _model_and_index(settings: Settings) -> Iterator[Finding]:
    try:
        embedder = load_embedder(settings)
        yield Finding(True, f"embedding model {embedder.identity}, {embedder.dimension} dimensions")
        name = wanted_name(settings.index)
        check_in_child(settings.index / GENERATIONS / name)
        generation = open_generation(settings.index, embedder.identity, name)
        facts = generation.facts()
        yield Finding(
            True,
            f"index {settings.index}, generation {facts.generation} of {generation.manifest['created']}:"
            f" {facts.articles} articles, {facts.passages} passages, {facts.sentences} sentences,"
            f" languages {', '.join(facts.languages) or 'unknown'}, newest {facts.newest or 'undated'}",
        )
    except AssistantError as error:
        yield Finding(False, str(error))
