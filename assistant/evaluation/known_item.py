"""Known-item search: questions from the titles of articles, when nobody has written any yet.

A title is no question, so the figures are a smoke test of the search: an article that its own title does not find is
lost. Azzopardi and de Rijke, SIGIR 2006.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256

from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.text import fold, words
from assistant.types import Article

#: Fewer words ("Égypte", "Le mot du jour") name a subject rather than an article.
LEAST_WORDS = 3
TAG = "known-item"


def known_item_questions(articles: Iterable[Article]) -> list[ReferenceQuestion]:
    """One question a title, in an order that depends on nothing but the ids: the first of them are a fair sample.

    Articles of one title are alternatives. Titles that are the beginning of their text are left out, as finding them
    says nothing; so are those of fewer than ``LEAST_WORDS`` words that tell something.
    """
    by_title: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        if _is_telling(article):
            by_title[_spoken(article.title)].append(article)
    questions = [_question(sorted(named, key=lambda article: article.id)) for named in by_title.values()]
    return sorted(questions, key=lambda question: sha256(question.id.encode()).digest())


def _is_telling(article: Article) -> bool:
    # Four times as long: there may be more spaces and signs between the words of a text.
    beginning = _spoken(article.text[: 4 * len(article.title)])
    own = not beginning.startswith(_spoken(article.title))
    return own and len(words(article.title, article.language)) >= LEAST_WORDS


def _spoken(text: str) -> str:
    """The words of ``text`` alone: typography, case and punctuation do not make another title."""
    return " ".join(re.findall(r"\w+", fold(text).text))


def _question(named: list[Article]) -> ReferenceQuestion:
    """The question that a title is, for every article it names."""
    first = named[0]
    return ReferenceQuestion(
        question=first.title,
        id=f"{TAG}:{first.id}",
        origin=first.origin,
        language=first.language,
        evidence=(tuple(Evidence(article.id) for article in named),),
        tags=(TAG,),
    )
