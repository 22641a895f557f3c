"""The package as a newcomer meets it: light to import, complete when installed, README true."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

from align.cli import main

ROOT = Path(__file__).parents[1]


def python(code, cwd=ROOT, **settings):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={**os.environ, **settings},
    )
    return done.stdout


def test_import_is_light():
    names = "torch faiss scipy polars click matplotlib jinja2"
    heavy = python(f"import align, sys; print({{*'{names}'.split()}} & {{*sys.modules}})")

    assert heavy.strip() == "set()"


def test_import_takes_less_than_three_tenths_of_a_second(tmp_path):
    code = "import time; t = time.perf_counter(); import align; print(time.perf_counter() - t)"
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}  # as a user's

    assert min(float(python(code, **compiled)) for _ in range(5)) < 0.3


@pytest.mark.slow
def test_the_wheel_holds_the_sample_and_the_types(tmp_path):
    source = tmp_path / "source"  # a build leaves things behind
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "runs", "build", "*.egg-info")
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        + ["--disable-pip-version-check", "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        capture_output=True,
    )

    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "align/py.typed",
        "align/cli/app.py",
        "align/download/catalog.json",
        "align/report/page.css",
        "align/report/page.html",
        "embeddings/sample/en.npz",
        "embeddings/sample/fr.npz",
        "embeddings/sample/NOTICE.md",
        "dictionaries/sample/en-fr.train.tsv",
        "dictionaries/sample/en-fr.test.tsv",
    } <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "align",
        "align_embeddings",
        "dictionaries",
        "embeddings",
    }


@pytest.fixture
def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(readme, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    printed = python("\n".join(blocks), cwd=tmp_path)

    assert len(blocks) == 2
    assert "Translation(word='maison'" in printed
    assert (tmp_path / "runs" / "en-fr" / "run.json").exists()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/formats.md"])
def test_a_page_has_no_dead_link_and_no_placeholder(page):
    text = (ROOT / page).read_text(encoding="utf-8")

    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link
    assert not re.search(r"\b(RESULTS|RATIO|NNN|TODO|XXX)\b", text)


def test_the_result_shown_in_the_readme_is_the_one_computed(readme, cli):
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)[1]

    computed = cli("supervised", "en", "fr").stdout

    assert computed == shown


def test_every_command_and_option_in_the_readme_exists(readme):
    lines = re.findall(r"^\$ align (.*?)(?:  +#.*)?$", readme, re.MULTILINE)

    assert len(lines) >= 6
    for line in lines:
        name, *arguments = line.split()
        command = main.commands[name]
        options = {o for p in command.params for o in [*p.opts, *p.secondary_opts]}
        assert {a for a in arguments if re.fullmatch("--?[a-z].*", a)} <= options


def test_no_option_of_a_command_is_without_help():
    for command in main.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (command.name, parameter.name)
