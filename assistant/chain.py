"""The assistant as LangChain parts: a retriever, an answer as one Runnable; the embedder is an ``Embeddings`` already.

::

    engine = open_engine(load_settings())
    answer_chain(engine).invoke("Qui a gagné la Coupe du monde en 2018 ?").text
    PassageRetriever(engine=engine, k=5) | your_prompt | your_model
"""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from assistant.engine import Engine
from assistant.types import Answer, Hit


class PassageRetriever(BaseRetriever):
    """The ``k`` best passages for a question, by vectors and words, scored by their best sentence."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: Engine
    k: int = 20

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [document(hit) for hit in self.engine.hits(query)[: self.k]]


def document(hit: Hit) -> Document:
    """A hit as LangChain knows it; ``start`` and ``end`` count code points of the article's text."""
    article, passage = hit.passage.article, hit.passage
    return Document(
        id=f"{article.id}#{passage.start}-{passage.end}",
        page_content=passage.text,
        metadata={
            "article_id": article.id,
            "title": article.title,
            "published": article.published.isoformat() if article.published else None,
            "source": article.source,
            "language": article.language,
            "start": passage.start,
            "end": passage.end,
            "score": hit.score,
        },
    )


def answer_chain(engine: Engine) -> Runnable[str | dict[str, Any], Answer]:
    """The whole product as one Runnable: a question, or ``{"question", "history", "language"}``, into an Answer."""

    def answer(asked: str | dict[str, Any]) -> Answer:
        return engine.ask(asked) if isinstance(asked, str) else engine.ask(**asked)

    return RunnableLambda(answer, name="answer")
