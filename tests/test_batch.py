import errno
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import polars
import pytest
from batches import PLAN, journal

import align
import dictionaries
import embeddings
from align import Procrustes
from align.batch import Batch, load_results, read_plan
from align.batch.cluster import Cluster
from align.batch.engine import Engine, work
from align.batch.estimate import Estimate, Made
from align.batch.job import failure, perform
from align.batch.store import FolderError, Store


def begun(folder="out", plan="plan.toml"):
    """Read a plan and keep its grid, as a start does."""
    batch = Batch.of(read_plan(plan), folder)
    batch.begin()
    return batch


@pytest.fixture
def batch(languages):
    return begun()


def run_here(batch, jobs=None):
    """Make runs in this process."""
    for job in batch.jobs if jobs is None else jobs:
        result, trace = perform(job, batch.store.steps(job.key), 1)
        batch.store.write(result, trace)


def test_a_run_of_a_batch_is_the_run_of_the_same_call(batch):
    job = batch.jobs[0]
    source, target = (embeddings.load(f"{code}.vec") for code in ("aa", "bb"))
    train, test = (dictionaries.load(f"aa-bb.{part}.txt") for part in ("train", "test"))

    result, _ = perform(job, batch.store.steps(job.key), 1)

    expected = align.supervised(source, target, train, test=test, solver=Procrustes())
    assert result.record.evaluation == expected.record.evaluation
    assert result.record.source.origin == str(Path("aa.vec").absolute())
    assert result.best.tolist() == expected.ranks(test).best.tolist()


def test_equal_settings_and_data_have_one_key_whatever_they_are_called(batch):
    Path("other").mkdir()
    for path in Path().glob("*.vec"):
        shutil.copy(path, "other")
    text = PLAN.split("[methods")[0].replace('"{lang}.vec"', '"other/{lang}.vec"')
    text += '[methods.vecmap]\npreset = "cca"\n[methods.p]\npreset = "procrustes"\n'
    Path("plan.toml").write_text(text)

    other = begun("out2")

    keys = {job.cell.method: job.key for job in other.jobs if job.cell.pair == "aa-bb"}
    before = {job.cell.method: job.key for job in batch.jobs if job.cell.pair == "aa-bb"}
    assert keys["p"] == before["procrustes"]
    assert keys["vecmap"] not in before.values()


@pytest.mark.parametrize(
    "change",
    [
        lambda job: replace(job, seed=5),
        lambda job: replace(job, train=job.train.first(20)),
        lambda job: replace(job, test=job.test.first(10)),
        lambda job: replace(job, source=job.target),
        lambda job: replace(job, shared=(*job.shared[:1], ("k", 3), *job.shared[2:])),
        lambda job: replace(job, method=replace(job.method, solver=align.Ridge())),
    ],
)
def test_whatever_changes_a_run_changes_its_key(batch, change):
    job = batch.jobs[0]

    assert change(job).key != job.key


def test_a_key_is_the_same_in_another_start(batch):
    again = begun()

    assert [job.key for job in again.jobs] == [job.key for job in batch.jobs]


def test_the_seed_reaches_a_solver_that_draws(languages):
    Path("plan.toml").write_text(PLAN + "[methods.vecmap-semi]\n[methods.auto]\n")

    batch = begun()

    seeds = {
        (job.cell.method, job.cell.seed): job.method.solver
        for job in batch.jobs
        if job.cell.pair == "aa-bb"
    }
    assert seeds["vecmap-semi", 1].seed == seeds["auto", 1].seed == 1


def test_folds_hold_out_every_source_word_once_and_no_seed(languages):
    Path("plan.toml").write_text(PLAN.replace("seeds = [0, 1]", "folds = 3"))

    batch = begun()

    jobs = [job for job in batch.jobs if job.cell.pair == "aa-bb"][::2]
    words = [word for job in jobs for word in job.test.sources]
    assert sorted(words) == sorted(f"aa{i}" for i in range(40))
    assert all(not {*job.train.sources} & {*job.test.sources} for job in jobs)


def test_a_training_size_is_the_first_words_or_a_draw_by_the_seed(languages):
    sizes = PLAN.replace("seeds = [0, 1]", "seeds = [0, 1]\ntrain_sizes = [15]")
    Path("plan.toml").write_text(sizes)
    Path("drawn.toml").write_text(sizes.replace("[15]", '[15]\ndraw = "random"'))

    first, drawn = (
        [job.train.sources for job in begun(plan=name).jobs[::2]]
        for name in ("plan.toml", "drawn.toml")
    )

    assert first[0] == first[1] == tuple(f"aa{i}" for i in range(15))
    assert drawn[0] != drawn[1]
    assert all(len(words) == 15 for words in drawn)


def test_only_what_is_missing_is_left(batch):
    one, *others = batch.left()
    run_here(batch, [one])

    again = begun()

    assert [job.key for job in again.left()] == [job.key for job in others]
    assert len(again.left("all")) == 1 + len(others)


def test_a_method_that_draws_nothing_is_run_once_for_all_seeds(languages):
    Path("plan.toml").write_text(PLAN + "[methods.vecmap-semi]\n")
    batch = begun()
    keys = [job.key for job in batch.jobs]

    run_here(batch, batch.left())

    assert len(set(keys)) == len(batch.left("all")) == 2 * (1 + 1 + 2)
    results = load_results(Path("out"))
    assert (len(results.finished), results.missing) == (12, 0)
    seeds = {(cell.method, cell.seed, made.record.seed) for cell, made in results.finished}
    assert seeds == {
        *(("procrustes", 0, 0), ("procrustes", 1, 0), ("vecmap", 0, 0), ("vecmap", 1, 0)),
        *(("vecmap-semi", 0, 0), ("vecmap-semi", 1, 1)),
    }


def test_a_method_that_draws_nothing_is_run_on_every_draw_of_its_seeds(languages):
    drawn = 'seeds = [0, 1]\ntrain_sizes = [20]\ndraw = "random"'
    Path("plan.toml").write_text(PLAN.replace("seeds = [0, 1]", drawn))

    assert len(begun().left()) == 8


def test_a_run_that_fails_is_recorded_with_its_error_and_can_be_tried_again(languages):
    dictionaries.save(dictionaries.Lexicon([("no", "word")]), "aa-bb.test.txt")
    batch = begun()
    run_here(batch)

    again = begun()

    results = load_results(Path("out"))
    assert len(results.failed) == len(results.finished) == 4
    assert "aa-bb.test.txt" in results.failed[0][1].error
    assert again.left() == []
    assert len(again.left("failed")) == 2
    kept = json.loads(batch.store.path(results.failed[0][1].key).read_text())
    assert "Traceback" in kept["trace"]


def test_vectors_that_cannot_be_read_fail_their_runs_and_no_others(languages):
    Path("aa.vec").write_bytes(b"\x00\x01broken")

    batch = begun()
    run_here(batch)

    results = load_results("out")
    assert {cell.pair for cell, _ in results.finished} == {"bb-cc"}
    assert {cell.pair for cell, _ in results.failed} == {"aa-bb"}
    assert "aa.vec" in results.failed[0][1].error


def test_a_worker_that_lacks_the_vectors_says_so(batch):
    job = batch.jobs[0]
    shutil.rmtree("out/vectors")

    result, _ = perform(job, batch.store.steps(job.key), 1)

    assert "lacks" in result.error
    assert "on a disk that all workers see" in result.error


def test_vectors_are_read_once_and_again_when_the_file_changes(batch):
    before = sorted(Path("out/vectors").iterdir())
    found = embeddings.load("aa.vec")

    times = [path.stat().st_mtime_ns for path in before]
    begun()
    same = sorted(Path("out/vectors").iterdir())
    unread = [path.stat().st_mtime_ns for path in same] == times
    embeddings.save(replace(found, vectors=2 * found.vectors), "aa.vec")
    begun()

    assert same == before
    assert unread
    assert len(list(Path("out/vectors").iterdir())) == len(before) + 1


def test_a_claim_is_for_one_process_and_ends_with_it(batch):
    store = Store(Path("out"))

    with store.claim("key") as mine, Store(Path("out")).claim("key") as theirs:
        held = mine, theirs
    with store.claim("key") as after:
        pass

    assert held == (True, False)
    assert after


def test_a_damaged_record_is_a_run_that_is_missing(batch):
    run_here(batch)
    batch.store.path(batch.jobs[0].key).write_text("{")

    again = begun()

    assert [job.key for job in again.left()] == [batch.jobs[0].key]


def test_the_table_has_a_row_for_each_score_with_its_signature(languages):
    score = "[score]\nmetrics = ['P@1']\nretrievals = ['csls', 'agreement']\n"
    Path("plan.toml").write_text(PLAN + score)
    batch = begun()
    run_here(batch)

    results = batch.run()

    table = polars.read_parquet("out/results.parquet")
    assert len(table) == 8 * 2 * 2 * 2  # runs, directions, retrievals; the rules skip and wrong
    assert set(table["retrieval"]) == {"csls10", "agreement10"}
    assert table.equals(polars.read_ndjson("out/results.jsonl", schema=table.schema))
    csv = polars.read_csv("out/results.csv", schema=table.schema)
    assert table["value"].to_list() == csv["value"].to_list()
    cell, result = results.finished[0]
    forward = result.record.evaluation.forward[0]
    first = table.row(0, named=True)
    assert (first["pair"], first["method"], first["seed"]) == (cell.pair, cell.method, cell.seed)
    assert first["value"] == forward.at(1).value
    assert first["signature"].startswith("procrustes|norm:unit,center,unit|vocab:60x60")


def test_what_runs_took_before_foretells_the_rest(batch):
    made = [Made(job, "", 7.0, failed=False) for job in batch.jobs[:2]]

    estimate = Estimate.of(made)

    assert [estimate(job) for job in batch.jobs] == pytest.approx([7.0] * len(batch.jobs))


def test_as_many_workers_as_cores_memory_and_runs_allow(monkeypatch):
    monkeypatch.setattr("dask.system.cpu_count", lambda: 16)
    monkeypatch.setattr("align.batch.cluster.available", lambda: 10e9)

    sizes = [Cluster().local_size(int(memory), runs) for memory, runs in ((1e8, 99), (3e9, 99))]

    assert sizes == [(16, 1), (3, 5)]
    assert Cluster().local_size(10**8, 4) == (4, 4)
    assert Cluster(workers=8).local_size(10**8, 4) == (8, 2)


def test_a_dry_run_shows_the_grid_and_runs_nothing(cli, languages):
    result = cli("batch", languages / "plan.toml", "-o", "out", "--dry-run")

    assert result.exit_code == 0, result.output
    assert "8 runs = 2 pairs x 2 methods x 2 seeds" in result.stdout
    assert "4 to make, 0 made before; 4 of the grid are equal to one of these" in result.stdout
    assert not Path("out/batch.json").exists()


def test_a_dry_run_of_another_plan_leaves_the_grid_as_it_was(cli, batch):
    Path("plan.toml").write_text(PLAN.replace("seeds = [0, 1]", "seeds = [0]"))
    before = Path("out/batch.json").read_text()

    cli("batch", "plan.toml", "-o", "out", "--dry-run")

    assert Path("out/batch.json").read_text() == before


def test_vectors_that_were_kept_and_are_damaged_are_read_again(batch):
    for path in Path("out/vectors").iterdir():
        path.write_bytes(path.read_bytes()[:100])

    again = begun()

    assert not again.unreadable
    assert [job.key for job in again.jobs] == [job.key for job in batch.jobs]


def test_a_run_is_made_again_only_if_it_is_the_one_that_was_seen(batch, monkeypatch):
    monkeypatch.setattr("align.batch.engine._threads", lambda: 1)
    job, store = batch.jobs[0], batch.store
    ended = [work(job, store, "") for _ in "ab"]
    first = store.read(job.key).ended
    ended += [work(job, store, before) for before in ("", "another time", first)]

    assert ended == ["finished"] * 5
    assert len(journal("out", "started")) == 2
    assert store.read(job.key).ended > first


def test_a_run_that_another_process_makes_is_left_to_it(batch):
    job = batch.jobs[0]

    with Store(Path("out")).claim(job.key):
        ending = work(job, batch.store, "")

    assert ending == "busy"
    assert not journal("out", "started")


def test_a_worker_that_lacks_the_folder_says_so(batch):
    elsewhere = Store(Path("elsewhere"))

    with pytest.raises(FolderError, match="lacks elsewhere: .* on a disk that all workers see"):
        work(batch.jobs[0], elsewhere, "")


def test_a_full_disk_is_waited_for_where_not_even_a_name_fits(batch, monkeypatch):
    full = iter([errno.ENOSPC, errno.EDQUOT])
    real = tempfile.mkstemp

    def mkstemp(*args, **options):
        for code in full:
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    result, _ = perform(batch.jobs[0], batch.store.steps("x"), 1)
    monkeypatch.setattr("embeddings.files.tempfile.mkstemp", mkstemp)
    monkeypatch.setattr("align.batch.store.time.sleep", lambda seconds: None)

    batch.store.write(result)

    assert batch.store.read(result.key).record == result.record


def test_a_file_name_that_is_not_unicode_is_kept(batch):
    result = failure(batch.jobs[0], "no file \udcff.vec")

    batch.store.write(result)

    assert batch.store.read(result.key).error == result.error


def test_runs_that_ask_for_resources_wait_for_a_worker_that_offers_them(batch):
    engine = Engine(batch.store, Cluster(), 0, lambda job: 1.0, lambda progress: None)
    gpu = [replace(job, method=replace(job.method, resources={"GPU": 1})) for job in batch.jobs[:4]]
    engine.waiting.extend([*gpu, *batch.jobs[4:]])
    client = Asked()

    engine._send(client, [{}, {}, {"GPU": 1.0}])

    assert [needs for _, needs in client.sent] == [{"GPU": 1}, None, None, None]
    assert [job.cell for job in engine.waiting] == [
        job.cell for job in (*batch.jobs[1:4], *batch.jobs[7:])
    ]


class Asked:
    """What the engine asks of a client."""

    def __init__(self):
        self.sent = []

    def submit(self, call, job, *args, key, resources):
        self.sent.append((job, resources))
        return FutureAsked(key)


class FutureAsked:
    def __init__(self, key):
        self.key = key

    def add_done_callback(self, call):
        pass


def test_two_batches_of_one_scheduler_have_keys_of_their_own(batch):
    engines = [Engine(batch.store, Cluster(), 0, float, float) for _ in "ab"]
    for engine in engines:
        engine.waiting.append(batch.jobs[0])
        engine._send(Asked(), [{}])

    one, other = ({future.key for future in engine.flying} for engine in engines)

    assert not one & other


def test_a_run_that_ended_its_workers_is_recorded_unless_it_was_finished(batch):
    engine = Engine(batch.store, Cluster(), 0, lambda job: 1.0, lambda progress: None)
    run_here(batch, batch.jobs[:1])

    for job in batch.jobs[:2]:
        engine._broken(job, type("KilledWorker", (Exception,), {})())

    finished, broken = (batch.store.read(job.key) for job in batch.jobs[:2])
    assert finished.record
    assert "too little memory" in broken.error
    assert engine.ended == {"finished": 1, "failed": 1}


def test_problems_of_a_plan_are_lines_of_their_own(cli, languages):
    (languages / "plan.toml").write_text(PLAN.replace("seeds = [0, 1]", "seed = 1"))

    result = cli("batch", languages / "plan.toml")

    assert result.exit_code == 1
    assert "plan.toml: line 9: unknown key 'seed'" in result.stderr
    assert "1 problem in" in result.stderr
    assert not Path("runs").exists()


def test_workers_here_and_a_scheduler_do_not_go_together(cli, languages):
    plan = languages / "plan.toml"

    result = cli("batch", plan, "--workers", 2, "--scheduler", "tcp://localhost:1")

    assert result.exit_code == 2
    assert "goes without --scheduler" in result.stderr


def test_a_scheduler_that_is_neither_address_nor_file_is_said_to_be_so(cli, languages):
    result = cli("batch", languages / "plan.toml", "--scheduler", "there")

    assert result.exit_code == 1
    assert "no scheduler 'there': give an address as tcp://host:8786" in result.stderr


def test_the_journal_names_what_was_begun_and_ended(batch):
    batch.store.note("started", "k", cell="x")

    assert journal("out", "started") == ["k"]
