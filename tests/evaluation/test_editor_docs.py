"""The page for editors: it works as it says, names what there is, and says the same in both languages."""

import re
import shlex
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.evaluation.causes import CAUSES
from assistant.evaluation.report.wording import wording
from assistant.evaluation.results import read_run
from assistant.evaluation.sheet import COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "en": (DOCS / "evaluation.md").read_text(encoding="utf-8"),
    "fr": (DOCS / "evaluation.fr.md").read_text(encoding="utf-8"),
}
LANGUAGES = tuple(PAGES)

#: A sheet as a newsroom makes it: in French Excel, with signs of cp1252, and with one sentence that is nowhere.
SHEET = """\
Question;Réponse attendue;Fichier;Citation;Sans réponse ?;Type de question;Rubrique
Quelle est la longueur du viaduc de Millau ?;2 460 mètres|2,46 km;2004-12-15-viaduc-de-millau-inauguration.md;\
« L’ouvrage est long de 2 460 mètres »;;combien;transports
Qui a dessiné le viaduc de Millau ?;Norman Foster;2004-12-15-viaduc-de-millau-inauguration;;;Qui ?;
Pourquoi Airbus renonce-t-il à l’A380 ?;;Airbus renonce à l’A380, faute de clients;;;;
Quel est le prix du kilo de truffes à Oslo ?;;;;oui;;
Quand l’euro est-il entré en circulation ?;1er janvier 2002;2002-01-02-euro-pieces-et-billets;jamais écrit ainsi;;quand;
"""


def commands(language: str, at_least: int = 1) -> list[list[str]]:
    """Of the first block of code that has so many commands, the arguments."""
    blocks = re.findall(r"```\n(.*?)```", PAGES[language], re.DOTALL)
    block = next(block for block in blocks if block.count("assistant evaluate") >= at_least)
    return [shlex.split(line)[1:] for line in block.splitlines()]


@pytest.fixture
def workplace(tmp_path, monkeypatch, sample_index):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_INDEX", str(sample_index))
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_two_commands_lead_to_a_report(workplace, capsysbinary, language):
    template, evaluate = commands(language)
    assert main(template[: template.index(">")]) == 0
    (workplace / "questions.csv").write_bytes(capsysbinary.readouterr().out)
    assert main(evaluate) == 0
    report = workplace / evaluate[evaluate.index("--report") + 1]
    assert f'<html lang="{language}">' in report.read_text(encoding="utf-8")
    (run,) = (workplace / "runs").iterdir()
    assert [one.resolved.invalid for one in read_run(run).scored] == [""] * 4


def test_a_sheet_of_french_excel_leads_there_too(workplace, capsys):
    (workplace / "questions.csv").write_bytes(SHEET.replace("\n", "\r\n").encode("cp1252"))
    assert main(commands("fr")[1]) == 0
    assert "left out: questions.csv, row 6: “jamais écrit ainsi” is not in" in capsys.readouterr().err
    (path,) = (workplace / "runs").iterdir()
    run = read_run(path)
    assert run.figures["article_hit@5"].n == 3
    assert set(run.slices["type"]) >= {"combien", "qui", "pourquoi"}
    told = (path / "summary.md").read_text(encoding="utf-8")
    assert "Écartées, car leur preuve n’est pas dans le corpus\u00a0: questions.csv, ligne\u00a06." in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_and_after_are_compared_as_it_says(workplace, capsys, language):
    (workplace / "questions.csv").write_bytes(SHEET.encode("cp1252"))
    block = next(
        block for block in re.findall(r"```\n(.*?)```", PAGES[language], re.DOTALL) if "difference.html" in block
    )
    for line in block.splitlines():
        assert main([*shlex.split(line)[1:], "--limit", "2"]) == 0
    assert "not distinguishable" in capsys.readouterr().out
    assert (workplace / "difference.html").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_explained(language):
    explained = set(re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGES[language], re.MULTILINE))))
    assert {column.french if language == "fr" else column.english for column in COLUMNS} <= explained


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_is_explained_under_the_name_the_report_gives_it(language):
    explained = re.findall(r"^\| ([^|`]+) \|", PAGES[language], re.MULTILINE)
    names = [wording(language).causes[cause][0] for cause in CAUSES]
    assert [name for name in explained if name in names] == names


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_of_the_report_is_explained_under_its_heading(language):
    text = wording(language).text
    headings = ("verdict", "headline", "figures", "losses", "confidence", "slices", "news", "cases", "comparison")
    assert [text[name] for name in headings if f"**{text[name]}.**" not in PAGES[language]] == []


def shape(page: str) -> list[tuple[str, int]]:
    """Headings, paragraphs, items, rows and blocks of code in their order, without their words."""
    lines = page.splitlines()
    kinds = [
        next((kind for kind, start in STARTS.items() if re.match(start, line)), "" if line else "gap") for line in lines
    ]
    return [kind for kind in kinds if kind in STARTS]


STARTS = {"heading": r"#{1,3} ", "row": r"\|", "item": r"\d\. |- ", "code": r"```", "lead": r"\*\*"}


def test_both_languages_say_the_same():
    english, french = (shape(page) for page in PAGES.values())
    assert english == french
    assert {"evaluation.fr.md", "metrics.md"} <= set(re.findall(r"\]\(([\w.]+)\)", PAGES["en"]))
    assert {"evaluation.md", "metrics.md"} <= set(re.findall(r"\]\(([\w.]+)\)", PAGES["fr"]))
    for page in PAGES.values():
        anchors = {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in headings_of(page)}
        assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def headings_of(page: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", page, re.MULTILINE)


def test_french_is_set_as_french_is():
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|In English:", "", PAGES["fr"], flags=re.DOTALL)
    assert re.findall(r".{9} [;:?!%»]|.{9}« |.{9}[^\s\u00a0\u202f|:-][;?!»]", prose) == []
    assert "'" not in prose and '"' not in prose
