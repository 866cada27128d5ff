import os
import subprocess
import sys

import pytest

from assistant.errors import UsageError
from assistant.generate.service import service_of
from assistant.settings import Settings

LOCAL = {"answers": "generative", "llm_url": "http://127.0.0.1:11434/v1/", "llm_model": "qwen2.5:3b"}


def test_answers_are_extractive_unless_told_otherwise():
    assert service_of(Settings()) is None
    assert service_of(Settings(llm_url="nonsense", llm_model="m")) is None


def test_a_local_server_needs_an_address_and_a_model():
    service = service_of(Settings(**LOCAL, llm_seconds=9), {})
    assert service is not None
    assert (service.url, service.model, service.key) == ("http://127.0.0.1:11434/v1", "qwen2.5:3b", "")
    assert service.is_local and service.total_timeout == 9


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answers": "magic"}, r"'answers' has value 'magic'.*extractive, generative"),
        ({"llm_url": ""}, r"ASSISTANT_LLM_URL is empty.*11434"),
        ({"llm_model": ""}, r"ASSISTANT_LLM_MODEL is empty"),
        ({"llm_url": "localhost:11434"}, r"'localhost:11434'.*http://"),
        ({"llm_url": "http://user:secret@127.0.0.1/v1"}, "It takes an address"),
        ({"llm_url": "https://llm.example.org/v1"}, r"not on this machine.*ASSISTANT_LLM_REMOTE=on"),
        ({"llm_protocol": "json"}, "Available: numbered, spans"),
        ({"llm_verify": "off"}, "Available: strict, mark"),
        ({"llm_seconds": 0}, "'0'"),
        ({"llm_key_variable": "GATEWAY_KEY"}, "'GATEWAY_KEY', which is not set"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_out(changes, told):
    with pytest.raises(UsageError, match=told):
        service_of(Settings(**(LOCAL | changes)), {})


def test_another_machine_is_allowed_by_name_only():
    settings = Settings(
        **(LOCAL | {"llm_url": "https://llm.example.org/v1", "llm_key_variable": "GATEWAY_KEY"}), llm_remote=True
    )
    service = service_of(settings, {"GATEWAY_KEY": "sk-secret"})
    assert service is not None and not service.is_local
    assert service.key == "sk-secret"
    assert "sk-secret" not in repr(service)


STRAY = {
    "OPENAI_API_KEY": "sk-stray",
    "OPENAI_BASE_URL": "http://192.0.2.1/v1",
    "OPENAI_ORG_ID": "org",
    "OLLAMA_HOST": "x",
}


def in_child(code: str, **environ: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **STRAY, **environ}
    )
    return ran.stdout.strip()


def test_stray_variables_of_openai_change_nothing():
    """In a process of its own: the mode stays extractive, no socket is opened, and nothing of OpenAI's is loaded."""
    code = """
import socket, sys
def refused(*_, **__): raise AssertionError("a socket was opened")
socket.socket.connect = refused
from assistant.settings import load_settings
import assistant.generate
from assistant.completions import completion
loaded = {"openai", "langchain_openai", "httpx2", "tiktoken"} & set(sys.modules)
print(assistant.generate.service_of(load_settings()), loaded)
"""
    assert in_child(code) == "None set()"


def test_the_program_loads_nothing_of_openais():
    code = "import sys, assistant.server, assistant.cli; print({'openai', 'langchain_openai'} & set(sys.modules))"
    assert in_child(code) == "set()"


def test_a_stray_key_is_not_sent_to_the_server_and_no_proxy_is_asked_for_it():
    pytest.importorskip("langchain_openai")
    code = """
import asyncio, sys
sys.path.insert(0, "tests"); sys.path.insert(0, "tests/generation")
from fake_engine import FakeEngine
from llm_server import llm_server
from assistant.generate import Ended, Service, Writer
async def word(url):
    asked = FakeEngine().ask("Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?")
    return [event async for event in Writer(Service(url, "faithful")).word(asked)][-1]
with llm_server() as server:
    ended = asyncio.run(word(server.url))
    print(ended.fault, server.headers[0].get("authorization"), [n for n in server.headers[0] if n.startswith("openai")])
    body = server.requests[0]
    print(body["temperature"], body["max_tokens"], body["stream"], "max_completion_tokens" in body)
"""
    told = in_child(code, HTTP_PROXY="http://127.0.0.1:9", OPENAI_PROXY="http://127.0.0.1:9", OPENAI_PROJECT_ID="p")
    assert told == "None Bearer none []\n0.0 256 True False"
