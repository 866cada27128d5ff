"""What the documentation says is run: the README's commands and its Python, and its links are followed."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.index import open_generation
from assistant.text import find_folded

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "corpus" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

COMMANDS = re.findall(r"^\$ (assistant .+)$", README, re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(sample_index, tmp_path_factory):
    """A working directory as a person has it after `make run`."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "corpus").symlink_to(ROOT / "corpus")
    (folder / "index").symlink_to(sample_index)
    return folder


def test_the_readme_has_commands():
    assert len(COMMANDS) >= 6


def test_its_commands_run_in_order(checkout):
    for command in COMMANDS:
        arguments = shlex.split(command)[1:]
        ran = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments], cwd=checkout, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (command, ran.stderr)
        assert ran.stdout.strip(), command


def test_its_python_runs(checkout):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    check = "\nassert titles and not answer.abstained and text"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])}
    ran = subprocess.run(
        [sys.executable, "-c", code + check], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def references():
    with open(ROOT / "corpus" / "questions.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_each_reference_question_is_answered_by_its_evidence(sample_index, embedder):
    generation = open_generation(sample_index, embedder.identity)
    for reference in references():
        quotes = [quote for evidence in reference.get("evidence", []) for quote in evidence.get("any_of", [evidence])]
        assert bool(quotes) == reference.get("answerable", True), reference["id"]
        for quote in quotes:
            article = generation.article(quote["article"])
            assert article, reference["id"]
            assert find_folded(article.text, quote["quote"]), reference["id"]


def test_the_corpus_is_as_its_readme_says():
    told = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    articles = list((ROOT / "corpus" / "articles").glob("*.md"))
    english = sum("language: en" in path.read_text(encoding="utf-8") for path in articles)
    questions = references()
    unanswerable = sum(not q.get("answerable", True) for q in questions)
    assert f"{len(articles)} articles" in told
    assert f"{len(articles) - english} in French, {english} in English" in told
    assert f"{len(questions)} reference questions" in told
    assert f"{len(questions) - unanswerable} with" in told
    assert f"{unanswerable} that the articles do not answer" in told
    assert len({q["id"] for q in questions}) == len(questions)
