"""Hostile files: each is read exactly or refused with a reason, nothing is fetched, and the run goes on."""

import gc
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import category

import hostile
import pytest
from conftest import HashEmbedder

from assistant.formats import find_files, read_articles, readers, sandbox
from assistant.formats.draft import Draft, Unreadable
from assistant.formats.metadata import single_line
from assistant.index import Generation, open_generation
from assistant.ingest import Summary, ingest
from assistant.passages import fit_sentences, make_passages
from assistant.sentences import split_sentences
from assistant.text import fold, is_visible, words
from assistant.types import Article, Refusal, Sentence

FACT = hostile.FACT
NAMES = [*hostile.readable(""), *hostile.refused("")]
#: Names of files that hold `FACT`.
FILE_NAMES = [
    "a\nb.txt",
    "\u202etxt.exe.txt",
    "<img src=x onerror=alert(1)>.txt",
    "a#b.txt",
    "'; drop table articles; --.txt",
    "$(id).txt",
    "-rf.txt",
    "n" * 240 + ".txt",
    "cafe\u0301.txt",
    "café.txt",
    os.fsdecode(b"\xff\xfe.txt"),
]


# --- One run over all of them ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def remote() -> Iterator[tuple[str, list[object]]]:
    """An address, and what has connected to it."""
    seen: list[object] = []

    class Seen(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            seen.append(self.client_address)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Seen) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/x", seen
        server.shutdown()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, remote) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (content, _) in (hostile.readable(remote[0]) | hostile.refused(remote[0])).items():
        (folder / name).write_bytes(content)
    (folder / "names").mkdir()
    for name in FILE_NAMES:
        (folder / "names" / name).write_text(f"{FACT} {len(name)}", encoding="utf-8")
    (folder / "thrice.jsonl").write_text(f'{{"id": "a", "text": "{FACT}"}}\n' * 3, encoding="utf-8")
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("Le mot de passe est 1234.", encoding="utf-8")
    (folder / "secret.txt").symlink_to(secret)
    (folder / "up").symlink_to(folder, target_is_directory=True)
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "folder.pdf").mkdir()
    os.mkfifo(folder / "fifo.txt")
    (folder / "forbidden.txt").write_text(FACT, encoding="utf-8")
    (folder / "forbidden.txt").chmod(0)
    return folder


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory) -> tuple[Summary, Generation]:
    """What an ingest of all files did, and what it published."""
    embedder, index = HashEmbedder(), tmp_path_factory.mktemp("index")
    summary = ingest([corpus], index, embedder)
    return summary, open_generation(index, embedder.identity)


@pytest.fixture(scope="module")
def by_file(corpus, run) -> dict[str, list[Article | Refusal]]:
    """What became of each file, by its name as origins show it."""
    summary, generation = run
    found: dict[str, list[Article | Refusal]] = {}
    for told in [*generation.articles(), *summary.refused]:
        path = told.origin.removeprefix(f"{corpus}/")
        found.setdefault(path if path.startswith("names") else path.partition("#")[0], []).append(told)
    return found


def test_there_are_sixty():
    assert len(NAMES) + len(FILE_NAMES) > 60


@pytest.mark.parametrize("name", hostile.readable(""))
def test_what_can_be_read_is_read_exactly(by_file, remote, name):
    text = hostile.readable(remote[0])[name][1]
    articles = [found for found in by_file[name] if isinstance(found, Article)]
    assert [article.text for article in articles] == [text]
    assert "script" not in articles[0].url


@pytest.mark.parametrize("name", hostile.refused(""))
def test_what_cannot_be_read_is_refused_with_the_reason(by_file, remote, name):
    reason = hostile.refused(remote[0])[name][1]
    assert by_file[name]
    for found in by_file[name]:
        assert isinstance(found, Refusal), found
        assert reason in found.reason
        assert found.reason == single_line(found.reason)


@pytest.mark.parametrize("name", FILE_NAMES, ids=range(len(FILE_NAMES)))
def test_no_name_of_a_file_keeps_it_out(by_file, name):
    (article,) = by_file[f"names/{os.fsencode(name).decode('utf-8', 'replace')}"]
    assert isinstance(article, Article)
    assert article.text == f"{FACT} {len(name)}"
    assert article.id.isprintable()


def test_an_id_given_again_in_one_file_is_refused(by_file):
    first, *others = by_file["thrice.jsonl"]
    assert isinstance(first, Article) and (first.id, first.text) == ("a", FACT)
    assert [other.reason for other in others] == ["the id 'a' is given twice; the first is kept"] * 2


def test_nothing_but_regular_files_of_the_folder_is_read(by_file):
    for name in ("secret.txt", "loop.txt", "fifo.txt", "folder.pdf", "up"):
        assert name not in by_file


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_refused(by_file):
    assert "cannot be opened" in by_file["forbidden.txt"][0].reason


def test_nothing_is_fetched(run, remote):
    assert remote[1] == []


def test_every_offset_is_exact(run):
    generation = run[1]
    for article in generation.articles():
        after = 0
        for sentence in generation.sentences(article):
            assert after <= sentence.start < sentence.end <= len(article.text)
            assert sentence.text == sentence.text.strip() != ""
            assert not is_visible(article.text[after : sentence.start])
            after = sentence.end
        assert not is_visible(article.text[after:])


def test_what_nobody_sees_stays_out_of_titles(by_file):
    for found in by_file.values():
        for article in found:
            if isinstance(article, Article):
                assert article.title
                assert not [character for character in article.title if category(character) in ("Cc", "Cf")]


# --- Large ones, without an index ------------------------------------------------------------------------


def spans_of(text: str) -> int:
    """Sentences of a text whose every span is checked."""
    spans, after = split_sentences(text, "fr"), 0
    for span in spans:
        assert after <= span.start < span.end
        assert not text[after : span.start].strip()
        after = span.end
    assert not text[after:].strip()
    return len(spans)


@pytest.mark.parametrize(
    ("unit", "count", "sentences"),
    [("et puis un mot ", 10 * 2**20 // 15, 5247), ("Il dort. ", 1_000_000, 1_000_000)],
    ids=["ten megabytes in one line", "a million sentences"],
)
def test_a_large_file_is_cut_exactly(tmp_path, unit, count, sentences):
    path = tmp_path / "large.txt"
    path.write_text(unit * count, encoding="utf-8")
    (article,) = read_articles(path)
    assert article.text == unit * count
    assert spans_of(article.text) == sentences


def test_a_file_of_broken_records_is_told_in_a_thousand_and_one_lines(tmp_path):
    path = tmp_path / "broken.jsonl"
    path.write_text("x\n" * 100_000 + json.dumps({"text": FACT}), encoding="utf-8")
    found = list(read_articles(path))
    assert [told.text for told in found if isinstance(told, Article)] == [FACT]
    assert len(found) == readers.FAULT_LIMIT + 2
    assert found[-1] == Refusal(str(path), "99000 more records cannot be read")


# --- The sandbox -----------------------------------------------------------------------------------------


@pytest.fixture
def box() -> Iterator[sandbox.Sandbox]:
    box = sandbox.Sandbox()
    yield box
    box.stop()


def texts(found: Iterator[object]) -> list[str]:
    return [draft.text for draft in found if isinstance(draft, Draft)]


def still_reads(box: sandbox.Sandbox) -> bool:
    return texts(box.read(".md", FACT.encode())) == [FACT]


def reason(box: sandbox.Sandbox, suffix: str, data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        list(box.read(suffix, data))
    return str(refused.value)


#: Takes minutes: each bracket may open an image.
SLOW = b"![a " * 4_000_000


def test_one_worker_reads_many_files(box):
    assert still_reads(box)
    worker = box._worker
    assert all(still_reads(box) for _ in range(20))
    assert box._worker is worker


def test_a_file_that_computes_too_long_is_refused(box, monkeypatch):
    monkeypatch.setattr(sandbox, "CPU_LIMIT", 1)
    assert still_reads(box)
    assert reason(box, ".md", SLOW) == "takes more than 1 s of computing to be read"
    assert still_reads(box)


def test_time_is_counted_for_each_file(box, monkeypatch):
    monkeypatch.setattr(sandbox, "CPU_LIMIT", 1)
    assert still_reads(box)
    worker, began = box._worker, time.monotonic()
    while time.monotonic() < began + 3:
        assert len(texts(box.read(".md", b"a-" * 30_000))) == 1
    assert box._worker is worker


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit memory")
@pytest.mark.parametrize("suffix", [".csv", ".html", ".jsonl"])
def test_a_file_that_takes_too_much_memory_is_refused(box, monkeypatch, suffix):
    monkeypatch.setattr(sandbox, "MEMORY_LIMIT", 160 * 2**20)
    bomb = {
        ".csv": b"text" + b"," * 20_000_000,
        ".html": b"<p>a" * 4_000_000,
        ".jsonl": b'{"a":[' + b"[]," * 4_000_000 + b"[]]}",
    }[suffix]
    assert still_reads(box)
    assert reason(box, suffix, bomb) == "takes more than 160 MB of memory to be read"
    assert still_reads(box)


def test_the_worker_stays_below_512_mb(tmp_path):
    script = (
        "import resource, sys\n"
        "from assistant.formats import sandbox\n"
        "from assistant.formats.draft import Unreadable\n"
        "lists = b'{\"a\":[' + b'[],' * 16_000_000 + b'[]]}'\n"
        "for suffix, data in (('.html', b'<p>a' * 8_000_000), ('.jsonl', lists)):\n"
        "    try:\n"
        "        list(sandbox.read(suffix, data))\n"
        "    except Unreadable as fault:\n"
        "        print(fault, file=sys.stderr)\n"
        "sandbox._SANDBOX.stop()\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == 'darwin' else 1024))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.count("takes more than 448 MB of memory") == 2
    assert 256 * 2**20 < int(ran.stdout) < 512 * 2**20


def soon(box: sandbox.Sandbox, act: Callable[[int], None]) -> None:
    """Have ``act`` done to the worker while it reads."""
    threading.Timer(0.5, lambda: act(box._worker.pid)).start()


def test_a_parser_that_crashes_costs_its_file_only(box):
    soon(box, lambda process: os.kill(process, signal.SIGSEGV))
    assert reason(box, ".md", SLOW) == "its parser was ended by SIGSEGV"
    assert still_reads(box)


def test_a_parser_that_waits_is_ended(box, monkeypatch):
    monkeypatch.setattr(sandbox, "WALL_LIMIT", 1)
    soon(box, lambda process: os.kill(process, signal.SIGSTOP))
    assert reason(box, ".md", SLOW) == "takes longer than 1 s to be read"
    assert still_reads(box)


def test_what_earlier_files_did_to_the_worker_is_no_reason_to_refuse_one(box, monkeypatch):
    assert still_reads(box)
    once = iter([EOFError])
    receive = sandbox.receive

    def lost_once(stream, limit):
        for error in once:
            box._worker.kill()
            raise error
        return receive(stream, limit)

    monkeypatch.setattr(sandbox, "receive", lost_once)
    assert still_reads(box)


def test_a_worker_that_ended_between_two_files_is_replaced(box):
    assert still_reads(box)
    box._worker.kill()
    box._worker.wait()
    assert still_reads(box)


def test_an_answer_without_end_is_refused(box, monkeypatch):
    monkeypatch.setattr(sandbox, "ANSWER_LIMIT", 2**20)
    assert reason(box, ".jsonl", b'{"text":"a"}\n' * 100_000).startswith("grows beyond 1 MB")
    assert still_reads(box)


def test_an_interrupted_run_leaves_no_half_answer_to_the_next_file(box, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(sandbox, "receive", lambda stream, limit: (_ for _ in ()).throw(KeyboardInterrupt))
        list(box.read(".jsonl", json.dumps({"text": "Un autre."}).encode()))
    assert still_reads(box)


def test_articles_before_a_break_are_kept(box):
    found = box.read(".jsonl", b'{"text": "Un."}\n' + b"x\n" * (readers.FAULT_LIMIT + 1))
    assert next(found) == Draft("Un.", record=1)
    with pytest.raises(Unreadable, match="1 more"):
        list(found)


def test_threads_take_turns(box):
    wrong: list[str] = []

    def read(number: int) -> None:
        text = f"Phrase {number}. " * 2000
        wrong.extend(
            found for _ in range(10) for found in texts(box.read(".csv", f"text\n{text}".encode())) if found != text
        )

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_text_alone_starts_no_worker(tmp_path):
    (tmp_path / "a.txt").write_text(FACT, encoding="utf-8")
    script = (
        "import sys\nfrom pathlib import Path\nfrom assistant.formats import read_articles, sandbox\n"
        "print(*[article.text for article in read_articles(Path(sys.argv[1]))], sandbox._SANDBOX._worker)"
    )
    command = [sys.executable, "-c", script, tmp_path / "a.txt"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{FACT} None\n"


def test_the_worker_imports_nothing_from_the_folder_of_a_run(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (tmp_path / "a.md").write_text(FACT, encoding="utf-8")
    script = (
        "from pathlib import Path\nfrom assistant.formats import read_articles\nprint(*read_articles(Path('a.md')))"
    )
    command = [sys.executable, "-P", "-c", script]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (ran.stderr, "Article(" in ran.stdout) == ("", True)


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "urllib.request.urlopen('http://127.0.0.1:9/')",
        "os.system('true')",
        "subprocess.run(['true'])",
    ],
)
def test_a_parser_can_neither_reach_the_network_nor_start_a_program(attempt):
    script = (
        "import os, socket, subprocess, sys, urllib.request\n"
        "from assistant.formats import worker\n"
        f"sys.addaudithook(worker._forbid)\n{attempt}"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "is not allowed here" in ran.stderr


def test_links_named_in_a_folder_do_not_leave_it(corpus):
    assert not [path for path in find_files([corpus]) if "secret" in path.name]


# --- Time grows with the length alone --------------------------------------------------------------------


def through_all(text: str) -> None:
    """What an ingest does with a text, but for storing and embedding it."""
    article = Article("a", text)
    spans = [span for span in split_sentences(text, "fr") if is_visible(text[span.start : span.end])]
    sentences = [Sentence(article, span.start, span.end, n, span.paragraph) for n, span in enumerate(spans, 1)]

    def count(text: str) -> int:
        return len(text.split())

    make_passages(fit_sentences(sentences, count, 64), count, 64)
    fold(text)
    words(text, "fr")


SHAPES = {
    "one line": "et puis encore un mot ",
    "nested quotations": "«“ dit-il ”» ",
    "abbreviations": "M. Mme. Dr. etc. p. ex. J.-C. ",
    "omissions": "[…] ",
    "no spaces": "a",
    "figures": "14.000,5 1.2 ",
    "marks": "e\u0301\u0302\u200b",
    "apostrophes": "l'’qu’d'",
    "notes": ".[1] :-) ² ",
    "short lines": "Un titre\n- ",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_twice_as_long_takes_twice_the_time(shape):
    text = SHAPES[shape] * (30_000 // len(SHAPES[shape]))
    assert ratio(through_all, text) < 2.6


@pytest.mark.parametrize("unit", ["![a ", "*a_ ", "> a\n", "- a\n", "`a ``b ", "<b>a ", "&amp;&#", "a|b\n"])
def test_markdown_twice_as_long_takes_twice_the_time(unit):
    def read(text: str) -> None:
        list(readers.read(".md", text.encode()))

    assert ratio(read, unit * (12_000 // len(unit))) < 2.6


def ratio(work: Callable[[str], None], text: str) -> float:
    """Time for twice the text by time for the text: the least of several, taken in turns."""
    work(text)
    gc.disable()  # it looks through all that the tests before have left
    try:
        single, double = zip(*((seconds(work, text), seconds(work, text * 2)) for _ in range(5)), strict=True)
    finally:
        gc.enable()
    return min(double) / min(single)


def seconds(work: Callable[[str], None], text: str) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began
