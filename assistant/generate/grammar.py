"""A grammar that lets a model say nothing but words of a sentence in a row, or NO_ANSWER.

GBNF, as llama.cpp takes it in ``grammar`` and vLLM in ``structured_outputs``. It guarantees the form, not the truth:
the model may still choose the wrong sentence.
"""

from collections.abc import Sequence

from assistant.generate.markers import NO_ANSWER


def span_grammar(sentences: Sequence[str]) -> str:
    """One rule a word: a span begins at any of them and goes on for as long as it likes."""
    starts: list[str] = []
    rules: list[str] = []
    for number, sentence in enumerate(sentences):
        words = sentence.split()
        for place, word in enumerate(words):
            name = f"s{number}-{place}"
            rest = f' (" " s{number}-{place + 1})?' if place + 1 < len(words) else ""
            rules.append(f"{name} ::= {_literal(word)}{rest}")
            starts.append(name)
    return "\n".join([f"root ::= {' | '.join([_literal(NO_ANSWER), *starts])}", *rules])


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
