"""The reader: right sentences on easy cases, "none" where nothing answers, and no surprise on hostile text."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.embedding.graph import EmbeddingRows
from assistant.embedding.tokenizer import Tokenizer
from assistant.embedding.weights import Weights, locate, open_weights
from assistant.engine import open_engine
from assistant.errors import ModelError
from assistant.reader import Reader, Reading, load_reader
from assistant.reader.inputs import LIMIT, QUESTION, windows
from assistant.reader.weights import FILE, in_blocks, open_trained
from assistant.settings import Settings

BRIDGE = (
    "Le pont de Valmont rouvre",
    [
        "Le maire, Gérard Lemoine, a salué la patience des riverains.",
        "Le pont de Valmont a rouvert lundi à la circulation après onze mois de travaux.",
        "Le chantier a coûté 4,2 millions d'euros, dont un tiers payé par la région.",
        "Deux entreprises de Brest s'en sont chargées.",
    ],
)
MUSEUM = (
    "City museum buys a lost painting",
    [
        "The painting had been missing since the fire of 1931.",
        "The museum paid 75,000 pounds for it at an auction in Leeds.",
        "Its director, Helen Ward, said that visitors will see it from March.",
        "Admission stays free.",
    ],
)
EASY = [
    (BRIDGE, "Combien a coûté le chantier du pont de Valmont ?", 2),
    (BRIDGE, "Quand le pont de Valmont a-t-il rouvert ?", 1),
    (BRIDGE, "Qui est le maire ?", 0),
    (BRIDGE, "How much did the works on the bridge cost?", 2),
    (MUSEUM, "How much did the museum pay for the painting?", 1),
    (MUSEUM, "Who is the director of the museum?", 2),
    (MUSEUM, "Depuis quand le tableau avait-il disparu ?", 0),
    (MUSEUM, "Combien le musée a-t-il payé le tableau ?", 1),
]
HOSTILE = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud83d",
    "?",
    "mot",
    "<s> </s> <mask>",
    "\u200b\u202e",
    "x" * 5000,
    "phrase interminable " * 250,
    "日本語のテキスト",
]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return open_weights(locate())


@pytest.fixture(scope="module")
def tokenizer(weights: Weights) -> Tokenizer:
    return Tokenizer(weights.pieces(), weights.scores.tolist())


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader(Settings())


@pytest.mark.parametrize(("passage", "question", "right"), EASY)
def test_the_answering_sentence_wins(reader: Reader, passage: tuple[str, list[str]], question: str, right: int) -> None:
    (reading,) = reader.read(question, [passage])
    assert int(reading.sentences.argmax()) == right
    assert reading.odds[right] > 0


@pytest.mark.parametrize(
    ("passage", "question"),
    [
        (BRIDGE, "Qui a remporté la Coupe du monde de football en 1998 ?"),
        (BRIDGE, "What is the melting point of tungsten?"),
        (MUSEUM, "Who wrote the novel Frankenstein?"),
        (MUSEUM, "Combien de cordes a une harpe de concert ?"),
    ],
)
def test_none_wins_where_nothing_answers(reader: Reader, passage: tuple[str, list[str]], question: str) -> None:
    (reading,) = reader.read(question, [passage])
    assert reading.odds.max() < 0


def test_the_passage_with_the_answer_has_the_best_odds(reader: Reader) -> None:
    bridge, museum = reader.read("Combien a coûté le chantier du pont de Valmont ?", [BRIDGE, MUSEUM])
    assert bridge.odds.max() > museum.odds.max()


def test_a_passage_reads_the_same_alone_and_beside_others(reader: Reader) -> None:
    question = EASY[0][1]
    (alone,) = reader.read(question, [BRIDGE])
    beside = reader.read(question, [MUSEUM, BRIDGE, ("", ["Un mot."])])[1]
    np.testing.assert_array_equal(alone.sentences, beside.sentences)
    assert alone.none == beside.none


def test_no_passages_give_no_readings(reader: Reader) -> None:
    assert reader.read("Qui ?", []) == []


def test_a_passage_without_sentences_has_an_empty_reading(reader: Reader) -> None:
    (reading,) = reader.read("Qui ?", [("Titre", [])])
    assert reading.sentences.shape == (0,)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_anywhere(reader: Reader, text: str) -> None:
    readings = reader.read(text, [(text, [text, "Une phrase.", text]), ("", [text])])
    assert [len(reading.sentences) for reading in readings] == [3, 1]
    assert all(np.isfinite(reading.odds).all() for reading in readings)


def test_sentences_behind_the_limit_are_scored_too(reader: Reader) -> None:
    filler = ["Le conseil municipal a examiné le budget, puis les élus ont débattu de l'école et du stade."] * 40
    title, sentences = BRIDGE
    (reading,) = reader.read("Combien a coûté le chantier du pont de Valmont ?", [(title, [*filler, sentences[2]])])
    assert len(reading.sentences) == 41
    assert int(reading.sentences.argmax()) == 40


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400), st.text(max_size=200), st.lists(st.text(max_size=2000), max_size=12))
def test_windows_hold_every_sentence_once_within_the_limit(
    tokenizer: Tokenizer, question: str, title: str, sentences: list[str]
) -> None:
    found = windows(tokenizer, question, title, sentences)
    assert sum(len(window.sentences) for window in found) == len(sentences)
    for window in found:
        assert len(window.ids) <= LIMIT
        assert window.question[1] - window.question[0] <= QUESTION
        assert window.members().any(axis=1).all()


def test_runs_as_the_torch_model_does(weights: Weights, tokenizer: Tokenizer, reader: Reader) -> None:
    torch = pytest.importorskip("torch")
    from benchmarks.reader.model import collate, from_trained

    lower, upper = from_trained(weights, open_trained(FILE))
    rows = EmbeddingRows(weights)
    for passage, question, _ in EASY[:4]:
        (reading,) = reader.read(question, [passage])
        batch = collate(windows(tokenizer, question, *passage), rows)
        with torch.no_grad():
            scores, none = upper(lower(batch), batch)
        # Whole numbers of seven bits against float32.
        np.testing.assert_allclose(reading.odds, scores[0].numpy() - float(none[0]), atol=0.4)


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CrossEncoder that has learned nothing: one small layer, a few words."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross-encoder")
    tokens = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "le",
        "pont",
        "maire",
        "a",
        "rouvert",
        "lundi",
        "quand",
        "?",
    ]
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(tokens), num_labels=1, **size)
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_a_cross_encoder_takes_the_place_of_the_reader(cross_encoder: Path) -> None:
    from sentence_transformers import CrossEncoder

    named = load_reader(Settings(reader=str(cross_encoder)))
    passages = [("Le pont", ["Le pont a rouvert lundi.", "Le maire a rouvert."]), ("", []), ("", ["Lundi ?"])]
    readings = named.read("Quand le pont a-t-il rouvert ?", passages)
    assert [reading.odds.shape for reading in readings] == [(2,), (0,), (1,)]
    pairs = [("Quand le pont a-t-il rouvert ?", text) for text in ("Le pont. Le maire a rouvert.", "Lundi ?")]
    # A score between 0 and 1 is what such a model says by itself; the reader's odds are the logit of it.
    chances = CrossEncoder(str(cross_encoder), device="cpu", local_files_only=True).predict(pairs)
    odds = np.array([readings[0].odds[1], readings[2].odds[0]])
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), chances, atol=1e-5)
    assert named.read("Qui ?", []) == []


def test_answers_come_with_a_cross_encoder_too(sample_index: Path, cross_encoder: Path) -> None:
    answer = open_engine(Settings(index=sample_index, reader=str(cross_encoder))).ask("Qui a parlé ?", explain=True)
    assert answer.explanation is not None
    assert answer.explanation.read


@pytest.mark.parametrize("name", ["no/such/folder", "no-such-model", "."])
def test_a_reader_that_is_not_there_says_what_to_do(name: str) -> None:
    with pytest.raises(ModelError, match="ASSISTANT_READER") as caught:
        load_reader(Settings(reader=name))
    assert "\n" not in str(caught.value)


def test_torch_and_safetensors_are_not_imported() -> None:
    code = (
        "import sys; from assistant.reader import load_reader; from assistant.settings import Settings;"
        "load_reader(Settings()).read('Qui ?', [('', ['Un mot.'])]);"
        "print(sorted({'torch', 'safetensors', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_weights_stay_small() -> None:
    assert FILE.stat().st_size <= 25_000_000


def test_eight_bits_keep_a_matrix_within_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    matrix[0, :32] = 0
    stored, scales = in_blocks(matrix)
    again = ((stored.astype(np.float32) - 128) * scales[..., np.newaxis]).reshape(5, 64)
    assert np.abs(again - matrix).max() <= 0.52 * scales.max()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "cannot be read"),
        (lambda data: data[:1000], "cannot be read"),
        (lambda data: data[:-1000], "cannot be read"),
        (lambda data: b"\xff" * 8 + data[8:], "cannot be read"),
        (lambda data: data.replace(b"sourcier-reader-1", b"sourcier-reader-0"), "not made for"),
    ],
)
def test_damaged_weights_say_what_to_do(tmp_path: Path, damage, reason: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "reader.safetensors"
    path.write_bytes(damage(FILE.read_bytes()))
    with pytest.raises(ModelError, match=reason) as caught:
        open_trained(path)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_there_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Install the assistant again"):
        open_trained(tmp_path / "reader.safetensors")


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    path = shutil.copy(FILE, tmp_path / "copy.safetensors")
    trained = open_trained(Path(path))
    with pytest.raises(ModelError, match="'no_such'"):
        trained.floats("no_such")


def test_odds_compare_with_none() -> None:
    reading = Reading(np.array([2.0, -1.0], np.float32), 0.5)
    np.testing.assert_array_equal(reading.odds, np.array([1.5, -1.5], np.float32))
