"""Text vectors in blocks: polars parses a clean block, a line-by-line reader explains a bad one."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import chain, islice
from pathlib import Path

import numpy as np

from embeddings.compression import decompressed
from embeddings.tally import FIELDS, NUMBER, SPACE, UTF8, Tally
from embeddings.values import Array, OnRead, VectorFormatError, all_finite

Clean = tuple[list[str], Array]  # words and their vectors

BLOCK = 1 << 21  # bytes parsed at once
AHEAD = 3  # blocks parsed while one is being used
SMALL = 1 << 14  # bytes read line by line where one of their lines is not in order
EMPTY_LINES = re.compile(rb"\A(?:[ \t\r\v\f]*\n)*")
PROBED = 100  # lines that decide the number of dimensions


@dataclass(frozen=True)
class Layout:
    """What the first lines say of a file: dimensions, header, space at the end of each line."""

    dim: int
    header: tuple[int, int] | None
    trailing: bool

    def header_remark(self, rows: int, *, ended: bool) -> str:
        """Say where the header promises something else than ``rows`` (so far) and ``dim``."""
        promised, dim = self.header or (rows, self.dim)
        said = []
        if rows > promised or (ended and rows < promised):
            there = "there are" if ended else "there are more than"
            said.append(f"the header promises {promised:,} rows, {there} {rows:,}")
        if dim != self.dim:
            said.append(f"the header promises {dim} dimensions, there are {self.dim}")
        return "; ".join(said)


def text_blocks(
    path: Path, tally: Tally, *, max_vocab: int = 0, on_read: OnRead | None = None
) -> Iterator[tuple[list[str], Array]]:
    """Yield the words and vectors of a text file, block by block.

    Parameters
    ----------
    path : Path
        Lines of a word and d numbers separated by spaces or tabs, with or without a header line
        of two counts; plain or compressed.
    tally : Tally
        Counts what is left out; ask it for its report after the last block.
    max_vocab : int
        Stop after so many words; 0 for all.
    on_read : callable, optional
        Told the bytes read so far and in all.

    Yields
    ------
    words : list of str, length m
    vectors : (m, d) array of float32

    Raises
    ------
    VectorFormatError
        If the file is not text, is empty, or holds nothing but a header.
    """
    blocks = _whole_lines(path, on_read)
    first = next(blocks, b"").removeprefix(b"\xef\xbb\xbf")
    if not first:
        raise VectorFormatError(f"{path}: the file is empty, expected word vectors")
    body = EMPTY_LINES.sub(b"", first, count=1)
    tally.lines = first[: len(first) - len(body)].count(b"\n")
    layout = _probe(path, body)
    if layout.header:
        body = body[body.index(b"\n") + 1 :]
        tally.lines += 1
    rows = 0
    for block, parsed in _ahead(chain([body], blocks), partial(_parse_clean, layout=layout)):
        words, vectors = _kept(block, parsed, layout, tally)
        if max_vocab:
            words, vectors = words[: max_vocab - rows], vectors[: max_vocab - rows]
        rows += len(words)
        if words:
            yield words, vectors
        if max_vocab and rows == max_vocab:
            if on_read:  # nothing more will be read
                on_read(path.stat().st_size, path.stat().st_size)
            tally.header = layout.header_remark(tally.rows, ended=False)
            break
    else:
        tally.header = layout.header_remark(tally.rows, ended=True)


def _whole_lines(path: Path, on_read: OnRead | None) -> Iterator[bytes]:
    """Yield the file in blocks of whole lines of at most BLOCK bytes."""
    size = path.stat().st_size
    store = bytearray(BLOCK)
    buffer = memoryview(store)
    rest = 0  # bytes of a line that is not whole yet, at the start of the buffer
    with path.open("rb") as raw, decompressed(path, raw) as file:
        while count := file.readinto(buffer[rest:]):
            end = rest + count
            cut = store.rfind(b"\n", 0, end) + 1
            if store.find(b"\0", rest, end) >= 0:
                raise VectorFormatError(
                    f"{path}: holds zero bytes, so it is not text; text vectors (.vec, .txt, "
                    "plain, .gz, .xz, .zst or .zip), .npz, .safetensors and .bin can be read"
                )
            if not cut and end == BLOCK:
                raise VectorFormatError(f"{path}: a line of over {BLOCK:,} bytes; not vectors")
            if cut:
                yield bytes(buffer[:cut])
            rest = end - cut
            buffer[:rest] = buffer[cut:end]
            if on_read:
                on_read(raw.tell(), size)
        if rest:
            yield bytes(buffer[:rest]) + b"\n"


def _probe(path: Path, block: bytes) -> Layout:
    """Read the layout off the first lines: the most common number of fields decides."""
    shared = BytesIO(block)  # no copy
    lines = [line.rstrip(b"\r\n") for line in islice(shared, PROBED)]
    fields = [line.split() for line in lines if line.strip()]
    header = None
    if fields and len(fields[0]) == 2 and all(field.isdigit() for field in fields[0]):
        header = (int(fields[0][0]), int(fields[0][1]))
        fields = fields[1:]
        if not fields:
            raise VectorFormatError(
                f"{path}: only a header line, {lines[0].decode()!r}, and no vectors after it"
            )
    if not fields:
        raise VectorFormatError(f"{path}: only empty lines, expected word vectors")
    (common, _), *_ = Counter(map(len, fields)).most_common(1)
    if common < 2:
        start = lines[0][:40].decode(errors="replace")
        raise VectorFormatError(
            f"{path}: expected lines of a word and its numbers, got {start!r}; is it a vector file?"
        )
    trailing = all(line.endswith((b" ", b"\t")) for line in lines[-3:])
    return Layout(common - 1, header, trailing)


def _ahead(
    blocks: Iterator[bytes], parse: Callable[[bytes], Clean | None]
) -> Iterator[tuple[bytes, Clean | None]]:
    """Parse the blocks in order, the next ones in threads while one is being used."""
    with ThreadPoolExecutor(AHEAD) as pool:
        under_way: deque[tuple[bytes, Future[Clean | None]]] = deque()
        for block in blocks:
            under_way.append((block, pool.submit(parse, block)))
            if len(under_way) > AHEAD:
                block, parsed = under_way.popleft()
                yield block, parsed.result()
        for block, parsed in under_way:
            yield block, parsed.result()


def _kept(block: bytes, parsed: Clean | None, layout: Layout, tally: Tally) -> Clean:
    """Return the rows to keep; a block that did not parse is halved down to its bad lines."""
    if parsed is None and b"  " in block:
        block = re.sub(b"  +", b" ", block)
        return _kept(block, _parse_clean(block, layout), layout, tally)
    if parsed is None and (middle := block.find(b"\n", len(block) // 2) + 1) < len(block) > SMALL:
        first, second = (
            _kept(half, _parse_clean(half, layout), layout, tally)
            for half in (block[:middle], block[middle:])
        )
        return first[0] + second[0], np.concatenate([first[1], second[1]])
    if parsed is None:
        words, vectors, numbers = _parse_lines(block, layout.dim, tally)
        tally.lines += block.count(b"\n")
        return tally.keep(words, vectors, numbers)
    count = len(parsed[0])
    start = tally.lines + 1
    tally.lines += count
    tally.rows += count
    return tally.keep(*parsed, range(start, start + count))


def _parse_clean(block: bytes, layout: Layout) -> Clean | None:
    """Parse a block in which every line is in order; None where one is not."""
    import polars as pl  # not needed before the first text file

    schema: dict[str, type[pl.DataType]] = {"word": pl.String}
    schema |= {str(column): pl.Float32 for column in range(layout.dim)}
    if layout.trailing:
        schema["end"] = pl.String
    block = _plain(block)
    if any(space in block for space in (b"\r", b"\v", b"\f")):
        return None
    try:
        frame = pl.read_csv(
            block, separator=" ", has_header=False, quote_char=None, schema=schema, glob=False
        )
    except pl.exceptions.PolarsError:
        return None
    words = frame.to_series(0)
    vectors = frame[:, 1 : layout.dim + 1].to_numpy(order="fortran")
    if len(words) != block.count(b"\n") or words.null_count() or not all_finite(vectors):
        return None
    if layout.trailing and frame.to_series(-1).null_count() != len(words):
        return None
    return words.to_list(), vectors


def _plain(block: bytes) -> bytes:
    """Replace the separators and line ends that some writers use by a space and a newline."""
    block = block.replace(b"\t", b" ") if b"\t" in block else block
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block


def _parse_lines(block: bytes, dim: int, tally: Tally) -> tuple[list[str], Array, list[int]]:
    """Parse a block line by line, leaving out and counting the lines that are not in order."""
    words: list[str] = []
    rows: list[Array] = []
    numbers: list[int] = []
    for number, line in enumerate(block.split(b"\n")[:-1], tally.lines + 1):
        if not line.strip():
            continue
        tally.rows += 1
        parsed = _parse_line(line, dim)
        if isinstance(parsed, str):
            tally.defect(parsed, number, line.decode(errors="replace"))
        else:
            words.append(parsed[0])
            rows.append(parsed[1])
            numbers.append(number)
    vectors = np.array(rows, dtype=np.float32).reshape(len(rows), dim)
    return words, vectors, numbers


def _parse_line(line: bytes, dim: int) -> tuple[str, Array] | str:
    """Return a line's word and vector, or the kind of its defect."""
    first, *fields = line.split()
    if line.startswith((b" ", b"\t")) or len(fields) < dim:
        return FIELDS
    if len(fields) > dim:
        return FIELDS if all(map(_is_number, fields)) else SPACE
    if not all(map(_is_number, fields)):
        return NUMBER
    with np.errstate(over="ignore"):
        vector = np.array(fields, dtype=np.float64).astype(np.float32)
    if not np.isfinite(vector).all():
        return NUMBER
    try:
        return first.decode(), vector
    except UnicodeDecodeError:
        return UTF8


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field  # Python reads 1_000 as a number; no other reader does
