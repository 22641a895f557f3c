"""`align apply`: bring a file of vectors into the joint space."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import numpy as np

import embeddings
from align.cli.progress import Bars, note, remark_all
from align.cli.runs import FORCE, RUN, refuse_existing
from align.maps import Array
from align.storage import load_alignment, load_record
from embeddings import Embeddings, Stream
from embeddings.writing import Writer, streaming, written

Blocks = Iterator[tuple[list[str], Array]]


@click.command()
@RUN
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write: .vec or .txt (text), .bin (word2vec), .tsv (Embedding Projector), .npz or "
    ".safetensors.",
)
@click.option(
    "--side",
    type=click.Choice(["source", "target"]),
    default="source",
    show_default=True,
    help="Which language the vectors are of. Target vectors are normalised as the run did.",
)
@click.option(
    "--vectors", type=click.Path(path_type=Path), help="File to map.  [default: that of the run]"
)
@click.option(
    "--max-vocab",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Map so many words; 0 for all in the file, more than the run was made from.",
)
@FORCE
def apply(
    folder: Path, out: Path, side: str, vectors: Path | None, max_vocab: int, force: bool
) -> None:
    """Map vectors into the joint space of a run, block by block, in full float precision.

    Text goes to text, .bin or .tsv without being held in memory, so files of any size can be
    mapped.

    \b
    Examples:
      align apply runs/en-fr-supervised -o en.mapped.vec
      align apply runs/en-fr-supervised -o fr.mapped.vec --side target
    """
    record = load_record(folder)
    alignment = load_alignment(folder)
    described = getattr(record, side)
    into_space = alignment.map_source if side == "source" else alignment.map_target
    stream_to = streaming(out)
    if not (read := vectors or described.origin):
        raise ValueError("the vectors of this run were made in memory; give a file with --vectors")
    with Bars() as bars:
        stream = Stream(
            read,
            max_vocab=max_vocab,
            lower=described.lower,
            on_read=bars.reading(described.name),
        )
        if out.exists() and out.resolve() == stream.path.resolve():
            raise ValueError(f"{out} is the file that is read; write to another")
        for file in written(out):
            refuse_existing(file, force)
        dim = described.dim
        mapped = ((words, into_space(_fitting(rows, dim, stream))) for words, rows in stream)
        if stream_to:
            rows = _write_blocks(stream_to, out, mapped, alignment.map.shape[1])
        else:
            rows = _write_whole(out, mapped)
    remark_all(stream.path, stream.report.remarks)
    note(f"{rows:,} vectors in {out}")


def _fitting(rows: Array, dim: int, stream: Stream) -> Array:
    if rows.shape[1] != dim:
        raise ValueError(
            f"{stream.path} has {rows.shape[1]} dimensions, the run {dim}; give the vectors that "
            "--side names, from the same training"
        )
    return rows


def _write_blocks(writer: Writer, out: Path, mapped: Blocks, dim: int) -> int:
    rows = 0
    with writer(out, dim) as write:
        for words, block in mapped:
            write(words, block)
            rows += len(words)
    return rows


def _write_whole(out: Path, mapped: Blocks) -> int:
    words, blocks = zip(*mapped, strict=True)
    whole = Embeddings(list(chain.from_iterable(words)), np.concatenate(blocks))
    embeddings.save(whole, out)
    return len(whole)
