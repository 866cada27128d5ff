"""The command line: ``assistant ingest | ask | show | quote | serve | evaluate | check | backup`` and more."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from assistant import __version__
from assistant.allocator import share_pools
from assistant.errors import AssistantError, UsageError
from assistant.readable import (
    printable,
    readable_answer,
    readable_article,
    readable_digest,
    readable_understanding,
)
from assistant.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from assistant.generate import Event, Service
    from assistant.types import Answer, Digest

#: What a person reads for each step of an ingest.
STEPS = {"read": "reading", "embed": "embedding", "index": "indexing"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 fine, 1 failed, 2 wrong usage or input, 130 interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    share_pools()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except AssistantError as error:
        print(f"assistant: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("assistant: out of memory; what was done is kept. Run it with more.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("assistant: interrupted; what was done is kept. Run the same command to go on.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["evaluate"]:  # it has options and sub-commands of its own
        from assistant.evaluation.command import evaluate

        return evaluate(arguments[1:])
    options = _parser().parse_args(arguments)
    settings = load_settings(
        index=options.index, host=getattr(options, "host", None), port=getattr(options, "port", None)
    )
    code: int = options.run(options, settings)
    return code


class _Parser(argparse.ArgumentParser):
    """Usage errors in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See `{self.prog} --help`.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="assistant", description="Answers from a corpus of articles, quoted to the sentence.")
    parser.add_argument("--version", action="version", version=f"assistant {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        added.add_argument("--index", metavar="DIR", help="where the store and the index live (default: index)")
        added.set_defaults(run=run)
        return added

    ingest = command("ingest", _ingest, "read files and folders of articles into the index")
    ingest.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: corpus/articles)")
    ingest.add_argument("--prune", action="store_true", help="remove articles whose file is gone from these paths")
    ingest.add_argument("--quiet", action="store_true", help="no progress bar, no list of articles")

    ask = command("ask", _ask, "answer a question with sentences of the articles, or say that they hold no answer")
    ask.add_argument("question", nargs="?", metavar="QUESTION")
    ask.add_argument("--json", action="store_true", help="print the answer object")
    ask.add_argument(
        "--batch", metavar="FILE", help="one JSON object a line with id and question; - for standard input"
    )
    ask.add_argument(
        "--after", action="append", default=[], metavar="QUESTION", help="an earlier question, the oldest first"
    )
    ask.add_argument("--language", metavar="CODE", help="language of the question (default: detected)")
    ask.add_argument("--as-of", type=_day, metavar="DATE", help="the day it is asked on, 2017-05-09 (default: today)")
    ask.add_argument("--explain", action="store_true", help="tell why: signals, threshold, runner-up")

    digest = command("digest", _digest, "quote what several articles say of a subject, the oldest first")
    digest.add_argument("subject", metavar="SUBJECT")
    digest.add_argument("--since", type=_day, metavar="DATE", help="first day that the articles may be from")
    digest.add_argument("--until", type=_day, metavar="DATE", help="last day, inclusive")
    digest.add_argument("--language", metavar="CODE", help="language of the subject (default: detected)")
    digest.add_argument("--json", action="store_true", help="print statements, citations and a model's words as JSON")

    show = command("show", _show, "print one stored article")
    show.add_argument("article", metavar="ARTICLE_ID")
    show.add_argument("--json", action="store_true", help="text, metadata and sentences with offsets as JSON")

    quote = command("quote", _quote, "say where a quotation comes from, and whether it stands there word for word")
    quote.add_argument("quotation", metavar="TEXT")
    quote.add_argument("--json", action="store_true", help="print status, citation, speaker and differences as JSON")

    serve = command("serve", _serve, "serve the chat page and the HTTP API")
    serve.add_argument("--host", metavar="H", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", metavar="P", help="port to listen on (default: 7860)")

    command("mcp", _mcp, "offer ask, quote and show to a program that speaks the Model Context Protocol")

    commands.add_parser("evaluate", help="ask a file of reference questions and measure the answers")

    check = command("check", _check, "say what is installed, which index and model are in use, and what is wrong")
    check.add_argument("--repair", action="store_true", help="first build a damaged index again from the store")
    check.add_argument("--llm", action="store_true", help="also try the language model that is to word answers")

    backup = command("backup", _backup, "copy the store to one file, while the assistant may be in use")
    backup.add_argument("file", metavar="FILE", help="a file that is not there yet")

    restore = command("restore", _restore, "put a backup in the place of the store, and build the index from it")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--force", action="store_true", help="replace a store that is not empty")

    export = command(
        "export-model", _export_model, "write the built-in embedding model as a sentence-transformers folder"
    )
    export.add_argument("folder", metavar="DIR", help="a folder that does not exist yet or is empty")
    return parser


def _day(text: str) -> date:
    """
    :raises ArgumentTypeError: If it is no day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no day. Write it as 2017-05-09") from None


def _ingest(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.embedding import load_embedder
    from assistant.ingest import ingest

    paths = [Path(path) for path in options.paths] or [settings.corpus]
    with _progress_bar(quiet=options.quiet) as report:
        summary = ingest(paths, settings.index, load_embedder(settings), prune=options.prune, report=report)
    if not options.quiet:
        for word in ("added", "changed", "removed"):
            for article_id in getattr(summary, word):
                print(f"{word}  {printable(article_id)}")
    for refusal in summary.refused:
        print(f"refused  {printable(refusal.origin)}: {refusal.reason}")
    words = ("added", "changed", "removed", "unchanged", "refused")
    print(", ".join(f"{len(getattr(summary, word))} {word}" for word in words))
    nothing_read = not (summary.added or summary.changed or summary.unchanged)
    return 1 if nothing_read and summary.refused else 0


@contextmanager
def _progress_bar(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A function to report to, which draws one bar a step where standard error is a terminal."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in bars:
            close()
            bars[step] = tqdm(total=total, desc=STEPS[step], disable=quiet or None)
        bars[step].update(done - bars[step].n)

    def close() -> None:
        for bar in bars.values():
            bar.close()

    try:
        yield report
    finally:
        close()


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.engine import open_engine
    from assistant.generate.service import service_of

    if (options.question is None) == (options.batch is None):
        raise UsageError("give either a QUESTION or --batch FILE. See `assistant ask --help`")
    if options.batch is not None:
        with _lines(options.batch) as lines:
            return _ask_batch(open_engine(settings), lines, explain=options.explain, as_of=options.as_of)
    service = service_of(settings)
    engine = open_engine(settings)

    def ask(question: str, earlier: Sequence[str]) -> "Answer":
        return engine.ask(question, earlier, options.language, explain=options.explain, as_of=options.as_of)

    answer = ask(options.question, options.after)
    if options.json:
        from assistant.records import answer_record

        print(answer_record(answer).model_dump_json(indent=1))
        return 0
    print(readable_understanding(answer) + readable_answer(answer), flush=True)
    if service:
        from assistant.generate import FollowUp, Writer

        async def ask_again(question: str, earlier: Sequence[str]) -> "Answer":
            return ask(question, earlier)

        _tell(Writer(service).word(answer, follow_up=FollowUp(options.after, ask_again)))
    return 0


def _digest(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.engine import open_engine
    from assistant.generate.service import service_of

    service = service_of(settings)
    digest = open_engine(settings).digest(options.subject, options.language, since=options.since, until=options.until)
    if options.json:
        print(_digest_json(digest, options, service))
        return 0
    print(readable_understanding(digest.answer) + readable_digest(digest), flush=True)
    if service:
        from assistant.generate import DIGEST, Writer

        _tell(Writer(service).word(digest.answer, digest.sentences, DIGEST), in_one=True)
    return 0


def _digest_json(digest: "Digest", options: argparse.Namespace, service: "Service | None") -> str:
    import asyncio

    from assistant.records import DigestRequest, digest_record

    asked = DigestRequest(subject=options.subject, since=options.since, until=options.until)
    record = digest_record(digest, asked)
    if service:
        from assistant.generate import Writer
        from assistant.worded import worded_digest

        worded = asyncio.run(worded_digest(Writer(service), digest, ""))
        record = record.model_copy(update={"worded": worded})
    return record.model_dump_json(indent=1)


def _tell(events: "AsyncGenerator[Event, None]", in_one: bool = False) -> None:
    """Print what a model has to say, as it comes; ``in_one`` paragraph, where it has sentences to say."""
    import asyncio

    from assistant.worded import readable_events

    async def tell() -> None:
        async for part in readable_events(events, in_one):
            print(f"\n{part}", flush=True)

    asyncio.run(tell())


@contextmanager
def _lines(name: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdin
        return
    try:
        with open(name, encoding="utf-8-sig") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}. Name a readable file, or - for standard input") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 ({error}). Save it as UTF-8") from error


def _ask_batch(engine: Any, lines: IO[str], **asked: Any) -> int:
    """One answer a line, in order; a line that can't be answered gets an object with "error" and exit code 2."""
    from assistant.records import answer_record

    code = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        id = None
        try:
            record = _batch_record(line, number)
            id = record.get("id")
            given = record["question"], record.get("history") or (), record.get("language")
            answer = engine.ask(*given, **asked)
            printed = {"id": id} | answer_record(answer).model_dump(mode="json")
        except UsageError as error:
            code = error.exit_code
            printed = {"id": id, "error": {"code": "bad_line", "message": f"line {number}: {error}"}}
            print(f"assistant: line {number}: {error}", file=sys.stderr)
        print(json.dumps(printed, ensure_ascii=False), flush=True)
    return code


def _batch_record(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise UsageError(f"not JSON ({error}). Write one object a line") from error
    if not isinstance(record, dict) or not isinstance(record.get("question"), str):
        raise UsageError('no "question". Write {"id": "1", "question": "…"}')
    history = record.get("history") or []
    if not isinstance(history, list) or not all(isinstance(question, str) for question in history):
        raise UsageError('"history" is not a list of earlier questions')
    return record


def _show(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.engine import open_engine

    engine = open_engine(settings)
    article = engine.article(options.article)
    if article is None:
        raise AssistantError(
            f"no article '{options.article}' in {settings.index}. `assistant check` tells what is there."
        )
    sentences = engine.sentences(article.id)
    if options.json:
        from assistant.records import article_record

        print(article_record(article, sentences).model_dump_json(indent=1))
    else:
        print(readable_article(article, sentences))
    return 0


def _quote(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.engine import open_engine
    from assistant.quote_records import quote_record, readable_quote

    found = open_engine(settings).find_quote(options.quotation)
    print(quote_record(found).model_dump_json(indent=1) if options.json else readable_quote(found))
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.engine import open_engine
    from assistant.server import serve
    from assistant.upkeep import kept_up

    with kept_up(settings):
        serve(open_engine(settings, wary=True), settings)
    return 0


def _mcp(options: argparse.Namespace, settings: Settings) -> int:
    from importlib.util import find_spec

    from assistant.engine import open_engine
    from assistant.generate.service import service_of

    if find_spec("mcp") is None:
        raise UsageError("the library of the Model Context Protocol is not installed: pip install 'sourcier[mcp]'.")
    from assistant.mcp import serve

    service = service_of(settings)
    if service is None:
        serve(open_engine(settings, wary=True))
    else:
        from assistant.generate import Writer

        serve(open_engine(settings, wary=True), Writer(service))
    return 0


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.check import check, repair

    if options.repair:
        name = repair(settings)
        print(f"ok   {f'generation {name} built from the store' if name else 'the index was whole'}")
    is_fine = True
    for finding in check(settings, llm=options.llm):
        print(f"{'ok  ' if finding.fine else 'BAD '} {finding.what}", flush=True)
        is_fine = is_fine and finding.fine
    return 0 if is_fine else 1


def _backup(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.backup import backup

    made = backup(settings.index, Path(options.file))
    print(f"{printable(options.file)}: {made.articles} articles, {made.embeddings} embeddings")
    return 0


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.backup import restore
    from assistant.embedding import load_embedder

    made = restore(Path(options.file), settings.index, load_embedder(settings), force=options.force)
    print(f"{settings.index}: {made.articles} articles, as they were on {made.created}")
    return 0


def _export_model(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.embedding.export import export_model

    export_model(Path(options.folder), settings.e5_file)
    print(f"{options.folder}: the built-in model, for SentenceTransformer('{options.folder}')")
    return 0


if __name__ == "__main__":
    sys.exit(main())
