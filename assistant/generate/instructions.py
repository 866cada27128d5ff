"""Sentences of an article that speak to a language model rather than to a reader: it is not given them.

That is a fence, not the wall: whatever a model is made to say still has to be what a sentence says.
"""

import re

from assistant.text import fold

_ADDRESSED = re.compile(
    r"\b(?:ignore[zr]?|disregard|forget|override|oublie[zr]?|négligez) (?:\w+ ){0,4}"
    r"(?:instructions?|consignes?|rules?|règles?|prompts?|above|previous|précédentes?|précède)\b"
    r"|\b(?:system|hidden|initial|developer) ?(?:prompt|message|instructions?)\b|\bprompt système\b"
    r"|\b(?:you are(?: now)?|tu es|vous êtes)(?: \w+){0,3} (?:assistant|chatbot|bot|ia|ai|model|modèle)\b"
    r"|\b(?:modèle de langage|language model|assistant|chatbot|llm|ia|ai) ?:"
    r"|\bquestions? ?:.*\b(?:réponses?|answers?) ?:"
    r"|\bno[_ -]?answer\b|</?(?:system|assistant|user|instruction|think)\b|\[/?inst\]|<\|"
    r"|(?:\b(?:répond(?:s|ez)|écri(?:s|vez)|affirmez|citez|ajoutez|recopie[sz]|dites)"
    r"|(?:^|[.:!;,\"(] ?|\b(?:and|then|please) )"
    r"(?:answer|respond|reply|write|output|print|state|cite|append|quote|say))\b"
    r"(?=.*(?:\[ ?\d|answer|réponse|instruction|consigne|question|citation|reader|lecteur|user|utilisateur|exact|only"
    r"|seulement))"
)


def speaks_to_a_model(text: str) -> bool:
    return bool(_ADDRESSED.search(fold(text).text))
