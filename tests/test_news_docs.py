"""What docs/news.md shows is run, and what it prints is what is printed."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.evaluation.report.wording import wording
from benchmarks.news import PARTS, measured

PAGE = (Path(__file__).parent.parent / "docs" / "news.md").read_text(encoding="utf-8")


def test_its_python_prints_what_it_says(sample_engine):
    known = {
        "article": sample_engine.article("2017-05-09-raqa-coalition-copenhague"),
        "articles": list(sample_engine.articles()),
        "engine": sample_engine,
    }
    examples = doctest.DocTestParser().get_doctest(PAGE, known, "news.md", "news.md", 0)
    assert len(examples.examples) > 15
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_its_commands_print_what_it_says(sample_index, capsys):
    shown = re.findall(r"^```\n\$ assistant (.+)\n((?:.+\n)+?)```$", PAGE, re.MULTILINE)
    assert shown
    for command, output in shown:
        assert main([*shlex.split(command), "--index", str(sample_index)]) == 0
        assert capsys.readouterr().out == output


@pytest.mark.parametrize("part", PARTS)
def test_its_figures_are_those_of_the_halves_held_out(part, sample_engine):
    found = measured(part, held_out=True, engine=sample_engine)
    name = wording("en").part(part)[0].lower()
    figures = " | ".join(f"{one.value:.2f}" for one in (found.precision, found.recall, found.f1))
    assert f"| {name} | {found.cases} | {figures} |" in PAGE
