"""Every family of format, on files as newsrooms write them and as attackers would."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.formats import SUFFIXES, files, find_files, read_articles
from assistant.formats.identity import id_from_url, is_sane
from assistant.formats.metadata import language_code, parse_date, single_line, title_from, web_url
from assistant.formats.pdf import paragraphs_of
from assistant.types import Article, Refusal

SAMPLES = Path(__file__).parent / "data" / "formats"
NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"
TYPOGRAPHY = f"«{NARROW}L’heure{NARROW}», dit-il{NBSP}: 14{THIN}000 à l'unité…"


def articles(path: Path) -> list[Article]:
    return [found for found in read_articles(path) if isinstance(found, Article)]


def refusals(path: Path) -> list[Refusal]:
    return [found for found in read_articles(path) if isinstance(found, Refusal)]


def one(path: Path) -> Article:
    (found,) = read_articles(path)
    assert isinstance(found, Article), found
    return found


def reason(path: Path) -> str:
    (found,) = read_articles(path)
    assert isinstance(found, Refusal), found
    return found.reason


@pytest.fixture
def write(tmp_path):
    """Writes a file into an empty folder and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# --- Finding files ---------------------------------------------------------------------------------------


def test_folders_are_walked_in_sorted_order_without_hidden_and_unknown_files(tmp_path):
    for name in (
        "b.txt",
        "a/z.md",
        "a/Y.TXT",
        ".hidden.txt",
        ".git/c.txt",
        "~$note.docx",
        "photo.jpg",
        "sans",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert [str(path.relative_to(tmp_path)) for path in find_files([tmp_path])] == [
        "a/Y.TXT",
        "a/z.md",
        "b.txt",
    ]


def test_a_file_named_twice_or_under_its_folder_is_found_once(write):
    file = write("a.txt", "x")
    assert find_files([file, file.parent, file.parent / "." / "a.txt"]) == [file]


def test_a_file_named_with_an_unknown_suffix_is_found_and_refused(write):
    file = write("photo.jpg", "x")
    assert find_files([file]) == [file]
    assert reason(file).startswith("files in .jpg are not read (known: .txt, .md")


def test_a_missing_path_is_wrong_usage_that_names_it(tmp_path):
    with pytest.raises(UsageError, match=r"absent\.txt' does not exist"):
        find_files([tmp_path / "absent.txt"])


def test_links_that_leave_the_folder_or_go_in_circles_are_not_followed(tmp_path):
    folder, outside = tmp_path / "corpus", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("x")
    (folder / "a.txt").write_text("x")
    (folder / "secret.txt").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside, target_is_directory=True)
    (folder / "up").symlink_to(folder, target_is_directory=True)
    (folder / "loop.txt").symlink_to(folder / "pool.txt")
    (folder / "pool.txt").symlink_to(folder / "loop.txt")
    (folder / "dead.txt").symlink_to(folder / "nowhere.txt")
    assert find_files([folder]) == [folder / "a.txt"]


def test_a_link_stands_for_a_hidden_file_but_not_beside_the_file_itself(tmp_path):
    # As Kubernetes mounts a folder: each file a link into a hidden one.
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "b.md").write_text("x")
    (tmp_path / "b.md").symlink_to(tmp_path / "..data" / "b.md")
    (tmp_path / "c.txt").write_text("x")
    (tmp_path / "a.txt").symlink_to(tmp_path / "c.txt")
    assert [path.name for path in find_files([tmp_path])] == ["b.md", "c.txt"]


def test_a_link_named_by_hand_may_lead_anywhere(tmp_path):
    (tmp_path / "real.txt").write_text("Du texte.")
    (tmp_path / "sub").mkdir()
    link = tmp_path / "sub" / "link.txt"
    link.symlink_to(tmp_path / "real.txt")
    assert find_files([link]) == [link]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_is_neither_found_nor_waited_for(tmp_path):
    fifo = tmp_path / "fifo.txt"
    os.mkfifo(fifo)
    assert find_files([tmp_path]) == []
    assert reason(fifo) == "not a regular file"
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        find_files([fifo])


def test_a_device_is_not_read():
    assert reason(Path(os.devnull).with_suffix("")).startswith("files in no suffix")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        find_files([Path(os.devnull)])


# --- Files that cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_is_refused_in_every_format(write, suffix):
    assert reason(write(f"vide{suffix}", b"")) == "empty file"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_blank_file_is_refused_in_every_format(write, suffix):
    assert len(refusals(write(f"blanc{suffix}", b" \n\n\t\n"))) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_photograph_under_a_false_name_is_refused(write, suffix):
    photograph = bytes(range(256)) * 64
    assert articles(write(f"photo{suffix}", photograph)) == []


def test_a_file_over_the_limit_is_refused(write, monkeypatch):
    monkeypatch.setattr(files, "SIZE_LIMIT", 2**20)
    assert reason(write("gros.txt", b"a" * (2**20 + 1))) == "larger than 1 MB (split it)"


def test_a_file_that_went_away_is_refused(tmp_path):
    assert reason(tmp_path / "parti.txt") == "cannot be opened (No such file or directory)"


def test_a_folder_with_a_known_suffix_is_refused(tmp_path):
    (tmp_path / "dossier.txt").mkdir()
    assert reason(tmp_path / "dossier.txt") in ("not a regular file", "cannot be opened (Is a directory)")


def test_a_refusal_is_always_one_line_and_names_its_origin(tmp_path):
    for path in (SAMPLES / "articles.jsonl", SAMPLES / "tableur.csv", tmp_path / "absent.txt"):
        for refusal in refusals(path):
            assert refusal.origin.startswith(str(path))
            assert refusal.reason == single_line(refusal.reason)


# --- Encodings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        TYPOGRAPHY.encode(),
        b"\xef\xbb\xbf" + TYPOGRAPHY.encode(),
        b"\xff\xfe" + TYPOGRAPHY.encode("utf-16-le"),
        b"\xfe\xff" + TYPOGRAPHY.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 little endian", "utf-16 big endian"],
)
def test_unicode_files_keep_every_character(write, data):
    assert one(write("a.txt", data)).text == TYPOGRAPHY


def test_a_file_that_is_not_utf_8_is_read_as_cp1252(write):
    text = f"«{NBSP}L’œuvre coûte 3 €…{NBSP}»"
    assert one(write("a.txt", text.encode("cp1252"))).text == text


def test_bytes_that_are_wrong_in_a_utf_8_file_spoil_only_themselves(write):
    assert one(write("a.txt", "Été à Évian, ".encode() + b"\xff" + " dès l'aube.".encode())).text == (
        "Été à Évian, \ufffd dès l'aube."
    )


def test_a_truncated_utf_8_file_loses_its_last_character_only(write):
    assert one(write("a.txt", "Été à Évian, désolé".encode()[:-1])).text == "Été à Évian, désol\ufffd"


def test_bytes_without_meaning_in_cp1252_are_marked(write):
    assert one(write("a.txt", b"caf\xe9 \x81")).text == "café \ufffd"


def test_line_ends_become_lf_and_nothing_else_changes(write):
    text = "  Un.\r\nDeux.\rTrois.\n\n Quatre.\u2028Cinq.\x0c \n"
    assert one(write("a.txt", text)).text == "  Un.\nDeux.\nTrois.\n\n Quatre.\u2028Cinq.\x0c \n"


@pytest.mark.parametrize(
    "data",
    [
        b"Un\0 deux trois",
        b"Un\xed\xa0\x80 deux trois",
        b"\xff\xfeU\0n\0\x00\xd8 \0d\0e\0u\0x\0 \0t\0r\0o\0i\0s\0",
    ],
    ids=["NUL", "surrogate in utf-8", "surrogate in utf-16"],
)
def test_nul_and_lone_surrogates_are_removed(write, data):
    assert one(write("a.txt", data)).text == "Un deux trois"


def test_an_odd_byte_at_the_end_of_utf_16_is_dropped(write):
    assert one(write("a.txt", b"\xff\xfe" + "Été".encode("utf-16-le") + b"x")).text == "Été"


def test_utf_16_without_a_mark_is_refused_with_the_way_out(write):
    assert "save it as UTF-8" in reason(write("a.txt", "Un texte en UTF-16.".encode("utf-16-le")))


characters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff")
texts = st.text(characters | st.sampled_from("\n\t «»’'\u00a0\u202f\u2009\u00ad")).filter(
    lambda text: any(character.isalnum() for character in text)
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(text=texts)
def test_any_text_comes_back_unchanged_from_txt(write, text):
    assert one(write("a.txt", text)).text == text


@quick
@given(text=texts)
def test_any_text_comes_back_unchanged_from_jsonl(write, text):
    assert one(write("a.jsonl", json.dumps({"text": text}))).text == text
    assert one(write("a.jsonl", json.dumps({"text": text}, ensure_ascii=False))).text == text


@quick
@given(text=texts, separator=st.sampled_from(",;\t"))
def test_any_text_comes_back_unchanged_from_csv(write, text, separator):
    table = io.StringIO()
    csv.writer(table, delimiter=separator).writerows([["id", "text", "lang"], ["a", text, "fr"]])
    assert one(write("a.csv", table.getvalue())).text == text


# --- Plain text and Markdown -----------------------------------------------------------------------------


def test_a_text_file_is_its_article():
    path = SAMPLES / "depeche.txt"
    article = one(path)
    assert article.text == path.read_text(encoding="utf-8")
    assert (article.id, article.origin, article.language) == ("depeche", str(path), "fr")
    assert article.title == "Un séisme de magnitude 7,8 a frappé lundi le sud de la Turquie et le nord de la Syrie."
    assert article.published is None
    assert f"14{THIN}000" in article.text and "l’" not in article.text and "d’Adana" in article.text


def test_markdown_becomes_blocks_of_plain_text():
    article = one(SAMPLES / "article.md")
    assert article.text.split("\n\n") == [
        f"Raqqa{NARROW}: la Turquie associée",
        f"Les États-Unis vont associer la Turquie aux opérations militaires, a annoncé mardi M.{NBSP}Mattis. "
        f"«{NBSP}C'est l’heure{NBSP}», a-t-il dit.",
        "Quinze pays",
        "Le Danemark",
        "La France et l'Italie",
        "Carte de la région",
        "Pays | Morts",
        f"France | 14{NARROW}000",
        "Un encadré en HTML.",
        f"Fin de l'article & «{NBSP}suite{NBSP}».",
    ]


def test_front_matter_is_the_metadata():
    article = one(SAMPLES / "article.md")
    assert article.title == f"Raqqa{NARROW}: la Turquie associée"
    assert article.published == date(2017, 5, 9)
    assert (article.source, article.language) == ("Le Journal", "fr")
    assert (article.author, article.url) == (
        "Jeanne Martin, Paul Durand",
        "https://www.exemple.fr/monde/raqqa",
    )


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Un *mot* __fort__ et `code`.", "Un mot fort et code."),
        ("Un [lien](http://a.fr) et ![une image](i.png).", "Un lien et une image."),
        ("Ligne une\nligne deux", "Ligne une ligne deux"),
        ("Ligne une  \nligne deux", "Ligne une\nligne deux"),
        ("1. un\n2. deux\n   - trois", "un\n\ndeux\n\ntrois"),
        ("1914. La guerre éclate.", "1914. La guerre éclate."),
        ("> Une citation", "Une citation"),
        ("Avant\n\n---\n\nAprès", "Avant\n\nAprès"),
        ("Un <b>mot</b> <!-- note -->gras", "Un mot gras"),
        ("<script>alert(1)</script>\n\nSuite", "Suite"),
        ("```\nx = 1\n```", "x = 1"),
        ("Titre\n=====\n\nTexte\\*", "Titre\n\nTexte*"),
        ("\"droits\" et 'apostrophe' -- ... (c)", "\"droits\" et 'apostrophe' -- ... (c)"),
    ],
)
def test_markdown_keeps_words_and_drops_marks(write, markdown, text):
    assert one(write("a.md", markdown)).text == text


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("title: 1984", "1984"),
        ("title: Non", "Non"),
        ("title: 2017-06-27", "2017-06-27"),
        ("TITLE: Capitales", "Capitales"),
        ("title: null", "Du texte."),
        ("title: {a: b}", "Du texte."),
        ("title: |\n  Deux\n  lignes", "Deux lignes"),
        ("title:", "Du texte."),
        ("{}", "Du texte."),
    ],
)
def test_front_matter_values_stay_as_written(write, front, title):
    assert one(write("a.md", f"---\n{front}\n---\nDu texte.")).title == title


def test_an_id_in_front_matter_is_kept(write):
    assert one(write("a.md", "---\nid: 007\n---\nDu texte.")).id == "007"


@pytest.mark.parametrize(
    "front",
    [
        'title: "ouvert',
        "a: b: c",
        "\tx: y",
        "[" * 5000,
        "!!python/object/apply:os.system ['x']: y\n- z",
        "x" * 70000,
    ],
    ids=["quote", "colons", "tab", "deep", "tags", "long"],
)
def test_broken_front_matter_is_refused(write, front):
    assert reason(write("a.md", f"---\n{front}\n---\nDu texte.")).startswith("front matter")


def test_yaml_that_would_build_objects_or_grow_stays_text(write):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\ntitle: *c"
    code = "author: !!python/name:os.system ''"
    article = one(write("a.md", f"---\n{bomb}\n{code}\n---\nDu texte."))
    assert (article.title, article.author) == ("Du texte.", "")


@pytest.mark.parametrize("text", ["---\nDu texte.\n\nSans fin", "---\nDu texte.\n---\nEt la suite"])
def test_a_thematic_break_is_not_front_matter(write, text):
    assert one(write("a.md", text)).text.startswith("Du texte.")


# --- HTML ------------------------------------------------------------------------------------------------


def test_the_main_text_of_a_page_keeps_its_typography():
    article = one(SAMPLES / "page.html")
    assert article.text.split("\n\n") == [
        f"Interpol a identifié 14{NARROW}000 combattants étrangers, selon «{NBSP}Le Monde{NBSP}», a annoncé "
        "mardi le secrétaire américain à la Défense Jim Mattis lors d’une conférence de presse à Copenhague.",
        "L'annonce tranche avec la condamnation, fin avril, de frappes aériennes de la Turquie contre une "
        "milice kurde soutenue par les États-Unis, qui avait provoqué la colère à Washington.",
        "Quinze pays",
        f"Quinze pays étaient représentés le 3 avril 2016 à Copenhague, dont le Danemark (3,5{THIN}% du "
        f"total), «{NARROW}pour la première fois{NARROW}».",
        "Premier point de la liste",
        "Second point de la liste",
    ]


def test_the_head_of_a_page_is_the_metadata():
    article = one(SAMPLES / "page.html")
    assert article.title == f"Raqqa{NBSP}: la Turquie associée aux opérations"
    assert (article.source, article.author, article.language) == ("Le Journal", "Jeanne Martin", "fr")
    assert (article.url, article.published) == ("https://www.exemple.fr/monde/raqqa.html", date(2017, 5, 9))


@pytest.mark.parametrize(
    "body",
    [
        "<p>Le 3 avril 2016, quinze pays étaient représentés à Copenhague.</p>",
        "<p>Réunion <time datetime='2016-04-03'>dimanche</time> à Copenhague.</p>",
        "<p>Voir <a href='/2016/04/03/x'>la réunion</a> de Copenhague.</p><footer>© 2016-04-03</footer>",
    ],
)
def test_the_date_of_a_page_is_not_guessed_from_its_text(write, body):
    link = '<link rel="canonical" href="https://exemple.fr/2016/04/03/page">'
    assert one(write("a.html", f"<html><head>{link}</head><body>{body}</body></html>")).published is None


@pytest.mark.parametrize(
    "statement",
    [
        '<meta property="article:published_time" content="2016-04-03T23:50:00+02:00">',
        '<meta name="date" content="2016-04-03">',
        '<script type="application/ld+json">{"@type": "Article", "datePublished": "2016-04-03T10:00Z"}</script>',
        '<time itemprop="datePublished" datetime="2016-04-03">dimanche</time>',
    ],
)
def test_the_date_a_page_states_is_read(write, statement):
    page = f"<html><head><title>T</title>{statement}</head><body><p>Un texte assez court.</p></body></html>"
    assert one(write("a.html", page)).published == date(2016, 4, 3)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b'<html><meta charset="iso-8859-1"><body><p>L\x92\x9cuvre co\xfbte.</p></body></html>',
            "L’œuvre coûte.",
        ),
        (
            b'<html><meta charset="windows-1250"><body><p>\xa3\xf3d\x9f w Polsce</p></body></html>',
            "Łódź w Polsce",
        ),
        ('<?xml version="1.0" encoding="utf-8"?><html><body><p>Été</p></body></html>'.encode(), "Été"),
        (b"<p>L&#146;heure &laquo;&nbsp;H&nbsp;&raquo;</p>", f"L’heure «{NBSP}H{NBSP}»"),
        (b"<p>Avant\0 et apr&egrave;s&#1;</p>", "Avant et après"),
        (
            b"<table><tr><td><p>Une mise en page</p><p>en tableau</p></td></tr></table>",
            "Une mise en page\n\nen tableau",
        ),
    ],
    ids=["latin-1", "declared", "xhtml", "references", "controls", "layout"],
)
def test_old_and_odd_pages_are_read(write, data, text):
    assert one(write("a.html", data)).text == text


def test_a_page_nested_without_end_is_survived(write):
    assert len(list(read_articles(write("a.html", "<div>" * 100_000 + "fin")))) == 1


# --- JSON Lines and CSV ----------------------------------------------------------------------------------


def test_records_of_json_lines_are_read_one_by_one():
    path = SAMPLES / "articles.jsonl"
    found = list(read_articles(path))
    assert [item.origin.removeprefix(str(path)) for item in found] == [
        "#a-1",
        "#3",
        "#4",
        "#5",
        "#6",
        "#7",
        "#7",
        "#9",
    ]
    first, broken, textless, by_url, by_number, bad_id, number, table = found
    assert first == Article(
        id="a-1",
        text=f"  Le texte «{NARROW}tel quel{NARROW}», 14{THIN}000 fois.\nFin. ",
        title="Premier",
        source="AFP",
        url="https://exemple.fr/1",
        author="Jeanne Martin",
        published=date(2017, 6, 27),
        language="fr",
        origin=f"{path}#a-1",
    )
    assert broken.reason.startswith("not valid JSON")
    assert textless.reason == "no field 'text'"
    assert by_url.id == id_from_url("https://www.exemple.fr/société/grève?id=3")
    assert by_url.published == date(2017, 6, 27)
    assert (by_number.id, by_number.url, by_number.published) == ("articles-6", "", None)
    assert "\u2028" in by_number.text
    assert bad_id.reason == "id 'mauvais id' is over 200 characters or unprintable"
    assert (number.id, number.text) == ("7", "Un nul et un demi-caractère .")
    assert table.reason == "not an object with fields but list"


@pytest.mark.parametrize("article_id", ["a" * 201, "a\tb", "a\u202eb", "a\x7f"])
def test_an_id_that_cannot_be_shown_is_refused(write, article_id):
    assert "200 characters or unprintable" in reason(
        write("a.jsonl", json.dumps({"id": article_id, "text": "Du texte."}))
    )


@pytest.mark.parametrize("article_id", ["a", "é" * 200, "urn:newsml:afp.com:2017#3", "../../etc/passwd", "a b", "12"])
def test_a_sane_id_is_kept_as_given(write, article_id):
    assert one(write("a.jsonl", json.dumps({"id": article_id, "text": "Du texte."}))).id == article_id


def test_the_path_can_be_told_from_an_origin_whatever_the_id(write):
    path = write("a.jsonl", json.dumps({"id": "urn:x#3", "text": "Du texte."}))
    assert one(path).origin == f"{path}#1"


@pytest.mark.parametrize("line", ['{"text": ' + "[" * 100_000, '{"text": "a", "x": ' + "9" * 5000 + "}", "null", '"x"'])
def test_json_made_to_break_the_parser_is_refused(write, line):
    assert len(refusals(write("a.jsonl", line + '\n{"text": "La suite."}'))) == 1


def test_a_csv_in_cp1252_with_semicolons_is_read_as_spreadsheets_save_it():
    path = SAMPLES / "tableur.csv"
    first, extra, empty, spaces = read_articles(path)
    assert first.text == f"Un œuf à 3 €, «{NBSP}dit-il{NBSP}».\nDeuxième ligne, l’autre."
    assert (first.id, first.title, first.source) == ("c-1", "Le titre; avec point-virgule", "AFP")
    assert (first.published, first.language, first.origin) == (date(2017, 6, 27), "fr", f"{path}#c-1")
    assert extra == Refusal(f"{path}#2", "7 cells for 6 columns (put quotation marks around the text)")
    assert empty.reason == "no field 'text'"
    assert spaces.text == "  Espaces gardés  "


def test_a_csv_row_with_a_stray_quotation_mark_does_not_stop_the_rest(write):
    path = write("a.csv", 'id,text\n1,"Il a dit "bonjour" hier"\n2,La suite.\n')
    broken, after = read_articles(path)
    assert broken.reason.startswith("broken row ending on line 2")
    assert after.text == "La suite."


def test_a_csv_may_hold_a_whole_book_in_a_cell(write):
    text = "Un mot. " * 50_000
    assert one(write("a.csv", f'text\n"{text}"\n')).text == text


@pytest.mark.parametrize("header", ["id;contenu", "un texte sans colonnes", '"ouvert'])
def test_a_csv_without_a_text_column_is_refused_whole(write, header):
    assert len(refusals(write("a.csv", f"{header}\n1;x\n2;y\n"))) == 1


# --- PDF -------------------------------------------------------------------------------------------------


def make_pdf(pages: list[list[str]], info: str = "") -> bytes:
    """A PDF with one line of text below the other on each page."""

    def shown(line: str) -> bytes:
        escaped = line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        return b"(" + escaped + b") Tj T*\n"

    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects, kids = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", font, f"<< {info} >>".encode("latin-1")], []
    for lines in pages:
        content = b"BT /F1 11 Tf 14 TL 50 780 Td\n" + b"".join(map(shown, lines)) + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\n" % (len(objects) + 1)
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


PDF_PAGES = [
    [
        "Le Journal - 9 mai 2017",
        "Raqqa : la Turquie associée",
        "Les États-Unis vont associer la Turquie aux opérations mili-",
        f"taires pour reprendre Raqqa, a annoncé mardi M.{NBSP}Mattis. C’est peut-",
        f"être «{NBSP}la dernière bataille{NBSP}», a-t-",
        "il ajouté devant la presse réunie à Copenhague en fin de journée.",
        "La fin du paragraphe est courte.",
        "L'annonce tranche avec la condamnation de frappes aériennes qui",
        "avait provoqué la colère à Washington et dans la",
        "1",
    ],
    ["Le Journal - 9 mai 2017", "capitale danoise pour la première fois depuis plus d'un an.", "Page 2/3"],
    ["Le Journal - 9 mai 2017", "Une dernière page avec un peu de texte pour finir.", "3"],
]


def test_the_lines_of_a_pdf_become_paragraphs(write):
    info = "/Title (Raqqa \\(suite\\)) /Author (Jeanne Martin) /CreationDate (D:20170509213000+02'00')"
    article = one(write("journal.pdf", make_pdf(PDF_PAGES, info)))
    assert article.text.split("\n\n") == [
        "Raqqa : la Turquie associée",
        "Les États-Unis vont associer la Turquie aux opérations militaires pour reprendre Raqqa, a annoncé "
        f"mardi M.{NBSP}Mattis. C’est peut-être «{NBSP}la dernière bataille{NBSP}», a-t-il ajouté devant la presse "
        "réunie à Copenhague en fin de journée. La fin du paragraphe est courte.",
        "L'annonce tranche avec la condamnation de frappes aériennes qui avait provoqué la colère à Washington "
        "et dans la capitale danoise pour la première fois depuis plus d'un an. Une dernière page avec un peu de "
        "texte pour finir.",
    ]
    assert (article.title, article.author, article.published) == (
        "Raqqa (suite)",
        "Jeanne Martin",
        date(2017, 5, 9),
    )


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("Une infor-\nmation capitale", "Une information capitale"),
        ("Une socio-\néconomie, ou socio-économie", "Une socio-économie, ou socio-économie"),
        ("Le vice-\nprésident arrive", "Le vice-président arrive"),
        ("C'est-à-\ndire tout", "C'est-à-dire tout"),
        ("Saint-\nÉtienne gagne", "Saint-Étienne gagne"),
        ("L'ex-\nministre est là", "L'ex-ministre est là"),
        ("Une extra\u00ad\nordinaire ﬁn", "Une extraordinaire fin"),
        ("Deux points :\n- le premier\n- le second", "Deux points :\n\n- le premier\n\n- le second"),
        ("Le ministre, hier\n– dit-on – à Lyon", "Le ministre, hier – dit-on – à Lyon"),
    ],
)
def test_words_broken_at_a_line_end_are_put_together(lines, text):
    assert paragraphs_of([lines]) == text


@quick
@given(st.lists(st.text(), max_size=4))
def test_no_line_of_a_pdf_breaks_the_joining(pages):
    paragraphs_of(pages)


def test_a_pdf_without_text_says_that_it_has_only_images(write):
    assert reason(write("scan.pdf", make_pdf([[], []]))) == (
        "no text in its 2 pages, only images (recognise the text first)"
    )


def test_an_encrypted_pdf_is_refused_and_one_without_password_read(write):
    from pypdf import PdfReader, PdfWriter

    for password, readable in (("secret", False), ("", True)):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf([["Du texte."]]))))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        data = io.BytesIO()
        writer.write(data)
        path = write("a.pdf", data.getvalue())
        assert one(path).text == "Du texte." if readable else reason(path) == "encrypted (save it without a password)"


def test_a_line_that_fills_a_document_is_not_taken_for_a_running_head(write):
    line = "Une ligne ordinaire qui revient sans cesse."
    assert one(write("a.pdf", make_pdf([[line] * 5] * 4))).text.count(line) == 12


@pytest.mark.parametrize("title", ["12", "- 3 -", "Page 4", "5/12", "iv", "XII"])
def test_page_numbers_are_left_out(title):
    assert paragraphs_of([f"Le texte.\n{title}"]) == "Le texte."


@pytest.mark.parametrize("line", ["Civil", "2017 fut pire.", "Mil"])
def test_short_last_lines_are_kept(line):
    assert line in paragraphs_of([f"Le texte.\n{line}"])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_pdf_is_read_as_far_as_it_goes_or_refused(write, capfd, share):
    whole = make_pdf(PDF_PAGES)
    assert len(list(read_articles(write("a.pdf", whole[: int(len(whole) * share)])))) == 1
    assert capfd.readouterr().err == ""


# --- Word ------------------------------------------------------------------------------------------------


def make_docx(change=lambda document: None) -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = f"Raqqa{NBSP}: la suite"
    document.core_properties.author = "Jeanne Martin"
    document.core_properties.language = "fr-FR"
    document.add_heading("Raqqa", 1)
    document.add_paragraph(f"Les «{NARROW}opérations{NARROW}» de l’alliance ").add_run("commencent").bold = True
    document.add_paragraph("Un point", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Pays", "Morts", "France", f"14{THIN}000"], strict=True):
        cell.text = text
    document.add_paragraph("  ")
    change(document)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def test_a_word_document_becomes_blocks(write):
    article = one(write("a.docx", make_docx()))
    assert article.text.split("\n\n") == [
        "Raqqa",
        f"Les «{NARROW}opérations{NARROW}» de l’alliance commencent",
        "Un point",
        "Pays | Morts",
        f"France | 14{THIN}000",
    ]
    assert (article.title, article.author, article.language) == (
        f"Raqqa{NBSP}: la suite",
        "Jeanne Martin",
        "fr",
    )


def test_what_reviewers_inserted_is_read_and_what_they_deleted_is_not(write):
    from docx.oxml import parse_xml

    reviewed = (
        '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:r><w:t>Le prix </w:t></w:r><w:del><w:r><w:delText>baisse</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>monte</w:t></w:r></w:ins>"
        "<w:sdt><w:sdtContent><w:r><w:t> encore</w:t></w:r></w:sdtContent></w:sdt>"
        "<w:r><w:noBreakHyphen/><w:t>t</w:t><w:br/><w:t>il.</w:t></w:r></w:p>"
    )
    article = one(write("a.docx", make_docx(lambda document: document.element.body.insert(0, parse_xml(reviewed)))))
    assert article.text.startswith("Le prix monte encore-t\nil.\n\nRaqqa")


@pytest.mark.parametrize("data", [b"PK\x03\x04 rien", make_docx()[:5000], b"<html>un docx</html>"])
def test_a_broken_word_document_is_refused(write, data):
    assert reason(write("a.docx", data)).startswith("broken Word document (")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(write):
    archive = io.BytesIO(make_docx())
    with (
        zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("word/media/a.bin", "w") as member,
    ):
        for _ in range(201):
            member.write(bytes(2**20))
    assert len(archive.getvalue()) < 2**20
    assert reason(write("a.docx", archive.getvalue())) == "larger than 200 MB when unpacked"


# --- Feeds -----------------------------------------------------------------------------------------------


def test_entries_of_an_rss_feed_are_articles():
    path = SAMPLES / "fil.rss"
    first, second, third = read_articles(path)
    assert first.text == (
        f"La flèche de Notre-Dame s'est effondrée lundi à 19{NBSP}h{NBSP}56.\n\n"
        "Quelque 400 pompiers étaient sur place, selon l’AFP."
    )
    assert (first.id, first.title) == ("urn:journal:4711", f"Notre-Dame{NBSP}: la flèche s'est effondrée")
    assert (first.source, first.author, first.language) == ("Le Journal – À la une", "Jeanne Martin", "fr")
    assert first.published == date(2019, 4, 15)
    assert second.text == "Le chantier durera cinq ans, a dit le président."
    assert second.id == id_from_url("https://www.exemple.fr/breves/12")
    assert third == Refusal(f"{path}#3", "no text")


def test_entries_of_an_atom_feed_are_articles():
    first, second = read_articles(SAMPLES / "fil.atom")
    assert first.text == (
        f"La capsule s'est posée «{NBSP}en douceur{NBSP}» dans le désert australien.\n\n"
        f"Elle contenait 5,4{NARROW}g de poussière."
    )
    assert (first.published, first.author, first.source) == (date(2020, 12, 6), "Paul Durand", "Sciences")
    assert (second.id, second.text) == ("tag:exemple.fr,2020:2", "Un texte simple, 1 < 2, sans balise.")


def test_a_feed_that_is_not_well_formed_is_still_read(write):
    item = "<item><title>A & B</title><description>Du texte & plus.</description></item>"
    feed = f"<rss version='2.0'><channel><title>T</title>{item}"
    assert one(write("a.rss", feed)).text == "Du texte & plus."


def test_a_feed_that_says_utf_8_and_is_not_keeps_its_accents(write):
    head = "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><item><description>"
    feed = f"{head}L’été à Évian</description></item></channel></rss>"
    assert one(write("a.rss", feed.encode("cp1252"))).text == "L’été à Évian"


@pytest.mark.parametrize("kind", ["html", "text"])
def test_what_is_no_character_does_not_cost_a_feed(write, kind):
    content = f"<content type='{kind}'>Un&#xD800; deux&#11;\x0b\0 tr&#x6f;is&#9999999;</content>"
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title>{content}</entry></feed>"
    assert one(write("a.atom", feed)).text == "Un deux trois"


def test_what_is_no_character_does_not_cost_a_dispatch(write):
    assert one(write("a.xml", NEWS.format("&#11;et\x0b&#xFFFF;"))).text == "Avant et après."


def test_a_feed_without_entries_is_refused(write):
    assert (
        reason(write("a.rss", "<rss version='2.0'><channel><title>T</title></channel></rss>"))
        == "a feed without entries"
    )


# --- NewsML-G2, NITF, ninjs ------------------------------------------------------------------------------


def test_a_newsml_message_yields_its_texts_and_not_its_pictures():
    path = SAMPLES / "message.xml"
    quake, nitf, canceled, plain = read_articles(path)
    assert quake == Article(
        id="urn:newsml:exemple.fr:20230206:seisme",
        text=f"Un séisme de magnitude 7,8 a fait plus de 1{NARROW}500 morts lundi en Turquie et en Syrie.\n\n"
        f"«{NBSP}C’est un désastre{NBSP}», a dit un secouriste.",
        title=f"Séisme{NBSP}: plus de 1{NARROW}500 morts",
        source="AFP",
        author="Par Jeanne Martin",
        published=date(2023, 2, 6),
        language="fr",
        origin=f"{path}#urn:newsml:exemple.fr:20230206:seisme",
    )
    assert nitf.text.split("\n\n") == [
        "A powerful earthquake struck southern Turkey on Monday.",
        "Rescue",
        "Rescuers searched the rubble all night.",
    ]
    assert (nitf.language, nitf.source) == ("en", "Reuters")
    assert canceled == Refusal(f"{path}#3", "marked as canceled by its provider")
    assert (plain.text, plain.source) == (
        "Le bilan s'alourdit.\n\nLes secours cherchent encore.",
        "Agence Exemple",
    )


def test_a_nitf_file_in_latin_1_is_read():
    path = SAMPLES / "depeche.nitf.xml"
    assert one(path) == Article(
        id="EX-20210519-7",
        text="Le musée a rouvert mercredi ses portes, fermées depuis octobre.\n\n"
        f"Près de 7{NBSP}000 visiteurs étaient attendus.",
        title="Le musée rouvre après six mois",
        source="Agence Exemple",
        author="Paul Durand",
        published=date(2021, 5, 19),
        language="fr",
        origin=str(path),
    )


def test_ninjs_1_prefers_the_body_that_marks_paragraphs():
    article = one(SAMPLES / "ninjs1.json")
    assert article.text.startswith("Quinze pays étaient représentés à Copenhague.\n\n«")
    assert (article.id, article.source, article.author) == (
        "urn:newsml:exemple.fr:20170509:raqqa",
        "AFP",
        "Jeanne Martin",
    )
    assert (article.title, article.published) == (f"Raqqa{NBSP}: la Turquie associée", date(2017, 5, 9))


def test_ninjs_3_and_plain_records_may_share_an_array():
    path = SAMPLES / "ninjs3.json"
    bridge, picture, withheld, record, neither = read_articles(path)
    assert bridge.text == "Un pont s'est effondré dimanche.\n\nPersonne n'a été blessé.  "
    assert (bridge.title, bridge.author) == ("Un pont s'effondre", "Par Paul Durand")
    assert (bridge.source, bridge.published) == ("Agence Exemple", date(2023, 2, 5))
    assert bridge.id == id_from_url(bridge.url) == "www-exemple-fr-depeches-20230206-1-758a9508"
    assert picture.reason == "no text"
    assert withheld.reason == "marked as withheld by its provider"
    assert record.text == "  Un texte ordinaire dans un tableau JSON.\nDeux lignes.\n"
    assert (record.id, record.published, record.language) == ("simple-1", date(2017, 6, 27), "fr")
    assert neither.reason == "not an object with fields but str"


# --- Hostile XML -----------------------------------------------------------------------------------------

LAUGHS = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {name} "{f"&{chr(ord(name) - 1)};" * 10}">' for name in "bcdefghij")
FEED = (
    "<rss version='2.0'><channel><item><title>T</title><description>Avant {} après.</description></item>"
    "</channel></rss>"
)
NEWS = (
    "<newsItem guid='urn:x:1'><contentSet><inlineXML><html><body><p>Avant {} après.</p></body></html>"
    "</inlineXML></contentSet></newsItem>"
)


@pytest.mark.parametrize("document", [FEED, NEWS], ids=["feed", "newsml"])
@pytest.mark.parametrize(
    "subset",
    [
        LAUGHS,
        '<!ENTITY j SYSTEM "file:///etc/passwd">',
        '<!ENTITY j SYSTEM "http://exemple.fr/x">',
        '<!ENTITY % p SYSTEM "http://exemple.fr/x.dtd"> %p;',
    ],
    ids=["billion laughs", "local file", "remote", "parameter"],
)
@pytest.mark.parametrize("before", ["", "<!-- <x> -->", "<?x <y> ?>"], ids=["", "after comment", "after instruction"])
def test_a_document_with_entities_is_refused(write, document, subset, before):
    assert reason(write("a.xml", f"{before}<!DOCTYPE r [{subset}]>{document.format('&j;')}")).startswith(
        "declares XML entities"
    )


@pytest.mark.parametrize("document", [FEED, NEWS], ids=["feed", "newsml"])
def test_an_external_document_type_is_not_fetched(write, document):
    doctype = '<!DOCTYPE r SYSTEM "file:///etc/passwd">'
    assert one(write("a.xml", doctype + document.format("et"))).text == "Avant et après."


def test_entities_declared_in_an_odd_encoding_are_seen(write):
    document = f"<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE r [{LAUGHS}]>{NEWS.format('&j;')}"
    assert reason(write("a.xml", document.encode("utf-16"))).startswith("declares XML entities")


@pytest.mark.parametrize(
    ("document", "refusal"),
    [
        (
            "<svg><p>Une image.</p></svg>",
            "an XML file that is no RSS, Atom, NewsML-G2 or NITF (its root element is 'svg')",
        ),
        ("<newsItem><contentSet>", "broken XML ("),
        ("rien de tel", "not XML (no element in it)"),
        ("<newsMessage><itemSet/></newsMessage>", "no text item in it (0 items)"),
        ("<newsItem>" * 500, "broken XML ("),
        ("<!--" * 100_000, "not XML (no element in it)"),
    ],
    ids=["unknown", "truncated", "text", "empty", "deep", "comments"],
)
def test_other_xml_is_refused_with_the_reason(write, document, refusal):
    assert reason(write("a.xml", document)).startswith(refusal)


# --- Metadata and ids ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2017-06-27", (2017, 6, 27)),
        ("2017-06-27T23:30:00+02:00", (2017, 6, 27)),
        ("2017-06-27T00:30:00Z", (2017, 6, 27)),
        ("2017-06-27 08:00", (2017, 6, 27)),
        ("2017-6-7", (2017, 6, 7)),
        ("2017/06/27", (2017, 6, 27)),
        ("20170627T090004", (2017, 6, 27)),
        ("20170627090004+02'00'", (2017, 6, 27)),
        ("2009-11-12Z", (2009, 11, 12)),
        ("27/06/2017", (2017, 6, 27)),
        ("06/07/2017", (2017, 7, 6)),
        ("06/27/2017", (2017, 6, 27)),
        ("27.06.2017 14:30", (2017, 6, 27)),
        ("27 juin 2017", (2017, 6, 27)),
        ("1er mai 2017", (2017, 5, 1)),
        ("mardi 27 juin 2017 à 14h30", (2017, 6, 27)),
        (f"27{NBSP}août{NBSP}2017", (2017, 8, 27)),
        ("3 févr. 2020", (2020, 2, 3)),
        ("June 27, 2017", (2017, 6, 27)),
        ("27. Juni 2017", (2017, 6, 27)),
        ("Tue, 27 Jun 2017 23:30:00 +0200", (2017, 6, 27)),
        ("Tue, 27 Jun 2017 23:30:00 GMT", (2017, 6, 27)),
        ("Tue, 27 Jun 2017 00:30:00 EST", (2017, 6, 27)),
    ],
)
def test_a_full_date_is_read_in_its_own_zone(value, day):
    assert parse_date(value) == date(*day)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "mardi",
            "hier",
            "demain",
            "juin 2017",
            "2017",
            "27 juin",
            "27/06/17",
            "2017-13-45",
            "31/02/2017",
        ),
        *(
            "31 février 2017",
            "il y a trois jours",
            "1498521600",
            "2017-06",
            "x" * 10_000,
            "0000-00-00",
            "14 000",
        ),
    ],
)
def test_a_date_that_is_not_whole_is_unknown(value):
    assert parse_date(value) is None


@given(st.dates())
def test_iso_dates_are_read_back(day):
    assert parse_date(day.isoformat()) == day


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_no_value_breaks_the_reading_of_dates_languages_and_addresses(value):
    parse_date(value)
    parse_date(value + " 2017")
    language_code(value)
    assert web_url(value) in ("", value.strip())


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *(("fr", "fr"), ("FR", "fr"), ("fr-FR", "fr"), ("fr_FR.UTF-8", "fr"), ("fra", "fr"), ("fre", "fr")),
        *(
            ("French", "fr"),
            ("français", "fr"),
            ("Français (France)", "fr"),
            ("anglais", "en"),
            ("Deutsch", "de"),
        ),
        *(("zh-Hans", "zh"), ("nb-NO", "nb"), ("", None), ("und", None), ("zxx", None), ("klingon", None)),
    ],
)
def test_languages_are_named_by_their_two_letter_code(value, code):
    assert language_code(value) == code


@pytest.mark.parametrize(
    ("value", "url"),
    [
        *((url, url) for url in ("https://exemple.fr/a?b=c#d", "HTTP://exemple.fr", "http://[::1]/", "http://é.fr/à")),
        (" https://exemple.fr ", "https://exemple.fr"),
        *((bad, "") for bad in ("javascript:alert(1)", "data:text/html,x", "ftp://exemple.fr", "//exemple.fr", "/a")),
        *((bad, "") for bad in ("http://", "http:///a", "http://[", "http://a b", "http://a\nb", "http://a\u202eb")),
        ("http://exemple.fr/" + "a" * 3000, ""),
    ],
)
def test_only_web_addresses_are_shown(value, url):
    assert web_url(value) == url


@given(st.text(), st.integers(20, 300))
def test_a_line_is_single_and_short(value, limit):
    line = single_line(value, limit)
    assert len(line) <= limit and len(line.splitlines()) <= 1
    assert not any(character < " " or character in "\u202e\u2066\ud800" for character in line)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n \n***\nLe titre\nLe texte", "Le titre"),
        ("«Le titre»\nLe texte", "«Le titre»"),
        (" " * 100_000 + "Le titre", "Le titre"),
        ("Un deux  trois\t quatre", "Un deux trois quatre"),
        ("M. Mattis est arrivé mardi. Il est reparti.", "M. Mattis est arrivé mardi."),
        ("mot " * 100, ("mot " * 30).strip() + "…"),
        (f"Plus de 14{THIN}000 " + "mots " * 60, None),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_an_article_without_title_takes_its_first_sentence(text, title):
    found = title_from(text)
    assert len(found) <= 120
    assert title is None or found == title
    assert title is not None or f"14{THIN}000" in found


def test_given_titles_are_one_line_and_end_in_time(write):
    record = {
        "text": "Du texte.",
        "title": "Deux\r\nlignes\0\u202e " + "mot " * 200,
        "source": "A\nB",
        "author": "C\tD",
    }
    article = one(write("a.jsonl", json.dumps(record)))
    assert article.title.startswith("Deux lignes mot") and len(article.title) <= 300 and article.title.endswith("…")
    assert (article.source, article.author) == ("A B", "C D")


def test_the_hash_in_an_id_tells_addresses_with_one_slug_apart():
    first, second = id_from_url("https://exemple.fr/a?id=1"), id_from_url("https://exemple.fr/a?id=2")
    assert first.startswith("exemple-fr-a-") and first != second


@given(st.text())
def test_an_id_made_from_an_address_is_sane(path):
    assert is_sane(id_from_url("https://exemple.fr/" + path.replace("[", "").replace("]", "")))


@pytest.mark.parametrize(
    ("name", "article_id"),
    [
        ("2017-05-09-raqqa.txt", "2017-05-09-raqqa"),
        ("e\u0301te\u0301.txt", "été"),
        ("v1.2 finale.txt", "v1.2 finale"),
    ],
)
def test_a_file_gives_its_name_to_its_article(write, name, article_id):
    assert one(write(name, "Du texte.")).id == article_id


@pytest.mark.parametrize("name", ["deux\nlignes.txt", "\u202etxt.txt", "a" * 240 + ".txt", b"\xff\xe9.txt"])
def test_a_hostile_file_name_still_makes_a_sane_id(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_text("Du texte.")
    assert find_files([tmp_path]) == [path]
    article = one(path)
    assert is_sane(article.id)
    article.origin.encode("utf-8")


def test_files_whose_names_differ_only_in_what_is_taken_out_have_two_ids(write):
    assert one(write("a\nb.txt", "Un.")).id != one(write("a\tb.txt", "Un.")).id


def test_the_language_is_told_from_the_text_where_the_file_is_silent(write):
    french = "Les secours cherchent encore des survivants sous les décombres de la ville."
    english = "Rescuers are still searching for survivors under the rubble of the city."
    path = write("a.jsonl", "\n".join(json.dumps({"text": text}) for text in (french, english, "14 000")))
    assert [article.language for article in articles(path)] == ["fr", "en", None]


# --- The whole -------------------------------------------------------------------------------------------


def test_parsers_are_imported_only_when_their_files_are_read():
    script = (
        "import sys, assistant.formats\n"
        "slow = {'trafilatura', 'htmldate', 'lxml', 'pypdf', 'docx', 'feedparser', 'yaml', 'markdown_it',"
        " 'dateparser', 'babel', 'py3langid', 'numpy'}\n"
        "print(*slow & set(sys.modules))"
    )
    root = Path(__file__).parent.parent
    found = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("\n", "")


def sample_files() -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
    return found | {"journal.pdf": make_pdf(PDF_PAGES), "note.docx": make_docx()}


def test_every_suffix_has_a_sample():
    assert {Path(name).suffix for name in sample_files()} | {".htm"} == set(SUFFIXES)


@pytest.mark.parametrize("name", sample_files())
def test_every_sample_holds_an_article(write, name):
    found = articles(write(name, sample_files()[name]))
    assert found and len({article.id for article in found}) == len(found)


@pytest.mark.parametrize("name", sample_files())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_to_a_file_stops_the_reading(write, name, data):
    content = bytearray(sample_files()[name])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    for found in read_articles(write(name, bytes(content))):
        if isinstance(found, Article):
            assert found.text.strip() and is_sane(found.id) and found.title
            found.text.encode("utf-8")
        else:
            assert found.reason == single_line(found.reason) != ""


def test_the_sample_article_of_the_evaluation_data_is_stored_unchanged(shared):
    (path,) = (shared / "seed_article").glob("*.txt")
    assert one(path).text == path.read_bytes().decode("utf-8")
    assert one(path).language == "fr"
