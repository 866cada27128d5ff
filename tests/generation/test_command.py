"""Worded answers as people get them: on the command line."""

import pytest
from llm_server import SCENARIOS, LlmServer, given, llm_server, says

from assistant.cli import main
from assistant.generate.client import load

pytest.importorskip("langchain_openai")

ASKED = "Qui a gagné la Coupe du monde en 2018 ?"
#: What no article says.
INVENTED = "L'Atlantide a gagné la Coupe du monde en 2018."


@pytest.fixture(scope="module")
def server():
    load()
    SCENARIOS["quotes"] = says(lambda body: f"{given(body)[0]} [1]" if given(body) else "oui")
    SCENARIOS["invents"] = says(lambda body: f"{INVENTED} [1]")
    with llm_server() as running:
        yield running
    del SCENARIOS["quotes"], SCENARIOS["invents"]


@pytest.fixture
def generative(monkeypatch, server: LlmServer):
    monkeypatch.setenv("ASSISTANT_ANSWERS", "generative")
    monkeypatch.setenv("ASSISTANT_LLM_URL", server.url)
    return lambda model: monkeypatch.setenv("ASSISTANT_LLM_MODEL", model)


def asked(index, question: str, capsys) -> str:
    assert main(["ask", question, "--index", str(index)]) == 0
    return capsys.readouterr().out


def test_the_words_of_the_model_stand_behind_the_answer_from_the_articles(generative, sample_index, capsys):
    generative("quotes")
    quoted, worded = asked(sample_index, ASKED, capsys).split("\nquotes: ")
    assert worded.splitlines()[0] == quoted.splitlines()[0]
    assert "2018" in worded


def test_what_no_article_says_is_not_told(generative, sample_index, capsys):
    generative("invents")
    told = asked(sample_index, ASKED, capsys)
    assert INVENTED not in told
    assert told.split("\ninvents: ")[1].strip()


def test_no_model_is_asked_where_the_articles_hold_no_answer(generative, sample_index, capsys):
    generative("invents")
    assert "invents:" not in asked(sample_index, "Combien coûte un abonnement au métro de Tokyo ?", capsys)


def test_the_check_tries_the_model(generative, sample_index, capsys):
    generative("invents")
    assert main(["check", "--llm", "--index", str(sample_index)]) == 1
    assert "Take a larger model" in capsys.readouterr().out


def test_without_a_model_there_is_nothing_to_check(sample_index, capsys):
    assert main(["check", "--llm", "--index", str(sample_index)]) == 2
    assert "ASSISTANT_ANSWERS=generative" in capsys.readouterr().err
