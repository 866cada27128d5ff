"""The ranking of articles as a run of TREC, for trec_eval and ir_measures."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from assistant.evaluation.retrieval import article_ranking, in_order
from assistant.evaluation.types import Scored

TAG = "sourcier"

#: What an id keeps as it is; the format has nothing to escape the rest with.
SAFE = "/:;,@&=+$!~*'()?#[]"


def trec_run(scored: Sequence[Scored]) -> str:
    """``question Q0 article rank score tag``; ids percent-encoded where they are not plain."""
    return "".join(f"{line}\n" for one in scored for line in _lines(one))


def _lines(scored: Scored) -> Iterator[str]:
    for rank, article in enumerate(article_ranking(in_order(scored.outcome.passages)), 1):
        yield f"{_plain(scored.outcome.id)} Q0 {_plain(article.article)} {rank} {article.score:.6f} {TAG}"


def _plain(id: str) -> str:
    return quote(id, safe=SAFE, errors="surrogatepass")
