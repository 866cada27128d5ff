"""An engine that needs no index: a handful of articles, French and hostile, and word overlap."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher
from threading import Event

from assistant.errors import IndexUnusable, UsageError
from assistant.news.quotes import Difference, FoundQuote
from assistant.types import (
    Answer,
    Article,
    Citation,
    CorpusFacts,
    Digest,
    Disagreement,
    Explanation,
    Hit,
    ListedArticle,
    Listing,
    Passage,
    Progress,
    RankedSentence,
    Selection,
    Sentence,
    Signal,
    Speaker,
    Statement,
    TimeExpression,
)

#: What an article, a question or a title may try on a page; each is one sentence of the hostile article.
PAYLOADS = [
    "Charge <script>window.pwned = 1</script> utile.",
    "Charge <img src=x onerror='window.pwned = 2'> image.",
    'Charge <svg onload="window.pwned = 3"></svg> vectorielle.',
    "Charge [lien](javascript:window.pwned=4) marquée.",
    "Charge ![pixel](https://evil.example/pixel.png) distante.",
    "Charge <style>@import 'https://evil.example/x.css';</style> stylée.",
    "Charge <iframe src=https://evil.example></iframe> encadrée.",
    'Charge <div style="background:url(https://evil.example/b.png);position:fixed;inset:0">partout</div>.',
    "Charge $$\\href{javascript:window.pwned=5}{x}$$ et $a_b$ et \\(x^2\\) mathématique.",
    "Charge *étoiles* _soulignés_ **gras** `code` ~~barré~~ # titre > citation.",
    "Charge &amp; &lt;b&gt; &#42; entités, \"guillemets\" 'simples' \\* échappées.",
    "Charge 14\u2009000 fines, «\u00a0insécables\u00a0», «\u202ffines\u202f» et   trois espaces.",
    "Charge sur\nplusieurs lignes,\n\n    indentée,\tavec tabulation.",
    "Charge www.evil.example et https://evil.example/a?b=c et a@evil.example liens nus.",
    "Charge 【1】 [2] [[3]] fausses citations [^1] et <thinking>pensée</thinking>.",
    "Charge \u202egauche\u202c et \u2067isolée\u2069 et zéro\u200blargeur et 𝒜𝓈𝓉𝓇𝒶𝓁 🏛️.",
    "Charge ```mermaid\ngraph TD; A-->B\n``` bloc <details open ontoggle=window.pwned=6>.",
    "| Charge | tableau |\n|---|---|\n| a | b |",
    "</span></blockquote></div><script>window.pwned = 7</script> Charge fermante.",
    '{{ 7*7 }} ${alert(1)} #{1} <%= 1 %> __i18n__{"key":"x"} Charge gabarit.',
]


def article(article_id: str, paragraphs: list[list[str]], gap: str = "\n\n", **facts: object) -> Article:
    text = gap.join(" ".join(sentences) for sentences in paragraphs)
    return Article(article_id, text, **facts)  # type: ignore[arg-type]


#: By article id: its paragraphs, each a list of sentences.
PARAGRAPHS: dict[str, list[list[str]]] = {
    "2017-05-09-raqa": [
        [
            "Les États-Unis vont associer la Turquie aux opérations militaires pour reprendre Raqa, en Syrie, "
            "a annoncé mardi le secrétaire américain à la Défense Jim Mattis.",
        ],
        [
            "«\u202fNotre intention est de collaborer avec les Turcs, les uns aux côtés des autres, pour prendre "
            "Raqa\u202f», a déclaré M. Mattis lors d'une conférence de presse à Copenhague.",
            "Quinze pays de la coalition y étaient représentés.",
        ],
        [
            "Interpol a identifié 14\u2009000 combattants étrangers qui ont rejoint la Syrie et l'Irak.",
            "Les États-Unis n'envisagent pas que la Turquie participe à l'offensive terrestre.",
        ],
    ]
    + [
        [
            f"Paragraphe de contexte n°\u00a0{n} sur le siège de la ville, dont les faubourgs ont été repris rue "
            "après rue pendant plusieurs semaines, selon des habitants joints par téléphone.",
            "Les organisations humanitaires demandent l'ouverture de couloirs pour les civils.",
        ]
        for n in range(1, 13)
    ]
    + [["L'offensive finale sur Raqa devait commencer avant la fin du printemps."]],
    "dépêches/2024/séisme?page=1#haut": [
        [
            "Le séisme a fait plus de 50\u202f000 morts en Turquie et en Syrie.",
            "Les secours ont travaillé douze jours.",
        ],
        ["Vingt-cinq pays ont envoyé des équipes de secours en Turquie."],
    ],
    "2015-07-15-pluto": [
        ["The New Horizons probe flew past Pluto on Tuesday after a journey of nine years."],
        ["It came within 12,500 kilometres of the dwarf planet's surface, mission scientists said."],
    ],
    "hostile": [[payload] for payload in PAYLOADS],
}

ARTICLES = [
    article(
        "2017-05-09-raqa",
        PARAGRAPHS["2017-05-09-raqa"],
        title="Raqa\u00a0: les États-Unis veulent associer la Turquie à l’offensive",
        source="AFP",
        url="https://www.example.org/monde/raqa",
        author="Jean-Yves Ménard",
        published=date(2017, 5, 9),
        language="fr",
    ),
    article(
        "dépêches/2024/séisme?page=1#haut",
        PARAGRAPHS["dépêches/2024/séisme?page=1#haut"],
        gap="\n",
        title="Séisme en Turquie et en Syrie",
        source="Sourcier, corpus d’exemple · Monde",
        language="fr",
    ),
    article(
        "2015-07-15-pluto",
        PARAGRAPHS["2015-07-15-pluto"],
        title="New Horizons reaches Pluto",
        source="Sourcier, sample corpus · Science",
        published=date(2015, 7, 15),
        language="en",
    ),
    article(
        "hostile",
        PARAGRAPHS["hostile"],
        title='<script>window.pwned = 8</script> "><img src=x onerror=window.pwned=9> *Titre* [x](javascript:1)',
        source="<b onmouseover=window.pwned=10>Source</b> ![](https://evil.example/s.png)",
        url="javascript:window.pwned=11",
        author='" onload="window.pwned=12',
        language="fr",
    ),
]

#: Who speaks where these words stand.
SPEAKERS = {
    "Jim Mattis": Speaker("Jim Mattis"),
    "M. Mattis": Speaker("Jim Mattis"),
    "mission scientists": Speaker("mission scientists", anonymous=True),
}

#: The days that these words stand for, where they can be told.
TIMES = {
    "mardi": (date(2017, 5, 9), date(2017, 5, 9)),
    "Tuesday": (date(2015, 7, 14), date(2015, 7, 14)),
    "fin du printemps": (None, None),
}

#: Words that answer.
ANSWERING = ("14\u2009000 combattants", "50\u202f000 morts", "12,500 kilometres")

SAMPLES = {
    "fr": [
        "Combien de combattants étrangers Interpol a-t-il identifiés ?",
        "Que veut faire la Turquie à Raqa ?",
    ],
    "en": ["How close did New Horizons come to Pluto?"],
}


class FakeEngine:
    """Answers from ``articles``; set an attribute to have it report something else."""

    def __init__(self, articles: Sequence[Article] = tuple(ARTICLES), limit: int = 2000) -> None:
        self.articles = {article.id: article for article in articles}
        self.limit = limit
        self.error: Exception | None = None
        self.building: Progress | None = None
        self.refused: str | None = None
        self.generation: str | None = "g1"
        #: Where given, these sentences answer every question.
        self.cited: list[Sentence] | None = None
        self.asked: list[tuple[str, tuple[str, ...], str | None]] = []
        self.digested: list[tuple[str, date | None, date | None, tuple[str, ...] | None]] = []
        self.browsed: list[tuple[Selection, str, bool, int, int]] = []
        #: Where given, each answer waits for it.
        self.hold: Event | None = None

    def seen_by(self, groups: frozenset[str]) -> "FakeEngine":
        return self

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        *,
        explain: bool = False,
        as_of: date | None = None,
    ) -> Answer:
        self.asked.append((question, tuple(history), language))
        if self.hold is not None:
            self.hold.wait(30)
        if self.error is not None:
            raise self.error
        if not question.strip():
            raise UsageError("The question is empty.")
        if len(question) > self.limit:
            raise UsageError("The question is too long.")
        if self.generation is None:
            raise IndexUnusable("There is no index.")
        ranked = self._ranked(question)
        answered = self.cited is not None or (bool(ranked) and ranked[0][0] >= 2)
        best = self.cited or [sentence for overlap, sentence in ranked if overlap >= 2 or not answered][:3]
        disputed = [sentence for sentence in best if _answering(sentence)] if answered else []
        if len({sentence.article.id for sentence in disputed}) < 2:
            disputed = []
        best = sorted(disputed, key=_published, reverse=True) + [one for one in best if one not in disputed]
        citations = tuple(_cited(number, sentence, answered) for number, sentence in enumerate(best, 1))
        return Answer(
            question=question,
            language=language or "fr",
            statements=tuple(Statement(c.sentence.text, (c,)) for c in citations) if answered else (),
            confidence=0.93 if answered else 0.12,
            nearest=() if answered else citations,
            hits=tuple(
                Hit(Passage(s.article, 0, len(s.article.text)), float(overlap), rank)
                for rank, (overlap, s) in enumerate(ranked[:20], 1)
            ),
            understood_as=f"{question} ({history[-1]})" if history and question.startswith("Et ") else None,
            disagreement=Disagreement("number", tuple(range(1, len(disputed) + 1))) if disputed else None,
            timings_ms={"total": 1.0},
            explanation=_explanation(answered, best, [sentence for _, sentence in ranked]) if explain else None,
        )

    def digest(
        self,
        subject: str,
        language: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        only: Iterable[str] | None = None,
    ) -> Digest:
        """The sentence of each article that shares most words, by date; the model is given all that share one."""
        self.digested.append((subject, since, until, None if only is None else tuple(only)))
        if self.error is not None:
            raise self.error
        if not subject.strip() or len(subject) > self.limit:
            raise UsageError("The subject is empty or too long.")
        kept = self.digested[-1][3]
        told = [
            sentence
            for overlap, sentence in self._ranked(subject)
            if (sentence.article.id in kept if kept is not None else overlap >= 2)
            and (not since or (sentence.article.published or date.min) >= since)
            and (not until or (sentence.article.published or date.max) <= until)
        ]
        best: dict[str, Sentence] = {}
        for sentence in told:
            best.setdefault(sentence.article.id, sentence)
        ordered = sorted(best.values(), key=lambda one: one.article.published or date.max)[:5]
        citations = [_cited(number, sentence, False) for number, sentence in enumerate(ordered, 1)]
        statements = tuple(Statement(one.sentence.text, (one,)) for one in citations)
        answer = Answer(subject, language or "fr", statements, 0.5, (), ())
        return Digest(answer, tuple(dict.fromkeys([*ordered, *told]))[:8])

    def find_quote(self, quotation: str) -> FoundQuote:
        """The sentence that shares most words, if four at least, and what differs from it from word to word."""
        if self.error is not None:
            raise self.error
        ranked = self._ranked(quotation)
        if not any(map(str.isalnum, quotation)) or len(quotation) > self.limit:
            raise UsageError("The quotation cannot be looked up.")
        if not ranked or ranked[0][0] < 4:
            return FoundQuote("absent")
        sentence = ranked[0][1]
        citation = Citation(1, replace(sentence, end=sentence.end - 1))
        differences = tuple(_differences(quotation.split(), citation.sentence))
        speaker = Speaker("Jim Mattis") if "Mattis" in sentence.text else None
        return FoundQuote("altered" if differences else "exact", citation, speaker, differences)

    def article(self, article_id: str) -> Article | None:
        return self.articles.get(article_id)

    def sentences(self, article_id: str) -> list[Sentence]:
        found = self.articles.get(article_id)
        return [] if found is None else sentences_of(found)

    def neighbours(self, article: Article) -> tuple[Article | None, Article | None]:
        by_date = [None, *sorted(self.articles.values(), key=lambda a: (a.published or date.max, a.id)), None]
        at = by_date.index(article)
        return by_date[at - 1], by_date[at + 1]

    def browse(self, selection: Selection, reader_language: str, by_date: bool, start: int, count: int) -> Listing:
        """Filters as the engine does; words are looked for as they stand, and the first sentence with all is shown."""
        self.browsed.append((selection, reader_language, by_date, start, count))
        found = [listed for one in self.articles.values() if (listed := _listed(one, selection))]
        found.sort(key=lambda listed: listed.article.id)
        found.sort(key=lambda listed: listed.article.published or date.min, reverse=True)
        return Listing(tuple(found[start : start + count]), len(found))

    def sources(self, count: int) -> list[str]:
        return [*dict.fromkeys(one.source for one in self.articles.values() if one.source)][:count]

    def facts(self) -> CorpusFacts:
        if self.generation is None:
            return CorpusFacts(0, 0, 0, None, (), None)
        newest = max((a.published for a in self.articles.values() if a.published), default=None)
        sentences = sum(len(sentences_of(a)) for a in self.articles.values())
        return CorpusFacts(len(self.articles), 9, sentences, newest, ("fr", "en"), self.generation)

    def refusal(self) -> str | None:
        return self.refused

    def progress(self) -> Progress | None:
        return self.building

    def sample_questions(self, language: str) -> list[str]:
        return [] if self.generation is None else SAMPLES[language]

    def _ranked(self, question: str) -> list[tuple[int, Sentence]]:
        asked = _words(question)
        scored = [
            (len(asked & _words(sentence.text)), sentence)
            for found in self.articles.values()
            for sentence in sentences_of(found)
        ]
        return sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])


def sentences_of(found: Article) -> list[Sentence]:
    sentences: list[Sentence] = []
    position = 0
    for paragraph, texts in enumerate(PARAGRAPHS[found.id]):
        for text in texts:
            start = found.text.index(text, position)
            position = start + len(text)
            sentences.append(Sentence(found, start, position, len(sentences) + 1, paragraph))
    return sentences


def _cited(number: int, sentence: Sentence, answers: bool) -> Citation:
    places = [(sentence.text.find(words), words, days) for words, days in TIMES.items()]
    times = [
        TimeExpression(sentence.start + at, sentence.start + at + len(words), *days, relative=True)
        for at, words, days in places
        if at >= 0
    ]
    return Citation(
        number,
        sentence,
        speaker=next((speaker for words, speaker in SPEAKERS.items() if words in sentence.text), None),
        times=tuple(times),
        answering=_answering(sentence) if answers else None,
    )


def _answering(sentence: Sentence) -> tuple[int, int] | None:
    starts = [(sentence.article.text.find(words, sentence.start, sentence.end), words) for words in ANSWERING]
    return next(((start, start + len(words)) for start, words in starts if start >= 0), None)


def _published(sentence: Sentence) -> date:
    return sentence.article.published or date.min


def _explanation(answered: bool, shown: list[Sentence], ranked: list[Sentence]) -> Explanation:
    others = [sentence for sentence in ranked if sentence not in shown]
    signals = [Signal("reader", 8.0 if answered else -9.0, 0.3, 1.0), Signal("searched", 3.0, -0.5, 2.0)]
    return Explanation(
        outcome="answered" if answered else "unsure" if shown else "empty",
        threshold=0.623,
        risk=10,
        read=True,
        intercept=0.86,
        signals=tuple(signals),
        best=RankedSentence(shown[0], 9.0, 1) if shown else None,
        runner_up=RankedSentence(others[0], 5.0, len(shown) + 1) if others else None,
    )


def _listed(one: Article, selection: Selection) -> ListedArticle | None:
    first, last = selection.since or date.min, selection.until or date.max
    if (selection.since or selection.until) and not (one.published and first <= one.published <= last):
        return None
    if selection.source not in ("", one.source) or selection.language not in ("", one.language):
        return None
    sentences = [s for s in sentences_of(one) if selection.words in s.text]
    if not selection.words:
        return ListedArticle(one, sentences[0])
    if not sentences:
        return None
    at = sentences[0].text.index(selection.words)
    return ListedArticle(one, sentences[0], (), ((at, at + len(selection.words)),))


def _differences(quoted: list[str], original: Sentence) -> Iterator[Difference]:
    words = list(re.finditer(r"\S+", original.text))
    for kind, i, j, k, m in SequenceMatcher(None, quoted, [word.group() for word in words]).get_opcodes():
        if kind != "equal":
            start, end = (words[k].start(), words[m - 1].end()) if k < m else (words[k - 1].end(),) * 2
            places = original.start + start, original.start + end
            yield Difference(" ".join(quoted[i:j]), original.text[start:end], *places, ("name", "negation"))


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{4,}", text)}
