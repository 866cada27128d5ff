"""What ``assistant check`` tells: what is installed, which index and model, what is wrong and how to mend it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from assistant import __version__
from assistant.embedding import load_embedder
from assistant.errors import AssistantError, StoreError, UsageError
from assistant.generate.service import service_of
from assistant.index import GENERATIONS, generations, open_generation, wanted_name
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


def check(settings: Settings, *, llm: bool = False) -> Iterator[Finding]:
    """Look at everything an answer needs; with ``llm``, also at the model that words answers. Nothing is changed.

    :raises UsageError: If ``llm`` is asked for and the settings name no such model, or not rightly.
    """
    yield from _installed()
    yield from _store(settings)
    yield from _model_and_index(settings)
    if llm:
        yield from _language_model(settings)


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
    if not (settings.index / STORE).exists() and not generations(settings.index):
        return  # nothing was ingested yet, as the index will tell
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


def _language_model(settings: Settings) -> Iterator[Finding]:
    from assistant.generate.trial import trial

    service = service_of(settings)
    if service is None:
        raise UsageError("no language model is set. Set ASSISTANT_ANSWERS=generative, and see docs/generation.md.")
    for fine, what in trial(service):
        yield Finding(fine, what)
