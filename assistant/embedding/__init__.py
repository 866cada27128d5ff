"""Texts to vectors: the built-in model, or any sentence-transformers model by its name.

``"query: "`` and ``"passage: "``, which models of the E5 family expect, live in this package only.
"""

from assistant.embedding.embedder import Embedder, Prompts, Vectors
from assistant.settings import Settings

__all__ = ["Embedder", "Prompts", "Vectors", "load_embedder"]

BUILTIN = "builtin"


def load_embedder(settings: Settings) -> Embedder:
    """The model that ``settings.embedding`` names. Torch is imported for a named one only.

    :raises ModelError: If its files are missing or damaged.
    """
    if settings.embedding == BUILTIN:
        from assistant.embedding.builtin import BuiltinEmbedder
        from assistant.embedding.weights import locate

        return BuiltinEmbedder.load(locate(settings.e5_file))
    from assistant.embedding.named import NamedEmbedder

    return NamedEmbedder.load(settings.embedding)
