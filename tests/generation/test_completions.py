import json

import pytest
from fake_engine import FakeEngine
from pydantic import ValidationError

from assistant.errors import UsageError
from assistant.generate.completions import CompletionRequest, asked, chunks, completion
from assistant.records import AnswerRecord, answer_record

NOTHING = "Les articles ne répondent pas."


def record(question: str = "Combien de combattants étrangers Interpol a-t-il identifiés ?") -> AnswerRecord:
    return answer_record(FakeEngine().ask(question))


def request(*messages: tuple[str, object], **more: object) -> CompletionRequest:
    told = [{"role": role, "content": content} for role, content in messages]
    return CompletionRequest.model_validate({"model": "gpt-4", "messages": told, "temperature": 1, **more})


def test_the_last_message_of_the_user_is_the_question():
    found = asked(
        request(("system", "Sois bref."), ("user", "Qui ?"), ("assistant", "Lui. [1]"), ("user", "Et quand ?"))
    )
    assert (found.question, found.history) == ("Et quand ?", ["Qui ?"])


def test_a_message_may_come_in_parts():
    parts = [
        {"type": "text", "text": "Qui"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "?"},
    ]
    assert asked(request(("user", parts))).question == "Qui\n?"


def test_without_a_question_the_way_out_is_told():
    with pytest.raises(UsageError, match="role 'user'"):
        asked(request(("system", "Bonjour")))


@pytest.mark.parametrize(
    "messages", [[], "x", [{"role": "robot", "content": "x"}], [{"role": "user", "content": "\ud800"}]]
)
def test_what_is_no_conversation_is_refused(messages):
    with pytest.raises(ValidationError):
        CompletionRequest.model_validate({"messages": messages})


def test_an_answer_with_its_citations():
    found = completion(record(), "r1", 1700000000, NOTHING)
    told = json.loads(found.model_dump_json())
    assert told["object"] == "chat.completion"
    content = told["choices"][0]["message"]["content"]
    assert content.startswith(record().answer + "\n\n[1] ")
    citation = told["sourcier"]["citations"][0]
    assert citation["quote"] in content and citation["url"] in content
    assert told["choices"][0]["finish_reason"] == "stop"


def test_an_abstention_says_so():
    found = completion(record("Quelle est la capitale du Pérou ?"), "r1", 1, NOTHING)
    assert found.choices[0].message.content == NOTHING
    assert found.sourcier.abstained and found.sourcier.nearest is not None


@pytest.mark.parametrize(
    "question", ["Combien de combattants étrangers Interpol a-t-il identifiés ?", "Capitale du Pérou ?"]
)
def test_a_stream_tells_the_same(question):
    told = list(chunks(record(question), "r1", 1, NOTHING))
    assert told[-1] == "[DONE]"
    read = [json.loads(chunk) for chunk in told[:-1]]
    assert {chunk["object"] for chunk in read} == {"chat.completion.chunk"}
    content = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in read)
    assert content == completion(record(question), "r1", 1, NOTHING).choices[0].message.content
    assert read[-1]["choices"][0]["finish_reason"] == "stop"
    assert read[-1]["sourcier"] == record(question).model_dump(mode="json")
