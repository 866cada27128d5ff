from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

from assistant.chain import PassageRetriever, answer_chain
from assistant.types import Answer

QUESTION = "À quelle vitesse le TGV a-t-il roulé le 3 avril 2007 ?"


def test_the_embedder_is_langchains(embedder):
    assert isinstance(embedder, Embeddings)
    assert len(embedder.embed_query("Qui ?")) == embedder.dimension
    assert len(embedder.embed_documents(["Un.", "Deux."])) == 2


def test_the_retriever_finds_passages_at_their_offsets(sample_engine):
    retriever = PassageRetriever(engine=sample_engine, k=3)
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke(QUESTION)
    assert len(documents) == 3
    assert documents[0].metadata["article_id"] == "2007-04-04-tgv-record-du-monde"
    for document in documents:
        article = sample_engine.article(document.metadata["article_id"])
        assert article.text[document.metadata["start"] : document.metadata["end"]] == document.page_content


def test_the_answer_is_a_runnable_that_composes(sample_engine):
    chain = answer_chain(sample_engine)
    assert isinstance(chain, Runnable)
    assert isinstance(chain.invoke(QUESTION), Answer)
    assert "574,8" in (chain | RunnableLambda(lambda answer: answer.text)).invoke(
        {"question": QUESTION, "language": "fr"}
    )
    assert len(chain.batch([QUESTION, "Qui a gagné ?"])) == 2
