"""From what a user types to vectors and dictionaries: a path, the data home, or the sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from click.shell_completion import CompletionItem

import dictionaries
import embeddings
from align.cli.progress import Bars, note, remark_all
from align.home import data_home as home_of
from align.home import dictionary_file, dictionary_of, languages, vector_files, vectors_of
from dictionaries import Lexicon
from embeddings import Embeddings
from embeddings.reading import SAMPLE, label, require_file

_Command = TypeVar("_Command", bound=Callable[..., None])
CODE = re.compile(r"[a-z]{2,12}([-_][A-Za-z]+)*")  # en, simple, zh-min-nan


class Vectors(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A language code or a path; completes both."""

    name = "vectors"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the codes of the data home and of the sample, then files."""
        home = home_of(ctx.params.get("data_home"))
        codes = {*languages(home), *embeddings.sample_names()}
        items = [CompletionItem(code) for code in sorted(codes) if code.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="file")]


@dataclass(frozen=True)
class Found:
    """The file that a user's word stands for, and the language's name."""

    path: str | Path
    name: str


@dataclass(frozen=True)
class Sources:
    """Where things are looked for, and how they are read.

    Parameters
    ----------
    home : Path
        The data home.
    max_vocab, lower, strict
        As `embeddings.load` and `dictionaries.load` take them.
    bars : Bars
    cache : bool
        Whether text vectors are kept as binary twins, and read from there.
    """

    home: Path
    max_vocab: int
    lower: bool
    strict: bool
    bars: Bars
    cache: bool = True

    def find(self, text: str) -> Found:
        """Find the vector file of a language code or a path, without reading it."""
        if text.startswith(SAMPLE) and text.removeprefix(SAMPLE) in embeddings.sample_names():
            return Found(text, text.removeprefix(SAMPLE))
        if Path(text).is_file() or not CODE.fullmatch(text):
            require_file(Path(text))
            return Found(Path(text), label(Path(text)))
        if (path := vectors_of(self.home, text)) is not None:
            return Found(path, text)
        looked = vector_files(self.home, text)
        names = ", ".join(path.name for path in looked if path.suffix != ".gz")
        raise FileNotFoundError(
            f"no vectors for {text!r}: looked for {names} (or .gz) in {self.home}; fetch them "
            f"with `align download {text}`, set --data-home, or give a path "
            f"(samples are shipped of {' and '.join(embeddings.sample_names())})"
        )

    def vectors(self, found: Found) -> Embeddings:
        """Read vectors, and tell what is remarkable about them."""
        read = embeddings.load(
            found.path,
            max_vocab=self.max_vocab,
            lower=self.lower,
            name=found.name,
            on_read=self.bars.reading(found.name),
            cache=self.cache,
        )
        remark_all(found.path, read.report.remarks)
        return read

    def file(self, pair: str, part: str) -> Path:
        """Return the file of the data home that may hold the dictionary of a pair."""
        return dictionary_file(self.home, pair, part)

    def dictionary(self, given: Path | None, pair: str, part: str) -> Lexicon | None:
        """Read the training or test dictionary of a pair, or None where there is none."""
        path = given or dictionary_of(self.home, pair, part)
        if path is None:
            return None
        if isinstance(path, str):  # the package's sample
            return dictionaries.load(path)
        found = dictionaries.load(path, lower=self.lower, strict=self.strict)
        remark_all(path, found.report.remarks)
        return found

    def train(self, given: Path | None, pair: str) -> Lexicon:
        """Read the training dictionary; an error where there is none."""
        if (found := self.dictionary(given, pair, "train")) is not None:
            return found
        raise FileNotFoundError(
            f"no training dictionary for {pair}: looked for "
            f"{self.file(pair, 'train')}, and the package's sample is of "
            f"{' and '.join(dictionaries.sample_names())}; give one with --train FILE "
            "(`align download` brings MUSE's), or do without: --seeds identical needs none, nor "
            "does align unsupervised"
        )

    def tell_samples(self, origins: Iterable[str]) -> None:
        """Say where the package's sample serves in place of the user's own data."""
        samples = [origin for origin in origins if origin.startswith(SAMPLE)]
        if samples:
            note(
                f"the package's small sample serves, {', '.join(samples)}, as there is nothing "
                f"else in {self.home}; for real work fetch full vectors with `align download CODE "
                "CODE --dictionaries`, or give paths, and dictionaries with --train and --test"
            )

    def test(self, given: Path | None, pair: str) -> Lexicon | None:
        """Return the test dictionary, or None with a note."""
        found = self.dictionary(given, pair, "test")
        if found is None:
            note(
                f"no test dictionary for {pair}, so nothing is scored: looked for "
                f"{self.file(pair, 'test')}; give one with --test FILE"
            )
        return found


Open = Callable[[Bars], Sources]


def reading(command: _Command) -> _Command:
    """Add the options that say what is read and how; the command is given an `Open`."""

    @click.option(
        "--max-vocab",
        type=click.IntRange(min=0),
        default=200_000,
        show_default=True,
        help="Read so many words of each language; 0 for all.",
    )
    @click.option(
        "--no-cache", is_flag=True, help="Read text vectors anew, and keep no binary twin."
    )
    @click.option("--lower", is_flag=True, help="Fold vectors and dictionaries to lower case.")
    @click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
    @click.option(
        "--data-home",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Where codes are looked up.  [default: $ALIGN_HOME, else the user data folder]",
    )
    @wraps(command)
    def wrapped(
        *args: Any,  # noqa: ANN401  # the command's own
        max_vocab: int,
        no_cache: bool,
        lower: bool,
        strict: bool,
        data_home: Path | None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        home = home_of(data_home)
        command(
            *args,
            sources=lambda bars: Sources(home, max_vocab, lower, strict, bars, not no_cache),
            **kwargs,
        )

    return cast(_Command, wrapped)
