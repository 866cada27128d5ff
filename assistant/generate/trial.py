"""What ``assistant check --llm`` tells: whether the model's server is there, knows the model, answers, and can cite."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import aclosing
from datetime import date
from http.client import HTTPException

from assistant.citations import cite
from assistant.generate.client import load, stream
from assistant.generate.events import Ended, Worded
from assistant.generate.faults import Code, Fault
from assistant.generate.service import Service
from assistant.generate.writer import Writer
from assistant.types import Answer, Article, Sentence

#: Bytes of a list of models.
LONGEST = 4_000_000

_MENDED: dict[Code, str] = {
    "llm_unreachable": "Is it running? Ollama is started by `ollama serve`, and listens on http://127.0.0.1:11434/v1.",
    "llm_not_api": "This is no OpenAI-compatible address. Most of them end in /v1.",
    "llm_auth": "Name the variable that holds its key in ASSISTANT_LLM_KEY_VARIABLE.",
    "llm_model_missing": "Name a model that it has in ASSISTANT_LLM_MODEL; Ollama gets one by `ollama pull NAME`.",
    "llm_rate_limited": "Wait, or ask for a higher limit.",
    "llm_loading": "Wait until it has loaded the model.",
    "llm_failed": "Look into its log.",
    "llm_refused": "Look into its log; with ASSISTANT_LLM_PROTOCOL=spans, the server has to take grammars.",
    "llm_timeout": "The model is too slow on that machine. Take a smaller one, or one thread where cores are shared.",
    "llm_interrupted": "It broke off. Look into its log, and at the proxy between.",
    "llm_context": "Give the model a context of at least 3000 tokens; with Ollama: OLLAMA_CONTEXT_LENGTH=4096.",
    "llm_unverified": "It answers, but not with what its sentences say. Take a larger model.",
    "llm_language": "It answers in another language. Take a larger or a multilingual model.",
    "llm_no_answer": "It finds no answer where there is one. Take a larger model.",
    "llm_loop": "It repeats itself. Take a larger model.",
    "llm_empty": "It writes nothing. Is it a chat model?",
}

_TEXT = "L'aéroport de Morlange a accueilli 412 000 passagers en 2023. Il avait ouvert en 1974."
_QUESTION = "Combien de passagers l'aéroport de Morlange a-t-il accueillis en 2023 ?"


def trial(service: Service) -> Iterator[tuple[bool, str]]:
    """Lines, each with whether it is fine; one that is not says what to do. Stops at the first that is not."""
    yield True, f"language model {service.model} at {service.url}, protocol {service.protocol}"
    known = _models(service)
    if isinstance(known, Fault):
        yield False, _told(known)
        return
    if known and service.model not in known:
        some = ", ".join(known[:8])
        yield (
            False,
            f"the server does not list the model '{service.model}'. It has: {some}. {_MENDED['llm_model_missing']}",
        )
        return
    yield True, f"the server lists {len(known)} models" if known else "the server lists no models"
    yield from asyncio.run(_asked(service))


async def _asked(service: Service) -> list[tuple[bool, str]]:
    """A first word, and a worded answer."""
    await asyncio.to_thread(load)
    began = time.monotonic()
    deadline = asyncio.get_running_loop().time() + service.total_timeout
    try:
        async with aclosing(stream(service, [("user", "Réponds seulement : oui")], deadline)) as pieces:
            async for _ in pieces:
                break
    except Fault as fault:
        return [(False, _told(fault))]
    lines = [(True, f"first word after {time.monotonic() - began:.1f} s")]
    began = time.monotonic()
    worded, ended = [], None
    async for event in Writer(service).word(_sample()):
        worded += [event.statement.text] if isinstance(event, Worded) else []
        ended = event if isinstance(event, Ended) else None
    if ended is None or ended.answer is None:
        return [*lines, (False, _told(Fault(ended.fault if ended and ended.fault else "llm_unverified")))]
    return [*lines, (True, f"worded and verified in {time.monotonic() - began:.1f} s: {worded[0]}")]


def _told(fault: Fault) -> str:
    return f"the language model fails ({fault}). {_MENDED.get(fault.code, 'Try again in a minute.')}"


def _models(service: Service) -> list[str] | Fault:
    """The names of its models; none where it has no list."""
    request = urllib.request.Request(f"{service.url}/models")
    if service.key:
        request.add_header("Authorization", f"Bearer {service.key}")
    handlers = [urllib.request.ProxyHandler({})] if service.is_local else []
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=service.connect_timeout) as answered:
            listed = json.loads(answered.read(LONGEST))
        return sorted(str(model["id"]) for model in listed["data"])
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            return Fault("llm_auth", f"HTTP {error.code}")
        return [] if error.code in (404, 405, 501) else Fault("llm_failed", f"HTTP {error.code}")
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        return Fault("llm_not_api", f"{type(error).__name__} in the list of models")
    except (OSError, HTTPException) as error:
        return Fault("llm_unreachable", str(getattr(error, "reason", error))[:200])


def _sample() -> Answer:
    """An article that nobody has read, so that only the sentence can tell."""
    article = Article("check", _TEXT, title="Aéroport de Morlange", published=date(2024, 1, 8), language="fr")
    end = _TEXT.index(" Il avait")
    sentences = [Sentence(article, 0, end, 1, 0), Sentence(article, end + 1, len(_TEXT), 2, 0)]
    return Answer(_QUESTION, "fr", cite(sentences), 1.0, (), ())
