"""The reader: sees a question and a passage together, and says how likely each sentence is the answer, or none is.

It is asked about the few best passages only. The lower half of the built-in one's model is the built-in encoder's;
the upper half was trained for this task and lies in this package (README.md: data, licences, figures, limits).
"""

from assistant.reader.reader import Reader, Reading
from assistant.settings import BUILTIN, Settings

__all__ = ["Reader", "Reading", "load_reader"]


def load_reader(settings: Settings) -> Reader:
    """The reader that ``settings.reader`` names. Torch is imported for a named one only.

    :raises ModelError: If its files are missing, damaged or of the wrong kind.
    """
    if settings.reader == BUILTIN:
        from assistant.embedding.weights import locate, open_weights
        from assistant.reader.builtin import BuiltinReader
        from assistant.reader.weights import FILE, open_trained

        return BuiltinReader.load(open_weights(locate(settings.e5_file)), open_trained(FILE))
    from assistant.reader.named import NamedReader

    return NamedReader.load(settings.reader)
