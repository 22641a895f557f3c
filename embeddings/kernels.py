"""Compiled loops over the bytes of binary vector files; without the interpreter's lock."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from embeddings.compiling import compiled

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

LONGEST = 1 << 16  # bytes of a word: more is damage
WORD_BITS = 16  # of a key, below the bits of the row
FNV_START, FNV_PRIME, LOW_32 = 2166136261, 16777619, 0xFFFFFFFF
SPACE, NEWLINE = 32, 10
AFTER_WORD = 10  # bytes of a fastText entry after its word: a zero, a count (8), a type


@numba.njit(inline="always")
def _hashed(code: Any, byte: Any) -> Any:  # noqa: ANN401
    """Take one byte into an FNV-1a hash as fastText does: as a signed char, widened."""
    wide = np.int64(byte)
    if wide >= 128:
        wide |= 0xFFFFFF00
    return ((code ^ wide) * FNV_PRIME) & LOW_32


@numba.njit(inline="always")
def _continues(byte: Any) -> Any:  # noqa: ANN401
    """Whether a byte of UTF-8 belongs to the character before it."""
    return (byte & 0xC0) == 0x80


@compiled
def entries(data: Bytes, start: int, count: int, ends: Ints, hashes: Ints) -> int:
    """Walk over a fastText dictionary; return where it ends, or minus the entry that is damaged.

    Parameters
    ----------
    data : (b,) array
    start : int
        Where the first word begins; each word begins AFTER_WORD behind the end of the one before.
    count : int
        Entries; each must be a word, not a label.
    ends, hashes : arrays of int64
        Filled, as far as they go, with the end of each word and its hash.
    """
    at = start
    for i in range(count):
        code = FNV_START
        limit = min(at + LONGEST, len(data) - AFTER_WORD)
        while at < limit and data[at] != 0:
            code = _hashed(code, data[at])
            at += 1
        if at >= limit or data[at + AFTER_WORD - 1] != 0:
            return -i - 1
        if i < len(ends):
            ends[i] = at
        if i < len(hashes):
            hashes[i] = code
        at += AFTER_WORD
    return at


@compiled
def hash_of(text: Bytes) -> int:
    """Return the hash of a word."""
    code = FNV_START
    for i in range(len(text)):
        code = _hashed(code, text[i])
    return code


@compiled
def ngram_keys(
    text: Bytes, ends: Ints, shortest: int, longest: int, buckets: int, first: int, keys: Ints
) -> int:
    """Find the rows of the character n-grams of words, by fastText's rules.

    A character alone counts, except the first and the last, which are the marks < and >.

    Parameters
    ----------
    text : (b,) array
        The words one after the other, each with its marks; empty for a word that has no n-grams.
    ends : (n,) array
        Where each word ends.
    shortest, longest : int
        Characters of an n-gram.
    buckets, first : int
        An n-gram is in row ``first`` + hash modulo ``buckets``.
    keys : array of int64
        Filled, as far as it goes, with row << WORD_BITS | word.

    Returns
    -------
    int
        How many keys there are.
    """
    found = 0
    start = 0
    for word in range(len(ends)):
        end = ends[word]
        for i in range(start, end):
            if _continues(text[i]):
                continue
            code = FNV_START
            j = i
            for n in range(1, longest + 1):
                if j >= end:
                    break
                code = _hashed(code, text[j])
                j += 1
                while j < end and _continues(text[j]):
                    code = _hashed(code, text[j])
                    j += 1
                if n >= shortest and not (n == 1 and (i == start or j == end)):
                    if found < len(keys):
                        keys[found] = (first + code % buckets) << WORD_BITS | word
                    found += 1
        start = end
    return found


@compiled
def add_rows(rows: Any, keys: Ints, sums: Any, parts: Ints) -> None:  # noqa: ANN401
    """Add row ``key >> WORD_BITS`` to the sum of the word in the key's low bits, and count it."""
    for key in keys:
        row = key >> WORD_BITS
        word = key & ((1 << WORD_BITS) - 1)
        parts[word] += 1
        for j in range(rows.shape[1]):
            sums[word, j] += rows[row, j]


@compiled
def word2vec_rows(data: Bytes, start: int, words: Ints, rows: Bytes) -> int:
    """Take rows of word2vec's binary format; return where they end, or minus the damaged row.

    Parameters
    ----------
    data : (b,) array
        A word, a space, the bytes of its numbers; a line end may come before the word.
    start : int
        Where the first row begins.
    words : (n, 2) array of int64
        Filled with the start and the end of each word.
    rows : (n, 4 d) array of uint8
        Filled with the bytes of the numbers.
    """
    width = rows.shape[1]
    at = start
    for i in range(len(rows)):
        while at < len(data) and data[at] == NEWLINE:
            at += 1
        words[i, 0] = at
        limit = min(at + LONGEST, len(data) - width)
        while at < limit and data[at] != SPACE:
            at += 1
        if at >= limit or at == words[i, 0]:
            return -i - 1
        words[i, 1] = at
        at += 1
        for j in range(width):
            rows[i, j] = data[at + j]
        at += width
    return at
