"""What an operator sees: figures that tell the truth, lines that can be read by a program, and no secret in either."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from assistant.api import create_app
from assistant.errors import IndexUnusable, UsageError
from assistant.page.chat import add_chat
from assistant.settings import Settings
from assistant.telemetry import REQUEST_ID, ROUTES, JsonLines, route_of, set_up_log, watched
from assistant.types import Progress

LOCAL, PROXY, STRANGER = "127.0.0.1", "10.0.0.7", "192.0.2.1"
QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"


def client_of(engine: FakeEngine | None = None, settings: Settings | None = None, peer: str = LOCAL) -> TestClient:
    return TestClient(
        create_app(engine or FakeEngine(), settings or Settings()),
        base_url="http://127.0.0.1:7860",
        client=(peer, 50000),
        raise_server_exceptions=False,
        follow_redirects=False,
        headers={"accept-language": "en"},
    )


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    """Each value by its name and the values of its labels, in the order of theirs."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (s.name, *(s.labels[key] for key in sorted(s.labels))): s.value for family in families for s in family.samples
    }


# --- Figures ------------------------------------------------------------------------------------------------


def test_each_request_is_counted_by_route_method_and_status():
    client = client_of()
    client.get("/")
    client.post("/api/ask", json={"question": QUESTION})
    client.get("/articles/hostile")
    client.get("/articles/nowhere")
    client.get("/static/ui.css")
    client.request("BREW", "/pot/14000")
    client.get("/healthz", headers={"host": "evil.example"})
    told = figures(client)
    assert {key[1:]: value for key, value in told.items() if key[0] == "sourcier_requests_total"} == {
        ("GET", "home", "307"): 1,
        ("POST", "ask", "200"): 1,
        ("GET", "article", "200"): 1,
        ("GET", "article", "404"): 1,
        ("GET", "static", "200"): 1,
        ("other", "other", "404"): 1,
        ("GET", "health", "400"): 1,
    }
    assert told["sourcier_request_seconds_count", "article"] == 2


def test_each_question_is_counted_by_what_came_of_it():
    engine = FakeEngine()
    client = client_of(engine)
    for question in (QUESTION, "Qui ?", "Qui ?", ""):
        client.post("/api/ask", json={"question": question})
    for error in (IndexUnusable("torn"), RuntimeError("a bug")):
        engine.error = error
        client.post("/api/ask", json={"question": QUESTION})
    told = figures(client)
    outcomes = {key[1]: value for key, value in told.items() if key[0] == "sourcier_questions_total"}
    assert outcomes == {"answered": 1, "abstained": 2, "refused": 1, "unavailable": 1, "failed": 1}
    assert told[("sourcier_question_seconds_count",)] == 6


def test_the_index_is_told_as_it_is_at_the_moment():
    engine = FakeEngine()
    client = client_of(engine)
    before = figures(client)
    engine.generation, engine.refused, engine.building = None, "torn", Progress(12, 40)
    after = figures(client)
    names = ("sourcier_served", "sourcier_refused", "sourcier_articles", "sourcier_indexing")
    assert [before[name,] for name in names] == [1, 0, 4, 0]
    assert [after[name,] for name in names] == [0, 1, 0, 28]
    assert after["process_resident_memory_bytes",] > 0 and after["sourcier_threads",] >= 1


@pytest.mark.parametrize(
    ("settings", "peer", "headers", "status"),
    [
        (Settings(), LOCAL, {}, 200),
        (Settings(), "::1", {}, 200),
        (Settings(), STRANGER, {}, 404),
        (Settings(), STRANGER, {"x-forwarded-for": LOCAL}, 404),
        (Settings(), LOCAL, {"x-forwarded-proto": "https"}, 404),
        (Settings(trusted_proxies=LOCAL), LOCAL, {"x-forwarded-for": STRANGER}, 404),
        (Settings(trusted_proxies=LOCAL), LOCAL, {"x-forwarded-for": f"{LOCAL}, {STRANGER}"}, 404),
        (Settings(metrics_from="192.0.2.0/24"), STRANGER, {}, 200),
        (Settings(metrics_from="192.0.2.0/24"), LOCAL, {}, 404),
        (Settings(metrics_from="0.0.0.0/0"), "2001:db8::1", {}, 404),
        (Settings(auth_header="X-User", trusted_proxies=PROXY), LOCAL, {}, 200),
        (Settings(auth_header="X-User", trusted_proxies=PROXY), PROXY, {"x-user": "marie"}, 404),
    ],
)
def test_only_listed_addresses_are_told_the_figures(settings, peer, headers, status):
    assert client_of(settings=settings, peer=peer).get("/metrics", headers=headers).status_code == status


def test_a_caller_cannot_make_up_labels():
    client = client_of()
    for n in range(50):
        client.get(f"/made-up/{n}")
        client.request(f"MADE{n}", f"/api/articles/{n}")
    assert len(figures(client)) < 100


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/fr/", "chat"),
        ("/en/gradio_api/queue/join", "event"),
        ("/en/gradio_api/heartbeat/abc", "stream"),
        ("/fr/assets/index.js", "component"),
        ("/fr/articles", "articles"),
        ("/en/quote", "quote"),
        ("/articles/a\nb", "article"),
        ("/api/articles/a/b", "article"),
        ("/fr/gradio_api/upload", "other"),
        ("/de/", "other"),
        ("", "other"),
    ],
)
def test_a_path_has_a_route_of_a_few(path, route):
    assert route_of(path) == route


def test_every_address_of_the_server_has_a_route():
    app = create_app(FakeEngine(), Settings())
    add_chat(app, FakeEngine(), Settings())
    paths = set(app.openapi()["paths"]) | {"/", "/fr/", "/en/embed", "/widget.js", "/static/ui.js", "/metrics"}
    assert {path: route_of(path) for path in paths if route_of(path) == "other"} == {}
    assert {route_of(path) for path in paths} | {"event", "stream", "component", "articles"} == set(ROUTES)


# --- Names of requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "given", "taken"),
    [
        (PROXY, "f3a1-77.b:2=", True),
        (PROXY, "x" * 64, True),
        (PROXY, "x" * 65, False),
        (PROXY, "a b", False),
        (PROXY, "", False),
        (STRANGER, "f3a1", False),
    ],
)
def test_a_trusted_proxy_names_a_request(peer, given, taken):
    client = client_of(settings=Settings(trusted_proxies=PROXY), peer=peer)
    response = client.get("/api/articles/nowhere", headers={REQUEST_ID: given})
    name = response.headers[REQUEST_ID]
    assert (name == given) is taken and len(name) >= 4
    assert response.json()["error"]["request_id"] == name


# --- The log ------------------------------------------------------------------------------------------------

CANARY = "canari-4711"


def everything_told(caplog, settings: Settings) -> str:
    """What the log and the figures hold after requests with a canary wherever a secret or a text may be."""
    engine = FakeEngine()
    client = client_of(engine, settings, PROXY)
    secret = {
        "x-remote-user": CANARY,
        "authorization": f"Bearer {CANARY}",
        "cookie": f"session={CANARY}",
        "x-forwarded-for": "198.51.100.77",
        "user-agent": CANARY,
    }
    formatter = JsonLines()
    with caplog.at_level(logging.DEBUG, "assistant"):
        for error in (None, IndexUnusable("torn"), UsageError("not understood"), RuntimeError("a bug")):
            engine.error = error
            body = {"question": f"{CANARY} Syrie", "history": [CANARY]}
            client.post(f"/api/ask?token={CANARY}", json=body, headers=secret)
        client.post("/api/ask", json={"question": CANARY, CANARY: CANARY}, headers=secret)
        client.post("/api/feedback", json={"comment": CANARY}, headers=secret)
        client.get(f"/articles?q={CANARY}", headers=secret)
        client.get(f"/{CANARY}", headers=secret)
        client.get("/healthz", headers=secret | {"host": CANARY})
    lines = [formatter.format(record) for record in caplog.records if record.name.startswith("assistant")]
    assert len([line for line in lines if json.loads(line)["message"] == "request"]) == 9
    return "\n".join(lines) + client.app.state.telemetry.figures().decode()


SIGNED_ON = Settings(auth_header="X-Remote-User", trusted_proxies=PROXY)


def test_no_question_name_address_or_secret_is_logged_or_counted(caplog):
    told = everything_told(caplog, SIGNED_ON)
    assert CANARY not in told and "198.51.100.77" not in told


def test_questions_are_logged_where_the_settings_say_so_and_nothing_else(caplog):
    settings = Settings(auth_header="X-Remote-User", trusted_proxies=PROXY, log_questions=True)
    told = everything_told(caplog, settings)
    assert told.count(CANARY) == told.count(f'"question": "{CANARY} Syrie"') == 4


def test_a_line_can_be_read_by_a_program_and_forged_by_nobody():
    record = logging.LogRecord(
        "assistant.x", logging.WARNING, "", 1, 'a\n{"level": "forged"}\x1b[31m\u202e %s', ("é",), None
    )
    line = JsonLines().format(record)
    assert "\n" not in line and line.isascii() and line.isprintable()
    assert json.loads(line)["message"] == 'a\n{"level": "forged"}\x1b[31m\u202e é'


def test_an_unknown_way_to_write_the_log_is_refused():
    with pytest.raises(UsageError, match=r"'log'.*'xml'.*text or json"):
        set_up_log(Settings(log="xml"))


def test_what_an_engine_does_besides_is_as_it_was():
    engine = FakeEngine()
    app = create_app(engine, Settings())
    assert watched(engine, app.state.telemetry).facts() == engine.facts()


SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from fake_engine import FakeEngine
from assistant.server import serve
from assistant.settings import load_settings
engine = FakeEngine()
engine.error = {"bug": RuntimeError("a bug")}.get(sys.argv[2])
serve(engine, load_settings(), lambda address: print(address, flush=True))
"""


@pytest.mark.parametrize("error", ["none", "bug"])
def test_a_server_that_logs_json_logs_nothing_else(error, tmp_path):
    environment = os.environ | {"ASSISTANT_LOG": "json", "ASSISTANT_PORT": "0"}
    command = [sys.executable, "-c", SERVER, str(Path(__file__).parent), error]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        address = server.stdout.readline().strip()
        name = httpx.post(f"{address}api/ask", json={"question": QUESTION}).headers[REQUEST_ID]
        server.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in server.communicate(timeout=20)[1].splitlines()]
    assert server.returncode == 0
    mine = [line for line in lines if line["request_id"] == name]
    told = {line["message"]: line for line in mine}
    assert told["request"]["route"] == "ask" and told["request"]["status"] == (500 if error == "bug" else 200)
    assert told["question"]["outcome"] == ("failed" if error == "bug" else "answered")
    tracebacks = [line for line in lines if "traceback" in line]
    assert [line["level"] for line in tracebacks] == (["error"] if error == "bug" else [])
    assert all("a bug" in line["traceback"] for line in tracebacks)
