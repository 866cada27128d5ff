"""The page of one article: whole, without a script, each sentence an anchor; a script only helps to cite."""

from urllib.parse import urlsplit

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from assistant.page.markup import UNBROKEN
from assistant.page.templates import render
from assistant.records import article_path
from assistant.settings import Settings
from assistant.types import Article, Sentence
from assistant.words import Words


def article_page(
    article: Article,
    sentences: list[Sentence],
    neighbours: tuple[Article | None, Article | None],
    address: str,
    words: Words,
    settings: Settings,
) -> HTMLResponse:
    """``neighbours`` come before and after the article; ``address`` is where the page is found from anywhere."""
    before, after = neighbours
    return render(
        "article.html",
        article=article,
        body=article_body(article.text, sentences),
        original=web_address(article.url),
        before=before,
        after=after,
        reference=reference(article, words),
        address=address,
        path=article_path,
        words=words,
        script_words=_script_words(words),
        settings=settings,
    )


def missing_page(words: Words, settings: Settings) -> HTMLResponse:
    """What a link to an article says when the article is gone."""
    return render("missing.html", status=404, words=words, settings=settings)


def reference(article: Article, words: Words) -> Markup:
    """How a newspaper names an article: author, title in quotation marks, source, date; the address follows."""
    parts = (
        Markup("<bdi>{}</bdi>").format(article.author) if article.author else "",
        Markup(escape(words.quoted)).format(text=Markup("<bdi>{}</bdi>").format(article.title or words.untitled)),
        Markup("<bdi>{}</bdi>").format(article.source) if article.source else "",
        words.date(article.published),
    )
    return Markup(", ").join(part for part in parts if part)


def article_body(text: str, sentences: list[Sentence]) -> Markup:
    """``text`` with each sentence in a ``span`` and each paragraph in a ``p``.

    Not a character is added or left out, so the text content of the result, shown with its spaces kept, is
    ``text`` itself: what a reader selects and copies is what is stored.
    """
    pieces: list[str] = []
    position, paragraph = 0, None
    for sentence in sentences:
        gap = text[position : sentence.start]
        if sentence.paragraph == paragraph:
            pieces.append(_escaped(gap))
        else:
            pieces.append("" if paragraph is None else "</p>")
            pieces.append(_escaped(gap))
            # A single line end makes no blank line to tell paragraphs apart: the style adds the distance.
            pieces.append('<p class="close">' if position and gap.count("\n") == 1 else "<p>")
        pieces.append(f'<span id="s{sentence.number}">{unbroken(sentence.text)}</span>')
        position, paragraph = sentence.end, sentence.paragraph
    pieces.append("" if paragraph is None else "</p>")
    pieces.append(_escaped(text[position:]))
    return Markup("".join(pieces))


def unbroken(text: str) -> Markup:
    """``text`` as HTML whose lines are not broken at its thin spaces."""
    pieces = enumerate(UNBROKEN.split(text))
    whole = [f'<span class="whole">{_escaped(piece)}</span>' if n % 2 else _escaped(piece) for n, piece in pieces]
    return Markup("".join(whole))


def web_address(url: str) -> tuple[str, str] | None:
    """``url`` and the host it really leads to, or None where it is no address on the web."""
    if "\\" in url:  # To a browser a slash, which ends the host; to others a part of the name before it.
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        return None
    return (url, host) if parts.scheme in ("http", "https") and host else None


def _script_words(words: Words) -> dict[str, object]:
    """The strings that the page's script shows."""
    return {
        "language": words.code,
        "cite": words.cite,
        "citeSentence": words.cite_sentence,
        "quoted": words.quoted,
        "copied": words.reference_copied,
        "copyFailed": words.copy_failed,
    }


def _escaped(text: str) -> str:
    """HTML parsers turn a carriage return into a line end unless it comes as a reference."""
    return str(escape(text)).replace("\r", "&#13;")
