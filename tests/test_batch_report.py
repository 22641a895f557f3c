"""A batch's averages, ranks and tests against known answers; its report is read back."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from align.batch import Batch, load_results, read_plan
from align.batch.job import perform
from align.evaluate import Measure, Score, bootstrap_interval, randomisation
from align.record import Evaluation, LexiconRecord, Record, Shared, VectorsRecord
from align.report.averages import macro_interval, tables
from align.report.batch import BatchReport, batch_sections
from align.report.documents import DOCUMENTS, as_html, as_json, as_latex, as_markdown, as_text
from align.report.figures import Heat, heat_figure
from align.report.grid import MINUS
from align.report.signature import common_signature
from align.results import Cell, Result, Results
from align.solvers.attempt import Attempt, Verdict
from dictionaries import Coverage

SVG = "{http://www.w3.org/2000/svg}"
METRICS = ("P@1", "P@5", "P@10", "MRR", "MAP")
VERDICT = Verdict("worked", 0.8, 0.5, 0.0, 0.6, 0.4, 1.0, 2.0, 40, 5, 2000)


def vectors(name):
    return VectorsRecord(name, f"{name}.vec", 1000, 300, 0, False, f"of {name}", ())


def scores(best):
    """All measures of these ranks, and half the P@1 by NN and backward."""
    best = np.asarray(best)
    totals = {f"P@{k}": float((best <= k).sum()) for k in (1, 5, 10)}
    totals |= {name: float((1 / best).sum()) for name in ("MRR", "MAP")}
    whole = {name: Measure(name, "skip", t, len(best), 0, (0, 1)) for name, t in totals.items()}
    half = replace(whole["P@1"], total=totals["P@1"] / 2)
    return (
        Score("nn", "forward", (half,)),
        Score("csls10", "forward", tuple(whole.values())),
        Score("csls10", "backward", (half,)),
    )


def record(cell, best, outcome=None):
    source, target = cell.pair.split("-")[:2]
    lexicon = LexiconRecord(f"{cell.pair}.txt", f"fold {cell.fold}", Coverage(1, 1, 1, 1), ())
    verdict = outcome and replace(VERDICT, outcome=outcome)
    return Record(
        method="supervised",
        solver={"name": cell.method, "k": 10},
        normalize="unit",
        k=10,
        seed=cell.seed,
        source=vectors(source),
        target=vectors(target),
        train=lexicon,
        losses=(),
        converged=True,
        stopped="",
        trials=(),
        attempts=(Attempt("words", cell.seed, verdict),) if outcome else (),
        repeats=(),
        chosen="",
        fitted_pairs=9,
        evaluation=Evaluation(lexicon, Shared(0, 0, 0), scores(best)),
        versions={"align-embeddings": "0.1.0"},
        created="2026-01-01T00:00:00Z",
        recall=1.0,
        seconds=1.0,
    )


def ended(cell, best, *, outcome=None, seconds=2.0, memory=3_000_000_000):
    told = record(cell, best, outcome)
    ranks = tuple(map(int, best))
    return Result("key", told, "", ranks, seconds, memory, 1, "host-1", "2026-01-01T00:00:00Z")


def failed(error):
    return Result("key", None, error, (), 1.0, 1, 1, "host-2", "2026-01-01T00:00:00Z")


def batch(hits, *, size=0):
    """Results of one fold from {(pair, method): hits of each word, a row for each seed}.

    A row may also be a result, or None where the run is missing.
    """
    cells = []
    for (pair, method), seeds in hits.items():
        for seed, row in enumerate(seeds):
            cell = Cell(pair, method, size, 0, seed)
            plain = row is None or isinstance(row, Result)
            cells.append((cell, row if plain else ended(cell, np.where(row, 1, 2))))
    return Results(tuple(cells), METRICS)


def words(right, asked):
    """The first words are right."""
    return np.arange(asked) < right


@pytest.fixture(scope="module")
def three():
    """Six pairs among three languages; `same` is as good as `base`, `good` is far better."""
    rng = np.random.default_rng(5)
    hits = {}
    for i, pair in enumerate(("en-es", "es-en", "en-fr", "fr-en", "es-fr", "fr-es")):
        base = rng.random((2, 120 + i)) < 0.4
        hits[pair, "base"] = base
        hits[pair, "good"] = base | (rng.random(base.shape) < 0.3)
        hits[pair, "same"] = base[:, rng.permutation(base.shape[1])]
        hits[pair, "poor"] = base & (rng.random(base.shape) < 0.5)
    return batch(hits)


@pytest.fixture(scope="module")
def written(three):
    """The batch in every kind of document."""
    makes = (as_html, as_markdown, as_latex, as_json, as_text)
    return {make: make(BatchReport("mine", three)) for make in makes}


def cells_of(text, pair):
    """Return the cells of the first row that starts so, of a table in Markdown."""
    [row, *_] = [line for line in text.splitlines() if line.startswith(f"| {pair}")]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_the_average_gives_every_pair_the_same_weight():
    [table] = tables(
        batch(
            {
                ("en-es", "a"): [words(2, 4)],
                ("en-fr", "a"): [words(100, 100)],
                ("en-es", "b"): [words(1, 4)],
                ("en-fr", "b"): [words(80, 100)],
            }
        )
    )

    assert [one.value for one in table.averages] == [0.75, 0.525]
    assert table.averages[1].difference == pytest.approx(-0.225)
    assert table.averages[1].words == 104
    assert [[one.value for one in row] for row in table.scores] == [[0.5, 0.25], [1, 0.8]]


def test_words_of_all_folds_count_once_each_with_the_mean_of_their_seeds():
    ranks = {(1, 0): [1, 2, 1], (1, 1): [1, 1, 3], (2, 0): [1], (2, 1): [7]}
    cells = [Cell("en-es", "a", 0, fold, seed) for seed in (0, 1) for fold in (1, 2)]
    results = Results(tuple((c, ended(c, ranks[c.fold, c.seed])) for c in cells), METRICS)

    [table] = tables(results)

    [[found]] = table.scores
    per_word = [1, 0.5, 0.5, 0.5]
    assert found.value == 0.625
    assert found.words == 4
    assert found.interval == bootstrap_interval(per_word)
    assert table.accounts[0].spread == pytest.approx(np.std([3 / 4, 2 / 4], ddof=1))
    assert table.accounts[0].measures["P@1"] == pytest.approx(0.625)


def test_a_seed_that_lacks_a_fold_has_no_part_in_the_spread():
    rights = {(1, 0): 3, (2, 0): 5, (1, 1): 4, (2, 1): 6, (1, 2): 0, (2, 2): None}
    cells = [Cell("en-es", "a", 0, *place) for place in rights]
    runs = (
        (c, n if n is None else ended(c, 2 - words(n, 10)))
        for c, n in zip(cells, rights.values(), strict=True)
    )

    [table] = tables(Results(tuple(runs), METRICS))

    assert table.accounts[0].spread == pytest.approx(np.std([0.4, 0.5], ddof=1))


def test_the_interval_of_an_average_is_that_of_words_drawn_within_their_pairs(rng):
    rows = [rng.random(n) < share for n, share in ((400, 0.2), (1500, 0.9), (900, 0.5))]
    rows = [row.astype(float) for row in rows]

    drawn = [np.mean([rng.choice(row, len(row)).mean() for row in rows]) for _ in range(4000)]

    assert_allclose(macro_interval(rows), np.quantile(drawn, [0.025, 0.975]), atol=0.002)
    assert macro_interval(rows[:1]) == bootstrap_interval(rows[0])


@pytest.mark.parametrize("share", [0, 1, 1 / 3])
def test_an_average_of_words_that_are_all_alike_has_an_interval(share):
    low, high = macro_interval([np.full(n, share) for n in (7, 20, 33)])

    assert 0 <= low <= share <= high <= 1
    assert high - low > 0.05


def test_a_difference_is_tested_on_words_averaged_over_seeds(three):
    [table] = tables(three)

    good = table.methods.index("good")
    raw = {}
    for pair in table.pairs:
        mean = {
            method: np.mean(
                [
                    np.array(r.best) == 1
                    for c, r in three.cells
                    if (c.pair, c.method) == (pair, method)
                ],
                axis=0,
            )
            for method in table.methods
        }
        for method in table.methods[1:]:
            raw[pair, method] = randomisation(mean[method] - mean["base"])
        assert table.scores[table.pairs.index(pair)][good].difference == pytest.approx(
            np.mean(mean["good"] - mean["base"])
        )
    ordered = sorted(raw.values())
    for i, pair in enumerate(table.pairs):
        for j, method in enumerate(table.methods[1:], start=1):
            steps = [
                (len(ordered) - n) * p for n, p in enumerate(ordered) if p <= raw[pair, method]
            ]
            assert table.scores[i][j].p == pytest.approx(min(1, max(steps)))
    assert table.tests == len(raw) == 18


def test_a_far_better_method_is_marked_and_an_equal_one_is_not(written):
    text = written[as_markdown]

    for start in (*(f"{a}-{b}" for a, b in (("en", "es"), ("fr", "es"))), "average of 6 pairs"):
        _, _, base, good, same, poor = cells_of(text, start)
        assert good.endswith("] +**")
        assert re.fullmatch(r"[\d.]+ \[[\d.]+, [\d.]+\]", base)
        assert same.endswith("]")
        assert poor.endswith(f"] {MINUS}")
    assert "good scores highest" in text


def test_the_baseline_can_be_any_method(three):
    [table] = tables(three, "good")

    assert table.baseline == "good"
    assert [one.difference is None for one in table.averages] == [False, True, False, False]
    with pytest.raises(ValueError, match="'best' is no method of this batch; it has base, good, s"):
        tables(three, "best")


def test_many_tests_do_not_hide_a_difference_that_is_certain(monkeypatch):
    monkeypatch.setattr("align.report.averages.FLIPS", 99)  # p of 0.01 at least, times 30
    pairs = [f"en-l{i}" for i in range(30)]
    hits = {(p, m): [words(n, 40)] for p in pairs for m, n in (("base", 0), ("good", 30))}

    [table] = tables(batch(hits))

    assert all(row[1].p < 0.05 for row in table.scores)


def test_ranks_are_means_over_pairs_and_equal_scores_share_theirs():
    shares = {"a": (9, 5, 5, 5, 8), "b": (5, 5, 7, 3, 9), "c": (1, 1, 6, 4, 7)}
    hits = {
        (f"en-l{i}", method): [words(rights[i], 10)]
        for i in range(5)
        for method, rights in shares.items()
    }

    [table] = tables(batch(hits))

    by_hand = [[1, 2, 3], [1.5, 1.5, 3], [3, 1, 2], [1, 3, 2], [2, 1, 3]]
    assert_allclose(table.ranks, np.mean(by_hand, axis=0))
    sums = np.sum(by_hand, axis=0)
    ties = 1 - (2**3 - 2) / (5 * (3**3 - 3))
    chi = (12 / (5 * 3 * 4) * np.sum(sums**2) - 3 * 5 * 4) / ties
    assert table.friedman.statistic == pytest.approx(chi)
    assert table.friedman.p == pytest.approx(np.exp(-chi / 2))  # chi-squared of 2


@pytest.mark.parametrize(("pairs", "methods"), [(4, 3), (5, 2), (5, 3)])
def test_ranks_are_not_tested_where_there_are_few_or_all_are_equal(pairs, methods):
    hits = {(f"en-l{i}", f"m{j}"): [words(3, 9)] for i in range(pairs) for j in range(methods)}

    [table] = tables(batch(hits))

    assert table.friedman is None
    assert table.ranks == ((1 + methods) / 2,) * methods
    assert "m0 and m1" in batch_sections(batch(hits), figures=False)[1].headline


@pytest.fixture
def broken():
    """One run failed, one was not run, and one method never ended on a pair."""
    full = {
        (pair, method): [words(n + more, 100), words(n + more + 2, 100)]
        for pair, n in (("en-es", 60), ("en-fr", 50), ("en-de", 40), ("en-it", 30))
        for method, more in (("base", 0), ("other", 10))
    }
    full["en-fr", "other"] = [words(52, 100), failed("no convergence\nin <200> steps")]
    full["en-de", "base"] = [words(42, 100), None]
    full["en-it", "other"] = [None, failed("killed")]
    return batch(full)


def test_what_failed_and_what_is_missing_is_said_first(broken):
    text = as_markdown(BatchReport("b", broken))

    first = text.index(
        "Of 16 runs 12 ended well. Failed, with an error: 2. Missing, as they were not run yet: 2."
    )
    assert first < text.index("no convergence in \\<200\\> steps") < text.index("P@1 by CSLS")
    assert cells_of(text, "en-fr other, seed 1") == [
        "en-fr other, seed 1",
        "no convergence in \\<200\\> steps",
    ]
    assert json.loads(as_json(BatchReport("b", broken)))["missing"] == 2
    assert "\n% Of 16 runs 12 ended well." in as_latex(BatchReport("b", broken))


def test_averages_are_over_the_pairs_that_all_methods_finished(broken):
    [table] = tables(broken)
    text = as_markdown(BatchReport("b", broken))

    assert table.common == ("en-es",)
    assert table.averages[0].value == pytest.approx(0.61)
    assert "over the 1 pair that all methods finished; left out: en-fr, en-de, en-it" in text
    assert "(1 of 2 runs)" in cells_of(text, "en-fr |")[3]
    assert "(1 of 2 runs)" in cells_of(text, "en-de |")[2]
    assert cells_of(text, "en-it |")[3] == "\N{EN DASH}"
    assert "**" in cells_of(text, "en-es |")[3]
    assert all("**" not in "".join(cells_of(text, f"en-{each} |")) for each in ("fr", "de", "it"))
    assert table.tests == 1
    assert table.scores[1][1].p is None
    assert [one.measures["P@1"] for one in table.accounts] == pytest.approx([0.61, 0.71])


def test_a_batch_of_which_nothing_ended_has_a_report_too():
    results = batch({("en-es", "a"): [None], ("en-fr", "a"): [failed("killed")]})

    for make in (*DOCUMENTS.values(), as_text):
        assert "killed" in make(BatchReport("b", results))
    assert "No pair was finished by all methods" in as_markdown(BatchReport("b", results))


def test_each_size_of_the_training_dictionary_has_its_own_table(three):
    small = batch({("en-es", m): [words(n, 10)] for m, n in (("a", 3), ("b", 1))}, size=1000)
    large = batch({("en-es", m): [words(n, 10)] for m, n in (("a", 5), ("b", 6))})

    found = tables(Results(small.cells + large.cells, METRICS))

    assert [table.train_size for table in found] == [1000, 0]
    assert [[one.value for one in table.averages] for table in found] == [[0.3, 0.1], [0.5, 0.6]]
    sections = batch_sections(Results(small.cells + large.cells, METRICS), figures=False)
    assert [one.title for one in sections] == [
        "The runs",
        "Trained on 1,000 words",
        "Trained on all words",
    ]


def test_how_the_runs_went_is_told_by_method():
    cells = [Cell("en-es", "auto", 0, 0, seed) for seed in range(4)]
    outcomes = ("worked", "worked", "failed", "doubtful")
    rights = (6, 8, 0, 1)
    runs = tuple(
        (c, ended(c, 2 - words(n, 10), outcome=o, seconds=10.0**c.seed, memory=10**9 * c.seed))
        for c, o, n in zip(cells, outcomes, rights, strict=True)
    )

    [table] = tables(Results(runs, METRICS))
    rows = cells_of(as_markdown(BatchReport("b", Results(runs, METRICS))), "auto | 4 of 4")

    [account] = table.accounts
    assert account.outcomes == {"worked": 2, "doubtful": 1, "failed": 1}
    assert account.seconds == pytest.approx(55)
    spread = 100 * np.std([0.6, 0.8, 0, 0.1], ddof=1)
    assert rows[2:] == ["0", f"{spread:.2f}", "en-es", "2", "1", "1", "55.0", "3.0"]


def test_other_measures_are_averages_over_the_same_pairs(three):
    [table] = tables(three)

    for account, average in zip(table.accounts, table.averages, strict=True):
        assert account.measures["P@1"] == pytest.approx(average.value)
        assert account.measures["P@1 NN"] == pytest.approx(average.value / 2)
        assert account.measures["P@1 CSLS back"] == pytest.approx(average.value / 2)
        assert account.measures["MRR"] == pytest.approx(0.5 + average.value / 2)
    assert list(table.accounts[0].measures) == [*METRICS, "P@1 NN", "P@1 CSLS back"]


def test_runs_that_were_asked_other_words_are_not_compared():
    with pytest.raises(ValueError, match="en-es b, seed 0 and en-es a, seed 0 were not asked the"):
        tables(batch({("en-es", "a"): [words(3, 9)], ("en-es", "b"): [words(3, 10)]}))


def test_every_document_holds_the_numbers(three, written):
    [table] = tables(three)

    for make in (as_html, as_markdown, as_latex, as_text):
        for one in (*table.averages, *(one for row in table.scores for one in row)):
            low, high = one.interval
            assert f"{100 * one.value:.1f} [{100 * low:.1f}, {100 * high:.1f}]" in written[make]
        assert all(f"{rank:.2f}" in written[make] for rank in table.ranks)
    told = json.loads(written[as_json])
    assert told["runs"] == 48
    assert told["tables"][0]["ranks"] == list(table.ranks)
    assert told["tables"][0]["scores"][0][1]["p"] == table.scores[0][1].p


def test_the_best_of_a_row_is_bold(three, written):
    [table] = tables(three)
    best = max(table.scores[0], key=lambda one: one.value)
    low, high = best.interval
    cell = f"{100 * best.value:.1f} [{100 * low:.1f}, {100 * high:.1f}] +"

    assert f"| **{cell}** |" in written[as_markdown]
    assert f"\\textbf{{{cell}}}" in written[as_latex]
    assert f"<strong>{cell}</strong>" in written[as_html]
    assert f"**{cell}**" in written[as_text]


def test_names_are_shown_as_they_are():
    odd = "<b>&_%|$"
    results = batch({("en-es", m): [words(n, 10)] for m, n in ((odd, 4), ("b", 5))})

    html, latex, marked = (
        make(BatchReport(odd, results)) for make in (as_html, as_latex, as_markdown)
    )

    assert "&lt;b&gt;&amp;_%|$" in html
    assert "<b>" not in html
    assert r"\textless{}b\textgreater{}\&\_\%\textbar{}\$ (baseline)" in latex
    assert r"\<b\>\&\_%\|\$ (baseline)" in marked
    assert "method: <b>&_%|$" not in marked.replace("`", "")


def test_a_page_shows_the_heat_maps(written):
    page = written[as_html]

    assert page.count("<svg") == 2
    assert page.index('id="scores-1-pairs-figure_1"') < page.index(
        'id="scores-1-languages-figure_1"'
    )
    assert "P@1 by CSLS of good, by source and target language" in page
    assert "data:" not in page


@pytest.mark.parametrize(
    "pairs",
    [
        ("en-es", "es-en"),
        ("en-es", "es-en", "en-fr"),
        (*(f"en-l{i}" for i in range(6)), *(f"l{i}-en" for i in range(6))),
        ("en-es", "es-en", "zh-cn-en", "en-zh-cn"),
    ],
)
def test_languages_are_mapped_only_where_most_of_their_pairs_are_there(pairs):
    results = batch({(pair, m): [words(n, 9)] for pair in pairs for m, n in (("a", 3), ("b", 4))})

    [_, section] = batch_sections(results, figures=True)

    assert [figure.name for figure in section.pictures] == ["scores-1-pairs"]


def texts(figure):
    return [text.text for text in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def test_a_heat_map_holds_every_number_and_the_higher_is_the_darker():
    shares = [[0.1, 0.2], [0.5, None], [0.9, 0.35]]

    figure = heat_figure("h", "What one sees", Heat(["x", "y", "z"], ["first", "second"], shares))

    [cells] = [g for g in ET.fromstring(figure.svg).iter() if g.get("id") == "h-cells"]
    fills = [re.search(r"fill: #(\w{6})", e.get("style", "")) for e in cells.iter()]
    light = [sum(bytes.fromhex(fill[1])) for fill in fills if fill]
    there = [share for row in shares for share in row if share is not None]
    assert list(np.argsort(light)[::-1]) == list(np.argsort(there))
    assert texts(figure).count("\N{EN DASH}") == 1
    assert {f"{100 * share:.1f}" for share in there} <= set(texts(figure))
    assert "first: 10.0 (x) to 90.0 (z). second: 20.0 (x) to 35.0 (z)." in figure.words


def test_heads_of_many_columns_do_not_meet():
    names = [f"a method of a long name {i}" for i in range(8)]
    shares = [[0.5] * 8 for _ in range(60)]

    figure = heat_figure("h", "", Heat([f"en-l{i}" for i in range(60)], names, shares))

    heads = [t for t in ET.fromstring(figure.svg).iter(f"{SVG}text") if t.text in names]
    assert len(heads) == 8
    assert all("rotate(-35 " in head.get("transform") for head in heads)


def test_a_signature_in_common_lists_the_seeds_and_stars_what_differs():
    told = [
        "best|chosen:a|k:10|seeds:x#1|v:0.1.0|seed:0",
        "best|chosen:b|k:10|seeds:x#1|v:0.1.0|seed:1",
        "best|k:10|seeds:x#1|search:fast~0.99|v:0.1.0|seed:0",
    ]

    assert common_signature(told) == "best|chosen:*|k:10|seeds:x#1|v:0.1.0|seed:0,1|search:*"
    assert common_signature(told[:1]) == told[0]


def test_a_parameter_of_a_solver_is_told_from_the_seed_of_the_run():
    told = [f"auto|seed:0|k:10|v:0.1.0|seed:{seed}" for seed in (0, 1)]

    assert common_signature(told) == "auto|seed:0|k:10|v:0.1.0|seed:0,1"


def test_the_report_of_a_batch_says_what_its_runs_score(cli, languages):
    batch = Batch.of(read_plan("plan.toml"), Path("out"))
    batch.begin()
    missing = batch.jobs[-1].key
    for job in batch.left_of([missing]):
        result, trace = perform(job, batch.store.steps(job.key), 1)
        batch.store.write(result, trace)

    told = json.loads(cli("report", "out", "--json").stdout)

    assert (told["runs"], told["missing"], told["failed"]) == (8, 2, [])
    [table] = told["tables"]
    for cell, result in load_results(Path("out")).finished:
        score = result.record.evaluation.forward[1].at(1)
        found = table["scores"][table["pairs"].index(cell.pair)][
            table["methods"].index(cell.method)
        ]
        assert found["value"] == pytest.approx(score.value)  # no method of this plan has a seed
        assert found["words"] == score.scored
    assert table["common"] == ["aa-bb"]


@pytest.fixture
def found(cli, monkeypatch, three):
    """The folder `mine` is a batch."""
    monkeypatch.setattr("align.cli.report.is_batch", lambda folder: folder.name == "mine")
    monkeypatch.setattr("align.cli.report.load_results", lambda folder: three)
    return cli


@pytest.mark.parametrize("suffix", list(DOCUMENTS))
def test_the_command_writes_a_batch(found, suffix, tmp_path):
    result = found("report", "mine", "-o", f"scores{suffix}", "--baseline", "same")

    assert result.exit_code == 0, result.output
    assert "same" in (tmp_path / "work" / f"scores{suffix}").read_text(encoding="utf-8")


def test_the_command_prints_a_batch(found):
    assert found("report", "mine").stdout.startswith("Batch mine\n\nTHE RUNS\n\nAll 48 runs ended")
    assert json.loads(found("report", "mine", "--json").stdout)["tables"][0]["baseline"] == "base"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mine", "--baseline", "best"), "mine has no such method; it has base, good, same, poor"),
        (("mine", "--test", "x.txt"), "mine is a batch, and its plan names its dictionaries: drop"),
        (("run", "mine"), "mine is a batch: report it alone, without other folders"),
        (("run", "--baseline", "base"), "--baseline is for a batch; runs are compared with"),
    ],
)
def test_what_a_batch_cannot_be_asked_is_wrong_usage(found, arguments, message):
    result = found("report", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
