"""Dictionary files: MUSE's and VecMap's word pairs, xling-eval's TSV, and the package's sample."""

from __future__ import annotations

import gzip
import re
import unicodedata
import zlib
from importlib.resources import files
from pathlib import Path

from dictionaries.lexicon import Lexicon, LexiconFormatError, LexiconReport, Pair

SAMPLE = "sample:"  # the origin of the dictionary shipped in the package
SCORE = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?")


def load(path: str | Path, *, lower: bool = False, strict: bool = False) -> Lexicon:
    """Read a dictionary: one pair of a source word and a translation per line.

    Parameters
    ----------
    path : str or Path
        Words separated by a tab (then they may hold spaces) or by spaces: the files of MUSE,
        VecMap and xling-eval, plain or gzip. A word with several translations has several
        lines. A score in a third column, as ``align lexicon`` writes it, is passed over. Words
        are brought to Unicode's composed form (NFC), in which vectors are published.
        ``sample:en-fr.train`` and ``sample:en-fr.test`` are those shipped in the package.
    lower : bool
        Fold words to lower case.
    strict : bool
        Raise an error for a line of the wrong shape instead of leaving it out.

    Returns
    -------
    Lexicon
        ``report`` lists the lines that were left out, with their numbers.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    LexiconFormatError
        If no line is a pair, or, with ``strict``, if one is not.
    """
    if str(path).startswith(SAMPLE):
        return _sample(*str(path).removeprefix(SAMPLE).rpartition(".")[::2])
    path = Path(path)
    pairs: list[Pair] = []
    malformed: list[str] = []
    lines = raw_lines(path)
    for number, line in enumerate(lines, 1):
        parsed = _parse_line(line)
        if isinstance(parsed, tuple):
            pairs.append((parsed[0].lower(), parsed[1].lower()) if lower else parsed)
        elif parsed:
            malformed.append(f"line {number}: {parsed}")
            if strict:
                raise LexiconFormatError(f"{path}:{number}: {parsed}")
    if not pairs:
        why = f" ({malformed[0]})" if malformed else ""
        raise LexiconFormatError(
            f"{path}: no word pairs in {len(lines):,} lines{why}; "
            "expected a source word and a target word on each line"
        )
    _refuse_punctuation(path, pairs)
    kept = tuple(dict.fromkeys(pairs))
    report = LexiconReport(len(lines), len(pairs) - len(kept), tuple(malformed))
    return Lexicon(kept, str(path.resolve()), report)


def sample_names() -> tuple[str, ...]:
    """Return the pairs of languages that `sample` has, as ``en-fr``."""
    return ("en-fr", "fr-en")


def _sample(name: str, part: str) -> Lexicon:
    """Return the sample dictionary, written for this package.

    Parameters
    ----------
    name : str
        ``en-fr``, or ``fr-en`` (the same pairs reversed; French words of the training part are
        then left out of the test part).
    part : {'train', 'test'}
        1,000 and 500 English source words.
    """
    if name not in sample_names() or part not in ("train", "test"):
        raise ValueError(
            f"no sample dictionary {name!r} {part!r}; there are en-fr and fr-en, train and test"
        )
    if name == "fr-en":
        pairs = _sample("en-fr", part).reversed
        if part == "test":
            pairs = pairs.only(set(pairs.sources) - set(_sample(name, "train").sources))
    else:
        text = (files("dictionaries") / "sample" / f"en-fr.{part}.tsv").read_text("utf-8")
        rows = [line.split("\t") for line in text.splitlines()]
        pairs = Lexicon(tuple((source, target) for source, target in rows))
    return Lexicon(pairs.pairs, f"{SAMPLE}{name}.{part}", LexiconReport(len(pairs)))


def save(lexicon: Lexicon, path: str | Path) -> None:
    """Write one pair per line, separated by a tab."""
    for word in (word for pair in lexicon.pairs for word in pair):
        if not word or "\t" in word or "\n" in word:
            raise ValueError(
                f"{word!r} cannot be written: it is empty or holds a tab or a line break"
            )
    text = "".join(f"{source}\t{target}\n" for source, target in lexicon.pairs)
    Path(path).write_bytes(text.encode())


def raw_lines(path: Path, kind: str = "dictionary") -> list[bytes]:
    """Return the lines of a file of UTF-8 text, plain or gzip, without a byte-order mark.

    Parameters
    ----------
    path : Path
    kind : str
        What to call the file in an error.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, LexiconFormatError
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, expected a {kind} file")
    if not path.exists():
        raise FileNotFoundError(f"no {kind} file {path}")
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LexiconFormatError(f"{path}: is UTF-16; save it as UTF-8")
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise LexiconFormatError(f"{path}: the gzip data is damaged ({error})") from error
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _parse_line(line: bytes) -> Pair | str:
    """Return a pair, or what is wrong with the line; nothing for an empty line."""
    try:
        text = unicodedata.normalize("NFC", line.decode()).strip(" \r\t")
    except UnicodeDecodeError:
        return f"not UTF-8: {line[:60]!r}"
    # ASCII white space only: words may hold a no-break space
    if "\t" in text:
        fields = [field.strip(" ") for field in text.split("\t")]
        if len(fields) == 3 and SCORE.fullmatch(fields[2]):
            del fields[2]
    else:
        fields = [field for field in text.split(" ") if field]
    if len(fields) == 2 and all(fields):
        return fields[0], fields[1]
    return f"expected 2 words, got {len(fields)}: {text[:60]!r}" if fields else ""


def _refuse_punctuation(path: Path, pairs: list[Pair]) -> None:
    """Raise an error where most source words end in what seems to be meant as a separator."""
    for separator in ",;:":
        if 2 * sum(len(a) > 1 and a.endswith(separator) for a, _ in pairs) > len(pairs):
            raise LexiconFormatError(
                f"{path}: most source words end in {separator!r}, as {pairs[0][0]!r}; "
                "separate the words by a tab or a space alone"
            )
