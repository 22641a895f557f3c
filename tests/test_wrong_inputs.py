"""What users get wrong: one line that names the value and the remedy, and nothing lost."""

import re
from pathlib import Path

import numpy as np
import pytest

import embeddings
from dictionaries import save
from embeddings import Embeddings


@pytest.fixture
def files(cli, world, rng):
    source, target, lexicon = world
    embeddings.save(source, "src.vec")
    embeddings.save(target, "tgt.vec")
    save(lexicon, "pairs.txt")
    embeddings.save(Embeddings(target.words, rng.standard_normal((40, 5))), "narrow.vec")
    with Path("nan.npz").open("wb") as file:
        bad = source.vectors.copy()
        bad[3, 2] = np.nan
        np.savez(file, words=np.array("\n".join(source.words)), vectors=bad)
    text = Path("src.vec").read_text().splitlines(keepends=True)
    Path("nan.vec").write_text("".join([*text[:4], "s3" + " nan" * 8 + "\n", *text[5:]]))
    Path("ragged.vec").write_text("".join([*text[:4], "s3 1 2\n", *text[5:]]))
    Path("empty.vec").touch()
    Path("header.vec").write_text("100 300\n")
    Path("one.vec").write_text("house 1 2 3 4 5 6 7 8\n")
    Path("garbage.vec").write_bytes(bytes(range(256)) * 20)
    Path("cut.vec.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03KLJN")
    Path("model.bin").write_bytes((793712314).to_bytes(4, "little") + bytes(100))
    Path("empty.txt").touch()
    Path("single.txt").write_text("s1 t1\n")
    Path("foreign.txt").write_text("".join(f"x{i} y{i}\n" for i in range(50)))
    Path("bad.txt").write_text("s1 t1 u1\n" + Path("pairs.txt").read_text())
    Path("latin.txt").write_bytes("é è\n".encode("latin-1"))
    Path("folder").mkdir()
    Path("folder/thesis").write_text("years of work")
    Path("file").write_text("a file")
    return cli


GOOD = "src.vec tgt.vec --train pairs.txt"

CASES = {
    "missing file": (1, "supervised no.vec tgt.vec", "there is no vector file no.vec"),
    "missing npz": (1, "supervised src.vec x/no.npz", "there is no vector file x/no.npz"),
    "empty file": (1, "supervised empty.vec tgt.vec --train pairs.txt", "empty.vec: .* is empty"),
    "header only": (1, "supervised header.vec tgt.vec --train pairs.txt", "only a header line"),
    "one line": (1, "supervised one.vec tgt.vec --train pairs.txt", "hold none of the 40 pairs"),
    "more dimensions than there are": (
        1,
        f"supervised {GOOD} --normalize unit,pca:9",
        "pca:9 asks for 9 dimensions, but the vectors have 8",
    ),
    "no overlap": (
        1,
        "supervised src.vec tgt.vec --train foreign.txt",
        r"hold none of the 50 pairs .*'x0 y0'.*--lower",
    ),
    "one pair": (
        1,
        "supervised src.vec tgt.vec --train single.txt",
        "only 1 usable of 1 pairs .* at least 10.* --seeds identical",
    ),
    "no dictionary": (
        1,
        "supervised src.vec tgt.vec",
        "no training dictionary for src-tgt: looked for .*src-tgt.0-5000.txt.*"
        "--train FILE.*--seeds identical.*align unsupervised",
    ),
    "missing dictionary": (
        1,
        "supervised src.vec tgt.vec --train no.txt",
        "no dictionary file no.txt",
    ),
    "empty dictionary": (
        1,
        "supervised src.vec tgt.vec --train empty.txt",
        "empty.txt: no word pairs in 0 lines.*expected a source word and a target word",
    ),
    "latin-1 dictionary": (
        1,
        "supervised src.vec tgt.vec --train latin.txt",
        "latin.txt: no word pairs.*line 1: not UTF-8",
    ),
    "strict dictionary": (
        1,
        "supervised src.vec tgt.vec --train bad.txt --strict",
        "bad.txt:1: expected 2 words, got 3: 's1 t1 u1'",
    ),
    "vectors as dictionary": (
        1,
        "supervised src.vec tgt.vec --train src.vec",
        r"hold none of the 1 pairs of the training dictionary .*src.vec \(first pair: '40 8'",
    ),
    "unknown language": (
        1,
        "supervised xx fr",
        "no vectors for 'xx': looked for wiki.xx.vec, cc.xx.300.vec, xx.vec .* --data-home",
    ),
    "unknown sample": (1, "supervised sample:xx fr", "there is no vector file sample:xx"),
    "folder as vectors": (
        1,
        "supervised folder/ tgt.vec --train pairs.txt",
        "folder is a folder, expected a vector file",
    ),
    "folder as dictionary": (
        1,
        "supervised src.vec tgt.vec --train folder",
        "folder is a folder, expected a dictionary file",
    ),
    "binary garbage": (
        1,
        "supervised garbage.vec tgt.vec --train pairs.txt",
        "garbage.vec: holds zero bytes, so it is not text",
    ),
    "damaged gzip": (
        1,
        "supervised cut.vec.gz tgt.vec --train pairs.txt",
        "cut.vec.gz: the gzip data is damaged or cut short",
    ),
    "fastText model": (
        1,
        "supervised model.bin tgt.vec --train pairs.txt",
        "model.bin: a fastText model of version 0; 11 and 12 can be read",
    ),
    "NaN in binary": (
        1,
        "supervised nan.npz tgt.vec --train pairs.txt",
        r"nan.npz: the vector of 's3' \(row 3\) holds a number that is not finite",
    ),
    "NaN in text": (
        1,
        "supervised nan.vec tgt.vec --train pairs.txt",
        r"nan.vec: 1 of 40 lines .*not a finite number \(line 5\).*begins 's3 nan",
    ),
    "ragged": (
        1,
        "supervised ragged.vec tgt.vec --train pairs.txt",
        r"ragged.vec: 1 of 40 lines .*wrong number of fields \(line 5\).*begins 's3 1 2'",
    ),
    "k too large": (
        1,
        f"supervised {GOOD} -k 41",
        r"k must be between 1 and .*\(40\), got 41",
    ),
    "k too large for the words read": (
        1,
        f"supervised {GOOD} --max-vocab 15 -k 16",
        r"\(15\), got 16",
    ),
    "folder that is no run as output": (
        1,
        f"supervised {GOOD} -o folder --force",
        "folder holds 'thesis', which is not part of a run, so it will not be replaced; .*--out",
    ),
    "file as output": (
        1,
        f"supervised {GOOD} -o file",
        "file is a file; give another folder with --out",
    ),
    "output below a file": (1, f"supervised {GOOD} -o file/run", "cannot write a run in .*--out"),
    "unknown normalisation": (
        2,
        f"supervised {GOOD} --normalize unit,centre",
        "unknown normalisation 'centre'.*unit,center,unit",
    ),
    "negative refinement": (2, f"supervised {GOOD} --refine -1", "'--refine': -1"),
    "seeds and a dictionary": (
        2,
        f"supervised {GOOD} --seeds identical",
        "--seeds identical takes no dictionary: drop it, or --train",
    ),
    "nothing spelled alike": (
        1,
        "supervised src.vec tgt.vec --seeds identical",
        r"no seed pairs \(identical\): the vocabularies share none; .*--train FILE",
    ),
    "rank limit without refinement": (
        2,
        f"supervised {GOOD} --max-rank 9",
        "--max-rank is about --refine, which is 0: give --refine 5",
    ),
    "wrong way round": (
        1,
        "supervised tgt.vec src.vec --train pairs.txt",
        "pairs.txt seems to be the wrong way round: .* hold 0 of its 40 pairs, and 40 if",
    ),
    "output nowhere for a failed run": (
        1,
        "supervised src.vec tgt.vec -o a/b/c",
        "no training dictionary",
    ),
    "unknown seeds": (2, f"supervised {GOOD} --seeds magic", "'magic' is not one of"),
    "missing data home": (2, "supervised en fr --data-home no", "'no' does not exist"),
    "one language": (2, "supervised en", "Missing argument 'TGT'.*align supervised --help"),
    "unknown command": (2, "train en fr", "No such command 'train'.*align --help"),
    "unknown option": (2, f"supervised {GOOD} --refined 3", "No such option.*--refine"),
    "not a run": (1, "translate folder s1", "folder is not a run: there is no folder/run.json"),
    "missing run": (1, "evaluate no --test pairs.txt", "no is not a run"),
    "no words": (2, "translate run", "no words: give some as arguments or on stdin"),
    "missing test": (1, "evaluate run --test no.txt", "no dictionary file no.txt"),
    "foreign test": (1, "evaluate run --test foreign.txt", "hold none of the 50 pairs of the test"),
    "unknown output": (1, "apply run -o mapped.kv", "mapped.kv: end its name in .vec"),
    "output nowhere": (1, "apply run -o no/mapped.vec", "there is no folder .*/no$"),
    "lexicon as folder": (1, "lexicon run -o folder", "folder is a folder"),
    "other dimensions": (
        1,
        "apply run -o m.vec --vectors narrow.vec",
        "narrow.vec has 5 dimensions, the run 8; give the vectors that --side names",
    ),
}


def contents():
    return {p: p.read_bytes() if p.is_file() else None for p in Path().rglob("*")}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_input_gets_one_line_and_loses_nothing(files, case):
    assert files(*f"supervised {GOOD} -o run".split()).exit_code == 0
    before = contents()
    code, line, message = CASES[case]

    result = files(*line.split())

    errors = [text for text in result.stderr.splitlines() if "note:" not in text]
    assert result.exit_code == code, result.output
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith("align: error: ")

    assert re.search(message, errors[0]), errors[0]
    assert result.stdout == ""
    assert contents() == before


def test_an_existing_run_is_not_overwritten(files):
    assert files(*f"supervised {GOOD} -o run".split()).exit_code == 0
    before = contents()

    result = files(*f"supervised {GOOD} -o run".split())

    assert result.exit_code == 1
    assert "run holds a run already; give another folder with --out" in result.stderr
    assert contents() == before
