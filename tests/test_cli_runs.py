import json
from pathlib import Path

import numpy as np
import pytest
from conftest import rotation

import align
import embeddings


def test_translate_in_both_directions_and_from_stdin(cli, made):
    there = cli("translate", made, "s1", "s2", "-k", 1)
    back = cli("translate", made, "--reverse", "t5", "-k", 2, "--retrieval", "nn")
    piped = cli("translate", made, "-k", 1, "--json", stdin="s3\n\ns4\n")

    assert [line.split("\t")[:2] for line in there.stdout.splitlines()] == [
        ["s1", "t1"],
        ["s2", "t2"],
    ]
    assert back.stdout.splitlines()[0].startswith("t5\ts5\t0.9")
    assert [json.loads(line)["translations"][0]["word"] for line in piped.stdout.splitlines()] == [
        "t3",
        "t4",
    ]


def test_unknown_words_are_named_and_the_others_translated(cli, made):
    result = cli("translate", made, "s1", "nope", "t4", "-k", 1)

    assert result.exit_code == 1
    assert result.stdout.startswith("s1\tt1")
    assert "'nope' is not among the 40 words of src\n" in result.stderr
    assert "'t4' is not among the 40 words of src; it is a word of tgt: use --reverse" in (
        result.stderr
    )


def test_evaluate_on_another_dictionary(cli, made):
    result = cli("evaluate", made, "--test", "test.txt")
    as_json = json.loads(cli("evaluate", made, "--test", "train.txt", "--json").stdout)

    assert "20/20" in result.stdout
    assert "signature procrustes|norm:unit,center,unit" in result.stdout
    assert as_json["shared_with_seeds"] == {"sources": 20, "targets": 20, "pairs": 20}


def test_lexicon_writes_mutual_pairs(cli, made):
    result = cli("lexicon", made, "-o", "out.tsv")
    shown = cli("lexicon", made, "-o", "-", "--retrieval", "nn", "--max-rank", 5)

    assert "40 pairs in out.tsv" in result.stderr
    assert Path("out.tsv").read_text().splitlines()[3].startswith("s3\tt3\t")
    assert len(shown.stdout.splitlines()) == 5


@pytest.mark.parametrize("name", ["m.vec", "m.npz", "m.safetensors"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_apply_writes_what_the_run_computes(cli, made, world, name, side):
    result = cli("apply", made, "-o", name, "--side", side)

    run = align.load(made)
    expected = run.map(world[0].vectors) if side == "source" else run.map_target(world[1].vectors)
    assert result.exit_code == 0, result.output
    mapped = embeddings.load(name)
    np.testing.assert_allclose(mapped.vectors, expected, atol=1e-6)  # block by block
    assert mapped.words == getattr(run, side).words
    assert mapped.report.remarks == ()


def test_apply_maps_words_the_run_has_not_seen(cli, made):
    Path("new.vec").write_text("unseen 1 2 3 4 5 6 7 8\n")

    assert cli("apply", made, "-o", "m.vec", "--vectors", "new.vec").exit_code == 0

    expected = align.load(made).map(np.arange(1, 9, dtype=np.float32)[None])
    np.testing.assert_array_equal(embeddings.load("m.vec").vectors, expected)


def test_an_induced_lexicon_is_a_dictionary(cli, made):
    cli("lexicon", made, "-o", "out.tsv")

    assert "40/40" in cli("evaluate", made, "--test", "out.tsv").stdout


def test_lexicon_keeps_what_scores_enough(cli, made):
    lines = cli("lexicon", made, "-o", "-").stdout.splitlines()
    half = sorted(float(line.split("\t")[2]) for line in lines)[20]

    kept = cli("lexicon", made, "-o", "-", "--min-score", half - 1e-6).stdout.splitlines()

    assert len(kept) == 20


@pytest.mark.parametrize("command", ["lexicon", "apply"])
def test_a_file_is_replaced_only_by_force(cli, made, command):
    Path("mine.vec").write_text("years of work")

    refused = cli(command, made, "-o", "mine.vec")
    assert refused.exit_code == 1
    assert "mine.vec is there already; give another name, or --force" in refused.stderr
    assert Path("mine.vec").read_text() == "years of work"
    assert cli(command, made, "-o", "mine.vec", "--force").exit_code == 0
    assert Path("mine.vec").read_text() != "years of work"


def test_a_run_needs_no_other_file(cli, made):
    for name in ("src.vec", "tgt.vec"):
        Path(name).unlink()

    assert cli("translate", made, "s1", "-k", 1).stdout.startswith("s1\tt1")
    assert "20/20" in cli("evaluate", made, "--test", "test.txt").stdout
    assert cli("lexicon", made, "-o", "out.tsv").exit_code == 0


@pytest.mark.parametrize("recipe", ["unit,center,unit", "unit,center,pca:4,unit"])
def test_languages_of_different_dimensions_are_aligned(cli, files, world, recipe):
    source, target, _ = world
    wide = np.hstack([target.vectors, target.vectors[:, :3]])
    embeddings.save(embeddings.Embeddings(target.words, wide), "wide.vec")

    made = cli(*[("wide.vec" if a == "tgt.vec" else a) for a in files], "--normalize", recipe)

    assert "8 and 11 dimensions" in made.stdout
    run = "runs/src-wide-supervised"
    assert cli("translate", run, "s1", "-k", 1).stdout.split()[:2] == ["s1", "t1"]
    for side, words in (("source", source.words), ("target", target.words)):
        assert cli("apply", run, "-o", f"{side}.vec", "--side", side).exit_code == 0
        assert embeddings.load(f"{side}.vec").dim == (4 if "pca" in recipe else 11)
        assert embeddings.load(f"{side}.vec").words == words


@pytest.mark.parametrize("direction", ["forward", "union"])
def test_lexicon_goes_in_other_directions(cli, made, direction):
    shown = cli("lexicon", made, "-o", "-", "--direction", direction)

    assert {line.split("\t")[0] for line in shown.stdout.splitlines()} == {
        f"s{i}" for i in range(40)
    }


def test_evaluate_ranks_in_the_ways_asked(cli, made):
    ways = ("invsoftmax", "agreement", "csls")
    result = cli("evaluate", made, *(f"--retrieval={way}" for way in ways))
    refused = cli("evaluate", made, "--retrieval=margin")

    assert "src -> tgt, INVSOFTMAX" in result.stdout
    assert "retrieval:invsoftmax,agreement10,csls10|" in result.stdout
    assert refused.exit_code == 2


def test_case_is_folded_everywhere_on_demand(cli, world):
    source, target, lexicon = world
    for name, value in (("src", source), ("tgt", target)):
        upper = embeddings.Embeddings([w.upper() for w in value.words], value.vectors)
        embeddings.save(upper, f"{name}.vec")
    Path("mixed.txt").write_text("".join(f"{a.title()} {b}\n" for a, b in lexicon.pairs))

    args = (
        "supervised",
        "src.vec",
        "tgt.vec",
        "--train",
        "mixed.txt",
        "-o",
        "run",
        "--method",
        "procrustes",
    )
    assert "hold none of the 40 pairs" in cli(*args).stderr
    assert cli(*args, "--lower").exit_code == 0

    assert cli("translate", "run", "S1", "-k", 1).stdout.split("\t")[1] == "t1"
    assert "40/40" in cli("evaluate", "run", "--test", "mixed.txt").stdout
    cli("apply", "run", "-o", "m.vec", "--max-vocab", 3)
    assert embeddings.load("m.vec").words == ("s0", "s1", "s2")


def test_strict_holds_for_the_test_too(cli, made):
    Path("bad.txt").write_text("one\n" + Path("test.txt").read_text())

    assert cli("evaluate", made, "--test", "bad.txt").exit_code == 0
    strict = cli("evaluate", made, "--test", "bad.txt", "--strict")
    assert strict.exit_code == 1
    assert "bad.txt:1: expected 2 words, got 1" in strict.stderr


def test_words_come_from_stdin_in_batches(cli, made, monkeypatch):
    monkeypatch.setattr("align.cli.translate.BATCH", 2)

    result = cli("translate", made, "-k", 1, stdin="\ufeffs1\ns2\nno\ns4\ns5\n")

    assert [line[:2] for line in result.stdout.splitlines()] == ["s1", "s2", "s4", "s5"]
    broken = cli("translate", made, stdin=b"s1\n\xe9\n")
    assert "line 2 of stdin is not UTF-8: b'\\xe9\\n'" in broken.stderr


def test_apply_does_not_overwrite_what_it_reads(cli, made):
    before = Path("src.vec").read_bytes()

    result = cli("apply", made, "-o", "src.vec")

    assert result.exit_code == 1
    assert "is the file that is read" in result.stderr
    assert Path("src.vec").read_bytes() == before


@pytest.fixture
def dirty(cli, rng):
    """A run of 120 seeds, of which the first 30 are wrong."""
    x = rng.standard_normal((120, 8)).astype(np.float32)
    y = (x @ rotation(rng, 8) + 0.02 * rng.standard_normal((120, 8))).astype(np.float32)
    for name, rows in (("src", x), ("tgt", y)):
        embeddings.save(
            embeddings.Embeddings([f"{name[0]}{i}" for i in range(120)], rows), f"{name}.vec"
        )
    answers = [*range(1, 30), 0, *range(30, 120)]
    Path("dirty.txt").write_text("".join(f"s{i} t{j}\n" for i, j in enumerate(answers)))
    assert (
        cli(
            "supervised",
            "src.vec",
            "tgt.vec",
            "--train",
            "dirty.txt",
            "-o",
            "run",
            "--method",
            "procrustes",
        ).exit_code
        == 0
    )
    return "run"


def test_an_audit_lists_wrong_seeds_with_what_the_run_suggests(cli, dirty):
    result = cli("lexicon", dirty, "-o", "-", "--audit")

    rows = [line.split("\t") for line in result.stdout.splitlines()]
    wrong = {f"s{i}" for i in range(30)}
    assert len({row[0] for row in rows} & wrong) > 25
    assert len({row[0] for row in rows} - wrong) < 5
    assert [float(row[2]) for row in rows] == sorted((float(row[2]) for row in rows), reverse=True)
    assert all(0.5 <= float(row[2]) <= 1 and -1 <= float(row[3]) <= 1 for row in rows)
    assert np.mean([row[4][1:] == row[0][1:] for row in rows]) > 0.8
    assert f"{len(rows)} of 120 seed pairs are doubtful" in result.stderr


def test_an_audit_is_written_and_takes_another_doubt(cli, dirty):
    every = cli("lexicon", dirty, "-o", "all.tsv", "--audit", "--min-score", 0)
    sure = cli("lexicon", dirty, "-o", "-", "--audit", "--min-score", 0.99)

    assert "120 pairs in all.tsv" in every.stderr
    lines = Path("all.tsv").read_text().splitlines()
    assert sure.stdout.splitlines() == [li for li in lines if float(li.split("\t")[2]) >= 0.99]
    assert cli("lexicon", dirty, "-o", "all.tsv", "--audit").exit_code == 1  # without --force


@pytest.mark.parametrize(
    "option", [("--retrieval", "nn"), ("--max-rank", "5"), ("--direction", "union")]
)
def test_an_audit_takes_no_options_of_induction(cli, dirty, option):
    result = cli("lexicon", dirty, "-o", "-", "--audit", *option)

    assert result.exit_code == 2
    expected = f"{option[0]} is about pairs that are induced, not about seeds: drop it, or --audit"
    assert expected in result.stderr


def test_a_run_of_few_seeds_is_not_audited(cli, made):
    result = cli("lexicon", made, "-o", "-", "--audit")

    assert result.exit_code == 1
    assert "seeds of 20 source words, and an audit needs 50" in result.stderr
    assert "align with a larger dictionary" in result.stderr
