"""Binary models written slowly, from the description of their formats."""

import struct

import numpy as np

MAGIC = 793712314


def slow_hash(text):
    """FNV-1a in 32 bits, but every byte is widened as a signed char, as fastText does."""
    code = 2166136261
    for byte in text.encode("utf-8", "surrogateescape"):
        code ^= byte if byte < 128 else byte + 0xFFFFFF00
        code = code * 16777619 % 2**32
    return code


def slow_ngrams(word, shortest, longest):
    """All n-grams of ``<word>``, from every character on, but no single mark."""
    marked = f"<{word}>"
    found = []
    for i in range(len(marked)):
        for n in range(1, longest + 1):
            ngram = marked[i : i + n]
            if len(ngram) == n >= shortest and not (
                n == 1 and ngram in ("<", ">") and i in (0, len(marked) - 1)
            ):
                found.append(ngram)
    return found


def slow_vector(word, words, rows, buckets, shortest, longest):
    """The mean of a word's row and those of its n-grams; None where it has none."""
    used = [words.index(word)] if word in words else []
    if word != "</s>" and buckets:
        ngrams = slow_ngrams(word, shortest, longest)
        used += [len(words) + slow_hash(ngram) % buckets for ngram in ngrams]
    return rows[used].astype(np.float64).mean(axis=0) if used else None


def fasttext_bytes(
    words,
    rows,
    *,
    buckets=0,
    shortest=3,
    longest=6,
    version=12,
    kind=2,
    labels=0,
    pruned=-1,
    quantised=False,
):
    """A fastText model; ``words`` may be bytes, and the last ``labels`` of them are labels."""
    dim = rows.shape[1]
    settings = [dim, 5, 5, 5, 5, 1, 2, kind, buckets, shortest, longest, 100]
    parts = [struct.pack("<2i12id", MAGIC, version, *settings, 1e-4)]
    parts.append(struct.pack("<3i2q", len(words), len(words) - labels, labels, 1000, pruned))
    for i, word in enumerate(words):
        text = word if isinstance(word, bytes) else word.encode()
        parts.append(text + b"\0" + struct.pack("<qb", 100 - i, i >= len(words) - labels))
    parts.append(struct.pack("<?2q", quantised, *rows.shape))
    parts.append(rows.astype("<f4").tobytes())
    output = np.zeros((len(words), dim), "<f4")
    parts.append(struct.pack("<?2q", False, *output.shape) + output.tobytes())
    return b"".join(parts)


def word2vec_bytes(words, rows, *, line_ends=True):
    """A model as word2vec writes it, or as gensim does, without line ends."""
    parts = [f"{len(words)} {rows.shape[1]}\n".encode()]
    for word, row in zip(words, rows, strict=True):
        text = word if isinstance(word, bytes) else word.encode()
        parts.append(text + b" " + row.astype("<f4").tobytes() + b"\n" * line_ends)
    return b"".join(parts)
