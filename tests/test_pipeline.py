import json
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import align
import embeddings
from align import PRESETS, Problem, Procrustes, Refinement
from align.evaluate import Score
from align.record import Shared
from align.report import as_dict, run_table, signature
from align.storage import PARTS, load_alignment, load_record
from dictionaries import Lexicon
from embeddings import Embeddings


@pytest.fixture
def run(world):
    source, target, lexicon = world
    train, test = lexicon.split(0.5)
    return align.supervised(source, target, train, test=test, k=5, solver=Procrustes())


def test_a_known_rotation_is_found(run):
    evaluation = run.record.evaluation

    assert [score.retrieval for score in evaluation.forward] == ["nn", "csls5"]
    assert [score.retrieval for score in evaluation.backward] == ["nn", "csls5"]
    assert all(score.at(1).hits == score.at(1).scored == 20 for score in evaluation.scores)
    assert evaluation.shared_with_seeds == Shared(0, 0, 0)


def test_a_run_maps_new_vectors_as_it_mapped_its_own(run, world):
    source, target, _ = world
    mapped = run.map(source.vectors[:3])

    assert_allclose(
        mapped / np.linalg.norm(mapped, axis=1, keepdims=True), run.space.x[:3], atol=1e-6
    )
    assert_allclose(run.map_target(target.vectors)[:3], run.target.vectors[:3], atol=1e-6)
    np.testing.assert_array_equal(run.source.vectors, run.space.x)


def test_a_run_translates_in_both_directions(run):
    assert run.translate("s7")[0].word == "t7"
    assert run.translate("t7", 1, reverse=True)[0].word == "s7"
    assert len(run.translate("s7", 100, "nn")) == 40
    assert run.translate_all(["s1", "no", "s2"], 1)[1] == ()
    with pytest.raises(ValueError, match=r"got the text 's1'; give \['s1'\]"):
        run.translate_all("s1")
    with pytest.raises(KeyError, match="no"):
        run.translate("no")


def test_an_induced_lexicon_is_mutual_and_respects_its_threshold(run):
    pairs = run.lexicon()
    scores = [score for _, _, score in pairs]

    assert [(a, b) for a, b, _ in pairs] == [(f"s{i}", f"t{i}") for i in range(40)]
    assert all(run.translate(a)[0].score == pytest.approx(score, abs=1e-5) for a, _, score in pairs)
    half = float(np.median(scores))
    assert len(run.lexicon(min_score=half)) == sum(score >= half for score in scores)
    assert len(run.lexicon("nn", max_rank=7)) == 7


def test_the_test_dictionary_takes_no_part_in_the_map(world):
    source, target, lexicon = world
    train, test = lexicon.split(0.5)
    wrong = Lexicon(
        tuple((a, b) for (a, _), (_, b) in zip(test.pairs, test.pairs[::-1], strict=True))
    )

    honest = align.supervised(source, target, train, test=test, k=5)
    lied_to = align.supervised(source, target, train, test=wrong, k=5)

    np.testing.assert_array_equal(honest.alignment.map.w, lied_to.alignment.map.w)
    assert lied_to.record.evaluation.scores[0].at(1).hits == 0


def test_words_trained_on_are_counted_in_the_test(world):
    source, target, lexicon = world

    test = Lexicon((*lexicon.first(9).pairs, ("s20", "t21"), ("s21", "t21")))
    train = Lexicon(tuple(pair for pair in lexicon.pairs if pair[0] != "s21"))

    run = align.supervised(source, target, train, test=test, k=5)

    assert run.record.evaluation.shared_with_seeds == Shared(sources=10, targets=9, pairs=9)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("s1", "t1")], "only 1 usable of 1 pairs .* at least 10"),
        ([("x", "y")] * 30, "hold none of the 1 pairs of the training dictionary .* 'x y'"),
        ([], "no seed pairs: the vocabularies share none; give a training dictionary"),
    ],
)
def test_too_few_seeds_are_an_error(world, pairs, message):
    source, target, _ = world
    with pytest.raises(ValueError, match=message):
        align.supervised(source, target, Lexicon(tuple(pairs)), k=5)


def test_a_test_that_does_not_fit_is_told_before_the_work(world):
    source, target, lexicon = world

    def work(problem, *, on_step):
        pytest.fail("the solver was called")

    with pytest.raises(ValueError, match="none of the 1 pairs of the test dictionary"):
        align.supervised(source, target, lexicon, solver=work, test=Lexicon((("x", "y"),)), k=5)


def test_a_dictionary_the_wrong_way_round_is_told(world):
    source, target, lexicon = world
    loans = Lexicon((("s1", "t1"), *lexicon.reversed.pairs))

    with pytest.raises(ValueError, match="training dictionary seems to be the wrong way round"):
        align.supervised(source, target, loans, k=5)
    with pytest.raises(ValueError, match="test dictionary .*hold 1 of its 41 pairs, and 40 if"):
        align.supervised(source, target, lexicon, test=loans, k=5)


def test_a_dictionary_of_which_lines_are_turned_is_told(world, caplog):
    source, target, lexicon = world
    mixed = Lexicon(tuple(pair[:: (-1) ** (i % 3 == 0)] for i, pair in enumerate(lexicon.pairs)))

    align.supervised(source, target, lexicon, k=5)
    assert "turned" not in caplog.text
    run = align.supervised(source, target, mixed, k=5)

    assert len(run.seeds) == 26
    assert "14 of the 40 pairs of the training dictionary, as 't0 s0', fit" in caplog.text


def test_what_is_no_embeddings_is_told_the_remedy(world):
    source, target, lexicon = world

    with pytest.raises(TypeError, match=r"expected Embeddings, got str: use embeddings.load"):
        align.supervised("en.vec", target, lexicon)
    for solver in ("procrustes", Procrustes):
        with pytest.raises(TypeError, match=r"expected a solver, got .*: use align.PRESETS"):
            align.supervised(source, target, lexicon, solver=solver)
    with pytest.raises(TypeError, match=r"expected Lexicon, got str: use dictionaries.load"):
        align.supervised(source, target, lexicon, test="test.txt")
    with pytest.raises(TypeError, match=r"expected Lexicon, got str: use dictionaries.load"):
        align.refine(align.supervised(source, target, lexicon, k=5), test="test.txt")
    for wrong in ({"normalize": None}, {"k": 2.5}):
        with pytest.raises(TypeError, match=r"expected normalize as str and k as int, got"):
            align.supervised(source, target, lexicon, **wrong)
    with pytest.raises(TypeError, match=r"expected Lexicon, got list: use dictionaries.load"):
        align.supervised(source, target, [("a", "b")])


def test_words_are_looked_up_composed_and_in_the_case_of_the_vectors(world):
    source, target, lexicon = world
    renamed = Embeddings(["é", *source.words[1:]], source.vectors, lower=True)

    run = align.supervised(renamed, target, lexicon, k=5)

    assert run.translate("e\u0301") == run.translate("é") == run.translate("É")
    with pytest.raises(KeyError):
        run.translate("T1", reverse=True)  # the target keeps its case


def test_a_run_has_a_short_text(run):
    assert repr(run) == (
        "<Run src-tgt-supervised: <Embeddings src: 40 words x 8>, <Embeddings tgt: 40 words x 8>>"
    )
    assert repr(run.seeds).startswith("<Lexicon : 20 words, 20 pairs>")
    assert align.__version__


def test_a_run_survives_its_folder(world, tmp_path):
    source, target, lexicon = world
    for name, value in (("src", source), ("tgt", target)):
        embeddings.save(value, tmp_path / f"{name}.npz")
    source, target = (embeddings.load(tmp_path / f"{name}.npz") for name in ("src", "tgt"))
    run = align.supervised(source, target, lexicon, test=lexicon, k=5, solver=Refinement(k=5))

    align.save(run, tmp_path / "run")
    back = align.load(tmp_path / "run")

    assert back.record == run.record
    assert back.translate("s3") == run.translate("s3")
    assert back.translate("t3", reverse=True) == run.translate("t3", reverse=True)
    assert back.evaluate(lexicon) == run.record.evaluation
    np.testing.assert_array_equal(
        load_alignment(tmp_path / "run").map_source(source.vectors), run.map(source.vectors)
    )


def test_the_record_in_the_folder_says_everything(run, world, tmp_path):
    align.save(run, tmp_path / "run")
    data = json.loads((tmp_path / "run" / "run.json").read_text())

    assert data == json.loads(json.dumps(as_dict(run.record)))
    assert data["signature"] == signature(run.record)
    assert data["source"]["fingerprint"] == world[0].fingerprint
    assert data["versions"]["numpy"] == np.__version__
    forward, backward = data["evaluation"]["scores"][1], data["evaluation"]["scores"][3]
    assert forward["measures"][0]["value"] == 1.0
    assert forward["parts"][0]["measures"][1]["name"] == "MRR"
    assert "|retrieval:csls5|oov:xling|" in forward["signature"]["xling"]
    assert "|retrieval:csls5|direction:backward|oov:wrong|" in backward["signature"]["wrong"]
    assert forward["signature"]["skip"].endswith("|seed:0")


def test_a_run_keeps_what_it_needs(run, tmp_path):
    align.save(run, tmp_path / "run")

    back = align.load(tmp_path / "run")

    for side in ("source", "target"):
        assert getattr(back, side).words == getattr(run, side).words
        np.testing.assert_array_equal(getattr(back, side).vectors, getattr(run, side).vectors)
    assert back.lexicon() == run.lexicon()
    assert back.lexicon("margin", direction="union") == run.lexicon("margin", direction="union")
    read = embeddings.load(tmp_path / "run" / "source.safetensors")  # for any other program
    np.testing.assert_array_equal(read.vectors, run.source.vectors)


def test_parts_of_another_run_are_refused(run, world, tmp_path):
    source, target, lexicon = world
    few = Embeddings(source.words[:30], source.vectors[:30], "src")
    align.save(run, tmp_path / "run")
    align.save(align.supervised(few, target, lexicon, k=5), tmp_path / "other")

    for name in ("source.safetensors", "space.safetensors"):
        kept = (tmp_path / "run" / name).read_bytes()
        (tmp_path / "run" / name).write_bytes((tmp_path / "other" / name).read_bytes())
        with pytest.raises(ValueError, match=f"{name} .*make the run again"):
            align.load(tmp_path / "run")
        (tmp_path / "run" / name).write_bytes(kept)


@pytest.mark.parametrize(
    ("tensor", "value"), [("source.rows", 10**6), ("target.rows", -1), ("source.scores", np.nan)]
)
def test_neighbours_that_cannot_be_are_refused(run, tmp_path, tensor, value):
    from safetensors.numpy import load_file, save_file

    align.save(run, tmp_path / "run")
    path = tmp_path / "run" / "space.safetensors"
    kept = load_file(path)
    kept[tensor][3, 2] = value
    save_file(kept, path)

    with pytest.raises(ValueError, match="space.safetensors is damaged; make the run again"):
        align.load(tmp_path / "run")


def test_an_inexact_search_is_in_the_signature(run):
    assert "search" not in signature(run.record)
    assert "|search:fast~0.9980|" in signature(replace(run.record, recall=0.998))


def test_an_existing_run_is_kept_unless_forced(run, tmp_path):
    folder = tmp_path / "a" / "run"
    align.save(run, folder)

    with pytest.raises(FileExistsError, match="holds a run already"):
        align.save(run, folder)
    changed = replace(run, record=replace(run.record, seed=5))
    align.save(changed, folder, force=True)

    assert load_record(folder).seed == 5
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_files_of_the_user_in_a_run_are_kept(run, tmp_path):
    align.save(run, tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("thoughts")

    with pytest.raises(FileExistsError, match=r"holds 'notes.txt', which is not part of a run"):
        align.save(run, tmp_path / "run", force=True)

    assert (tmp_path / "run" / "notes.txt").exists()


def test_a_run_of_another_format_is_refused(run, tmp_path):
    align.save(run, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    path.write_text(path.read_text().replace('"format": 6', '"format": 99'))

    with pytest.raises(ValueError, match="format 99, expected 6"):
        load_record(tmp_path / "run")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"seed": 0', '"seed": "0"'),
        ('"max_vocab": 0', '"max_vocab": "x"'),
        ('"origin": ""', '"origin": 5'),
        ('"solver": {\n  "name": "procrustes"\n }', '"solver": {}'),
        ('"versions": {', '"versions": [], "more": {'),
        ('"source": {', '"source": 3, "more": {'),
    ],
)
def test_a_record_with_another_type_is_refused(run, tmp_path, right, wrong):
    align.save(run, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong))

    with pytest.raises(ValueError, match="run.json is not a readable record"):
        load_record(tmp_path / "run")


@pytest.mark.parametrize("name", ["seeds.tsv", "run.json"])
def test_a_file_of_the_user_is_no_run(run, tmp_path, name):
    (tmp_path / name).write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "seeds.tsv").write_text("precious")
    (tmp_path / "odd" / "run.json").mkdir(parents=True)

    with pytest.raises(FileExistsError, match=f"{name} is a file; give another folder"):
        align.save(run, tmp_path / name, force=True)
    with pytest.raises(FileExistsError, match=r"folder holds 'seeds.tsv', which is not part"):
        align.save(run, tmp_path / "folder", force=True)
    with pytest.raises(FileExistsError, match=r"odd holds 'run.json', which is not part"):
        align.save(run, tmp_path / "odd", force=True)

    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize("form", ["{}:", "e\u0301{}", " {} ", "\ufeff{}", "new {}"])
def test_seeds_of_any_spelling_survive_the_folder(world, tmp_path, form):
    source, target, _ = world
    words = [form.format(i) for i in range(40)]
    source, target = (Embeddings(words, value.vectors, value.name) for value in (source, target))
    seeds = Lexicon(tuple((word, word) for word in words))
    run = align.supervised(source, target, seeds, k=5)

    align.save(run, tmp_path / "run")

    assert align.load(tmp_path / "run").seeds.pairs == seeds.pairs


def test_the_working_folder_is_no_run(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(OSError, match=r"a folder of its own, not \."):
        align.save(run, ".")


def test_an_empty_folder_becomes_the_run(run, tmp_path):
    (tmp_path / "run").mkdir()

    align.save(run, tmp_path / "run")

    assert load_record(tmp_path / "run") == run.record


def test_what_is_not_a_run_is_never_replaced(run, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")

    with pytest.raises(FileExistsError, match="holds 'chapter', which is not part of a run"):
        align.save(run, tmp_path / "thesis", force=True)


def test_a_run_that_cannot_be_finished_leaves_nothing(run, tmp_path, monkeypatch):
    align.save(run, tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()

    def full(*args, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("align.storage.json.dumps", full)
    with pytest.raises(OSError, match="No space left"):
        align.save(run, tmp_path / "run", force=True)
    with pytest.raises(OSError, match="No space left"):
        align.save(run, tmp_path / "other")

    assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_written_meanwhile_by_another_process_is_kept(run, tmp_path, monkeypatch):
    def dumps_slowly(*args, **more):
        monkeypatch.undo()
        align.save(replace(run, record=replace(run.record, seed=1)), tmp_path / "run")
        return json.dumps(*args, **more)

    monkeypatch.setattr("align.storage.json.dumps", dumps_slowly)

    with pytest.raises(FileExistsError, match="written by another process meanwhile"):
        align.save(run, tmp_path / "run")

    assert load_record(tmp_path / "run").seed == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_damaged_run_is_named(run, tmp_path, name):
    align.save(run, tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(b"{}")

    with pytest.raises(ValueError, match=name):
        align.load(tmp_path / "run")


@pytest.mark.parametrize("lines", ["", "zzz\tqqq\n", "s0\tt0\n"])
def test_seeds_of_another_run_are_refused(run, tmp_path, lines):
    align.save(run, tmp_path / "run")
    (tmp_path / "run" / "seeds.tsv").write_text(lines)

    with pytest.raises(ValueError, match="seeds.tsv holds other pairs than the run has"):
        align.load(tmp_path / "run")


def test_the_table_shows_counts_intervals_and_signature(run):
    table = run_table(run.record)

    assert "src -> tgt   40 x 40 words, 8 dimensions" in table
    assert "100.0 [83.2, 100.0] 20/20" in table
    assert "20 of 20 source words, 20 of 20 pairs" in table
    assert table.endswith(signature(run.record))


def test_the_signature_names_every_hyperparameter(world):
    source, target, lexicon = world

    run = align.supervised(
        source, target, lexicon, solver=Refinement(k=3, rounds=2), normalize="iternorm", k=4
    )

    assert signature(run.record, [Score("nn", "forward", ())]) == (
        "refinement|rounds:2|start:procrustes|solver:procrustes|keep_seeds:False|k:3|max_rank:"
        f"{Refinement.max_rank}|retrieval:csls|limit:0|among:0|"
        f"norm:{','.join(['unit,center'] * 5)}|vocab:40x40|case:kept|"
        f"seeds:memory#{lexicon.fingerprint[:6]}|retrieval:nn|oov:skip|"
        f"v:{run.record.versions['align-embeddings']}|seed:0"
    )
    assert "retrieval:nn,csls4|" in signature(run.record)
    assert "fitted    on 40 pairs" in run_table(run.record)


def test_runs_of_different_solvers_have_different_signatures(world):
    source, target, lexicon = world
    starts = (PRESETS["vecmap"], PRESETS["cca"], PRESETS["muse"], PRESETS["proc-b"])

    found = [
        signature(align.supervised(source, target, lexicon, solver=solver, k=5).record)
        for solver in (Refinement(rounds=1, k=5, start=start) for start in starts)
    ]

    assert len(set(found)) == len(starts)
    assert re.search(r"\|start:multistep#[0-9a-f]{6}\|solver:procrustes\|", found[0])


@pytest.mark.parametrize(
    "pairs",
    [np.arange(8).reshape(2, 4), np.arange(12).reshape(4, 3), [[1.9, 2.7]], [[True, False]]],
)
def test_pairs_of_another_form_are_refused(pairs):
    with pytest.raises(ValueError, match=r"pairs are rows .* got one of shape \(\d, \d\) and type"):
        Problem(np.eye(20), np.eye(20), pairs)


def test_arrays_in_arrays_out(noisy):
    solution = Procrustes()(noisy)

    assert solution.map(noisy.x).shape == noisy.x.shape
    assert solution.map.deviation < 1e-10
