"""How much one caller, one request and all together may take, and whose a conversation is."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count
from threading import Event

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from serving import running, wait_until

from assistant import connection, limits
from assistant.api import create_app
from assistant.limits import BODY_LIMIT, CALLERS, MINUTE, Crowded, Desk, Pace
from assistant.page.chat import add_chat
from assistant.sessions import FORGOTTEN, SESSIONS, WAITING, Sessions
from assistant.settings import Settings

PROXY = "10.0.0.7"
QUESTION = {"question": "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"}


def client_of(settings: Settings, peer: str = PROXY) -> TestClient:
    return TestClient(
        create_app(FakeEngine(), settings),
        base_url="http://127.0.0.1:7860",
        client=(peer, 50000),
        headers={"accept-language": "en"},
    )


# --- One caller ---------------------------------------------------------------------------------------------


def test_a_minutes_worth_at_once_and_then_one_by_one():
    now = [0]
    pace = Pace(4, lambda: now[0])
    assert [pace.wait("a") for _ in range(6)] == [0, 0, 0, 0, 15, 15]
    assert pace.wait("b") == 0
    now[0] = MINUTE // 4 - 1
    assert pace.wait("a") == 1
    now[0] += 1
    assert [pace.wait("a"), pace.wait("a")] == [0, 15]
    now[0] += 10 * MINUTE
    assert [pace.wait("a") for _ in range(5)] == [0, 0, 0, 0, 15]


def test_no_more_callers_are_remembered_than_there_is_room_for():
    pace = Pace(1, lambda: 0)
    assert pace.wait("early") == 0
    for n in range(CALLERS - 1):
        pace.wait(n)
    assert pace.wait("early") > 0  # and now it is the last that was seen
    for n in range(CALLERS, 2 * CALLERS - 1):
        pace.wait(n)
    assert pace.wait("early") > 0
    for n in range(CALLERS):
        pace.wait(("another", n))
    assert pace.wait("early") == 0
    assert len(pace._due) == CALLERS


def ask(client: TestClient, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/ask", json=QUESTION, headers=named).status_code


def test_who_asks_too_often_is_told_when_to_come_back():
    client = client_of(Settings(rate_limit=3))
    assert [ask(client) for _ in range(3)] == [200, 200, 200]
    refused = client.post("/api/ask", json=QUESTION)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "20" and "20 s" in refused.json()["error"]["message"]
    assert "frame-ancestors" in refused.headers["content-security-policy"]
    assert client.post("/api/feedback", json={}).status_code == 429
    for search in ("/fr/articles?q=Raqa", "/en/quote?q=Raqa"):
        assert client.get(search).status_code == 429
    assert client.get("/fr/articles").status_code == 200
    assert client.get("/articles/hostile").status_code == client.get("/healthz").status_code == 200


def test_a_listed_origin_can_read_that_it_asked_too_often():
    client = client_of(Settings(rate_limit=1, widget_origins="https://a.example"))
    origin = {"origin": "https://a.example"}
    refused = [client.post("/api/ask", json=QUESTION, headers=origin) for _ in range(2)][1]
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (429, "https://a.example")


def test_each_address_behind_a_proxy_is_one_caller_and_cannot_say_it_is_another():
    client = client_of(Settings(rate_limit=1, trusted_proxies=PROXY))
    assert ask(client, x_forwarded_for="192.0.2.1") == 200
    assert ask(client, x_forwarded_for="192.0.2.1") == 429
    assert ask(client, x_forwarded_for="192.0.2.99, 192.0.2.1") == 429
    assert ask(client, x_forwarded_for="192.0.2.2") == 200
    assert ask(client, x_forwarded_for="2001:db8::1") == 200
    assert ask(client, x_forwarded_for="2001:db8::ffff:2") == 429
    assert ask(client, x_forwarded_for="2001:db8:0:1::1") == 200


def test_a_person_is_one_caller_wherever_they_ask_from():
    settings = Settings(rate_limit=1, trusted_proxies=PROXY, auth_header="X-Remote-User")
    client = client_of(settings)
    assert ask(client, x_remote_user="marie", x_forwarded_for="192.0.2.1") == 200
    assert ask(client, x_remote_user="marie", x_forwarded_for="192.0.2.2") == 429
    assert ask(client, x_remote_user="paul", x_forwarded_for="192.0.2.1") == 200
    assert [ask(client) for _ in range(3)] == [401, 401, 401]


@pytest.mark.parametrize(
    ("settings", "peer", "headers"),
    [
        (Settings(rate_limit=1), "127.0.0.1", {}),
        (Settings(rate_limit=1), "::1", {}),
        (Settings(rate_limit=0), PROXY, {}),
    ],
)
def test_programs_on_this_machine_and_without_a_limit_everyone_asks_on(settings, peer, headers):
    client = client_of(settings, peer)
    assert [ask(client, **headers) for _ in range(5)] == [200] * 5


# --- One request --------------------------------------------------------------------------------------------


def raw(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


HEAD = "POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"


def test_a_body_that_drips_in_is_given_up_and_others_are_answered(monkeypatch):
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.5)
    with running(FakeEngine(), Settings(port=0)) as address, closing(raw(address)) as slow:
        slow.sendall(f'{HEAD}content-length: 100\r\n\r\n{{"question'.encode())
        with closing(raw(address)) as quick:
            quick.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            assert quick.recv(65536).startswith(b"HTTP/1.1 200")
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 408") and b"content-security-policy" in answer and b"too_slow" in answer


def test_a_body_that_never_ends_is_cut_off():
    with running(FakeEngine(), Settings(port=0)) as address, closing(raw(address)) as endless:
        endless.sendall(f"{HEAD}transfer-encoding: chunked\r\n\r\n".encode())
        for _ in range(BODY_LIMIT // 1024 + 1):
            endless.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
        assert endless.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_hundred_heads_that_drip_in_hold_nobody_up_and_are_given_up(monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 1.0)
    with running(FakeEngine(), Settings(port=0)) as address:
        slow = [raw(address) for _ in range(100)]
        ended = Event()

        def drip() -> None:
            while not ended.wait(0.1):
                for one in slow:
                    with suppress(OSError):
                        one.sendall(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            with closing(raw(address)) as quick:
                quick.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
                assert quick.recv(65536).startswith(b"HTTP/1.1 200")
            for one in slow:
                with pytest.raises(ConnectionError):
                    while one.recv(1024):
                        pass
                    raise ConnectionError
        finally:
            ended.set()
            dripping.join()
            for one in slow:
                one.close()


def test_a_kept_connection_takes_one_request_after_the_other(monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 1.0)
    with running(FakeEngine(), Settings(port=0)) as address, closing(raw(address)) as kept:
        for _ in range(4):
            kept.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert kept.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)


def test_a_head_that_is_too_large_or_none_is_refused_and_signed():
    with running(FakeEngine(), Settings(port=0)) as address:
        for head in (b"GET /healthz HTTP/1.1\r\nx: " + b"x" * 40_000, b"\x16\x03\x01 TLS here, by mistake\r\n\r\n"):
            with closing(raw(address)) as odd:
                odd.sendall(head)
                answer = odd.recv(65536)
                assert answer.startswith(b"HTTP/1.1 400") and b"content-security-policy" in answer


def test_beyond_so_many_connections_requests_are_refused(monkeypatch):
    monkeypatch.setattr(connection, "CONNECTIONS", 3)
    with running(FakeEngine(), Settings(port=0)) as address:
        held = [raw(address) for _ in range(3)]
        wait_until(lambda: refused(address))
        for one in held:
            one.close()
        wait_until(lambda: not refused(address))


def refused(address: str) -> bool:
    with closing(raw(address)) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        answer = one.recv(65536)
    assert b"content-security-policy" in answer
    if answer.startswith(b"HTTP/1.1 503"):
        assert b"retry-after: 5" in answer
        return True
    return False


# --- All together -------------------------------------------------------------------------------------------


def test_of_more_questions_than_there_is_room_for_the_last_are_refused_at_once_and_the_others_answered():
    engine = FakeEngine()
    engine.hold = Event()
    app = create_app(engine, Settings())
    places = limits.AT_ONCE + limits.WAITING
    with (
        TestClient(app, base_url="http://127.0.0.1:7860") as client,
        ThreadPoolExecutor(places) as pool,
    ):
        waiting = [pool.submit(client.post, "/api/ask", json=QUESTION) for _ in range(places)]
        wait_until(lambda: app.state.desk._places._value == 0)
        late = client.post("/api/ask", json=QUESTION)
        assert (late.status_code, late.json()["error"]["code"]) == (503, "busy") and late.headers["retry-after"] == "5"
        assert client.get("/healthz").status_code == client.get("/articles/hostile").status_code == 200
        assert len(engine.asked) == limits.AT_ONCE
        engine.hold.set()
        assert [one.result().status_code for one in waiting] == [200] * places
        assert client.post("/api/ask", json=QUESTION).status_code == 200


def test_a_question_that_takes_too_long_is_given_up_and_its_place_is_free_when_it_ends():
    hold = Event()

    async def crowd() -> None:
        desk = Desk(at_once=1, waiting=1, deadline=0.2)
        numbers = count()

        def ask() -> int:
            hold.wait(10)
            return next(numbers)

        late = [asyncio.create_task(desk.answer(ask)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Crowded, match="under way"):
            await desk.answer(ask)
        for one in late:
            with pytest.raises(Crowded, match="no answer after"):
                await one
        hold.set()
        await asyncio.sleep(0.1)
        assert await desk.answer(ask) == 1  # the one that waited was let go of before it began

    asyncio.run(crowd())


# --- Whose conversation -------------------------------------------------------------------------------------


def test_of_a_conversation_of_somebody_else_there_is_nothing():
    settings = Settings(trusted_proxies=PROXY)
    app = create_app(FakeEngine(), settings)
    add_chat(app, FakeEngine(), settings)
    with TestClient(
        app, base_url="http://127.0.0.1:7860", client=(PROXY, 50000), raise_server_exceptions=False
    ) as client:

        def tried(address: str) -> list[int]:
            given = {"x-forwarded-for": address}
            event = {"data": ["", None], "fn_index": 9999, "session_hash": "abc123"}
            return [
                client.post("/fr/gradio_api/queue/join", json=event, headers=given).status_code,
                client.get("/fr/gradio_api/queue/data?session_hash=x&session_hash=abc123", headers=given).status_code,
            ]

        assert tried("192.0.2.1") == [422, 200]
        assert tried("192.0.2.2") == [404, 404]
        assert (
            client.get("/fr/gradio_api/heartbeat/abc123", headers={"x-forwarded-for": "2001:db8::1"}).status_code == 404
        )


def test_no_more_conversations_are_remembered_than_there_is_room_for():
    sessions = Sessions(app=None)  # type: ignore[arg-type]
    assert sessions._is_owner("one", "marie") and not sessions._is_owner("one", "paul")
    for n in range(SESSIONS):
        sessions._is_owner(f"s{n}", "paul")
    assert sessions._is_owner("one", "paul")
    assert len(sessions._owners) == SESSIONS


def test_of_more_pages_than_can_be_answered_soon_the_last_are_refused_and_those_that_wait_may_go_on(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("assistant.sessions.time.monotonic", lambda: now[0])
    sessions = Sessions(app=None)  # type: ignore[arg-type]
    assert all(sessions._may_wait(f"s{n}") for n in range(WAITING))
    assert not sessions._may_wait("late") and sessions._may_wait("s0")
    now[0] = FORGOTTEN + 1
    assert sessions._may_wait("late") and len(sessions._waiting) == 1


def test_a_page_that_has_its_answer_makes_room_for_another(monkeypatch):
    monkeypatch.setattr("assistant.sessions.WAITING", 1)
    app = create_app(FakeEngine(), Settings())
    add_chat(app, FakeEngine(), Settings())
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:

        def join(session: str) -> int:
            event = {"data": ["Qui ?", None], "fn_index": 0, "session_hash": session}
            response = client.post("/fr/gradio_api/queue/join", json=event)
            assert response.status_code == 200 or response.headers["retry-after"]
            return response.status_code

        assert [join("a"), join("b"), join("a")] == [200, 503, 200]
        client.get("/fr/gradio_api/queue/data?session_hash=a")
        assert join("b") == 200
