"""The options of ``assistant evaluate`` and of its sub-commands."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from assistant.errors import UsageError
from assistant.evaluation.formats import FORMATS, WRITABLE
from assistant.evaluation.retrieval import DEPTHS
from assistant.evaluation.slices import KINDS
from assistant.evaluation.variants import VARIANTS

PROGRAM = "assistant evaluate"
LANGUAGES = ("en", "fr")

#: What each sub-command does.
SUBCOMMANDS = {
    "compare": "say what a run changes against another, and what of it can be told from chance",
    "rescore": "measure a run again without asking again, for instance by newer formulas",
    "validate": "say what is wrong or doubtful in files of questions; the exit code is 2 if anything is wrong",
    "convert": "write questions in another format",
    "template": "print a filled example of a file of questions, for a spreadsheet",
    "merge": "make several files of questions one, each question once",
    "from-feedback": "make the opinions that readers left on the page questions for an editor to complete",
}


class _Parser(argparse.ArgumentParser):
    """Usage errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. See `{self.prog} --help`")


def parse(arguments: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The sub-command, or ``evaluate``, with its options.

    Only a first argument names a sub-command, so that a file of that name is reached as ``./compare``.

    :raises UsageError: If they cannot be understood.
    """
    name = arguments[0] if arguments and arguments[0] in SUBCOMMANDS else "evaluate"
    options = _parser(name).parse_args(arguments if name == "evaluate" else arguments[1:])
    options.arguments = list(arguments)
    return name, options


def mapping(given: Sequence[str]) -> dict[str, str] | None:
    """What ``--map`` gave, by field.

    :raises UsageError: If one is not FIELD=PATH.
    """
    for pair in given:
        if "=" not in pair:
            raise UsageError(f"--map {pair}: not FIELD=PATH. Write --map question=inputs.q")
    return dict(pair.split("=", 1) for pair in given) or None


def _parser(name: str) -> _Parser:
    if name == "evaluate":
        parser = _Parser(
            prog=PROGRAM,
            description="Ask the questions of a file and measure the answers: no network, no language model. An"
            " interrupted run goes on when the same command is given again.",
            epilog=f"sub-commands, as the first word: {', '.join(SUBCOMMANDS)}",
        )
    else:
        parser = _Parser(prog=f"{PROGRAM} {name}", description=f"{SUBCOMMANDS[name].capitalize()}.")
    _OPTIONS[name](parser)
    return parser


def _evaluate(parser: _Parser) -> None:
    parser.add_argument("questions", nargs="?", type=Path, metavar="QUESTIONS", help="a file of reference questions")
    _reading(parser)
    chosen = parser.add_argument_group("which questions")
    chosen.add_argument("--limit", type=_positive, metavar="N", help="the first N only")
    chosen.add_argument("--split", metavar="S", help="those of the split dev or test only")
    chosen.add_argument("--only", metavar="TAG", help="those with this tag only")
    chosen.add_argument("--known-item", action="store_true", help="no file yet: each title of the corpus is a question")
    chosen.add_argument("--strict", action="store_true", help="stop if the evidence of a question is not in the corpus")
    asked = parser.add_argument_group("what is asked")
    asked.add_argument("--index", metavar="DIR", help="the index to ask (default: index)")
    asked.add_argument("--corpus", type=Path, metavar="DIR", help="articles to read into the index first")
    asked.add_argument(
        "--corpus-from-questions",
        action="store_true",
        help="ask about the articles that the file brings, in an index of their own",
    )
    asked.add_argument(
        "--retrieval-only", action="store_true", help="measure the search alone, without the reader and without answers"
    )
    asked.add_argument(
        "--leave-gold-out",
        action="store_true",
        help="ask once more with the articles of the evidence hidden, where nothing should be answered",
    )
    asked.add_argument(
        "--variants",
        nargs="?",
        const=",".join(VARIANTS),
        default=(),
        type=_variants,
        metavar="NAMES",
        help=f"ask reworded too: all, or some of {','.join(VARIANTS)}",
    )
    asked.add_argument("--seed", type=int, default=0, metavar="N", help="of variants and intervals (default: 0)")
    kept = parser.add_argument_group("where the run is kept")
    kept.add_argument("--out", type=Path, metavar="DIR", help="the run folder (default: a new one in runs)")
    either = kept.add_mutually_exclusive_group()
    either.add_argument("--resume", action="store_true", help="fail where there is no interrupted run to go on with")
    either.add_argument("--fresh", action="store_true", help="start again; what --out holds is replaced")
    _showing(parser)
    _judging(parser)


def _compare(parser: _Parser) -> None:
    parser.add_argument("baseline", type=Path, metavar="A", help="the run before")
    parser.add_argument("run", type=Path, metavar="B", help="the run after")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report of B against A")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="of the report (default: en)")
    parser.add_argument("--allow-different", action="store_true", help="though questions or articles differ")
    parser.add_argument("--json", action="store_true", help="print the changes as JSON")


def _rescore(parser: _Parser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    _showing(parser)
    _judging(parser)


def _validate(parser: _Parser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _reading(parser)
    parser.add_argument("--index", metavar="DIR", help="look the evidence up in this index (default: index)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="look the evidence up in these articles")


def _convert(parser: _Parser) -> None:
    parser.add_argument("questions", type=Path, metavar="IN")
    parser.add_argument("out", type=Path, metavar="OUT", help="a file, or a folder for beir and trec")
    _reading(parser)
    parser.add_argument("--to", choices=WRITABLE, help="(default: by the suffix of OUT)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="the articles, for formats that hold them")


def _template(parser: _Parser) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, default="fr", help="of the columns (default: fr)")


def _merge(parser: _Parser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: JSON lines on standard output)")


def _from_feedback(parser: _Parser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="feedback.jsonl, beside an index")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="a new file (default: JSON lines on standard output)"
    )


_OPTIONS: dict[str, Callable[[_Parser], None]] = {
    "evaluate": _evaluate,
    "compare": _compare,
    "rescore": _rescore,
    "validate": _validate,
    "convert": _convert,
    "template": _template,
    "merge": _merge,
    "from-feedback": _from_feedback,
}


def _reading(parser: _Parser) -> None:
    parser.add_argument("--format", choices=FORMATS, help="of the file (default: told from it)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=PATH",
        help="where a field is, in JSON of no known format: question=inputs.q",
    )


def _showing(parser: _Parser) -> None:
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--report", type=Path, metavar="FILE", help="write the report here too, as one HTML file")
    shown.add_argument("--lang", choices=LANGUAGES, default="en", help="of report and summary (default: en)")
    shown.add_argument(
        "--slice",
        action="append",
        default=[],
        choices=KINDS,
        metavar="KIND",
        help=f"these kinds of slices only: {', '.join(KINDS)}",
    )
    shown.add_argument(
        "--k", type=_depths, default=(5,), metavar="K,…", help=f"cut-offs of recall, of {_listed(DEPTHS)} (default: 5)"
    )
    shown.add_argument("--quiet", action="store_true", help="no progress and no table")
    shown.add_argument("--json", action="store_true", help="print metrics.json")


def _judging(parser: _Parser) -> None:
    judged = parser.add_argument_group("what must hold, or the exit code is 1")
    judged.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the least a figure may be, or the most of one that is better when lower",
    )
    judged.add_argument("--baseline", type=Path, metavar="RUN", help="a run folder to compare with")
    judged.add_argument(
        "--max-drop",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the most a figure may be worse than in the baseline",
    )
    judged.add_argument(
        "--gate",
        choices=("point", "ci"),
        default="point",
        help="whether the value must pass, or the worse end of its interval (default: point)",
    )
    judged.add_argument(
        "--allow-different", action="store_true", help="compare on what both have, though questions or articles differ"
    )


def _positive(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"'{given}' is no number from 1")
    return int(given)


def _depths(given: str) -> tuple[int, ...]:
    depths = tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in given.split(","))
    if not set(depths) <= set(DEPTHS):
        raise argparse.ArgumentTypeError(f"'{given}': the cut-offs are {_listed(DEPTHS)}")
    return depths


def _variants(given: str) -> tuple[str, ...]:
    """In an order of their own, so that two runs of the same ones are alike."""
    names = given.split(",")
    for name in names:
        if name not in VARIANTS:
            raise argparse.ArgumentTypeError(f"'{name}' is no variant. There are {_listed(VARIANTS)}")
    return tuple(name for name in VARIANTS if name in names)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
