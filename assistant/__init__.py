"""Sourcier: answers from a corpus of articles, quoted to the sentence, or an honest "not in the corpus"."""

__version__ = "0.1.0"
