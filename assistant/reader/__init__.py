"""The reader: sees a question and a passage together, and says how likely each sentence is the answer, or none is.

It is asked about the few best passages only. The lower half of its model is the built-in encoder's; the upper half
was trained for this task and lies in this package (README.md: data, licences, figures, limits).
"""

from assistant.reader.reader import Reader, Reading
from assistant.settings import Settings

__all__ = ["Reader", "Reading", "load_reader"]


def load_reader(settings: Settings) -> Reader:
    """The reader, on top of the built-in encoder's weight file.

    :raises ModelError: If one of the two weight files is missing, damaged or not made for the other.
    """
    from assistant.embedding.weights import locate, open_weights
    from assistant.reader.weights import FILE, open_trained

    return Reader.load(open_weights(locate(settings.e5_file)), open_trained(FILE))
