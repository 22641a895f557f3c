import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import align
import embeddings
from align.cli import main, progress
from align.cli.progress import Bars
from align.steps import Step
from dictionaries import save


@pytest.fixture
def files(cli, world):
    """Vectors and dictionaries of a small world, in the working folder."""
    source, target, lexicon = world
    embeddings.save(source, "src.vec")
    embeddings.save(target, "tgt.vec")
    train, test = lexicon.split(0.5)
    save(train, "train.txt")
    save(test, "test.txt")
    return ["supervised", "src.vec", "tgt.vec", "--train", "train.txt", "--test", "test.txt"]


@pytest.fixture
def made(cli, files):
    result = cli(*files, "-o", "run")
    assert result.exit_code == 0, result.output
    return "run"


def test_the_sample_serves_on_an_empty_machine(cli):
    result = cli("supervised", "en", "fr")

    assert result.exit_code == 0
    assert "en -> fr   8,000 x 8,000 words, 300 dimensions" in result.stdout
    assert "P@1" in result.stdout
    assert "retrieval:nn,csls10" in result.stdout
    assert (
        "the package's small sample serves, sample:en, sample:fr, sample:en-fr.train, "
        f"sample:en-fr.test, as there is nothing else in {cli.home}"
    ) in result.stderr
    assert "put full vectors there, as wiki.CODE.vec" in result.stderr
    assert {p.name for p in Path("runs/en-fr-supervised").iterdir()} == {
        "map.safetensors",
        "space.safetensors",
        "seeds.tsv",
        "run.json",
    }


def test_json_goes_to_stdout_alone(cli, files):
    result = cli(*files, "--json")

    record = json.loads(result.stdout)
    assert record["evaluation"]["scores"][1]["retrieval"] == "csls10"
    assert record["evaluation"]["scores"][1]["precisions"][0]["hits"] == 20
    assert Path("runs/src-tgt-supervised/run.json").exists()


@pytest.mark.parametrize("name", ["wiki.aa.vec", "cc.aa.300.vec", "aa.vec", "aa.vec.gz"])
def test_codes_are_looked_up_in_the_data_home(cli, files, name):
    content = Path("src.vec").read_bytes()
    (cli.home / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    (cli.home / "bb.vec").write_bytes(Path("tgt.vec").read_bytes())
    (cli.home / "aa-bb.0-5000.txt").write_bytes(Path("train.txt").read_bytes())
    (cli.home / "aa-bb.5000-6500.txt").write_bytes(Path("test.txt").read_bytes())

    result = cli("supervised", "aa", "bb")

    assert result.exit_code == 0, result.output
    assert "aa -> bb" in result.stdout
    assert "20 of 20 source words" in result.stdout
    assert load_json("runs/aa-bb-supervised")["source"]["origin"] == str(cli.home / name)


def test_the_option_goes_before_the_environment(cli, files, tmp_path):
    (tmp_path / "other").mkdir()
    for side, code in (("src", "aa"), ("tgt", "bb")):
        (tmp_path / "other" / f"{code}.vec").write_bytes(Path(f"{side}.vec").read_bytes())

    args = ("supervised", "aa", "bb", "--train", "train.txt")
    assert cli(*args).exit_code == 1
    result = cli(*args, "--data-home", tmp_path / "other")

    assert result.exit_code == 0
    assert "no test dictionary for aa-bb, so nothing is scored" in result.stderr


def test_the_sample_works_in_the_other_direction_without_a_leak(cli):
    result = cli("supervised", "fr", "en")

    assert result.exit_code == 0
    assert load_json("runs/fr-en-supervised")["evaluation"]["shared_with_seeds"] == 0
    assert "also seeds" not in result.stderr


@pytest.mark.parametrize("seeds", ["identical", "numerals"])
def test_seeds_can_come_from_the_spelling(cli, world, seeds):
    source, target, _ = world
    for name, value in (("aa", source), ("bb", target)):
        words = [str(i) for i in range(20)] + [f"{name}{i}" for i in range(20)]
        embeddings.save(embeddings.Embeddings(words, value.vectors), f"{name}.vec")

    result = cli("supervised", "aa.vec", "bb.vec", "--seeds", seeds, "--refine", 2)

    assert result.exit_code == 0, result.output
    assert "20 of 20 source words" in result.stdout
    assert load_json("runs/aa-bb-supervised")["train"]["origin"] == seeds


def test_settings_reach_the_record(cli, files):
    result = cli(
        *files, "--refine", 3, "--normalize", "unit", "-k", 4, "--seed", 9, "--max-vocab", 30,
        "--lower", "-o", "r",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    record = load_json("r")
    assert record["solver"]["rounds"] == 3
    assert record["solver"]["k"] == record["k"] == 4
    assert record["normalize"] == "unit"
    assert record["seed"] == 9
    assert record["source"]["rows"] == 30
    assert record["source"]["lower"] is True


def test_few_seeds_and_leaks_are_remarked_on(cli, files):
    result = cli(*files[:-1], "train.txt")

    assert "20 of the 20 words asked were also seeds" in result.stderr
    Path("few.txt").write_text("".join(f"s{i} t{i}\n" for i in range(12)))
    with_many_dimensions = embeddings.Embeddings(
        [f"s{i}" for i in range(40)], np.random.default_rng(0).standard_normal((40, 20))
    )
    embeddings.save(with_many_dimensions, "wide.vec")
    embeddings.save(
        embeddings.Embeddings([f"t{i}" for i in range(40)], with_many_dimensions.vectors),
        "wide2.vec",
    )
    result = cli("supervised", "wide.vec", "wide2.vec", "--train", "few.txt")
    assert "fitted on 12 pairs, fewer than its 20 dimensions" in result.stderr
    assert "--refine 5 may help" in result.stderr


def test_defects_of_the_files_are_told(cli, files):
    with Path("src.vec").open("a") as file:
        file.write("s0 1 1 1 1 1 1 1 1\n")
    with Path("train.txt").open("a") as file:
        file.write("one two three\n")

    result = cli(*files)

    assert "src.vec: 1 duplicate left out" in result.stderr
    assert "the header promises 40 rows, there are 41" in result.stderr
    assert "train.txt: 1 line left out: line 21: expected 2 words, got 3" in result.stderr


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
    assert as_json["shared_with_seeds"] == 20


def test_lexicon_writes_mutual_pairs(cli, made):
    result = cli("lexicon", made, "-o", "out.tsv")
    shown = cli("lexicon", made, "-o", "-", "--retrieval", "nn", "--max-rank", 5)

    assert "40 pairs in out.tsv" in result.stderr
    assert Path("out.tsv").read_text().splitlines()[3].startswith("s3\tt3\t")
    assert len(shown.stdout.splitlines()) == 5


@pytest.mark.parametrize("name", ["m.vec", "m.npz", "m.safetensors"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_apply_writes_what_the_run_computes(cli, made, name, side):
    result = cli("apply", made, "-o", name, "--side", side)

    run = align.load(made)
    expected = (
        run.map(run.source.vectors) if side == "source" else run.map_target(run.target.vectors)
    )
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


def test_vectors_that_have_moved_can_be_pointed_to(cli, made):
    Path("src.vec").rename("moved.vec")

    lost = cli("translate", made, "s1")
    found = cli("translate", made, "s1", "--source-vectors", "moved.vec", "-k", 1)
    wrong = cli("translate", made, "s1", "--source-vectors", "tgt.vec")

    assert "if the vectors of src have moved, say where with --source-vectors" in lost.stderr
    assert found.stdout.startswith("s1\tt1")
    assert "tgt.vec are not those of the run" in wrong.stderr


def test_case_is_folded_everywhere_on_demand(cli, world):
    source, target, lexicon = world
    for name, value in (("src", source), ("tgt", target)):
        upper = embeddings.Embeddings([w.upper() for w in value.words], value.vectors)
        embeddings.save(upper, f"{name}.vec")
    Path("mixed.txt").write_text("".join(f"{a.title()} {b}\n" for a, b in lexicon.pairs))

    args = ("supervised", "src.vec", "tgt.vec", "--train", "mixed.txt", "-o", "run")
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


def test_a_rank_limit_reaches_the_refinement(cli, files):
    result = cli(*files, "--refine", 1, "--max-rank", 15)

    assert "fitted    on 15 pairs of mutual neighbours" in result.stdout


def test_poor_coverage_is_remarked_on(cli, files):
    Path("poor.txt").write_text(
        Path("test.txt").read_text() + "".join(f"x{i} y{i}\n" for i in range(200))
    )

    result = cli(*files[:-1], "poor.txt")

    assert "the vocabularies hold only 20 of 220 source words" in result.stderr


def test_align_alone_shows_the_manual(cli):
    result = cli()

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: align [OPTIONS] COMMAND")


def test_words_come_from_stdin_in_batches(cli, made, monkeypatch):
    monkeypatch.setattr("align.cli.translate.BATCH", 2)

    result = cli("translate", made, "-k", 1, stdin="\ufeffs1\ns2\nno\ns4\ns5\n")

    assert [line[:2] for line in result.stdout.splitlines()] == ["s1", "s2", "s4", "s5"]
    broken = cli("translate", made, stdin=b"s1\n\xe9\n")
    assert "line 2 of stdin is not UTF-8: b'\\xe9\\n'" in broken.stderr


def test_a_bar_shows_what_is_under_way_and_goes(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "EVERY_IN_LOG", 0)

    with Bars() as bars:
        bars(Step("searching", 10, 40))
        assert "searching:  25%" in capsys.readouterr().err
        bars(Step("searching", 40, 40))
        assert capsys.readouterr().err.endswith("\r")
        bars.reading("en")(1, 4)
        assert "reading en:  25%" in capsys.readouterr().err

    assert capsys.readouterr().err.endswith("\r")


def test_a_quick_stage_shows_no_bar(capsys):
    with Bars() as bars:
        bars(Step("quick", 1, 2))

    assert capsys.readouterr().err == ""


def test_a_run_shows_its_progress(cli, files, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0)

    result = cli(*files, "--refine", 2)

    for stage in ("reading src", "source neighbourhoods", "target neighbourhoods", "CSLS"):
        assert stage in result.stderr


def test_a_closed_stderr_does_not_cost_the_result(files):
    script = "from align.cli import main; main(prog_name='align')"

    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", sys.executable, "-c", script, *files],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip

    assert "P@1" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_nothing_half_written(files, number):
    script = (
        "import os, align.pipeline, align.cli\n"
        f"align.pipeline.usable = lambda *a: os.kill(os.getpid(), {int(number)})\n"
        "align.cli.main(prog_name='align')"
    )
    before = sorted(Path().rglob("*"))

    done = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True)

    assert done.returncode == 128 + number
    assert "Traceback" not in done.stderr
    assert sorted(Path().rglob("*")) == before


def test_apply_does_not_overwrite_what_it_reads(cli, made):
    before = Path("src.vec").read_bytes()

    result = cli("apply", made, "-o", "src.vec")

    assert result.exit_code == 1
    assert "is the file that is read" in result.stderr
    assert Path("src.vec").read_bytes() == before


@pytest.mark.parametrize("command", [[], *([name] for name in main.commands)])
def test_help_is_there_for_every_command(cli, command):
    result = cli(*command, "--help")

    assert result.exit_code == 0
    assert "Usage: align" in result.stdout
    assert "align supervised" in result.stdout or "runs/en-fr-supervised" in result.stdout


def test_the_version_is_printed(cli):
    assert cli("--version").stdout.startswith("align, version ")


@pytest.mark.parametrize(
    ("line", "expected"), [("align sup", "supervised"), ("align supervised e", "en")]
)
def test_the_shell_completes_commands_and_codes(line, expected, tmp_path):
    words = line.split()
    environment = {
        **os.environ,
        "ALIGN_HOME": str(tmp_path),
        "_ALIGN_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    script = "from align.cli import main; main(prog_name='align')"

    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert f"plain,{expected}" in done.stdout.splitlines()


def load_json(folder):
    return json.loads((Path(folder) / "run.json").read_text())
