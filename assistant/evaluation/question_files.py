"""What is done with files of questions besides asking them: checked, converted, started, merged."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant.engine import open_engine
from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus, read_corpus
from assistant.evaluation.formats import WRITABLE, detect, read_questions, write_questions
from assistant.evaluation.options import mapping
from assistant.evaluation.questions import question_record
from assistant.evaluation.run import corpus_behind
from assistant.evaluation.sheet import template
from assistant.evaluation.types import ReferenceQuestion
from assistant.evaluation.validate import check, merge, validate
from assistant.readable import printable
from assistant.settings import load_settings

#: Formats that are told by the suffix of a file to be written.
SUFFIXES = {".jsonl": "native", ".yaml": "native", ".yml": "native", ".csv": "sheet", ".tsv": "sheet", ".xlsx": "sheet"}


def validate_files(options: argparse.Namespace) -> int:
    """What is wrong or doubtful in files of questions; the exit code is 2 if anything is wrong."""
    corpus = _corpus(options)
    wrong = False
    for path in options.files:
        own = not options.map and (options.format or detect(path)) in ("native", "sheet")
        if own:
            findings = validate(path, corpus)
        else:
            findings = check(read_questions(path, options.format, mapping(options.map)), corpus)
        for finding in findings:
            print(printable(f"{finding.origin}: {finding.severity}: {finding.message}"))
        errors = sum(finding.severity == "error" for finding in findings)
        print(printable(f"{path}: {errors} errors, {len(findings) - errors} warnings"))
        wrong = wrong or errors > 0
    return 2 if wrong else 0


def _corpus(options: argparse.Namespace) -> Corpus | None:
    """The articles of the folder or index named; without either, of the index that is there."""
    if options.corpus:
        return read_corpus([options.corpus])[0]
    settings = load_settings(index=options.index)
    if not options.index and not settings.index.exists():
        say("no corpus: whether the evidence is there was not looked at. Name one with --corpus or --index")
        return None
    return corpus_behind(open_engine(settings))


def convert_file(options: argparse.Namespace) -> int:
    """Questions into another format."""
    to = options.to or SUFFIXES.get(options.out.suffix.lower())
    if to is None:
        raise UsageError(f"{options.out}: its suffix tells no format. Say --to {' or --to '.join(WRITABLE)}")
    questions = read_questions(options.questions, options.format, mapping(options.map))
    corpus = read_corpus([options.corpus])[0] if options.corpus else None
    write_questions(questions, options.out, to, corpus)
    say(f"{options.out}: {len(questions)} questions")
    return 0


def print_template(options: argparse.Namespace) -> int:
    """A filled example of a file of questions, for a spreadsheet."""
    sys.stdout.flush()
    sys.stdout.buffer.write(template(options.lang).encode())
    return 0


def merge_files(options: argparse.Namespace) -> int:
    """Several files of questions as one, each question once."""
    questions, findings = merge(read_questions(path) for path in options.files)
    if findings:
        raise UsageError(f"{findings[0].origin}: {findings[0].message} ({len(findings)} in all). Give one another id")
    write_or_print(questions, options.out)
    if options.out:
        say(f"{options.out}: {len(questions)} questions")
    return 0


def write_or_print(questions: Sequence[ReferenceQuestion], out: Path | None) -> None:
    """``questions`` into a file, in the format of its suffix, or as JSON lines to standard output.

    :raises UsageError: If the file cannot be written.
    """
    if out:
        write_questions(questions, out, SUFFIXES.get(out.suffix.lower(), "native"))
        return
    for question in questions:
        print(json.dumps(question_record(question), ensure_ascii=False))


def say(line: str) -> None:
    """To the person, beside what is printed for programs."""
    print(printable(line), file=sys.stderr)
