import re
from pathlib import Path

import pytest
from batches import PLAN

from align.batch import PlanError, read_plan
from align.batch.lines import line_of
from align.presets import PRESETS
from align.solvers import RCSLS


def problems(text):
    Path("plan.toml").write_text(text)
    with pytest.raises(PlanError) as error:
        read_plan("plan.toml")
    return error.value.problems


def test_a_plan_is_a_grid_pair_by_pair(languages):
    plan = read_plan("plan.toml")

    cells = [cell for _, cell, _ in plan.cells]

    assert len(cells) == plan.size == 2 * 2 * 2
    assert [str(cell) for cell in cells[:3]] == [
        "aa-bb procrustes, seed 0",
        "aa-bb vecmap, seed 0",
        "aa-bb procrustes, seed 1",
    ]


def test_languages_stand_for_all_their_ordered_pairs(languages):
    text = PLAN.replace('pairs = ["aa-bb", "bb-cc"]', 'languages = ["aa", "bb", "cc"]')
    Path("plan.toml").write_text(text)

    plan = read_plan("plan.toml")

    assert len(plan.pairs) == 6
    assert ("cc", "aa") in plan.pairs


def test_a_dict_is_read_as_the_file_it_would_be(languages):
    table = {
        "data": {
            "vectors": "{lang}.vec",
            "train": "{pair}.train.txt",
            "test": "{pair}.test.txt",
        },
        "grid": {"pairs": ["aa-bb", "bb-cc"], "seeds": [0, 1]},
        "run": {"device": "cpu"},
        "methods": {"procrustes": {}, "vecmap": {}},
    }

    plan = read_plan(table)

    assert plan.methods == read_plan("plan.toml").methods
    assert list(plan.cells) == list(read_plan("plan.toml").cells)


def test_paths_are_relative_to_the_plan(languages, monkeypatch):
    (languages / "elsewhere").mkdir()
    monkeypatch.chdir(languages / "elsewhere")

    plan = read_plan(Path("..") / "plan.toml")

    assert Path(plan.vectors["aa"]).samefile(languages / "aa.vec")


def test_settings_change_a_preset_and_solvers_within_it(languages):
    Path("plan.toml").write_text(
        PLAN + '[methods.mine]\npreset = "rcsls"\niterations = 3\nstart = "vecmap"\nrate = 2\n'
    )

    *_, mine = read_plan("plan.toml").methods

    assert mine.solver == RCSLS(iterations=3, start=PRESETS["vecmap"], rate=2.0)
    assert type(mine.solver.rate) is float


def test_a_solver_within_may_be_a_table(languages):
    nested = '[methods.muse]\nstart = {preset = "ridge", penalty = 3.0}\n'
    Path("plan.toml").write_text(PLAN + nested)

    *_, method = read_plan("plan.toml").methods

    assert method.solver.start.penalty == 3.0


def test_methods_without_a_dictionary_are_told_by_their_names_or_learn(languages):
    text = PLAN + '[methods.auto]\n[methods.gan]\npreset = "muse"\nlearn = "unsupervised"\n'
    Path("plan.toml").write_text(text)

    methods = {method.name: method for method in read_plan("plan.toml").methods}

    assert [methods[name].learn for name in ("procrustes", "auto", "gan")] == [
        "supervised",
        "unsupervised",
        "unsupervised",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("seeds = [0, 1]", "seed = [0, 1]", 9, "unknown key 'seed'; .grid. has .*seeds"),
        ("seeds = [0, 1]", "seeds = [0, 0]", 9, "holds a number twice"),
        ("seeds = [0, 1]", "seeds = [-1]", 9, "whole numbers from 0 on, got -1"),
        ("seeds = [0, 1]", "seeds = 3", 9, "seeds should be of type list, got 3"),
        ("seeds = [0, 1]", "folds = 1", 9, "folds should be 0, or 2 and more, got 1"),
        ("seeds = [0, 1]", "folds = 41", 9, "41 folds of 40 source words"),
        ("seeds = [0, 1]", "train_sizes = [20,\n 41]", 10, "size of 41 is not possible for aa-bb"),
        ("seeds = [0, 1]", "train_sizes = [9]", 9, "an alignment needs 10"),
        ("seeds = [0, 1]", "folds = 2\ntrain_sizes = [21]", 10, "20 source words outside a fold"),
        ("seeds = [0, 1]", 'draw = "last"', 9, "first or random, got 'last'"),
        ('["aa-bb", "bb-cc"]', '["aa-bb", "bbcc"]', 8, "expected a pair as 'en-es' .*got 'bbcc'"),
        ('["aa-bb", "bb-cc"]', '["aa-dd"]', 3, "no vector file .*dd.vec"),
        ('["aa-bb", "bb-cc"]', "[]", 8, "there are no pairs"),
        ('"{pair}.train.txt"', '"{pair}.txt"', 4, r"aa-bb\.txt"),
        ('"{pair}.train.txt"', '"{pear}.txt"', 4, "expected a name with {pair}"),
        ('"{lang}.vec"', '"{}.vec"', 3, "expected a file name with {lang}"),
        ("[run]", "[run]\nk = 0", 12, "need 1 or more, got 0"),
        ("[run]", "[run]\nnormalize = 'unt'", 12, "unt"),
        ("[run]", "[run]\nmemory = 'much'", 12, "'much' is no size"),
        ("[run]", "[run]\nsearch = 'best'", 12, "exact, fast, got 'best'"),
        ("[run]", "[score]\nmetrics = ['P@2']\n[run]", 12, "no 'P@2' among the metrics: P@1"),
        ("[methods.vecmap]", "[methods.vecmpa]", 15, "'vecmpa' is no method; there are best"),
        ("[methods.vecmap]", "[methods.vecmap]\nreweigh = 1", 16, "no setting 'reweigh'; it has"),
        ("[methods.vecmap]", "[methods.vecmap]\nreweight = 'x'", 16, "of type float"),
        ("[methods.vecmap]", "[methods.muse]\nrounds = -1", 16, "got -1"),
        ("[methods.vecmap]", "[methods.muse]\nstart = 3", 16, "a preset or a table, got 3"),
        ("[methods.vecmap]", "[methods.muse]\nstart = ['x']", 16, "a preset or a table"),
        ("[methods.vecmap]", "[methods.muse]\nstart = {preset = ['x']}", 16, "is no preset"),
        ("[methods.vecmap]", "[methods.muse]\nstart.penalty = 1", 16, "no setting 'penalty'"),
        ("[methods.vecmap]", "[methods.vecmap]\npreset = 3", 16, "expected the name of a method"),
        ("[methods.vecmap]", "[methods.vecmap-semi]\nseed = 7", 16, "in .grid.: seeds ="),
        ("[methods.vecmap]", "[methods.muse]\nrounds = true", 16, "of type int, got True"),
        ("[methods.vecmap]", "[methods.best]\ncandidates = ['x']", 16, "cannot be set in a plan"),
        ('"{lang}.vec"', '"{lang.vec}"', 3, "expected a file name with {lang}"),
        ('"{lang}.vec"', '"aa.vec"', 3, "languages share a file: name it with {lang}"),
        ('"{pair}.test.txt"', '"aa-bb.test.txt"', 5, "pairs share a dictionary"),
        ('"{pair}.test.txt"', '"{pair.x}.txt"', 5, "expected a name with {pair}"),
        ("seeds = [0, 1]", "folds = false", 9, "folds should be of type int, got False"),
        ("[run]", "[score]\nmetrics = []\n[run]", 12, "there are no metrics"),
        ('["aa-bb", "bb-cc"]', '["aa-bb-cc"]', 8, "or .'en', 'zh-min-nan'.*got 'aa-bb-cc'"),
        ("[methods.vecmap]", "[methods.vecmap]\nlearn = 'unsupervised'", 16, "can be supervised"),
        ("[methods.vecmap]", "[methods.vecmap]\nresources = 1", 16, "as {GPU = 1}"),
        ("[methods.vecmap]", "[metods.vecmap]", 15, "unknown key 'metods'; a plan has data"),
    ],
)
def test_a_mistake_is_named_with_its_line(languages, old, new, line, said):
    found = problems(PLAN.replace(old, new))

    assert any(re.search(rf"line {line}: .*{said}", problem) for problem in found), found


def test_all_mistakes_are_named_at_once(languages):
    found = problems(PLAN.replace("seeds = [0, 1]", "seeds = [0, 0]") + "[methods.nothing]\n")

    assert len(found) == 2


def test_what_is_not_toml_is_said_to_be_so(languages):
    [found] = problems("[grid\n")

    assert "not TOML" in found


def test_a_plan_without_methods_says_what_it_needs(languages):
    found = problems(PLAN.split("[methods")[0])

    assert any("a plan needs [methods]" in problem for problem in found)


def test_whole_numbers_serve_where_the_setting_is_a_real_one(languages):
    Path("plan.toml").write_text(
        PLAN + "[methods.cca]\ndewhiten = 1\n[methods.identical]\nkeep = 0.5\n"
    )

    *_, cca, identical = read_plan("plan.toml").methods

    assert cca.solver.dewhiten == 1.0
    assert identical.solver.starts[0][1].keep == 0.5


def test_languages_with_hyphens_are_given_apart(languages):
    for old, new in (("bb", "zh-yue"), ("cc", "zh-min-nan")):
        (languages / f"{old}.vec").rename(languages / f"{new}.vec")
    for part in ("train", "test"):
        (languages / f"bb-cc.{part}.txt").rename(languages / f"zh-yue-zh-min-nan.{part}.txt")
    text = PLAN.replace('"aa-bb", "bb-cc"', '["zh-yue", "zh-min-nan"]')
    Path("plan.toml").write_text(text)

    plan = read_plan("plan.toml")

    assert plan.pairs == (("zh-yue", "zh-min-nan"),)
    assert {cell.pair for _, cell, _ in plan.cells} == {"zh-yue-zh-min-nan"}


def test_a_problem_of_a_dict_names_its_keys(languages):
    with pytest.raises(PlanError, match=r"grid.seed: unknown key 'seed'"):
        read_plan({"grid": {"seed": 1}, "methods": {"procrustes": {}}})


TOML = """[a]
x = 1
y = [1,
  2,
  3]

["b c".d]
"e f" = 2
g.h = 3
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("a",), None, 1),
        (("a", "y"), None, 3),
        (("a", "y"), 3, 5),
        (("b c", "d"), None, 7),
        (("b c", "d", "e f"), None, 8),
        (("b c", "d", "g", "h"), None, 9),
        (("b c", "d", "none"), None, 7),
        (("none",), None, 1),
    ],
)
def test_the_line_of_a_setting_is_found(path, value, line):
    assert line_of(TOML, path, value) == line
