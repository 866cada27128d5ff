import pytest

from assistant.errors import UsageError
from assistant.index import open_generation
from assistant.ingest import ingest

pytestmark = pytest.mark.usefixtures("quickly")

TEXT = "Le préfet a parlé mardi. Il a cité 3 communes."


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("un", "deux", "trois"):
        (folder / f"{name}.txt").write_text(f"Article {name}. {TEXT}", encoding="utf-8")
    return folder


def articles(index, embedder):
    generation = open_generation(index, embedder.identity)
    return {generation.article_at(row).id for row in range(generation.facts().articles)}


def test_ingesting_twice_does_no_work(tmp_path, corpus, hashed):
    first = ingest([corpus], tmp_path / "index", hashed)
    again = ingest([corpus], tmp_path / "index", hashed)
    assert (len(first.added), first.embedded > 0, bool(first.published)) == (3, True, True)
    assert (len(again.unchanged), again.embedded, again.published) == (3, 0, None)


def test_one_tiny_article_ingested_twice_does_no_work(tmp_path, hashed):
    """Chroma used to write its only vector late, when the next run opened it."""
    (tmp_path / "a.txt").write_text("pont\n", encoding="utf-8")
    first = ingest([tmp_path / "a.txt"], tmp_path / "index", hashed)
    again = ingest([tmp_path / "a.txt"], tmp_path / "index", hashed)
    assert (first.added, bool(first.published)) == (["a"], True)
    assert (again.unchanged, again.embedded, again.published) == (["a"], 0, None)


def test_an_id_given_twice_in_a_file_is_refused_and_the_first_kept(tmp_path, hashed):
    records = ('{"id": "a", "text": "Le premier."}', '{"id": "a", "text": "Le second."}', '{"id": "b", "text": "Oui."}')
    (tmp_path / "a.jsonl").write_text("\n".join(records), encoding="utf-8")
    for run in ("added", "unchanged"):
        summary = ingest([tmp_path / "a.jsonl"], tmp_path / "index", hashed)
        assert getattr(summary, run) == ["a", "b"]
        assert [refusal.reason for refusal in summary.refused] == ["the id 'a' is given twice; the first is kept"]
    assert open_generation(tmp_path / "index", hashed.identity).article("a").text == "Le premier."


def test_the_same_id_in_two_files_is_two_articles(tmp_path, hashed):
    for name in ("un", "deux"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": "a", "text": "Fichier {name}."}}', encoding="utf-8")
    summary = ingest([tmp_path], tmp_path / "index", hashed)
    assert (len(summary.added), "a" in summary.added, summary.refused) == (2, True, [])


def test_a_changed_article_is_replaced_and_only_what_changed_is_embedded(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    (corpus / "un.txt").write_text(f"Article un. {TEXT} Une phrase de plus.", encoding="utf-8")
    hashed.embedded.clear()
    summary = ingest([corpus], tmp_path / "index", hashed)
    assert (summary.changed, len(summary.unchanged)) == (["un"], 2)
    assert len(hashed.embedded) == 2  # the new sentence and the new passage
    assert open_generation(tmp_path / "index", hashed.identity).article("un").text.endswith("de plus.")


def test_what_is_gone_stays_until_pruned(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    (corpus / "deux.txt").unlink()
    assert ingest([corpus], tmp_path / "index", hashed).removed == []
    assert ingest([corpus], tmp_path / "index", hashed, prune=True).removed == ["deux"]
    assert articles(tmp_path / "index", hashed) == {"un", "trois"}


def test_pruning_one_folder_leaves_the_others_alone(tmp_path, corpus, hashed):
    other = tmp_path / "other"
    other.mkdir()
    (other / "ailleurs.txt").write_text(TEXT, encoding="utf-8")
    ingest([corpus, other], tmp_path / "index", hashed)
    for path in corpus.iterdir():
        path.unlink()
    ingest([corpus], tmp_path / "index", hashed, prune=True)
    assert articles(tmp_path / "index", hashed) == {"ailleurs"}


def test_an_article_whose_file_cannot_be_read_any_more_is_not_pruned(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    (corpus / "deux.txt").write_bytes(b"")
    summary = ingest([corpus], tmp_path / "index", hashed, prune=True)
    assert (len(summary.refused), summary.removed) == (1, [])
    assert "deux" in articles(tmp_path / "index", hashed)


def test_a_refused_file_is_counted_and_the_rest_goes_on(tmp_path, corpus, hashed):
    (corpus / "vide.txt").write_bytes(b"")
    (corpus / "faux.pdf").write_bytes(b"%PDF-1.4 cut off")
    summary = ingest([corpus], tmp_path / "index", hashed)
    assert len(summary.added) == 3
    assert sorted(refusal.origin.rsplit("/", 1)[-1] for refusal in summary.refused) == ["faux.pdf", "vide.txt"]
    assert all(refusal.reason for refusal in summary.refused)


def test_two_files_of_one_name_are_two_articles(tmp_path, corpus, hashed):
    (corpus / "sub").mkdir()
    (corpus / "sub" / "un.txt").write_text(f"Un autre article. {TEXT}", encoding="utf-8")
    ingest([corpus], tmp_path / "index", hashed)
    found = articles(tmp_path / "index", hashed)
    assert len(found) == 4
    assert sum(id.startswith("un") for id in found) == 2
    again = ingest([corpus], tmp_path / "index", hashed)
    assert len(again.unchanged) == 4


def test_a_moved_folder_is_the_same_corpus(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    moved = corpus.rename(tmp_path / "moved")
    summary = ingest([moved], tmp_path / "index", hashed, prune=True)
    assert (len(summary.unchanged), summary.removed) == (3, [])


def test_a_path_that_does_not_exist_is_named(tmp_path, hashed):
    with pytest.raises(UsageError, match="nowhere"):
        ingest([tmp_path / "nowhere"], tmp_path / "index", hashed)


def test_interrupted_while_embedding_nothing_is_embedded_twice(tmp_path, corpus, hashed, monkeypatch):
    monkeypatch.setattr("assistant.ingest.EMBED_BATCH", 2)

    def interrupt(step, done, total):
        if step == "embed" and len(hashed.embedded) >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([corpus], tmp_path / "index", hashed, report=interrupt)
    ingest([corpus], tmp_path / "index", hashed)
    assert len(hashed.embedded) == len(set(hashed.embedded))
    assert articles(tmp_path / "index", hashed) == {"un", "deux", "trois"}


def test_progress_counts_articles(tmp_path, corpus, hashed):
    seen = []
    ingest([corpus], tmp_path / "index", hashed, report=lambda *told: seen.append(told))
    assert ("embed", 3, 3) in seen
    assert ("read", 3, 3) in seen
    assert not (tmp_path / "index" / "progress.json").exists()


def test_a_sentence_that_cannot_be_seen_is_left_out(tmp_path, hashed):
    (tmp_path / "a.txt").write_text("Une phrase.\n\n\u200b\u2060\n\nLa fin.", encoding="utf-8")
    ingest([tmp_path / "a.txt"], tmp_path / "index", hashed)
    generation = open_generation(tmp_path / "index", hashed.identity)
    shown = [(s.number, s.text) for s in generation.sentences(generation.article("a"))]
    assert shown == [(1, "Une phrase."), (2, "La fin.")]
