"""What several test files need."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hash_embedder import HashEmbedder
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from quick_check import put_in_place

from assistant.embedding import Embedder, load_embedder
from assistant.engine import Engine, open_engine
from assistant.ingest import ingest
from assistant.settings import Settings

OFFLINE = Path(__file__).with_name("offline")
sys.path.append(str(OFFLINE))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))

import no_network  # noqa: E402 - found by the lines above

os.environ.setdefault(no_network.ATTEMPTS, str(Path(tempfile.mkdtemp(prefix="sourcier-")) / "attempts"))
no_network.forbid()

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

# The same examples in every run, so that a red build is about the change; `--hypothesis-profile=random` explores.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def no_attempt() -> Iterator[None]:
    """None of the tests, nor of the processes that they start, tried to reach beyond this machine."""
    yield
    attempts = Path(os.environ[no_network.ATTEMPTS])
    assert not attempts.exists(), attempts.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evaluation data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the shared evaluation data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The built-in model."""
    return load_embedder(Settings())


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """An index of the sample corpus by the built-in model, made once."""
    index = tmp_path_factory.mktemp("sample") / "index"
    ingest([ROOT / "corpus" / "articles"], index, embedder)
    return index


@pytest.fixture(scope="session")
def sample_engine(sample_index: Path) -> Engine:
    return open_engine(Settings(index=sample_index, questions=ROOT / "corpus" / "questions.jsonl"))


@pytest.fixture(scope="module")
def quickly() -> Iterator[None]:
    """Generations checked without an interpreter of their own each time."""
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch.setattr)
        yield


@pytest.fixture
def hashed() -> HashEmbedder:
    return HashEmbedder()


def pytest_configure() -> None:
    # Started in the background, a suite ignores it, and so would every process that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--release", action="store_true", help="fault tests in full size, which takes an hour")


@pytest.fixture(scope="session")
def release(pytestconfig: pytest.Config) -> bool:
    """Whether fault tests are run in full size."""
    return bool(pytestconfig.getoption("release"))
