"""The tools of the Model Context Protocol, as its own client finds them over standard input and output."""

import asyncio
import importlib.util
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli import _parser, main
from assistant.engine import Engine
from assistant.quote_records import quote_record
from assistant.records import AskRequest, answer_record, article_record

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters, types

ROOT = Path(__file__).parent.parent
QUESTION = "Qui a gagné la Coupe du monde en 2018 ?"
ALTERED = "Notre intention est de collaborer avec les Kurdes, les uns aux côtés des autres, pour prendre Raqa"
ARTICLE = "2017-05-09-raqa-coalition-copenhague"

TAKEN = ", ".join(AskRequest.model_fields)

CALLS = {
    "answer": ("ask", {"question": QUESTION}),
    "follow-up": ("ask", {"question": "Et quand ?", "history": [QUESTION], "language": "fr", "explain": True}),
    "abstention": ("ask", {"question": "Combien coûte un abonnement au métro de Tokyo ?"}),
    "altered": ("quote", {"quotation": ALTERED}),
    "absent": ("quote", {"quotation": "Personne n'a jamais dit cela à aucun journaliste"}),
    "article": ("show", {"article_id": ARTICLE}),
    "no article": ("show", {"article_id": "nowhere"}),
    "no question": ("ask", {}),
    "empty question": ("ask", {"question": " \n"}),
    "long question": ("ask", {"question": "a" * 3000}),
    "unknown argument": ("ask", {"question": "q", "k": 3}),
    "no words": ("quote", {"quotation": "« »"}),
    "no tool": ("delete", {}),
}


@pytest.fixture(scope="module")
def told(sample_index: Path) -> dict[str, types.CallToolResult]:
    """What each call is answered, by one process; "tools" are those offered."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant", "mcp", "--index", str(sample_index)], cwd=ROOT
    )

    async def all_calls() -> dict[str, types.CallToolResult]:
        async with Client(command) as client:
            tools = await client.list_tools()
            return {"tools": tools} | {  # type: ignore[dict-item]
                name: await client.call_tool(tool, given) for name, (tool, given) in CALLS.items()
            }

    return asyncio.run(all_calls())


def text(result: types.CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def test_three_tools_are_offered_that_change_nothing(told: dict[str, types.CallToolResult]) -> None:
    tools = told["tools"].tools  # type: ignore[attr-defined]
    assert [tool.name for tool in tools] == ["ask", "quote", "show"]
    for tool in tools:
        assert tool.description and tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema["type"] == "object"


#: Of an answer, what does not depend on how many cores a process has.
SAME = ("question", "understood_as", "language", "abstained", "answer", "statements", "citations", "nearest")


@pytest.mark.parametrize("name", ["answer", "follow-up", "abstention"])
def test_a_question_is_answered_with_the_answer_object(
    told: dict[str, types.CallToolResult], sample_engine: Engine, name: str
) -> None:
    answer = sample_engine.ask(**CALLS[name][1])  # type: ignore[arg-type]
    expected, given = answer_record(answer).model_dump(mode="json"), told[name].structured_content
    assert given is not None and {key: given[key] for key in SAME} == {key: expected[key] for key in SAME}
    assert (answer.abstained, "explain" in given) == (name != "answer", name == "follow-up")
    assert text(told[name]).startswith(answer.statements[0].text if answer.statements else "Les articles ne répondent")


def test_a_quotation_is_looked_up(told: dict[str, types.CallToolResult], sample_engine: Engine) -> None:
    expected = quote_record(sample_engine.find_quote(ALTERED)).model_dump(mode="json")
    assert told["altered"].structured_content == expected
    assert text(told["altered"]).startswith("altered\n") and "“Turcs” became “Kurdes” (name)" in text(told["altered"])
    assert text(told["absent"]) == told["absent"].structured_content["status"] == "absent"  # type: ignore[index]


def test_an_article_is_shown_whole(told: dict[str, types.CallToolResult], sample_engine: Engine) -> None:
    article = sample_engine.article(ARTICLE)
    assert article is not None
    expected = article_record(article, sample_engine.sentences(ARTICLE)).model_dump(mode="json")
    assert told["article"].structured_content == expected
    assert article.title in text(told["article"])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no article", "no article 'nowhere'. Take the article_id of a citation."),
        ("no question", f"'question': Field required. It takes {TAKEN}."),
        ("empty question", "the question is empty. Ask something, such as: Qui a gagné la Coupe du monde en 2018 ?"),
        ("long question", "the question has 3000 characters, 2000 are taken. Shorten it."),
        ("unknown argument", f"'k': Extra inputs are not permitted. It takes {TAKEN}."),
        ("no words", 'the quotation has no words. Give it as it was said: assistant quote "…"'),
        ("no tool", "no tool 'delete'. Available: ask, quote, show."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(told: dict[str, types.CallToolResult], name: str, line: str) -> None:
    assert told[name].is_error and told[name].structured_content is None
    assert text(told[name]) == line


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The server by itself, without an index."""
    command = [sys.executable, "-m", "assistant", "mcp", "--index", str(tmp_path / "none")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as started:  # type: ignore[call-overload]
        yield started
        started.kill()


def sent(process: "subprocess.Popen[str]", line: str) -> dict[str, object]:
    assert process.stdin and process.stdout
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())  # type: ignore[no-any-return]


GREETING = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
)


def test_standard_output_holds_the_protocol_and_nothing_else(process: "subprocess.Popen[str]") -> None:
    assert sent(process, GREETING)["result"]["serverInfo"]["name"] == "sourcier"  # type: ignore[index]
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    none_yet = sent(process, json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}))
    assert none_yet["result"]["isError"]  # type: ignore[index]
    out, _ = process.communicate(timeout=30)
    assert out == "" and process.returncode == 0


def test_it_ends_when_it_is_told_to(process: "subprocess.Popen[str]") -> None:
    sent(process, GREETING)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert out == "" and "Traceback" not in err


def test_without_its_library_the_way_out_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["mcp"]) == 2
    assert capsys.readouterr().err.endswith("not installed: pip install 'sourcier[mcp]'.\n")


def test_the_example_of_the_documentation_is_a_command() -> None:
    page = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    server = json.loads(example)["mcpServers"]["sourcier"]
    assert Path(server["command"]).name == "assistant"
    assert _parser().parse_args(server["args"]).index
