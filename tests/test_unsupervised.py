from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose, assert_array_equal

import align
import dictionaries
import embeddings
from align import Auto, Problem, Procrustes, SimilarityStart
from align.auto import divided
from align.judge import judged, outcome
from align.normalize import Normalization
from align.presets import UNSUPERVISED
from align.report.table import run_table
from align.report.words import facts
from align.solvers import Identity, RandomStart, SelfLearning, kept
from align.solvers.attempt import Attempt, Verdict
from align.solvers.kept import keeping
from align.solvers.similarity import distributions
from embeddings import Embeddings

NONE = np.empty((0, 2), dtype=np.intp)
WORDS = 160
RIGHT = Verdict("worked", 0.8, 0.5, 0.0, 0.6, 0.4, 1.0, 2.0, 40, 15, 2000)
LEARNING = SelfLearning(
    start=SimilarityStart(), last=Procrustes(), keep=0.5, patience=3, threshold=1e-3
)


@pytest.fixture(scope="module")
def turned():
    """Words in uneven clusters, and the same words turned, with some noise."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((12, 10)) * rng.gamma(1, 1, (12, 1))
    x = centres[rng.choice(12, WORDS, p=rng.dirichlet(np.ones(12)))]
    x = x + 0.4 * rng.standard_normal((WORDS, 10)) * rng.gamma(2, 0.5, 10)
    y = x @ rotation(rng, 10) + 0.01 * rng.standard_normal((WORDS, 10))
    x, y = (Normalization.fitted(side, "unit,center,unit")[1] for side in (x, y))
    return Problem(x, y, NONE)


@pytest.fixture(scope="module")
def every():
    return np.column_stack([np.arange(WORDS)] * 2)


def share_right(problem, solution):
    x, y = solution.mapped(problem)
    return np.mean(np.argmax(x @ y.T, axis=1) == np.arange(len(x)))


def test_similarities_are_the_root_of_the_products_of_all_words(rng):
    x = rng.standard_normal((7, 3))

    u, s, _ = np.linalg.svd(x, full_matrices=False)
    slow = np.sort(u * s @ u.T, axis=1)

    assert_allclose(distributions(x), slow, atol=1e-5)


def test_similar_distributions_pair_the_words_of_a_turned_space(turned):
    solution = SimilarityStart()(turned)

    assert share_right(turned, solution) > 0.9


def test_the_similarity_start_heeds_no_seeds(turned, every):
    seeded = replace(turned, pairs=every[::-1][:5])

    assert_array_equal(SimilarityStart()(seeded).map.w, SimilarityStart()(turned).map.w)


def test_the_similarity_start_wants_words():
    with pytest.raises(ValueError, match=r"need words >= 1 and k >= 1, got 0 and 10"):
        SimilarityStart(words=0)


@pytest.mark.parametrize("shape", [(6, 6), (8, 5), (5, 8)])
def test_a_random_start_is_orthogonal_and_repeats_under_its_seed(rng, shape):
    problem = Problem(rng.standard_normal((4, shape[0])), rng.standard_normal((4, shape[1])), NONE)

    w = RandomStart(seed=3)(problem).map.w

    small = min(shape)
    assert_allclose(w.T @ w if shape[0] >= shape[1] else w @ w.T, np.eye(small), atol=1e-12)
    assert_array_equal(w, RandomStart(seed=3)(problem).map.w)
    assert not np.allclose(w, RandomStart(seed=4)(problem).map.w)


def test_identity_needs_no_pairs(turned):
    assert Identity()(turned).losses == ()


def test_a_right_map_has_worked(turned, every):
    solution = Procrustes()(replace(turned, pairs=every))

    verdict = judged(turned, solution, every)

    assert verdict.outcome == "worked"
    assert verdict.alike == WORDS
    assert verdict.alike_found > 0.95 * WORDS
    assert verdict.objective > verdict.null_objective
    assert verdict.mutual > verdict.null_mutual
    assert verdict.words == WORDS


def test_the_objective_is_of_the_map_and_not_of_the_null(turned, every):
    x, y = Procrustes()(replace(turned, pairs=every)).mapped(turned)

    near = x @ y.T
    verdict = judged(turned, Procrustes()(replace(turned, pairs=every)), NONE)

    by_hand = (near.max(axis=0).mean() + near.max(axis=1).mean()) / 2
    assert verdict.objective == pytest.approx(by_hand, abs=0.01)  # settling moves it a little


def test_vectors_without_structure_have_failed(rng, turned):
    noise = Normalization.fitted(rng.standard_normal(turned.y.shape), "unit,center,unit")[1]
    problem = replace(turned, y=noise)

    verdict = judged(problem, LEARNING(problem), NONE)

    assert verdict.outcome == "failed"
    assert abs(verdict.rise) < 0.07


def test_words_spelled_alike_that_lie_apart_contradict_a_good_fit(turned, every):
    solution = Procrustes()(replace(turned, pairs=every))
    elsewhere = np.column_stack([np.arange(WORDS), (np.arange(WORDS) + 80) % WORDS])

    found = judged(turned, solution, elsewhere)

    assert replace(RIGHT, alike=300, alike_found=5).outcome == "worked"  # as it was given
    assert outcome(replace(RIGHT, alike=300, alike_found=5)) == "failed"
    assert found.alike_found < 0.3 * WORDS


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "worked"),
        ({"objective": 0.51}, "worked"),
        ({"alike_found": 10}, "worked"),
        ({"alike_found": 9}, "doubtful"),
        ({"alike_found": 9, "agreement": 0.5}, "doubtful"),
        ({"alike_found": 9, "objective": 0.51}, "failed"),
        ({"alike_found": 0}, "failed"),
        ({"alike": 19, "alike_found": 0}, "worked"),
        ({"alike": 0, "objective": 0.53}, "doubtful"),
        ({"alike": 0, "objective": 0.51}, "failed"),
        ({"alike": 0, "objective": 0.51, "agreement": 0.5}, "worked"),
    ],
)
def test_the_verdict_follows_from_the_evidence(changed, expected):
    assert outcome(replace(RIGHT, **changed)) == expected


def test_the_rise_is_a_share_of_what_is_open():
    assert RIGHT.rise == pytest.approx(0.6)


def test_auto_needs_no_pairs_and_stops_at_the_first_start_that_worked(turned):
    solution = Auto()(turned)

    assert share_right(turned, solution) > 0.8
    assert [attempt.start for attempt in solution.attempts] == ["similarity"]
    assert solution.chosen == "similarity"
    assert solution.attempts[0].verdict.outcome == "worked"


def test_auto_goes_on_to_the_next_start_after_a_failure(turned):
    class Broken:
        name = "broken"
        __dataclass_fields__ = {}

        def __call__(self, problem, *, on_step=None):
            raise ValueError("it cannot solve this")

    solution = Auto(starts=(("broken", Broken()), ("similarity", SimilarityStart())))(turned)

    assert solution.attempts[0] == Attempt("broken", 0, None, "it cannot solve this")
    assert solution.chosen == "similarity"


def test_auto_tries_every_start_with_other_seeds_and_keeps_the_best_when_all_fail(rng):
    x, y = rng.standard_normal((2, 120, 8))
    starts = (("one", RandomStart()), ("other", SimilarityStart()))

    solution = Auto(starts=starts, learning=LEARNING)(Problem(x, y, NONE))

    tried = [(attempt.start, attempt.seed) for attempt in solution.attempts]
    assert tried == [("one", 0), ("other", 0), ("one", 1000), ("other", 1000)]
    best = max(solution.attempts, key=lambda attempt: attempt.verdict.merit)
    assert solution.chosen == best.start
    assert best.verdict.outcome != "worked"


def test_auto_tries_nothing_after_its_budget(rng):
    x, y = rng.standard_normal((2, 120, 8))

    solution = Auto(budget=0, learning=LEARNING)(Problem(x, y, NONE))

    assert len(solution.attempts) == 1


def test_half_of_the_words_spelled_alike_are_held_out(turned, every):
    mixed = every.copy()
    mixed[1::2, 1] = np.roll(mixed[1::2, 1], 30)  # what is held out is wrong

    solution = Auto(rounds=1, starts=(("identical", Procrustes()),))(replace(turned, pairs=mixed))

    verdict = solution.attempts[0].verdict
    assert share_right(turned, solution) > 0.8
    assert verdict.alike == WORDS // 2
    assert verdict.alike_found < WORDS // 4


def test_auto_is_the_same_under_its_seed(turned):
    one, other = (Auto(seed=2)(turned).map.w for _ in range(2))

    assert_array_equal(one, other)


@dataclass(frozen=True)
class Drawing:
    """A start that draws; the class knows the seeds of all."""

    name = "drawing"
    called: ClassVar[list] = []
    seed: int = 0

    def __call__(self, problem, *, on_step=None):
        self.called.append(self.seed)
        return RandomStart(seed=self.seed)(problem)


def test_each_try_of_a_start_draws_otherwise(rng):
    x, y = rng.standard_normal((2, 120, 8))

    Auto(starts=(("drawing", Drawing()),), learning=LEARNING, seed=7)(Problem(x, y, NONE))

    assert Drawing.called == [7, 1007]


def test_auto_killed_inside_self_learning_ends_with_the_same_map(turned, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "EVERY", 0)
    auto, whole, resumed = Auto.only("similarity"), [], []

    def killed(step):
        if (step.stage, step.done) == ("self-learning", 5):
            raise KeyboardInterrupt

    unbroken = auto(turned, on_step=whole.append)
    with keeping(turned, tmp_path), pytest.raises(KeyboardInterrupt):
        auto(turned, on_step=killed)
    with keeping(turned, tmp_path):
        found = auto(turned, on_step=resumed.append)

    assert_array_equal(found.map.w, unbroken.map.w)
    assert found.attempts == unbroken.attempts
    assert [step.done for step in whole if step.stage == "self-learning"][:2] == [1, 2]
    assert next(step.done for step in resumed if step.stage == "self-learning") == 6


@pytest.mark.parametrize(
    ("start", "seeds", "asked"),
    [("identical", [0, 2, 4], [1, 3]), ("numerals", [0, 1, 2, 3, 4], []), ("icp", [], [1, 3])],
)
def test_what_a_start_stands_on_its_verdict_does_not_ask(start, seeds, asked):
    pairs = np.column_stack([np.arange(5), np.arange(5) + 10])

    stood, held_out = divided(start, pairs)

    assert stood[:, 0].tolist() == seeds
    assert held_out[:, 0].tolist() == asked


@pytest.mark.parametrize(
    ("start", "words", "kind"), [("identical", 49, "words"), ("numerals", 24, "numbers")]
)
def test_a_start_on_too_few_words_alike_says_how_many(turned, every, start, words, kind):
    with pytest.raises(ValueError, match=f"{words} {kind} are .* few for the start {start}"):
        Auto.only(start)(replace(turned, pairs=every[:words]))


@pytest.mark.parametrize(("start", "words"), [("identical", 50), ("numerals", 25)])
def test_a_start_on_enough_words_alike_solves(turned, every, start, words):
    solution = Auto.only(start)(replace(turned, pairs=every[:words]))

    assert solution.chosen == start
    assert share_right(turned, solution) > 0.8


def test_auto_does_not_take_two_starts_of_other_pairs():
    starts = tuple((name, Procrustes()) for name in ("identical", "numerals"))

    with pytest.raises(ValueError, match="identical and numerals stand on other pairs"):
        Auto(starts=starts)


def test_what_is_slow_or_part_of_another_start_is_tried_only_by_name():
    tried = [name for name, _ in Auto().starts]

    assert {*UNSUPERVISED} - {*tried} == {"numerals", "muse"}
    assert tried[:4] == ["identical", "similarity", "similarity-2000", "similarity-4000"]
    assert all(Auto.only(name).starts[0][0] == name for name in UNSUPERVISED)


@pytest.mark.parametrize("name", ["wasserstein", "icp"])
def test_a_start_by_name_ends_with_the_right_map(turned, name):
    one, every_draw = Auto.only(name), {"icp": {"restarts": 50}, "wasserstein": {"steps": 20}}
    quick = replace(one.starts[0][1], **every_draw[name])

    solution = replace(one, starts=((name, quick),))(turned)

    assert solution.chosen == name
    assert share_right(turned, solution) > 0.8


@pytest.mark.parametrize("wrong", [{"starts": ()}, {"rounds": 0}, {"budget": -1.0}])
def test_auto_names_a_wrong_setting(wrong):
    with pytest.raises(ValueError, match="need a start, rounds >= 1 and budget >= 0"):
        Auto(**wrong)


@pytest.fixture
def two(turned, cli):
    """Files of the two languages, with a test dictionary."""
    source = Embeddings([f"s{i}" for i in range(WORDS)], turned.x, name="aa")
    target = Embeddings([f"t{i}" for i in range(WORDS)], turned.y, name="bb")
    embeddings.save(source, "aa.vec")
    embeddings.save(target, "bb.vec")
    pairs = dictionaries.Lexicon(tuple((f"s{i}", f"t{i}") for i in range(WORDS)))
    dictionaries.save(pairs, "test.txt")
    return source, target, pairs


def test_a_run_without_a_dictionary_keeps_its_verdict(two, tmp_path):
    source, target, pairs = two

    run = align.unsupervised(source, target, test=pairs)
    align.save(run, tmp_path / "run")

    assert run.record.verdict.outcome == "worked"
    assert run.record.evaluation.forward[-1].at(1).value > 0.8
    assert align.load(tmp_path / "run").record == run.record


def test_the_verdict_on_a_map_is_not_that_on_the_refined_one(two):
    source, target, pairs = two
    run = align.unsupervised(source, target, test=pairs, seeds=2)

    refined = align.refine(run, rounds=1)

    assert run.record.repeats
    assert refined.record.verdict is None
    assert not refined.record.repeats
    assert "verdict" in run_table(run.record)
    assert "verdict" not in run_table(refined.record)


def test_every_seed_is_told_and_the_best_is_kept(two):
    source, target, pairs = two

    record = align.unsupervised(source, target, test=pairs, seed=5, seeds=2).record

    assert [repeat.seed for repeat in record.repeats] == [5, 6]
    assert max(repeat.rise for repeat in record.repeats) == record.verdict.rise
    assert all(repeat.hits > 0.8 * repeat.asked for repeat in record.repeats)


def test_the_report_tells_the_verdict_every_attempt_and_every_seed(two):
    source, target, _ = two
    run = align.unsupervised(source, target, solver=Auto.only("similarity"), seeds=2)

    told = dict(facts(run.record))

    assert told["verdict"].startswith("worked: the objective is ")
    assert told["tried"] == "similarity, seed 0: worked, rise " + told["tried"][-4:]
    assert told["seeds"].startswith("2 of 2 worked; rise ")
    assert told["alike"].startswith("0 of 0 source words")


def test_seeds_that_end_alike_agree_and_a_wrong_one_does_not(two, monkeypatch):
    source, target, _ = two
    drawn = {5: SimilarityStart(), 6: SimilarityStart(), 7: RandomStart(seed=1)}
    monkeypatch.setattr("align.pipeline.seeded", lambda solver, seed: drawn[seed])

    record = align.unsupervised(source, target, seed=5, seeds=3).record

    agreed = [repeat.agreement for repeat in record.repeats]
    assert agreed[:2] == [1.0, 1.0]
    assert agreed[2] < 0.2
    assert "translated as by the best seed" in run_table(record)


def test_a_seed_that_cannot_solve_is_told_and_the_others_go_on(two, monkeypatch):
    source, target, _ = two

    def broken(solver, seed):
        return SimilarityStart() if seed else SimilarityStart(k=10_000)

    monkeypatch.setattr("align.pipeline.seeded", broken)
    monkeypatch.setattr(SimilarityStart, "__call__", breaking(SimilarityStart.__call__))

    record = align.unsupervised(source, target, seeds=2).record

    assert [repeat.outcome for repeat in record.repeats] == ["failed", "worked"]
    assert "seed 0: the loss is not finite" in run_table(record)


def test_where_no_seed_can_solve_the_first_reason_is_given(two, monkeypatch):
    source, target, _ = two
    monkeypatch.setattr(SimilarityStart, "__call__", breaking(SimilarityStart.__call__))

    with pytest.raises(ValueError, match="no seed could solve; the first: the loss is not finite"):
        align.unsupervised(source, target, solver=SimilarityStart(k=10_000), seeds=2)


def breaking(call):
    def called(self, problem, **told):
        if self.k == 10_000:
            raise ValueError("the loss is not finite")
        return call(self, problem, **told)

    return called


def test_any_solver_is_judged(two):
    source, target, _ = two

    record = align.unsupervised(source, target, solver=SimilarityStart()).record

    assert record.verdict.outcome == "worked"
    assert record.attempts[0].start == "similarity"


def test_unsupervised_wants_vectors_and_a_seed(two):
    source, target, _ = two

    with pytest.raises(TypeError, match="expected Embeddings, got str"):
        align.unsupervised("en", target)
    with pytest.raises(ValueError, match="need at least 1 seed, got 0"):
        align.unsupervised(source, target, seeds=0)


@pytest.mark.parametrize("start", ["identical", "numerals"])
def test_numerals_stand_on_numbers_alone(turned, cli, start):
    """Every other word alike is a number; the others, spelled alike as well, are wrong."""
    names = [str(i) if i % 2 else f"w{i}" for i in range(WORDS)]
    wrong = [names[i] if i % 2 else f"w{(i + 40) % WORDS}" for i in range(WORDS)]
    source, target = (Embeddings(words, turned.x) for words in (names, wrong))
    target = replace(target, vectors=turned.y)

    run = align.unsupervised(source, target, solver=Auto.only(start))

    assert len(run.seeds) == (WORDS // 2 if start == "numerals" else WORDS)
    assert run.record.attempts[0].start == start
    assert (run.record.verdict.alike == 0) == (start == "numerals")


def test_the_command_prints_verdict_attempts_seeds_and_scores(cli, two):
    result = cli("unsupervised", "aa.vec", "bb.vec", "--test", "test.txt", "--seeds", 2)

    assert result.exit_code == 0, result.output
    assert "verdict   worked: the objective is" in result.stdout
    assert "tried     similarity, seed " in result.stdout
    assert "seeds     2 of 2 worked" in result.stdout
    assert "CSLS P@1" in result.stdout


def test_the_command_exits_with_1_on_a_failure_says_what_to_try_and_keeps_the_run(cli, two, rng):
    target = two[1]
    noise = rng.standard_normal(target.vectors.shape).astype(np.float32)
    embeddings.save(replace(target, vectors=noise), "noise.vec")

    result = cli("unsupervised", "aa.vec", "noise.vec", "--method", "similarity", "-o", "run")

    assert result.exit_code == 1
    assert "verdict   failed" in result.stdout
    assert "Try --seeds 10" in result.stderr
    assert "--train FILE" in result.stderr
    assert cli("translate", "run", "s1").exit_code == 0


def test_an_unknown_start_is_named(cli, two):
    result = cli("unsupervised", "aa.vec", "bb.vec", "--method", "magic")

    assert result.exit_code == 2
    assert "'magic' is not one of 'auto', 'identical', 'similarity'" in result.stderr
