import subprocess
import sys
import types
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

import embeddings
from embeddings import open_encoder
from embeddings.encoders import SubwordMean

torch = pytest.importorskip("torch")
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "house", "##s", "dog", "tree", "##y"]
WORDS = ["house", "houses", "dogs", "tree", "treeys"]


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """The folder of a model with two layers, and the model."""
    transformers = pytest.importorskip("transformers")
    path = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    model = transformers.BertModel(config).eval()
    model.save_pretrained(path)
    (path / "vocab.txt").write_text("\n".join(VOCABULARY))
    (path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    return path, model


def by_hand(model, pieces, layer):
    """Run one word with its special tokens, unpadded, and take the mean of its own subwords."""
    tokens = torch.tensor([[VOCABULARY.index(p) for p in ("[CLS]", *pieces, "[SEP]")]])
    with torch.no_grad():
        states = model(tokens, output_hidden_states=True).hidden_states[layer]
    return states[0, 1:-1].mean(dim=0).numpy()


@pytest.mark.parametrize("layer", [None, -1, 0, 1, 2])
def test_a_word_is_the_mean_of_its_subwords_in_the_layer(bert, layer):
    path, model = bert

    rows = open_encoder(path, layer=layer, device="cpu")(WORDS)

    pieces = [("house",), ("house", "##s"), ("dog", "##s"), ("tree",), ("tree", "##y", "##s")]
    expected = [by_hand(model, p, -1 if layer is None else layer) for p in pieces]
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    assert rows.dtype == np.float32


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_batches_of_any_size_give_the_same_vectors(bert, batch):
    encode = open_encoder(bert[0], device="cpu")

    value = embeddings.from_encoder(WORDS, encode, batch=batch)

    np.testing.assert_allclose(value.vectors, encode(WORDS), atol=1e-6)


def test_unknown_words_and_special_tokens_are_left_out(bert):
    value = embeddings.from_encoder(
        ["house", "ξένος", "[MASK]", "\u200b", "dog"], open_encoder(bert[0], device="cpu")
    )

    assert value.words == ("house", "dog")
    assert value.report.defects[0].line_numbers == (2, 3, 4)


def test_the_mark_of_a_beginning_is_no_word(bert):
    transformers, tokenizers = (
        pytest.importorskip("transformers"),
        pytest.importorskip("tokenizers"),
    )
    special = ["<unk>", "<pad>"]
    pieces = [(piece, -1.0) for piece in (*special, "▁", "house", "▁dog")]
    unigram = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=0))
    unigram.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=unigram, unk_token="<unk>", pad_token="<pad>"
    )

    rows = SubwordMean(tokenizer, bert[1], layer=0)(["house", "ξ", "dog"])

    with torch.no_grad():
        states = bert[1](torch.tensor([[2, 3]]), output_hidden_states=True).hidden_states[0]
    np.testing.assert_allclose(rows[0], states[0].mean(dim=0), atol=1e-6)
    assert rows.any(axis=1).tolist() == [True, False, True]


def test_half_precision_weights_are_used_in_single_precision(bert, tmp_path):
    deepcopy(bert[1]).bfloat16().save_pretrained(tmp_path)
    for name in ("vocab.txt", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((bert[0] / name).read_bytes())

    encode = open_encoder(tmp_path, device="cpu")

    assert encode.model.dtype == torch.float32
    assert encode(WORDS).dtype == np.float32


def test_a_word_longer_than_the_model_is_cut(bert):
    assert np.isfinite(open_encoder(bert[0], device="cpu")(["house" + "s" * 90, "dog"])).all()


def test_a_layer_that_is_not_there_is_named(bert):
    for layer in (3, -4):
        with pytest.raises(ValueError, match=rf"layers 0 \(.*\) to 2, got {layer}"):
            open_encoder(bert[0], layer=layer, device="cpu")(["house"])


def test_a_model_of_which_weights_are_missing_is_refused(bert, tmp_path):
    from safetensors.torch import load_file, save_file

    path = copied(bert[0], tmp_path / "model")
    weights = load_file(path / "model.safetensors")
    for name in ("pooler.dense.weight", "pooler.dense.bias"):
        del weights[name]
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    np.testing.assert_array_equal(
        open_encoder(path, device="cpu")(WORDS), open_encoder(bert[0], device="cpu")(WORDS)
    )

    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ValueError, match=r"1 of the model's weights .* 'encoder.layer.1.out"):
        open_encoder(path, device="cpu")


@pytest.mark.parametrize("broken", ["config.json", "model.safetensors"])
def test_a_damaged_model_is_an_error_in_one_line(bert, tmp_path, broken):
    path = copied(bert[0], tmp_path / "model")
    (path / broken).write_text("{")

    with pytest.raises(ValueError, match=r"model: transformers cannot load this model \([^\n]+\)$"):
        open_encoder(path, device="cpu")


def copied(source, target):
    target.mkdir()
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither config.json nor modules.json"):
        open_encoder(tmp_path)
    with pytest.raises(ValueError, match="absent is not the folder of a model"):
        open_encoder(tmp_path / "absent")


def test_without_the_libraries_the_remedy_is_said(tmp_path, monkeypatch):
    for name in ("transformers", "sentence_transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "config.json").touch()
    with pytest.raises(ImportError, match=r"pip install 'align-embeddings\[encode\]'"):
        open_encoder(tmp_path)

    (tmp_path / "modules.json").touch()
    with pytest.raises(ImportError, match="pip install sentence-transformers; or say --kind"):
        open_encoder(tmp_path)


@pytest.fixture
def sentences(tmp_path, monkeypatch):
    """The folder of a sentence-transformers model, and a library that stands for the real one."""

    class SentenceTransformer:
        def __init__(self, path, device, local_files_only):
            assert (path, device, local_files_only) == (str(tmp_path), "cpu", True)

        def encode(self, words, batch_size, show_progress_bar):
            assert (batch_size, show_progress_bar) == (len(words), False)
            return np.array([[len(word), 1.0] for word in words])

    library = types.SimpleNamespace(SentenceTransformer=SentenceTransformer)
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    (tmp_path / "modules.json").touch()
    return tmp_path


def test_sentence_transformers_encode_in_their_own_way(sentences):
    value = embeddings.from_encoder(["a", "bcd"], open_encoder(sentences, device="cpu"))

    np.testing.assert_array_equal(value.vectors, [[1, 1], [3, 1]])
    with pytest.raises(ValueError, match="no choice of layer; say --kind transformers"):
        open_encoder(sentences, layer=0)


def test_a_real_sentence_transformer_is_read(bert, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    modules = library.sentence_transformer.modules
    transformer = modules.Transformer(str(bert[0]))
    library.SentenceTransformer(
        modules=[transformer, modules.Pooling(16, pooling_mode="mean")], device="cpu"
    ).save(str(tmp_path / "model"))

    rows = open_encoder(tmp_path / "model", device="cpu")(WORDS)

    own = library.SentenceTransformer(str(tmp_path / "model"), device="cpu").encode(WORDS)
    np.testing.assert_allclose(rows, own, atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_said(sentences):
    with pytest.raises(ValueError, match="torch sees no CUDA device; use --device cpu"):
        open_encoder(sentences, device="cuda")


def test_encode_writes_what_the_library_gives(cli, bert):
    Path("words.txt").write_bytes("\ufeffhouse\ndog\n\nhouse\ntrees\n".encode())

    result = cli("encode", "words.txt", "--model", bert[0], "-o", "en.vec", "--layer", 1)

    assert result.exit_code == 0, result.output
    assert "words.txt: 1 duplicate left out" in result.stderr
    assert "3 vectors of 16 dimensions in en.vec" in result.stderr
    value = embeddings.load("en.vec")
    expected = open_encoder(bert[0], layer=1)(["house", "dog", "trees"])
    assert value.words == ("house", "dog", "trees")
    np.testing.assert_allclose(value.vectors, expected, atol=1e-6)
    piped = cli("encode", "-", "--model", bert[0], "-o", "en.npz", "--batch", 1, stdin="dog\n")
    assert piped.exit_code == 0, piped.output
    assert embeddings.load("en.npz").words == ("dog",)


@pytest.mark.slow
def test_the_libraries_say_nothing_on_the_terminal(bert, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from align.cli import run; run()",
            "encode",
            "-",
            "-o",
            "en.npz",
            "--model",
            str(bert[0]),
        ],
        input="house\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert done.stderr == "align: note: 1 vectors of 16 dimensions in en.npz\n"
    assert done.returncode == 0
    assert not done.stdout


@pytest.mark.parametrize(
    ("words", "out", "message"),
    [
        (b"", "x.npz", "words.txt holds no words; expected one per line"),
        (b"\n \n", "x.npz", "words.txt holds no words"),
        (b"a\n\xe9\n", "x.npz", "words.txt:2 is not UTF-8: b'\\xe9\\n'"),
        (b"a\n", "x.npz", "nothing is not the folder of a model"),
        (b"a\n", "x.json", "cannot tell what to write to x.json"),
        (b"a\n", "words.vec", "words.vec is there already; give another name, or --force"),
        (b"a\nnew york\n", "x.vec", "'new york' (row 1) cannot be written as text"),
    ],
)
def test_what_encode_cannot_do_is_one_line(cli, words, out, message):
    Path("words.txt").write_bytes(words)
    Path("words.vec").touch()

    result = cli("encode", "words.txt", "--model", "nothing", "-o", out)

    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
