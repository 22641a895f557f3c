import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import embeddings
from align.cli import main


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
    assert "fetch full vectors with `align download CODE CODE --dictionaries`" in result.stderr
    assert {p.name for p in Path("runs/en-fr-supervised").iterdir()} == {
        "map.safetensors",
        "source.safetensors",
        "target.safetensors",
        "space.safetensors",
        "seeds.tsv",
        "seeds.safetensors",
        "test.tsv",
        "run.json",
    }


def test_json_goes_to_stdout_alone(cli, files):
    result = cli(*files, "--json")

    record = json.loads(result.stdout)
    assert record["evaluation"]["scores"][1]["retrieval"] == "csls10"
    assert record["evaluation"]["scores"][1]["measures"][0]["total"] == 20
    assert Path("runs/src-tgt-supervised/run.json").exists()


@pytest.mark.parametrize("name", ["wiki.aa.vec", "cc.aa.300.vec", "aa.vec", "aa.vec.gz"])
def test_codes_are_looked_up_in_the_data_home(cli, files, name):
    content = Path("src.vec").read_bytes()
    (cli.home / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    (cli.home / "bb.vec").write_bytes(Path("tgt.vec").read_bytes())
    (cli.home / "aa-bb.0-5000.txt").write_bytes(Path("train.txt").read_bytes())
    (cli.home / "aa-bb.5000-6500.txt").write_bytes(Path("test.txt").read_bytes())

    result = cli("supervised", "aa", "bb", "--method", "procrustes")

    assert result.exit_code == 0, result.output
    assert "aa -> bb" in result.stdout
    assert "20 of 20 source words" in result.stdout
    assert load_json("runs/aa-bb-supervised")["source"]["origin"] == str(cli.home / name)


def test_the_option_goes_before_the_environment(cli, files, tmp_path):
    (tmp_path / "other").mkdir()
    for side, code in (("src", "aa"), ("tgt", "bb")):
        (tmp_path / "other" / f"{code}.vec").write_bytes(Path(f"{side}.vec").read_bytes())

    args = ("supervised", "aa", "bb", "--train", "train.txt", "--method", "procrustes")
    assert cli(*args).exit_code == 1
    result = cli(*args, "--data-home", tmp_path / "other")

    assert result.exit_code == 0
    assert "no test dictionary for aa-bb, so nothing is scored" in result.stderr


def test_the_sample_works_in_the_other_direction_without_a_leak(cli):
    result = cli("supervised", "fr", "en", "--method", "procrustes")

    assert result.exit_code == 0
    assert load_json("runs/fr-en-supervised")["evaluation"]["shared_with_seeds"]["sources"] == 0
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


@pytest.mark.parametrize("seeds", ["identical", "numerals"])
def test_from_numerals_no_other_words_spelled_alike_are_tried(cli, world, seeds):
    source, target, _ = world
    for name, value in (("aa", source), ("bb", target)):
        words = [*map(str, range(20)), *(f"same{i}" for i in range(20))]
        embeddings.save(embeddings.Embeddings(words, value.vectors), f"{name}.vec")

    result = cli("supervised", "aa.vec", "bb.vec", "--seeds", seeds, "-k", 3)

    assert result.exit_code == 0, result.output
    assert "alike:" + str(seeds != "numerals") in result.stdout
    assert "alike, grown" not in result.stdout


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


@pytest.fixture
def wide(cli, rng):
    """Vectors of 20 dimensions and 12 seeds."""
    for name in ("s", "t"):
        words = [f"{name}{i}" for i in range(40)]
        embeddings.save(embeddings.Embeddings(words, rng.standard_normal((40, 20))), f"{name}.vec")
    Path("few.txt").write_text("".join(f"s{i} t{i}\n" for i in range(12)))
    return ["supervised", "s.vec", "t.vec", "--train", "few.txt", "-k", 3]


def test_few_seeds_and_leaks_are_remarked_on(cli, files, wide):
    result = cli(*files[:-1], "train.txt")

    assert "20 of the 20 words asked were also seeds" in result.stderr
    result = cli(*wide, "--method", "procrustes")
    assert "fitted on 12 pairs, fewer than its 20 dimensions" in result.stderr
    assert "more seeds, or the default method, may help" in result.stderr


def test_a_choice_by_nothing_is_told(cli, wide, monkeypatch):
    monkeypatch.setattr("align.Best.right", lambda *_: 0)

    result = cli(*wide)

    assert result.exit_code == 0, result.output
    assert "none of the 6 seed words held out was translated rightly" in result.stderr
    assert "do not determine it" not in result.stderr  # what learns from few was chosen


@pytest.mark.parametrize(("dimensions", "is_open"), [(13, True), (12, False)])
def test_seeds_are_few_against_the_dimensions_that_are_kept(cli, wide, dimensions, is_open):
    kept = f"unit,center,pca:{dimensions},unit"

    result = cli(*wide, "--method", "procrustes", "--normalize", kept)

    assert (f"fewer than its {dimensions} dimensions" in result.stderr) is is_open


def test_defects_of_the_files_are_told(cli, files):
    with Path("src.vec").open("a") as file:
        file.write("s0 1 1 1 1 1 1 1 1\n")
    with Path("train.txt").open("a") as file:
        file.write("one two three\n")

    result = cli(*files)

    assert "src.vec: 1 duplicate left out" in result.stderr
    assert "the header promises 40 rows, there are 41" in result.stderr
    assert "train.txt: 1 line left out: line 21: expected 2 words, got 3" in result.stderr


def test_a_rank_limit_reaches_the_refinement(cli, files):
    result = cli(*files, "--refine", 1, "--max-rank", 15)

    assert "fitted    on 15 pairs" in result.stdout


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


@pytest.mark.parametrize("command", [[], *([name] for name in main.commands)])
def test_help_is_there_for_every_command(cli, command):
    result = cli(*command, "--help")

    assert result.exit_code == 0
    assert "Usage: align" in result.stdout
    assert re.search(r"align ((un)?supervised|batch|joint)|runs/en-fr-supervised", result.stdout)


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
