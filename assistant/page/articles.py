"""The page of one article: whole, without a script, each sentence an anchor."""

from urllib.parse import urlsplit

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from assistant.page.templates import render
from assistant.types import Article, Sentence
from assistant.words import Words


def article_page(article: Article, sentences: list[Sentence], words: Words) -> HTMLResponse:
    return render(
        "article.html",
        article=article,
        body=article_body(article.text, sentences),
        original=web_address(article.url),
        words=words,
    )


def missing_page(words: Words) -> HTMLResponse:
    """What a link to an article says when the article is gone."""
    return render("missing.html", status=404, words=words)


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
        pieces.append(f'<span id="s{sentence.number}">{_escaped(sentence.text)}</span>')
        position, paragraph = sentence.end, sentence.paragraph
    pieces.append("" if paragraph is None else "</p>")
    pieces.append(_escaped(text[position:]))
    return Markup("".join(pieces))


def web_address(url: str) -> tuple[str, str] | None:
    """``url`` and the host it really leads to, or None where it is no address on the web."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        return None
    return (url, host) if parts.scheme in ("http", "https") and host else None


def _escaped(text: str) -> str:
    """HTML parsers turn a carriage return into a line end unless it comes as a reference."""
    return str(escape(text)).replace("\r", "&#13;")
