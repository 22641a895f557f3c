"""Damaged files of every kind end in a value or in one of our errors, soon and in little memory."""

import gzip
import io
import lzma
import random
import sys
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from models import fasttext_bytes, word2vec_bytes

import embeddings
from embeddings import Embeddings, Subwords

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

QUICK, MANY = 200, 10_000  # mutated files of each kind
SECONDS = 5  # for one file, on a busy machine
MEMORY = 64 << 20  # bytes that a file of a few thousand may take
EDGES = [0, 1, 0x7F, 0x80, 0xFF, 10, 13, 32, 9, 48, 57]
NUMBERS = [0, 1, -1, 2**31 - 1, -(2**31), 2**62, 2**63 - 1, -(2**63), 300, 2**16]


def kinds(folder):
    """A small valid file of each kind, whose first words are odd."""
    rng = np.random.default_rng(3)
    words = ["</s>", "é", "漢字", "🦊", *(f"w{i}" for i in range(60))]
    rows = rng.standard_normal((64, 4)).astype(np.float32)
    value = Embeddings(words, rows)
    for name in ("x.vec", "x.npz", "x.safetensors"):
        embeddings.save(value, folder / name)
    text = (folder / "x.vec").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.vec", text)
    more = np.concatenate([rows, rng.standard_normal((30, 4)).astype(np.float32)])
    return {
        "text": text,
        "gz": gzip.compress(text),
        "xz": lzma.compress(text),
        "zst": zstd.compress(text),
        "zip": packed.getvalue(),
        "npz": (folder / "x.npz").read_bytes(),
        "safetensors": (folder / "x.safetensors").read_bytes(),
        "fasttext": fasttext_bytes(words, more, buckets=30),
        "word2vec": word2vec_bytes(words, rows),
    }


KINDS = ["text", "gz", "xz", "zst", "zip", "npz", "safetensors", "fasttext", "word2vec"]


def mutated(content, chance):
    """Change a few places: bytes, whole numbers, runs that are cut, doubled, moved or added."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4, 16])):
        at = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:  # the start decides most
            at = min(at, chance.randrange(128))
        size = chance.choice([1, 2, 4, 8, 64, 512])
        way = chance.randrange(8)
        if way == 0:
            data[at : at + 1] = bytes([chance.choice(EDGES)])
        elif way == 1 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif way == 2:
            number = chance.choice(NUMBERS) % 2**64
            data[at : at + 8] = number.to_bytes(8, "little")[: chance.choice([4, 8])]
        elif way == 3:
            del data[at : at + size]
        elif way == 4:
            data[at:at] = data[at : at + size]
        elif way == 5:
            data[at:at] = chance.randbytes(size)
        elif way == 6:
            other = chance.randrange(len(data) + 1)
            data[at : at + size] = data[other : other + size]
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "count", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)], ids=["quick", "many"]
)
def test_a_damaged_file_ends_in_a_value_or_in_our_error(tmp_path, monkeypatch, kind, count):
    monkeypatch.setattr("embeddings.text.BLOCK", 1 << 16)
    chance = random.Random(f"{kind} {count}")
    content = kinds(tmp_path)[kind]
    path = tmp_path / "mutated"
    outcomes = {"value": 0, "error": 0}
    embeddings.load(tmp_path / "x.vec")  # import what is imported on first use
    tracemalloc.start()
    try:
        for number in range(count):
            path.write_bytes(mutated(content, chance))
            tracemalloc.reset_peak()
            before, started = tracemalloc.get_traced_memory()[0], time.perf_counter()
            outcomes[outcome(path, chance)] += 1
            spent = time.perf_counter() - started, tracemalloc.get_traced_memory()[1] - before
            assert spent < (SECONDS, MEMORY), (number, *spent)
            assert spent[1] < MEMORY, number
    finally:
        tracemalloc.stop()

    assert min(outcomes.values()) > 0, outcomes


def outcome(path, chance):
    """Read a file in one of the ways that there are."""
    try:
        read = embeddings.load(path, max_vocab=chance.choice([0, 3, 200_000]))
        assert np.isfinite(read.vectors).all()
        assert len(read) == len(set(read.words)) > 0
        if path.read_bytes()[:4] == fasttext_bytes(["a"], np.ones((1, 1)))[:4]:
            assert np.isfinite(Subwords.open(path).vectors(["é", "new"])).all()
    except (ValueError, OSError):
        return "error"
    return "value"
