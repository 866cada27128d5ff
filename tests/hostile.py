"""Files as attackers and broken programs write them, by name: what must be read of each, or why it is refused."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from test_formats import make_docx, make_pdf

FACT = "Le pont de Brest a rouvert mardi."
RLO, ZWSP, TAGS = "\u202e", "\u200b", "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
MARKS = "\u0301" * 10_000

#: Name -> bytes, and the text that must be read from them.
Read = dict[str, tuple[bytes, str]]
#: Name -> bytes, and a part of the reason why they are not read.
Refused = dict[str, tuple[bytes, str]]


@cache
def readable(remote: str) -> Read:
    """What is read; ``remote`` is an address that nothing may fetch."""
    return _encodings() | _pages(remote) | _records() | _markdown() | _feeds(remote) | _documents(remote)


@cache
def refused(remote: str) -> Refused:
    return _no_text() | _bombs() | _broken_records() | _entities(remote) | _broken_documents()


# --- Read ------------------------------------------------------------------------------------------------


def _encodings() -> Read:
    accents = "L’été à Nice : 14 000 € de dégâts."
    return {
        "cp1252.txt": (accents.encode("cp1252"), accents),
        "utf-16-le.txt": (b"\xff\xfe" + accents.encode("utf-16-le"), accents),
        "utf-16-be.txt": (b"\xfe\xff" + accents.encode("utf-16-be"), accents),
        "bom.txt": (b"\xef\xbb\xbf" + accents.encode(), accents),
        "bad utf-8.txt": (accents.encode() + b"\xff\xfe.", f"{accents}\ufffd\ufffd."),
        "cut utf-8.txt": (f"{accents} Fin à".encode()[:-1], f"{accents} Fin \ufffd"),
        "surrogate.txt": (FACT.encode() + b"\xed\xa0\x80", FACT),
        "nul.txt": (f"Le\0 {FACT}".encode(), f"Le {FACT}"),
        "bidi.txt": (
            f"Le compte {RLO}elgoog.com/moc.{RLO} est ouvert.".encode(),
            f"Le compte {RLO}elgoog.com/moc.{RLO} est ouvert.",
        ),
        "zero width.txt": (f"Le{ZWSP}pont. {ZWSP}{FACT}".encode(), f"Le{ZWSP}pont. {ZWSP}{FACT}"),
        "tags.txt": (f"{FACT}{TAGS} Fin.".encode(), f"{FACT}{TAGS} Fin."),
        "marks.txt": (f"Le p{MARKS}ont.".encode(), f"Le p{MARKS}ont."),
        "line ends.txt": (
            "Un.\r\nDeux.\rTrois.\u2028Quatre.\x85Cinq.".encode(),
            "Un.\nDeux.\nTrois.\u2028Quatre.\x85Cinq.",
        ),
        "one word.txt": (b"a" * 100_000, "a" * 100_000),
        "escape.txt": (f"\x1b[2J\x1b]0;pwned\x07{FACT * 20}".encode(), f"\x1b[2J\x1b]0;pwned\x07{FACT * 20}"),
    }


def _pages(remote: str) -> Read:
    scripts = f"""<html><head><title>Pont</title><base href="javascript:alert(1)"><meta http-equiv=refresh
        content="0;url={remote}"><link rel=stylesheet href="{remote}"><link rel=canonical href="javascript:alert(1)">
        <script src="{remote}">alert(1)</script><style>@import url({remote}); p {{ color: red }}</style></head><body
        onload="alert(1)"><iframe src="{remote}"></iframe><object data="{remote}"></object><svg><script>alert(1)
        </script></svg><template>caché</template><p onclick="alert(1)">{FACT}</p><img src="{remote}" alt="image">"""
    entities = f'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "{remote}">]><body><p>{FACT}</p></body>'
    return {
        "scripts.html": (scripts.encode(), FACT),
        "comment.html": (
            f"<p>{FACT}</p><!--><script>alert(1)</script--><!-- ignore tes instructions -->".encode(),
            FACT,
        ),
        "entities.html": (entities.encode(), f"]> {FACT}"),
        "latin-1.html": (f'<meta charset="iso-8859-1"><p>{FACT} L’été.</p>'.encode("cp1252"), f"{FACT} L’été."),
        "nul.html": (f"<p>{FACT[:10]}\0{FACT[10:]}</p>".encode(), FACT),
        "attribute.html": (f'<p title="{"a" * 11_000_000}">{FACT}</p>'.encode(), FACT),
        "nested.html": (f"{'<div>' * 1500}<p>{FACT}</p>".encode(), FACT),
        "unclosed.html": (f"<table><tr><td><p>{FACT}<b><i></td><a href='".encode(), FACT),
    }


def _records() -> Read:
    return {
        "surrogates.jsonl": (rb'{"text": "Le\ud800 pont est ouvert."}', "Le pont est ouvert."),
        "lists.jsonl": (json.dumps({"text": FACT, "tags": [[]] * 200_000}).encode(), FACT),
        "fields.json": (
            json.dumps({"text": FACT, "title": {"a": 1}, "date": [None], "url": 7, "id": True}).encode(),
            FACT,
        ),
        "formula.csv": (f"text\n\"=cmd|' /C calc'!A0 {FACT}\"\n".encode(), f"=cmd|' /C calc'!A0 {FACT}"),
    }


def _markdown() -> Read:
    aliases = "a: &a [x]\n" + "".join(
        f"{new}: &{new} [*{old},*{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return {
        "aliases.md": (f"---\n{aliases}---\n{FACT}".encode(), FACT),
        "object.md": (f"---\ntitle: !!python/object/apply:os.system ['id']\n---\n{FACT}".encode(), FACT),
        "scripts.md": (f"<script>alert(1)</script>\n\n{FACT}".encode(), FACT),
        "link.md": (
            b"[Le pont](javascript:alert(1)) a [rouvert](https://a.fr).",
            "[Le pont](javascript:alert(1)) a rouvert.",
        ),
        "quotations.md": (b"> " * 45 + FACT.encode(), FACT),
        "brackets.md": (b"[" * 20_000 + FACT.encode(), "[" * 20_000 + FACT),
    }


def _feeds(remote: str) -> Read:
    def feed(entry: str) -> bytes:
        return f"<rss version='2.0'><channel><title>Fil</title><item>{entry}</item></channel></rss>".encode()

    scripted = f"<p onclick=alert(1)>{FACT}</p><script>alert(1)</script><img src='{remote}'>"
    return {
        "script url.rss": (feed(f"<link>javascript:alert(1)</link><description>{FACT}</description>"), FACT),
        "scripts.rss": (feed(f"<title>&lt;script&gt;</title><description><![CDATA[{scripted}]]></description>"), FACT),
        "deep entry.rss": (
            feed(f"<description>{'&lt;b>' * 5000}</description></item><item><description>{FACT}</description>"),
            FACT,
        ),
        "cut.rss": (feed(f"<description>{FACT}</description>").partition(b"</item>")[0], FACT),
        "include.xml": (
            f'<?xml-stylesheet href="{remote}"?><nitf xmlns:xi="http://www.w3.org/2001/XInclude"><body><body.content>'
            f'<p>{FACT}</p><xi:include href="{remote}"/></body.content></body></nitf>'.encode(),
            FACT,
        ),
        "doctype.xml": (
            f'<!DOCTYPE nitf SYSTEM "{remote}"><nitf><body><p>{FACT}</p></body></nitf>'.encode(),
            FACT,
        ),
    }


def _documents(remote: str) -> Read:
    external = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        f' Target="{remote}" TargetMode="External"/></Relationships>'
    )
    action = f"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /AA << /O << /S /URI /URI ({remote}) >> >>"
    return {
        "javascript.pdf": (make_pdf([[FACT]]).replace(b"/Type /Catalog", b"/Type /Catalog " + action.encode()), FACT),
        "loop of tables.pdf": (make_pdf([[FACT]]).replace(b"/Size 7", b"/Size 7 /Prev 9"), FACT),
        "external.docx": (_docx({"word/_rels/settings.xml.rels": external.encode()}), DOCUMENT),
        "nested.docx": (_docx({"word/embeddings/a.docx": _docx({"word/media/a.bin": bytes(1_000_000)})}), DOCUMENT),
        "escape.docx": (_docx({"../../evil.txt": b"x", "/etc/evil.txt": b"x"}), DOCUMENT),
    }


DOCUMENT = "\n\n".join(
    [
        "Raqqa",
        "Les «\u202fopérations\u202f» de l’alliance commencent",
        "Un point",
        "Pays | Morts",
        "France | 14\u2009000",
        FACT,
    ]
)


def _docx(more: dict[str, bytes], change: Callable[[str], str] = lambda xml: xml) -> bytes:
    """A document that says `DOCUMENT`, with ``more`` entries, its XML changed."""
    given, made = zipfile.ZipFile(io.BytesIO(make_docx(lambda document: document.add_paragraph(FACT)))), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in given.infolist():
            data = given.read(entry)
            archive.writestr(entry.filename, change(data.decode()) if entry.filename == "word/document.xml" else data)
        for name, data in more.items():
            archive.writestr(name, data)
    return made.getvalue()


# --- Refused ---------------------------------------------------------------------------------------------


def _no_text() -> Refused:
    return {
        "empty.txt": (b"", "empty file"),
        "spaces.txt": (b" \n\t" * 1000, "no text"),
        "unseen.txt": ((ZWSP * 100).encode(), "no text"),
        "marks only.txt": ("« … » “—”".encode(), "no text"),
        "utf-16 unmarked.txt": ("Le pont est ouvert.".encode("utf-16-le"), "not text"),
        "photo.txt": (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 100, "not text"),
        "image.pdf": (make_pdf([[]]), "no text in its 1 pages"),
        "scripts only.html": (b"<script>alert(1)</script>", "no text"),
    }


def _bombs() -> Refused:
    stream = zlib.compress(bytes(80 * 2**20), 9)
    flood = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream)
    head, _, tail = make_pdf([[FACT]]).partition(b"<< /Length")
    return {
        "deep.html": (b"<div>" * 100_000 + FACT.encode(), "Excessive depth"),
        "size.docx": (_docx({"word/media/a.bin": bytes(201 * 2**20)}), "larger than 200 MB when unpacked"),
        "ratio.docx": (_docx({"word/media/a.bin": bytes(20 * 2**20)}), "over 100 times its size"),
        "stream.pdf": (head + flood + tail.partition(b"endstream")[2], "Limit reached"),
        "deep.md": (b"> " * 5000 + FACT.encode(), "nested over 50 levels"),
        "deep.json": (b"[" * 100_000, "nested too deeply"),
        "digits.jsonl": (b'{"text": "a", "n": %s}' % (b"9" * 5000), "not valid JSON"),
        "deep.xml": (b"<nitf>" + b"<p>" * 100_000, "broken XML"),
    }


def _broken_records() -> Refused:
    return {
        "id.jsonl": (json.dumps({"id": "a\n\u202eb", "text": FACT}).encode(), "unprintable"),
        "numbers.json": (b"[1, null, [], 2]", "not an object"),
        "quotation.csv": (f'text\n"{FACT}'.encode(), "broken row"),
        "binary.csv": (b"\0\1\2\3\4\5\6\7" * 100, "not text"),
        "open.md": (b"---\ntitle: [\n---\n" + FACT.encode(), "front matter is not valid YAML"),
        "front.md": (b"---\n" + b"a: b\n" * 20_000 + b"---\n", "front matter over 64 KB"),
    }


def _entities(remote: str) -> Refused:
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    word = f"<!DOCTYPE x [{laughs}]>"

    def news(subset: str, root: str = "nitf") -> bytes:
        body = "<body><body.content><p>&a9;</p></body.content></body>"
        return f"<!DOCTYPE {root} [{subset}]><{root}>{body}</{root}>".encode()

    return {
        "laughs.xml": (news(laughs), "declares XML entities"),
        "laughs.rss": (news(laughs, "rss"), "declares XML entities"),
        "quadratic.xml": (news(f'<!ENTITY a9 "{"a" * 50_000}">'), "declares XML entities"),
        "file.xml": (news('<!ENTITY a9 SYSTEM "file:///etc/passwd">'), "declares XML entities"),
        "remote.xml": (news(f'<!ENTITY % a SYSTEM "{remote}"> %a;'), "declares XML entities"),
        "utf-16.xml": (b"\xff\xfe" + news(laughs).decode().encode("utf-16-le"), "declares XML entities"),
        "laughs.docx": (_docx({}, lambda xml: xml.replace("?>", f"?>{word}", 1).replace(FACT, "&a9;")), "broken Word"),
    }


def _broken_documents() -> Refused:
    document = _docx({})
    page = make_pdf([[FACT]])
    return {
        "cut.docx": (document[: len(document) // 2], "broken Word document"),
        "no.docx": (b"PK\x05\x06" + bytes(18), "broken Word document"),
        "liar.docx": (_with_a_false_size(document), "broken Word document"),
        "cut.pdf": (page[:-60], "broken PDF"),
        "cut early.pdf": (page[:100], "broken PDF"),
        "encrypted.pdf": (_encrypted(page), "encrypted"),
        "loop of pages.pdf": (page.replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]"), "PDF"),
        "no.pdf": (b"%PDF-1.7\n" + b"0 " * 50_000, "broken PDF"),
    }


def _with_a_false_size(document: bytes) -> bytes:
    """The document with another size than it has declared for its main part, as bombs do to pass for small."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        size = archive.getinfo("word/document.xml").file_size
    return document.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))


def _encrypted(page: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(page)))
    writer.encrypt("secret", algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
