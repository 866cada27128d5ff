"""What docs/news.md shows is run, and what it prints is what is printed."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from news_scores import PARTS, cases, total

from assistant.cli import main

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
def test_its_figures_are_those_of_the_halves_held_out(part):
    score = total(map(PARTS[part], cases(part, held_out=True)))
    name = "answering words" if part == "answers" else part
    assert f"| {name} | {score.precision:.2f} | {score.recall:.2f} | {score.f1:.2f} |" in PAGE
