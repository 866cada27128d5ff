"""Who may come in when a reverse proxy signs people in."""

import re
from http.client import HTTPConnection

import pytest
from fake_engine import FakeEngine
from fastapi import FastAPI
from fastapi.testclient import TestClient
from serving import running
from starlette.routing import BaseRoute, Mount

from assistant.access import Person, SignOn, sign_on
from assistant.api import create_app
from assistant.errors import UsageError
from assistant.guard import page_needs
from assistant.page.chat import add_chat
from assistant.settings import Settings
from assistant.words import CATALOGUE

PROXY, STRANGER = "10.0.0.7", "192.0.2.1"
SIGNED_ON = Settings(auth_header="X-Remote-User", groups_header="X-Remote-Groups", trusted_proxies=PROXY)
NAMED = {"x-remote-user": "marie"}
QUESTION = {"question": "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"}


def client_of(settings: Settings, peer: str = PROXY, root_path: str = "") -> TestClient:
    return TestClient(
        create_app(FakeEngine(), settings),
        base_url="http://127.0.0.1:7860",
        root_path=root_path,
        client=(peer, 50000),
        follow_redirects=False,
        headers={"accept-language": "en"},
    )


def ask(client: TestClient, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/ask", json=QUESTION, headers=named).status_code


# --- Every address ------------------------------------------------------------------------------------------


def routes_of(routes: list[BaseRoute]) -> list[BaseRoute]:
    """All routes, those of included routers as well."""
    nested = [route.original_router.routes for route in routes if hasattr(route, "original_router")]
    return [*routes, *(route for inner in nested for route in routes_of(inner))]


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """A method and a path for each route; of a mounted application, two paths below it."""
    found: list[tuple[str, str]] = []
    for route in routes_of(app.routes):
        path = re.sub(r"\{[^}]*\}", "hostile", getattr(route, "path", ""))
        if isinstance(route, Mount):
            found += [("GET", f"{path}/{name}") for name in ("ui.js", "config")]
        elif path:
            found += [(method, path) for method in getattr(route, "methods", None) or ["GET"]]
    return found


def test_without_a_name_only_what_tells_nothing_is_answered() -> None:
    app = create_app(FakeEngine(), SIGNED_ON)
    add_chat(app, FakeEngine(), SIGNED_ON)
    client = TestClient(app, base_url="http://127.0.0.1:7860", client=(PROXY, 50000), follow_redirects=False)
    every = addresses(app)
    paths = {path for _, path in every}
    assert {"/api/ask", "/api/openapi.json", "/", "/fr/", "/en/embed", "/articles/hostile", "/fr/config"} <= paths
    statuses = {(method, path): client.request(method, path).status_code for method, path in every if page_needs(path)}
    answered = {path for (_, path), status in statuses.items() if status != 401}
    assert {path for path in answered if not path.startswith("/static/")} == {"/healthz", "/metrics", "/widget.js"}
    assert statuses["GET", "/metrics"] == 404


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/static", "/statics", "/widget.js/x", "/HEALTHZ"])
def test_what_looks_like_a_public_address_is_closed(path: str) -> None:
    assert client_of(SIGNED_ON).get(f"http://127.0.0.1:7860{path}").status_code == 401


@pytest.mark.parametrize(("path", "status"), [("/qa/healthz", 200), ("/qa/api/articles/hostile", 401)])
def test_the_prefix_of_a_proxy_is_not_part_of_an_address(path: str, status: int) -> None:
    assert client_of(SIGNED_ON, root_path="/qa").get(path).status_code == status


def test_the_health_of_the_server_tells_strangers_nothing_of_the_articles() -> None:
    assert client_of(SIGNED_ON).get("/healthz").json() == {"status": "ok"}
    whole = {"status": "ok", "generation": "g1", "articles": 4, "refused": None, "indexing": None}
    assert client_of(SIGNED_ON).get("/healthz", headers=NAMED).json() == whole
    assert client_of(Settings()).get("/healthz").json() == whole


# --- Who asks -----------------------------------------------------------------------------------------------


def test_a_name_from_a_trusted_proxy_lets_in() -> None:
    assert ask(client_of(SIGNED_ON), x_remote_user="marie") == 200
    assert ask(client_of(SIGNED_ON)) == 401
    assert ask(client_of(Settings(), STRANGER)) == 200


@pytest.mark.parametrize("claim", ["x-forwarded-for", "x-real-ip", "forwarded"])
def test_a_name_from_anyone_else_does_not_whatever_they_claim(claim: str) -> None:
    client = client_of(SIGNED_ON, STRANGER)
    assert client.get("/api/articles/hostile", headers=NAMED | {claim: PROXY}).status_code == 401


def test_over_a_socket_the_peer_is_who_it_is() -> None:
    """The server under the application would by itself believe a proxy on this machine about the client."""
    with running(FakeEngine(), Settings(port=0, auth_header="X-Remote-User", trusted_proxies=PROXY)) as address:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("GET", "/api/articles/hostile", headers=NAMED | {"x-forwarded-for": PROXY})
        assert connection.getresponse().status == 401


def scope(*headers: tuple[str, str], peer: str | None = PROXY) -> dict[str, object]:
    return {
        "type": "http",
        "client": None if peer is None else (peer, 50000),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }


@pytest.mark.parametrize(
    ("headers", "person"),
    [
        ([("x-remote-user", "marie")], Person("marie")),
        ([("x-remote-user", " Zoë Lefèvre ")], Person("Zoë Lefèvre")),
        (
            [("x-remote-user", "marie"), ("x-remote-groups", "presse, archives,"), ("x-remote-groups", "études")],
            Person("marie", frozenset({"presse", "archives", "études"})),
        ),
        ([], None),
        ([("x-remote-user", "  ")], None),
        ([("x-remote-groups", "presse")], None),
        ([("x_remote_user", "marie")], None),
        ([("x-remote-user", "marie"), ("x-remote-user", "admin")], None),
    ],
)
def test_a_person_is_one_name_and_its_groups(headers: list[tuple[str, str]], person: Person | None) -> None:
    assert sign_on(SIGNED_ON).person(scope(*headers)) == person


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("127.0.0.1", True),
        ("10.255.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("2001:db8::1", True),
        ("11.0.0.1", False),
        ("2001:db9::1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("testclient", False),
        ("", False),
        (None, False),
    ],
)
def test_a_proxy_is_an_address_or_a_network(peer: str | None, trusted: bool) -> None:
    settings = Settings(trusted_proxies="127.0.0.1, 10.0.0.0/8, 2001:db8::/32")
    assert sign_on(settings).trusts(scope(peer=peer)) is trusted


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (STRANGER, {}, STRANGER),
        (STRANGER, {"x-forwarded-for": "127.0.0.1"}, STRANGER),
        (PROXY, {}, PROXY),
        (PROXY, {"x-forwarded-for": STRANGER}, STRANGER),
        (PROXY, {"x-forwarded-for": f"127.0.0.1, {STRANGER}"}, STRANGER),
        (PROXY, {"x-forwarded-for": f"{STRANGER}, 10.0.0.8"}, STRANGER),
        (PROXY, {"x-forwarded-for": "127.0.0.1, unknown"}, None),
        (PROXY, {"x-forwarded-for": "::ffff:192.0.2.1"}, STRANGER),
        (PROXY, {"x-forwarded-proto": "https"}, None),
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"x-forwarded-proto": "https"}, None),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, None),
        ("testclient", {}, None),
    ],
)
def test_an_address_is_that_of_the_connection_or_what_a_trusted_proxy_says(
    peer: str, forwarded: dict[str, str], address: str | None
) -> None:
    found = sign_on(Settings(trusted_proxies="10.0.0.0/8")).address(scope(*forwarded.items(), peer=peer))
    assert (None if found is None else str(found)) == address


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(metrics_from="everywhere"), r"'metrics_from'.*everywhere"),
        (Settings(auth_header="X-Remote-User"), r"'X-Remote-User'.*ASSISTANT_TRUSTED_PROXIES"),
        (Settings(auth_header="Remote User", trusted_proxies=PROXY), r"'auth_header'.*'Remote User'"),
        (Settings(auth_header="X-User:", trusted_proxies=PROXY), r"'auth_header'.*'X-User:'"),
        (Settings(groups_header="X-Groups", trusted_proxies=PROXY), r"'groups_header'.*ASSISTANT_AUTH_HEADER"),
        (Settings(trusted_proxies="10.0.0.7/8"), r"'trusted_proxies'.*10\.0\.0\.7/8"),
        (Settings(trusted_proxies="proxy.example"), r"'trusted_proxies'.*proxy\.example"),
    ],
)
def test_settings_that_would_let_in_nobody_or_anybody_are_refused(settings: Settings, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        create_app(FakeEngine(), settings)


def test_without_settings_everyone_is_welcome_and_nobody_trusted() -> None:
    assert sign_on(Settings()) == SignOn(b"", b"", ())
    assert sign_on(Settings()).person(scope(("x-remote-user", "marie"))) == Person()


# --- The refusal --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_refusal_is_a_signed_problem_in_the_reader_s_language(words) -> None:  # type: ignore[no-untyped-def]
    response = client_of(SIGNED_ON).get("/fr/embed", headers={"accept-language": words.code})
    assert response.status_code == 401 and response.headers["www-authenticate"]
    error = response.json()["error"]
    assert (error["code"], error["message"]) == ("not_signed_in", words.problems["not_signed_in"])
    assert "frame-ancestors 'self'" in response.headers["content-security-policy"]


def test_a_listed_origin_can_read_the_refusal() -> None:
    settings = Settings(auth_header="X-Remote-User", trusted_proxies=PROXY, widget_origins="https://a.example")
    response = client_of(settings).post("/api/ask", json=QUESTION, headers={"origin": "https://a.example"})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == "https://a.example"


# --- What else a proxy says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "claims", "address"),
    [
        (PROXY, {"x-forwarded-proto": "https"}, "https://127.0.0.1:7860/widget.js"),
        (PROXY, {}, "http://127.0.0.1:7860/widget.js"),
        (PROXY, {"x-forwarded-proto": "javascript"}, "http://127.0.0.1:7860/widget.js"),
        (PROXY, {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}, "https://127.0.0.1:7860/widget.js"),
        (STRANGER, {"x-forwarded-proto": "https"}, "http://127.0.0.1:7860/widget.js"),
    ],
)
def test_only_a_trusted_proxy_is_asked_whether_the_reader_speaks_tls(
    peer: str, claims: dict[str, str], address: str
) -> None:
    page = client_of(Settings(trusted_proxies=PROXY), peer).get("/fr/embed", headers=claims)
    assert f"&lt;script src=&#34;{address}&#34;" in page.text


def test_an_operator_whose_proxy_is_not_listed_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(Settings(), STRANGER)
    for _ in range(2):
        client.get("/healthz", headers={"x-forwarded-proto": "https"})
    assert [STRANGER in message and "ASSISTANT_TRUSTED_PROXIES" in message for message in caplog.messages] == [True]
