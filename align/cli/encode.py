"""`align encode`: word vectors from a model on disk."""

from __future__ import annotations

import os
from pathlib import Path

import click

import embeddings
from align.cli.progress import Bars, note, remark_all
from align.cli.runs import FORCE, refuse_existing
from align.steps import Step
from embeddings.encoders import Device, Kind, open_encoder
from embeddings.writing import require_writable, written

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


@click.command()
@click.argument("words", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--model",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of a Hugging Face or sentence-transformers model. Nothing is downloaded.",
)
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write: .safetensors, .npz, .vec or .txt (text), .bin (word2vec) or .tsv.",
)
@click.option(
    "--layer",
    type=int,
    help="0 is the input embeddings, -1 the last layer.  [default: -1; sentence-transformers has "
    "no choice]",
)
@click.option(
    "--kind",
    type=click.Choice(["auto", "transformers", "sentence-transformers"]),
    default="auto",
    show_default=True,
    help="The mean over a word's subwords in one layer (transformers), or the model's own "
    "embedding; auto takes that where the folder holds modules.json.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Words encoded at once.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the model runs; auto takes a CUDA device if there is one.",
)
@FORCE
def encode(
    words: Path,
    model: Path,
    out: Path,
    layer: int | None,
    kind: Kind,
    batch: int,
    device: Device,
    force: bool,
) -> None:
    """Write the vectors that a model gives to WORDS, a file of one word per line (- for stdin).

    Every word is encoded on its own. Its special and unknown subwords are left out; a word of
    which nothing remains is left out, and counted.

    \b
    Examples:
      align encode en.txt --model xlm-roberta-base --layer 0 -o en.safetensors
      tail -n +2 wiki.fr.vec | cut -d' ' -f1 |
        align encode - --model xlm-roberta-base --layer 0 -o fr.safetensors
      align supervised en.safetensors fr.safetensors --train en-fr.txt
    """
    listed = _words(words)
    require_writable(out, listed)
    for file in written(out):
        refuse_existing(file, force)
    for name, value in (OFFLINE | QUIET).items():
        os.environ.setdefault(name, value)  # before the libraries are imported
    embed = open_encoder(model, kind=kind, layer=layer, device=device)
    with Bars() as bars:
        encoded = embeddings.from_encoder(
            listed, embed, batch=batch, on_batch=lambda n, total: bars(Step("encoding", n, total))
        )
    embeddings.save(encoded, out)
    remark_all(words, encoded.report.remarks)
    note(f"{len(encoded):,} vectors of {encoded.dim} dimensions in {out}")


def _words(path: Path) -> list[str]:
    """Read one word per line; empty lines are passed over."""
    found = []
    with click.open_file(str(path), "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                word = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}:{number} is not UTF-8: {line[:40]!r}") from error
            if word:
                found.append(word)
    if not found:
        raise ValueError(f"{path} holds no words; expected one per line")
    return found
