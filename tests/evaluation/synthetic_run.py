"""A run of as many questions as wanted, as an assistant might have done them: the same each time, without an index."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from assistant.evaluation.compare import COMPARED, changes
from assistant.evaluation.figures import always_abstain, figures, never_abstain
from assistant.evaluation.results import RunFolder
from assistant.evaluation.score import score
from assistant.evaluation.slices import slices
from assistant.evaluation.types import (
    Change,
    CitedSpan,
    Evidence,
    GateResult,
    GoldSpan,
    Outcome,
    RankedSpan,
    ReferenceQuestion,
    ResolvedQuestion,
)
from assistant.sentences import split_sentences
from assistant.types import Article

THRESHOLD = 0.42
RESAMPLES = 200

CITIES = str.split(
    "Arles Brest Caen Dole Épinal Foix Gap Hyères Istres Laval Metz Nîmes Orange Pau Quimper Redon Sète Tulle"
)
THINGS = (
    "la rénovation des écoles",
    "une nouvelle ligne de tramway",
    "la dépollution du port",
    "l’extension de l’hôpital",
    "la bibliothèque centrale",
    "la sauvegarde des remparts",
    "le réseau de chaleur",
    "l’accueil des sinistrés",
)
NAMES = ("Claire Morvan", "Yann Le Goff", "Inès Baudry", "Paul Castaing", "Nadia Ferhat", "Hugo Delmas", "Marc Aubin")
MONTHS = str.split("janvier février mars avril mai juin septembre octobre novembre décembre")

#: What an article says, what one asks about it, and what answers it.
FACTS = (
    (
        "Le conseil municipal {of_city} a voté mardi {sum}\u202f000 euros pour {thing}.",
        "Combien le conseil municipal {of_city} a-t-il voté pour {thing} ?",
        "{sum} 000 euros",
        "combien",
    ),
    (
        "«\u00a0Nous n’avons que trop attendu\u00a0», a déclaré {name}, qui conduit le projet {of_city}.",
        "Qui conduit le projet {of_city} ?",
        "{name}",
        "qui",
    ),
    (
        "Les travaux, confiés à une entreprise {of_city}, doivent s’achever en {month} {year}.",
        "Quand les travaux confiés à une entreprise {of_city} doivent-ils s’achever ?",
        "en {month} {year}",
        "quand",
    ),
    (
        "Selon la préfecture, {count} habitants {of_city} sont concernés par {thing}.",
        "Combien d’habitants {of_city} sont concernés par {thing} ?",
        "{count}",
        "combien",
    ),
    (
        "Le tribunal {of_city} a rejeté le recours des riverains, faute de preuves suffisantes.",
        "Pourquoi le tribunal {of_city} a-t-il rejeté le recours des riverains ?",
        "faute de preuves suffisantes",
        "pourquoi",
    ),
)
FILLERS = (
    "La décision, attendue depuis plusieurs mois, a été prise à une large majorité.",
    "L’opposition dénonce un «\u00a0coup de communication\u00a0» et demande un débat public.",
    "Aucun calendrier précis n’a été avancé, malgré les questions des élus.",
    "Les associations saluent un premier pas, mais regrettent l’absence de concertation avec les habitants.",
    "La région et l’État apporteront le reste du financement, dans des proportions qui restent à négocier.",
    "Interrogée par l’AFP, la mairie n’a pas souhaité commenter les retards accumulés depuis deux ans.",
    "Une réunion publique est prévue à la salle des fêtes, où les plans seront présentés.",
)


@cache
def synthetic_run(questions: int = 500, change: float = 0.0) -> RunFolder:
    """
    :param change: How many points more of the questions go well.
    """
    articles = _articles(max(10, questions // 3))
    asked = _questions(questions, articles)
    scored = [score(one, _outcome(one, articles, change), articles) for one in asked]
    perfect = [score(one, _outcome(one, articles, 0.2), articles) for one in asked]
    words = [score(one, replace(_outcome(one, articles, -0.2), abstained=False), articles) for one in asked]
    rows = {
        "always_abstain": always_abstain(scored, articles),
        "never_abstain": never_abstain(scored, articles),
        "bm25": never_abstain(words, articles),
        "oracle": perfect,
    }
    by_id = {one.outcome.id: one for one in scored}
    return RunFolder(
        path=Path("runs/20251124T081500Z-4f2a9c" if change else "runs/20251117T090000Z-b71e03"),
        manifest=MANIFEST,
        scored=scored,
        figures=figures(scored, resamples=RESAMPLES),
        slices={
            kind: {
                value: figures([by_id[id] for id in ids], resamples=RESAMPLES, names=COMPARED)
                for value, ids in by_value.items()
            }
            for kind, by_value in slices(asked, articles).items()
        },
        baselines={name: figures(of, resamples=RESAMPLES) for name, of in rows.items()},
        variants={"no_accents": changes(list(zip(scored, perfect, strict=True)), COMPARED, 0)} if change else {},
        articles=articles,
        timings=[_timing(one, number) for number, one in enumerate(asked)],
        gates=GATES if change else [],
        cost={"first_question_ms": 412.0, "questions_per_second": 24.6, "peak_rss_mib": 618.2, "index_mib": 14.1},
    )


def synthetic_changes(run: RunFolder, baseline: RunFolder) -> list[Change]:
    return changes(list(zip(baseline.scored, run.scored, strict=True)), COMPARED, 0)


MANIFEST = {
    "format": 1,
    "started": "2025-11-24T08:15:00+00:00",
    "identity": {
        "questions": {"sha256": "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730", "count": 500},
        "corpus": {"sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c", "articles": 166},
        "assistant": {"embedding": "builtin", "reader": True, "threshold": THRESHOLD},
    },
    "environment": {"python": "3.11.9", "packages": {"numpy": "2.3.1", "onnxruntime": "1.22.0"}},
}
GATES = [
    GateResult("fail-under citation_f1=0.5", True, "citation_f1 is 0.58; at least 0.5 is asked"),
    GateResult("fail-under rejection_rate_u=0.9", False, "rejection_rate_u is 0.83; at least 0.9 is asked"),
    GateResult("max-drop citation_f1=0.02", True, "citation_f1 went from 0.56 to 0.58; a loss of 0.02 is allowed"),
]


def _articles(count: int) -> dict[str, Article]:
    random = Random(count)
    return {f"a{number:03}": _article(f"a{number:03}", number, random) for number in range(count)}


def _article(id: str, number: int, random: Random) -> Article:
    values = _values(number)
    said = [sentence.format(**values) for sentence, *_ in FACTS]
    paragraphs = [" ".join((*random.sample(FILLERS, 2), fact, *random.sample(FILLERS, 1))) for fact in said]
    title = f"{CITIES[number % len(CITIES)]}\u00a0: {values['thing']} en débat"
    return Article(id, "\n\n".join(paragraphs), title, source="Sourcier", language="fr")


def _values(number: int) -> dict[str, str]:
    """Of the ``number``-th article."""
    city = CITIES[number % len(CITIES)]
    return {
        "of_city": f"d’{city}" if city[0] in "AÉEIOHU" else f"de {city}",
        "thing": THINGS[number % len(THINGS)],
        "name": NAMES[number * 3 % len(NAMES)],
        "sum": str(120 + 7 * number),
        "count": str(1300 + 41 * number),
        "month": MONTHS[number % len(MONTHS)],
        "year": str(2026 + number % 5),
    }


def _questions(count: int, articles: Mapping[str, Article]) -> list[ResolvedQuestion]:
    return [_question(number, list(articles.values())) for number in range(count)]


def _question(number: int, articles: list[Article]) -> ResolvedQuestion:
    """Every third one has no answer: it asks about a city of no article."""
    sentence, question, answer, kind = FACTS[number % len(FACTS)]
    place = number * 7 % len(articles)
    values = _values(place)
    if number % 3 == 2:
        asked = question.format(**values | {"of_city": "de Zermatt"})
        why = "near_miss" if number % 2 else "out_of_corpus"
        return ResolvedQuestion(
            ReferenceQuestion(
                asked,
                f"q{number:03}",
                language="fr",
                type=kind,
                answerable=False,
                why_unanswerable=why,
                plausible=(answer.format(**values),),
            )
        )
    article, quote = articles[place], sentence.format(**values)
    start = article.text.index(quote)
    return ResolvedQuestion(
        ReferenceQuestion(
            question.format(**values),
            f"q{number:03}",
            language="fr",
            type=kind,
            answers=(answer.format(**values),),
            evidence=((Evidence(article.id, quote),),),
            tags=("culture", "région") if number % 4 else ("sport",),
            split="dev" if number % 5 == 0 else "test",
        ),
        ((GoldSpan(article.id, start, start + len(quote)),),),
    )


@cache
def _sentences(article: Article) -> tuple[RankedSpan, ...]:
    return tuple(RankedSpan(article.id, start, end, 0.0) for start, end, _ in split_sentences(article.text, "fr"))


def _outcome(asked: ResolvedQuestion, articles: Mapping[str, Article], change: float) -> Outcome:
    """How it goes is drawn from the question alone, so that two runs differ only where ``change`` matters."""
    question = asked.question
    random = Random(question.id)
    luck = random.random() + change * random.random()
    # Drawn after the luck, so that they are the same in every run.
    others = [span for id in random.sample(sorted(articles), 5) for span in _sentences(articles[id])]
    random.shuffle(others)
    gold = [span for span in _gold_sentences(asked, articles) if luck > 0.12]
    near = [span for id in sorted(asked.articles) if luck > 0.06 for span in _sentences(articles[id])][:4]
    ranked = _ranked(gold + near + others if luck > 0.3 else near + others[:6] + gold + others[6:])
    sure = luck - 0.12 if question.answerable else 0.65 - luck * 0.6
    confidence = round(min(max(sure + random.gauss(0, 0.12), 0.02), 0.99), 6)
    shown = tuple(_cited(span, articles) for span in ranked[: 1 + (luck < 0.5)])
    abstained = confidence < THRESHOLD
    return Outcome(
        question.id,
        abstained,
        confidence,
        THRESHOLD,
        passages=ranked,
        sentences=ranked,
        citations=() if abstained else shown,
        nearest=shown if abstained else (),
        shown="" if abstained else " ".join(span.shown for span in shown),
    )


def _gold_sentences(asked: ResolvedQuestion, articles: Mapping[str, Article]) -> list[RankedSpan]:
    gold = [span for group in asked.gold for span in group]
    return [
        sentence
        for span in gold
        for sentence in _sentences(articles[span.article])
        if sentence.start < span.end and span.start < sentence.end
    ]


def _ranked(spans: list[RankedSpan]) -> tuple[RankedSpan, ...]:
    once = list(dict.fromkeys(spans))
    return tuple(replace(span, score=round(0.95 - 0.021 * rank, 6)) for rank, span in enumerate(once))


def _cited(span: RankedSpan, articles: Mapping[str, Article]) -> CitedSpan:
    return CitedSpan(span.article, span.start, span.end, articles[span.article].text[span.start : span.end])


def _timing(asked: ResolvedQuestion, number: int) -> dict[str, object]:
    random = Random(number)
    ms = {
        "embed": random.gauss(9, 2),
        "retrieve": random.lognormvariate(1.4, 0.4),
        "read": random.lognormvariate(3.2, 0.8),
    }
    return {"id": asked.question.id, "ms": {**ms, "total": sum(ms.values())}, "first": number == 0}
