"""The language model's server, as the settings name it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from assistant.errors import UsageError
from assistant.settings import Settings

Protocol = Literal["numbered", "spans"]
Verification = Literal["strict", "mark"]


@dataclass(frozen=True, slots=True)
class Service:
    """Where the model is, and how long it may take. Times are in seconds."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    protocol: Protocol = "numbered"
    verification: Verification = "strict"
    connect_timeout: float = 3.0
    first_token_timeout: float = 20.0
    idle_timeout: float = 10.0
    total_timeout: float = 60.0
    #: Answers worded at the same time; the next one stays extractive.
    at_once: int = 1

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no proxy belongs between."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def service_of(settings: Settings, environ: Mapping[str, str] | None = None) -> Service | None:
    """The server to word answers with, None in the mode ``extractive``.

    :raises UsageError: If the mode is ``generative`` and a setting is missing, unknown or unsafe.
    """
    _one_of("answers", settings.answers, ("extractive", "generative"))
    if settings.answers == "extractive":
        return None
    _one_of("llm_protocol", settings.llm_protocol, ("numbered", "spans"))
    _one_of("llm_verify", settings.llm_verify, ("strict", "mark"))
    service = Service(
        url=_address(settings.llm_url),
        model=_given("llm_model", settings.llm_model, "the name of a model there, such as qwen2.5:3b"),
        key=_key(settings.llm_key_variable, os.environ if environ is None else environ),
        protocol=settings.llm_protocol,  # type: ignore[arg-type]
        verification=settings.llm_verify,  # type: ignore[arg-type]
        total_timeout=float(settings.llm_seconds),
    )
    if find_spec("langchain_openai") is None:
        raise UsageError("the library that speaks to a language model is not installed: pip install 'sourcier[llm]'.")
    if settings.llm_seconds < 1:
        raise UsageError(f"setting 'llm_seconds' has value '{settings.llm_seconds}'. It takes 1 or more.")
    if not service.is_local and not settings.llm_remote:
        raise UsageError(
            f"setting 'llm_url' has value '{service.url}', which is not on this machine: sentences of the articles"
            " would leave it. Set ASSISTANT_LLM_REMOTE=on to allow that."
        )
    return service


def _address(url: str) -> str:
    _given("llm_url", url, "the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError(f"setting 'llm_url' has value '{url}'. It takes an address such as http://127.0.0.1:11434/v1.")
    return url.rstrip("/")


def _given(name: str, value: str, wanted: str) -> str:
    if not value:
        raise UsageError(f"ASSISTANT_ANSWERS is 'generative' and ASSISTANT_{name.upper()} is empty. It takes {wanted}.")
    return value


def _key(variable: str, environ: Mapping[str, str]) -> str:
    if not variable:
        return ""
    if not environ.get(variable):
        raise UsageError(
            f"setting 'llm_key_variable' names '{variable}', which is not set. Export it, or name another."
        )
    return environ[variable]


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"setting '{name}' has value '{value}'. Available: {', '.join(known)}.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
