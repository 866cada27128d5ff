"""The HTTP face and its guard, without a socket."""

import json
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from urllib.parse import quote

import pytest
from fake_engine import ARTICLES, FakeEngine, article, sentences_of
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from assistant import page as page_package
from assistant import words as words_package
from assistant.api import create_app
from assistant.errors import IndexUnusable, StoreError, UsageError
from assistant.guard import page_needs
from assistant.limits import BODY_LIMIT
from assistant.page.articles import article_body, web_address
from assistant.problems import STATUSES
from assistant.protocols import Engine
from assistant.records import AnswerRecord, answer_record
from assistant.settings import Settings
from assistant.types import Article, Progress, Sentence
from assistant.words import CATALOGUE, Words, words_for

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"
FRENCH_READER = {"accept-language": "fr-FR,fr;q=0.9"}


def client_of(engine: Engine, settings: Settings | None = None, root_path: str = "") -> TestClient:
    return TestClient(
        create_app(engine, settings or Settings()),
        base_url="http://127.0.0.1:7860",
        root_path=root_path,
        raise_server_exceptions=False,
        follow_redirects=False,
        headers={"accept-language": "en"},
    )


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(engine: FakeEngine) -> TestClient:
    return client_of(engine)


# --- Asking -----------------------------------------------------------------------------------------------


def test_a_question_is_answered_with_the_answer_object(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": QUESTION})
    assert response.status_code == 200 and response.headers["content-type"] == "application/json"
    assert response.json() == answer_record(FakeEngine().ask(QUESTION)).model_dump(mode="json")
    assert "étrangers".encode() in response.content


def test_history_and_language_reach_the_engine(client: TestClient, engine: FakeEngine) -> None:
    body = {"question": "Et la Turquie ?", "history": ["Qui va à Raqa ?"], "language": "fr"}
    answer = client.post("/api/ask", json=body).json()
    assert engine.asked == [("Et la Turquie ?", ("Qui va à Raqa ?",), "fr")]
    assert answer["understood_as"] == "Et la Turquie ? (Qui va à Raqa ?)"


def events(content: str) -> list[tuple[str, object]]:
    """The events of a stream, with their data read."""
    pairs = [block.split("\n") for block in content.split("\n\n") if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def test_a_stream_gives_each_statement_and_then_the_whole(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    whole = client.post("/api/ask", json={"question": QUESTION}).json()
    expected = [("statement", statement) for statement in whole["statements"]] + [("answer", whole)]
    assert events(response.text) == expected


def test_a_stream_that_cannot_begin_is_refused_like_any_request(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": ""}, headers={"accept": "text/event-stream"})
    assert response.status_code == 422 and response.json()["error"]["code"] == "question_empty"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"question": "Qui', 400, "malformed"),
        (b"\xff\xfe{}", 400, "malformed"),
        (b'{"question": ' + b"[" * 20000 + b"]" * 20000 + b"}", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"question": 12}', 422, "invalid"),
        (b'{"question": "q", "k": 3}', 422, "invalid"),
        (b'{"question": "q", "history": "q"}', 422, "invalid"),
        (b'{"question": "\\ud800"}', 422, "invalid"),
        (b'{"question": "q", "history": ["\\udfff"]}', 422, "invalid"),
        (b'{"question": " \\n"}', 422, "question_empty"),
        (b'{"question": "' + b"a" * 2001 + b'"}', 422, "question_too_long"),
        (b'{"question": "' + b"a" * BODY_LIMIT + b'"}', 413, "too_large"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(client: TestClient, content: bytes, status: int, code: str) -> None:
    response = client.post("/api/ask", content=content, headers={"content-type": "application/json"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["message"]


def test_a_refusal_names_the_field(client: TestClient) -> None:
    message = client.post("/api/ask", json={"question": "q", "histroy": []}).json()["error"]["message"]
    assert "'histroy'" in message


def test_a_large_body_without_a_declared_length_is_cut_off(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    response = client.post("/api/ask", content=chunks(), headers={"content-type": "application/json"})
    assert response.status_code == 413 and response.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (IndexUnusable("no index"), 503, "no_index"),
        (StoreError("locked"), 503, "unavailable"),
        (UsageError("not understood"), 422, "question_refused"),
        (RuntimeError("a bug with a /secret/path"), 500, "failed"),
    ],
)
def test_trouble_behind_the_api_is_told_without_a_traceback(
    client: TestClient, engine: FakeEngine, error: Exception, status: int, code: str
) -> None:
    engine.error = error
    response = client.post("/api/ask", json={"question": QUESTION})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "secret" not in response.text
    assert ("retry-after" in response.headers) == (status == 503)


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        ({"question": ""}, {}, ENGLISH.problems["question_empty"]),
        ({"question": ""}, FRENCH_READER, FRENCH.problems["question_empty"]),
        ({"question": "", "language": "fr"}, {}, FRENCH.problems["question_empty"]),
        (
            {"question": "a" * 2001},
            FRENCH_READER,
            "La question dépasse 2\u202f000 caractères. Raccourcissez-la.",
        ),
    ],
)
def test_refusals_speak_the_language_of_the_request(
    client: TestClient, body: dict[str, str], headers: dict[str, str], message: str
) -> None:
    assert client.post("/api/ask", json=body, headers=headers).json()["error"]["message"] == message


def test_questions_are_answered_side_by_side() -> None:
    """Each waits for the other inside the engine: one after the other they would wait for good."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    meeting = Barrier(2, timeout=10)

    class Meeting(FakeEngine):
        def ask(self, question, history=(), language=None, **how):  # type: ignore[no-untyped-def]
            meeting.wait()
            return super().ask(question, history, language)

    with client_of(Meeting()) as client, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(client.post, "/api/ask", json={"question": QUESTION}) for _ in range(2)]
        assert [response.result().status_code for response in asked] == [200, 200]


# --- Articles ---------------------------------------------------------------------------------------------

AWKWARD_IDS = [
    "a/b",
    "/a",
    "a//b/",
    "../../etc/passwd",
    "a?b=c#d",
    "100 %",
    "dépêche n° 1",
    "ligne\nsuivante\n",
    '"><script>alert(1)</script>',
    "\u202eenvers",
]


@pytest.mark.parametrize("article_id", AWKWARD_IDS)
def test_an_article_is_found_under_any_id(article_id: str) -> None:
    class OneArticle(FakeEngine):
        def sentences(self, _: str) -> list[Sentence]:
            return [Sentence(self.articles[article_id], 0, 10, 1, 0)]

    client = client_of(OneArticle([Article(article_id, "Une phrase.", title="Titre")]))
    assert client.get(f"/api/articles/{quote(article_id, safe='')}").json()["id"] == article_id
    assert '<span id="s1">' in client.get(f"/articles/{quote(article_id, safe='')}").text


def test_an_unknown_article_is_a_typed_404_and_a_page(client: TestClient) -> None:
    response = client.get("/api/articles/nowhere")
    assert response.status_code == 404 and response.json()["error"]["code"] == "not_found"
    page = client.get("/articles/nowhere", headers=FRENCH_READER)
    assert page.status_code == 404 and FRENCH.article_gone in page.text and '<html lang="fr">' in page.text


class Reader(HTMLParser):
    """What a browser without scripts makes of a page: tags, and the text of the article."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.sentences: dict[str, str] = {}
        self._depth = 0
        self._spans: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if self._depth or ("class", "text") in attributes:
            self._depth += 1
        if tag == "span":
            self._spans.append(dict(attributes).get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        self._depth -= bool(self._depth)
        if tag == "span":
            self._spans.pop()

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.text += data
        if self._depth and self._spans:
            self.sentences[self._spans[0]] = self.sentences.get(self._spans[0], "") + data


@pytest.mark.parametrize("one", ARTICLES, ids=lambda one: one.id)
def test_an_article_page_holds_the_stored_text_and_every_sentence(client: TestClient, one: Article) -> None:
    read = Reader(client.get(f"/articles/{quote(one.id, safe='')}").text)
    assert read.text == one.text
    assert read.sentences == {f"s{s.number}": s.text for s in sentences_of(one)}


def test_nothing_of_an_article_becomes_markup(client: TestClient) -> None:
    read = Reader(client.get("/articles/hostile").text)
    names = {tag for tag, _ in read.tags}
    assert names <= {
        "html", "head", "meta", "title", "link", "body", "header", "nav", "p", "a", "main", "article", "h1",
        "ul", "li", "bdi", "span", "div", "section", "details", "summary", "button", "script",
    }  # fmt: skip
    ours = [tag for tag, _ in read.tags if tag in ("script", "details")]
    assert ours == ["script", "details"]  # As the addresses below show.
    assert not [key for _, attributes in read.tags for key in attributes if key.startswith("on")]
    addresses = [value for _, a in read.tags for key, value in a.items() if key in ("href", "src")]
    assert all(address and address.startswith("../") for address in addresses)


def test_an_article_page_tells_where_the_article_is_from(client: TestClient) -> None:
    page = client.get("/articles/2017-05-09-raqa", headers=FRENCH_READER).text
    assert '<html lang="fr">' in page and '<article lang="fr">' in page
    assert "Publié le 9 mai 2017" in page and "AFP" in page and "Jean-Yves Ménard" in page
    assert 'href="https://www.example.org/monde/raqa"' in page and "(<bdi>www.example.org</bdi>)" in page
    assert '<html lang="en">' in client.get("/articles/2017-05-09-raqa?ui=en", headers=FRENCH_READER).text


def test_an_article_without_a_date_says_so(client: TestClient) -> None:
    assert "date inconnue" in client.get("/articles/hostile?ui=fr").text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.lemonde.fr/a?b", "www.lemonde.fr"),
        ("http://user@evil.example:80/lemonde.fr", "evil.example"),
        ("https://lemondé.fr/", "xn--lemond-gva.fr"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//lemonde.fr/a", None),
        ("https://", None),
        ("https://[bad/", None),
        ("ftp://lemonde.fr/", None),
        ("corpus/a.txt", None),
        ("", None),
    ],
)
def test_only_addresses_on_the_web_are_linked(url: str, host: str | None) -> None:
    assert web_address(url) == (None if host is None else (url, host))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.data())
def test_an_article_body_adds_and_loses_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    one = Article("a", text)
    sentences = [
        Sentence(one, start, end, number, paragraph=number // 2)
        for number, (start, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=False), 1)
    ]
    read = Reader(f'<div class="text">{article_body(text, sentences)}</div>')
    assert read.text == text
    assert read.sentences == {f"s{s.number}": s.text for s in sentences}


def test_paragraphs_without_a_blank_line_between_are_told_apart() -> None:
    one = article("a", [["Un."], ["Deux."]], gap="\n")
    sentences = [Sentence(one, 0, 3, 1, 0), Sentence(one, 4, 9, 2, 1)]
    assert article_body(one.text, sentences) == (
        '<p><span id="s1">Un.</span></p>\n<p class="close"><span id="s2">Deux.</span></p>'
    )


# --- State, ways in ---------------------------------------------------------------------------------------


def test_health_tells_what_is_served(client: TestClient) -> None:
    assert client.get("/healthz").json() == {
        "status": "ok", "generation": "g1", "articles": len(ARTICLES), "refused": None, "indexing": None,
    }  # fmt: skip


def test_health_is_fine_before_there_is_an_index(client: TestClient, engine: FakeEngine) -> None:
    engine.generation, engine.building = None, Progress(12, 40)
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "starting", "generation": None, "articles": 0, "refused": None, "indexing": {"done": 12, "total": 40},
    }  # fmt: skip


@pytest.mark.parametrize(("generation", "status"), [("g1", "degraded"), (None, "unusable")])
def test_health_tells_that_and_why_the_newest_index_is_not_served(
    client: TestClient, engine: FakeEngine, generation: str | None, status: str
) -> None:
    engine.generation, engine.refused = generation, "g2: articles.db is torn"
    told = client.get("/healthz").json()
    assert (told["status"], told["generation"], told["refused"]) == (status, generation, "g2: articles.db is torn")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.8", "fr"),
        ("de-DE,de;q=0.9,fr;q=0.5,en;q=0.4", "fr"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("fr;q=0,en;q=0.1", "en"),
        ("de", "en"),
        ("", "en"),
        ("fr;q=abc", "en"),
        (";;,=,;q=", "en"),
    ],
)
def test_the_root_leads_to_the_page_in_the_reader_s_language(client: TestClient, accept: str, language: str) -> None:
    response = client.get("/", headers={"accept-language": accept})
    assert response.status_code == 307 and response.headers["location"] == f"{language}/"
    assert words_for(None, accept).code == language


def test_everything_holds_behind_a_prefix(engine: FakeEngine) -> None:
    client = client_of(engine, root_path="/qa")
    assert client.get("/qa/").headers["location"] == "en/"
    answer = client.post("/qa/api/ask", json={"question": QUESTION}).json()
    url = answer["citations"][0]["url"]
    assert url.startswith("/qa/articles/") and client.get(url.partition("#")[0]).status_code == 200
    assert client.get("/qa/fr/gradio_api/upload").status_code == 404


def test_the_schema_is_published(client: TestClient) -> None:
    assert client.get("/api/answer.schema.json").json() == AnswerRecord.model_json_schema(mode="serialization")
    description = client.get("/api/openapi.json").json()
    assert {"/api/ask", "/healthz"} <= set(description["paths"])
    assert set(description["paths"]["/api/ask"]["post"]["responses"]) == {
        "200", "400", "401", "403", "408", "413", "422", "429", "503",
    }  # fmt: skip
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404


def test_files_of_ours_are_cached_by_version(client: TestClient) -> None:
    page = client.get("/articles/hostile").text
    versioned = next(a["href"] for tag, a in Reader(page).tags if tag == "link" and a["rel"] == "stylesheet")
    assert versioned is not None
    assert "immutable" in client.get(versioned.removeprefix("..")).headers["cache-control"]
    assert client.get("/static/ui.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../words.py").status_code == 404


# --- Guard ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("QA.intra.example", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("127.0.0.1/evil", 400),
        ("127.0.0.1:80:80", 400),
        ("", 400),
    ],
)
def test_only_known_hosts_are_served(engine: FakeEngine, host: str, status: int) -> None:
    client = client_of(engine, Settings(hosts="qa.intra.example, other.example"))
    assert client.get("/healthz", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://127.0.0.1:7860", 200),
        ("https://127.0.0.1:7860", 200),
        ("https://intranet.example", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1:9999", 403),
        ("https://intranet.example.evil.example", 403),
        ("null", 403),
    ],
)
def test_only_known_origins_may_ask(engine: FakeEngine, origin: str | None, status: int) -> None:
    client = client_of(engine, Settings(widget_origins="https://Intranet.example/"))
    headers = {} if origin is None else {"origin": origin}
    response = client.post("/api/ask", json={"question": QUESTION}, headers=headers)
    assert response.status_code == status
    allowed = response.headers.get("access-control-allow-origin")
    assert allowed == (origin if origin == "https://intranet.example" else None)
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("origin", ["intranet.example", "https://a.example; script-src *", "*", "https://"])
def test_an_origin_that_is_none_is_refused_at_the_start(engine: FakeEngine, origin: str) -> None:
    with pytest.raises(UsageError, match="widget_origins"):
        client_of(engine, Settings(widget_origins=origin))


def test_a_page_of_another_site_may_not_ask_in_advance_either(client: TestClient) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    response = client.options("/api/ask", headers=headers)
    assert response.status_code == 400 and "access-control-allow-origin" not in response.headers


POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)


def test_every_response_carries_the_policy(client: TestClient, engine: FakeEngine) -> None:
    engine.error = RuntimeError("bug")
    responses = [
        client.get("/healthz"),
        client.get("/"),
        client.get("/articles/hostile"),
        client.get("/static/ui.js"),
        client.get("/nowhere"),
        client.delete("/api/ask"),
        client.get("/healthz", headers={"host": "evil.example"}),
        client.post("/api/ask", json={"question": QUESTION}),
        client.post("/api/ask", content=b"x" * (BODY_LIMIT + 1)),
        client.options("/api/ask", headers={"origin": "https://a", "access-control-request-method": "POST"}),
    ]
    assert [r.status_code for r in responses] == [200, 307, 200, 200, 404, 405, 400, 500, 413, 400]
    for response in responses:
        assert response.headers["content-security-policy"] == POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "server" not in response.headers
    assert len({response.headers["x-request-id"] for response in responses}) == len(responses)


def test_listed_origins_may_show_the_page_in_a_frame(engine: FakeEngine) -> None:
    client = client_of(engine, Settings(widget_origins="https://a.example,https://b.example:8443"))
    policy = client.get("/healthz").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://a.example https://b.example:8443")


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/", True),
        ("/fr", True),
        ("/fr/", True),
        ("/en/config", True),
        ("/fr/theme.css", True),
        ("/fr/assets/index-DphvyggB.js", True),
        ("/en/gradio_api/queue/join", True),
        ("/fr/gradio_api/heartbeat/1cpitvn0b2p", True),
        ("/articles/fr/upload", True),
        ("/frais/", True),
        ("/fr/gradio_api/upload", False),
        ("/en/gradio_api/file=/etc/passwd", False),
        ("/fr/gradio_api/proxy=http://127.0.0.1/", False),
        ("/fr//gradio_api/queue/join", False),
        ("/fr/gradio_api/queue/join/../../upload", False),
        ("/fr/assets/../config", False),
        ("/fr/gradio_api/info\n", False),
        ("/fr/monitoring", False),
        ("/fr/static/js/x.js", False),
        ("/fr/login", False),
    ],
)
def test_of_gradio_only_what_the_page_needs_exists(path: str, needed: bool) -> None:
    assert page_needs(path) is needed


def test_a_content_length_of_thousands_of_digits_is_too_large(client: TestClient) -> None:
    response = client.post("/api/ask", content=b"{}", headers={"content-length": "9" * 5000})
    assert response.status_code == 413


# --- Words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_problem_has_words(words: Words) -> None:
    assert set(words.problems) == set(STATUSES)


def test_every_string_of_the_catalogue_is_shown_somewhere() -> None:
    folder = Path(page_package.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in (*folder.glob("*.py"), *folder.glob("templates/*")))
    sources += Path(words_package.__file__).read_text(encoding="utf-8").replace("self.", "words.")
    strings = {field.name for field in fields(Words)} - {
        "singular",
        "thousands",
        "months",
        "first_of_month",
    }
    assert {name for name in strings - {"problems"} if f"words.{name}" not in sources} == {"name"}
    assert "other.name" in sources  # In the language switch.


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("field", ["newest", "understood_as", "place", "published"])
def test_the_same_values_are_filled_in_in_every_language(field: str) -> None:
    assert len({frozenset(braces(getattr(words, field))) for words in CATALOGUE.values()}) == 1


@pytest.mark.parametrize("code", STATUSES)
def test_the_same_values_are_filled_into_problems_in_every_language(code: str) -> None:
    assert len({frozenset(braces(words.problems[code])) for words in CATALOGUE.values()}) == 1
