import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from align.cli import progress
from align.cli.progress import Bars
from align.steps import Step


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


def test_a_bar_shows_what_is_told_of_a_step(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "EVERY_IN_LOG", 0)

    with Bars() as bars:
        bars(Step("learning", 10, 40, "loss 0.5"))
        bars(Step("learning", 20, 40, "loss 0.25"))
        shown = capsys.readouterr().err

    assert re.search(r"learning: 10/40 .*loss 0[.]5", shown)
    assert re.search(r"learning: 20/40 .*loss 0[.]25", shown)


def test_a_transfer_shows_bytes_from_where_it_goes_on_and_the_last_estimate(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "EVERY_IN_LOG", 0)

    with Bars() as bars:
        fetching = bars.fetching("x.vec")
        fetching(2_000_000, 4_000_000)
        assert "fetching x.vec:  50%" in capsys.readouterr().err
        fetching(2_000_010, 3_000_000)
        shown = capsys.readouterr().err

    assert "fetching x.vec:  67%" in shown
    assert not re.search(r"[MG]B/s", shown)


def test_a_quick_stage_shows_no_bar(capsys):
    with Bars() as bars:
        bars(Step("quick", 1, 2))

    assert capsys.readouterr().err == ""


def test_a_note_takes_the_place_of_a_bar_on_a_terminal(monkeypatch, capsys):
    progress.note("in a log")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress.note("on a terminal")

    assert capsys.readouterr().err == (
        "align: note: in a log\n\r\033[Kalign: note: on a terminal\n"
    )


def test_a_run_shows_its_progress(cli, files, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0)

    result = cli(*files, "--refine", 2)

    for stage in ("reading src", "source neighbourhoods", "target neighbourhoods", "ranks"):
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


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP on Windows")
def test_a_run_under_nohup_outlives_its_terminal(files):
    script = (
        "import os, signal, align.pipeline, align.cli\n"
        "usable = align.pipeline.usable\n"
        "def hang_up(*a): os.kill(os.getpid(), signal.SIGHUP); return usable(*a)\n"
        "align.pipeline.usable = hang_up\n"
        "align.cli.main(prog_name='align')"
    )

    subprocess.run(
        ["bash", "-c", "trap '' HUP; \"$@\"", "bash", sys.executable, "-c", script, *files],
        check=True,
        capture_output=True,
    )

    assert Path("runs/src-tgt-supervised/run.json").exists()


def test_a_broken_stderr_does_not_cost_the_run(files):
    script = (
        "import align.cli.progress as p\n"
        "p.DELAY = 0\n"
        "from align.cli import main; main(prog_name='align')"
    )
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-c", script, *files],
        stdout=subprocess.PIPE, stderr=writer, text=True, check=False,
    )  # fmt: skip
    os.close(writer)

    assert "P@1" in done.stdout
    assert Path("runs/src-tgt-supervised/run.json").exists()
