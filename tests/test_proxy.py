"""The assistant behind nginx, with the configuration that the documentation gives."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fake_engine import ARTICLES, FakeEngine
from playwright.sync_api import Browser, BrowserContext, Page, expect
from serving import another_site, running, wait_until

from assistant.settings import Settings
from assistant.words import CATALOGUE

FRENCH = CATALOGUE["fr"]
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
PLAIN, SIGNED_ON = re.findall(
    r"```nginx\n(.*?)```", (Path(__file__).parent.parent / "docs" / "proxy.md").read_text(encoding="utf-8"), re.DOTALL
)
QUESTION = "Combien de combattants étrangers en Syrie ? La Turquie participe-t-elle ? Quinze pays représentés ?"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@contextmanager
def behind(location: str, assistant: str, folder: Path, port: int, tls: bool = False) -> Iterator[str]:
    """The address of an nginx with ``location``, in front of the server at ``assistant``."""
    if tls:
        command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out certificate.pem"
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    location = location.replace("http://127.0.0.1:7860", assistant).replace("/etc/nginx", str(folder))
    (folder / "sourcier.users").write_text("marie:{PLAIN}secret\n", encoding="utf-8")
    (folder / "nginx.conf").write_text(
        f"""
        {"user root;" if os.geteuid() == 0 else ""}
        daemon off;
        worker_processes 1;
        pid {folder}/nginx.pid;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            server {{
                listen 127.0.0.1:{port}{" ssl" if tls else ""};
                {"ssl_certificate certificate.pem; ssl_certificate_key key.pem;" if tls else ""}
                {location}
            }}
        }}
        """,
        encoding="utf-8",
    )
    assert NGINX is not None
    with subprocess.Popen([NGINX, "-e", "stderr", "-p", folder, "-c", "nginx.conf"]) as nginx:
        try:
            wait_until(lambda: nginx.poll() is not None or answers(port))
            assert nginx.poll() is None, "nginx did not start"
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/qa"
        finally:
            nginx.terminate()


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The assistant under a path of a site."""
    settings = Settings(port=0, root_path="/qa", trusted_proxies="127.0.0.1")
    with running(FakeEngine(), settings) as assistant, behind(PLAIN, assistant, tmp_path, free_port()) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-FR")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    yield context
    context.close()


def ask(page: Page) -> None:
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#chat .sources")).to_be_visible()


def test_a_question_is_asked_and_its_article_read_under_a_path(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    failed: list[str] = []
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    page.goto(f"{site}/")
    expect(page).to_have_url(f"{site}/fr/")
    ask(page)
    expect(page.locator("#chat .statement")).to_have_count(3)
    page.locator("#chat blockquote .cite").first.click()
    expect(page.locator("#panel mark")).to_be_visible()
    with context.expect_page() as opened:
        page.locator("#whole").click()
    expect(opened.value.locator(":target")).to_be_in_viewport()
    assert opened.value.url.startswith(f"{site}/articles/2017-05-09-raqa")
    assert failed == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_by_tls_the_chat_needs_no_word_from_the_proxy(browser: Browser, tmp_path: Path) -> None:
    with (
        running(FakeEngine(), Settings(port=0)) as assistant,
        behind(PLAIN, assistant, tmp_path, free_port(), tls=True) as address,
    ):
        page = browser.new_page(ignore_https_errors=True)
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        page.goto(f"{address}/fr/")
        ask(page)
        page.locator("#chat blockquote .cite").first.click()
        expect(page.locator("#panel mark")).to_be_visible()
        assert refused == []
        page.close()


def test_an_article_under_an_awkward_id_is_found_under_a_path(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/articles/d%C3%A9p%C3%AAches%2F2024%2Fs%C3%A9isme%3Fpage%3D1%23haut?ui=fr#s1")
    expect(page.locator("h1")).to_have_text(ARTICLES[1].title)


def test_addresses_in_answers_hold_the_path(context: BrowserContext, site: str) -> None:
    answer = context.request.post(f"{site}/api/ask", data={"question": QUESTION}).json()
    url = answer["citations"][0]["url"]
    assert url.startswith("/qa/articles/")
    assert context.request.get(f"{site.removesuffix('/qa')}{url}").ok


def test_sentences_come_one_by_one(context: BrowserContext, site: str) -> None:
    response = context.request.post(
        f"{site}/api/ask", data={"question": QUESTION}, headers={"accept": "text/event-stream"}
    )
    assert response.text().count("event: statement") == 3


def test_the_page_that_hands_out_the_widget_names_the_path(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/fr/embed")
    expect(page.locator("#tag")).to_contain_text(f'src="{site}/widget.js"')
    page.locator("sourcier-widget button.launcher").click()
    frame = page.frame_locator("sourcier-widget iframe")
    expect(frame.locator("#question textarea")).to_be_visible()


def test_the_widget_of_another_site_works_under_a_path(context: BrowserContext, tmp_path: Path) -> None:
    with another_site() as host:
        settings = Settings(port=0, root_path="/qa", widget_origins=host.origin)
        with running(FakeEngine(), settings) as assistant, behind(PLAIN, assistant, tmp_path, free_port()) as address:
            host.html = f'<!doctype html><script src="{address}/widget.js" data-lang="fr"></script>'
            page = context.new_page()
            page.goto(host.origin)
            page.locator("sourcier-widget button.launcher").click()
            frame = page.frame_locator("sourcier-widget iframe")
            frame.locator("#question textarea").fill(QUESTION)
            frame.locator("#question textarea").press("Enter")
            expect(frame.locator("#chat .statement")).to_have_count(3)
            assert page.frames[1].url.startswith(f"{address}/fr/")


def test_who_the_proxy_signs_in_may_ask_and_nobody_else(browser: Browser, tmp_path: Path) -> None:
    settings = Settings(
        port=0,
        root_path="/qa",
        auth_header="X-Remote-User",
        groups_header="X-Remote-Groups",
        trusted_proxies="127.0.0.1",
    )
    with running(FakeEngine(), settings) as assistant, behind(SIGNED_ON, assistant, tmp_path, free_port()) as address:
        signed_in = browser.new_context(locale="fr-FR", http_credentials={"username": "marie", "password": "secret"})
        page = signed_in.new_page()
        page.goto(f"{address}/")
        ask(page)
        page.locator("#chat blockquote .cite").first.click()
        expect(page.locator("#panel mark")).to_be_visible()
        signed_in.close()

        stranger = browser.new_context()
        for path in ("/fr/", "/fr/config", "/api/articles/hostile", "/articles/hostile"):
            refused = stranger.request.get(address + path, headers={"X-Remote-User": "marie"})
            assert refused.status == 401 and "www-authenticate" in refused.headers, "by the proxy"
            assert stranger.request.get(assistant + path).status == 401, "by the assistant"
        stranger.close()
