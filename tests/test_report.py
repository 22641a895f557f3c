"""The page is parsed as a browser would; the tables are read back."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from conftest import rotation

import align
from align import Multistep, Procrustes
from align.evaluate import RULES
from align.report import as_dict, signature
from align.report.documents import as_html, as_json, as_latex, as_markdown, as_text
from align.report.grid import Grid, in_latex, in_markdown, latex, markdown
from align.report.runs import RunsReport
from align.solvers.solution import Trial
from dictionaries import Lexicon
from embeddings import Embeddings

ODD = ["<script>alert(1)</script>", "a&b", "$x$", '"quoted"', "100%_#{}~^\\", "字|*`"]
DRAWN = re.compile("-(dots-[a-z0-9]+|hubs-nn|hubs-csls|losses|sources)$")
VOID = {"meta", "input", "br", "link", "img"}


@pytest.fixture(scope="module")
def run():
    """A run of 60 words, some of them odd, with so much noise that it makes mistakes."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((60, 12)).astype(np.float32)
    y = (x @ rotation(rng, 12) + 0.9 * rng.standard_normal((60, 12))).astype(np.float32)
    source = Embeddings([*ODD, *(f"s{i}" for i in range(6, 60))], x, name="src")
    target = Embeddings([*ODD[::-1], *(f"t{i}" for i in range(6, 60))], y, name="tgt")
    pairs = list(zip(source.words, target.words, strict=True))
    test = [*pairs[:30], *((source.words[i], target.words[i + 1]) for i in range(10))]
    return align.supervised(
        source,
        target,
        Lexicon(pairs[30:]),
        test=Lexicon([*test, ("unknown", "word")]),
        solver=Procrustes(),
    )


@pytest.fixture(scope="module")
def other(run):
    """The same words by another method."""
    trials = (Trial("a_b", 3, 9), Trial("c", 5, 9), Trial("d", 0, 9, "no convergence"))
    made = align.supervised(run.source, run.target, run.seeds, solver=Multistep(), test=run.test)
    record = replace(made.record, trials=trials, chosen="a_b", losses=(1.0, 0.5, 0.25))
    return replace(made, record=record)


class Page(HTMLParser):
    """A page as a tree of (tag, attributes, text and children), checked while it is read."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, **dict(attrs), "text": "", "inside": [e["tag"] for e in self.open]}
        assert len(dict(attrs)) == len(attrs)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [element for element in self.elements if element["tag"] == tag]


def tables(page):
    """Return the caption and the cells of every table."""
    captions = {e["id"]: e["text"] for e in page.all("p") if "id" in e}
    found = []
    for element in page.elements:
        if element["tag"] == "table":
            found.append((captions[element["aria-labelledby"]], []))
        elif element["tag"] == "tr":
            found[-1][1].append([])
        elif element["tag"] in ("th", "td"):
            found[-1][1][-1].append(element["text"])
    return found


def table_of(page, start):
    """Return the rows of the last table whose caption starts so, without its heads."""
    return [rows for caption, rows in tables(page) if caption.startswith(start)][-1][1:]


@pytest.fixture(scope="module")
def page(run, other):
    return Page(as_html(RunsReport({"first": run, "other": other})))


def test_a_page_fetches_nothing(page):
    for element in page.elements:
        assert element["tag"] not in {"link", "img", "iframe", "object", "embed", "base"}
        for name in ("src", "href", "xlink:href", "action", "poster", "data"):
            assert element.get(name, "#").startswith("#")
        assert "http" not in element.get("style", "")
    assert all("@import" not in e["text"] and "http" not in e["text"] for e in page.all("style"))
    assert all("url(#" in e for s in page.all("path") for e in [s.get("clip-path", "url(#")])
    [policy] = [e["content"] for e in page.all("meta") if "http-equiv" in e]
    assert policy.startswith("default-src 'none'")


def test_ids_are_unique_and_what_refers_to_one_finds_it(page):
    ids = [element["id"] for element in page.elements if "id" in element]

    assert len(ids) == len(set(ids))
    for element in page.elements:
        for name in ("href", "xlink:href", "aria-labelledby", "clip-path"):
            for used in re.findall(r"[\w.-]+", element.get(name, "").removeprefix("url")):
                assert used in ids


def test_no_figure_is_empty_and_each_is_told_in_words(page):
    figures = page.all("figure")
    drawn = [e for e in page.all("g") if DRAWN.search(e.get("id", ""))]

    assert len(figures) == len(page.all("svg")) == 1 + 4 + 5  # of both; with losses, five
    assert all(len(e["aria-label"]) > 40 for e in page.all("div") if e.get("role") == "img")
    assert len(drawn) == 1 + 2 * 2 + 2 * 2 + 2 * 2 + 2 + 1
    assert all("path" in tags or "use" in tags for tags in map(inside(page), drawn))
    assert all(figure["text"].strip() for figure in figures)


def inside(page):
    """Return what tells the tags that come between an element and the next group with a name."""

    def tags(element):
        start = page.elements.index(element) + 1
        found = []
        for each in page.elements[start:]:
            if "id" in each and each["tag"] == "g":
                break
            found.append(each["tag"])
        return found

    return tags


def test_words_are_shown_as_they_are_and_none_becomes_markup(run):
    text = as_html(RunsReport({"first": run}))
    page = Page(text)

    assert "<script>alert" not in text
    assert len(page.all("script")) == 1
    cells = {e["text"] for e in page.all("th")} | {e["text"] for e in page.all("text")}
    assert sum(any(word in cell for cell in cells) for word in ODD) > 3


def test_the_errors_are_the_words_whose_first_translation_is_not_right(run):
    gold = {}
    for a, b in run.test.within(run.source, run.target).pairs:
        gold.setdefault(a, []).append(b)
    expected = []
    for word in sorted(gold, key=run.source.index.__getitem__):
        ranked = [found.word for found in run.translate(word, len(run.target))]
        if ranked[0] not in gold[word]:
            right = sorted((ranked.index(b) + 1, b) for b in gold[word])
            places = [re.search(r"\d+", str(rank))[0] for rank, _ in right]
            expected.append((word, ranked[0], [b for _, b in right], places))

    rows = table_of(Page(as_html(RunsReport({"first": run}))), "The ")

    assert len(expected) > 3
    assert [(row[0], row[2]) for row in rows] == [(a, b) for a, b, _, _ in expected]
    for row, (word, _, right, places) in zip(rows, expected, strict=True):
        assert row[1] == str(run.source.index[word] + 1)
        assert [re.sub(r" \(\d+(st|nd|rd|th)\)$", "", one) for one in row[3].split(", ")] == right
        assert re.findall(r"\((\d+)(?:st|nd|rd|th)\)", row[3]) == places


def test_a_page_holds_all_scores_and_signatures(page, run, other):
    codes = [element["text"] for element in page.all("code")]

    rows = table_of(page, "All scores")
    assert len(rows) == 12
    for score in other.record.evaluation.scores:
        for rule in RULES:
            way = "src to tgt" if score.direction == "forward" else "tgt to src"
            [row] = [r for r in rows if r[:3] == [way, score.retrieval.upper(), rule]]
            told = [cell.split(" ")[0] for cell in row[3:8]]
            measured = {m.name: f"{100 * m.value:.1f}" for m in score.measures if m.oov == rule}
            assert told == [measured.get(n, "") for n in ("P@1", "P@5", "P@10", "MRR", "MAP")]
    for record in (run.record, other.record):
        assert signature(record, record.evaluation.scores, oov=RULES) in codes


def test_the_candidates_are_listed_with_the_chosen_one_first(page):
    rows = table_of(page, "What was chosen from")

    assert rows == [["a_b", "chosen", "33.3"], ["c", "", "55.6"], ["d", "no convergence", ""]]


def test_runs_are_compared_at_the_top(page, run, other):
    found = align.compare([run, other], names=["first", "other"])

    sections = page.all("section")
    rows = table_of(page, "All runs on the same")

    assert [section["id"] for section in sections] == ["runs", "run-1", "run-2"]
    apart = found.runs[1].differences[0]
    assert rows[1][0] == "other"
    assert rows[1][2].replace("\N{MINUS SIGN}", "-").startswith(f"{100 * apart.value:+.1f} [")
    assert rows[1][3] == f"{apart.p:.4f}"


def test_runs_that_cannot_be_compared_stand_side_by_side(run, rng):
    x = rng.standard_normal((30, 12)).astype(np.float32)
    words = [f"t{i}" for i in range(30)]
    lexicon = Lexicon([(f"t{i}", f"t{i}") for i in range(30)])
    back = align.supervised(
        Embeddings(words, x, name="tgt"), Embeddings(words, x, name="src"), lexicon, test=lexicon
    )

    text = as_markdown(RunsReport({"there": run, "back": back}))

    assert "differences are not tested: there is of src -\\> tgt, back of tgt -\\> src" in text
    assert "| back | tgt to src | CSLS10 | 100.0 [" in text
    assert json.loads(as_json(RunsReport({"there": run, "back": back})))["comparison"] is None


def test_a_run_without_scores_has_a_page_too(run):
    record = replace(run.record, evaluation=None)

    page = Page(as_html(RunsReport({"alone": replace(run, record=record, test=None)})))

    assert "The run was not scored" in page.all("section")[0]["text"]
    assert len(page.all("figure")) == 1
    assert not page.all("input")


def test_markdown_has_every_table_with_its_intervals(run, other):
    text = as_markdown(RunsReport({"a|b": run, "other": other}))

    rows = [line for line in text.splitlines() if line.startswith("|")]
    first = run.record.evaluation.forward[1].at(1)
    low, high = (100 * end for end in first.interval)
    assert f"| {100 * first.value:.1f} [{low:.1f}, {high:.1f}] |" in text
    assert "| a\\|b | src to tgt |" in text
    assert signature(other.record, other.record.evaluation.scores, oov=RULES) in text
    cells = {len(re.split(r"(?<!\\)\|", row)) - 2 for row in rows}
    assert cells == {9, 10, 5, 3}  # compared; side by side and all scores; parts; trials


def test_markdown_shows_a_text_as_it_is():
    assert in_markdown("a_b *c* |d| <e> [x](y) `f`\ng") == (
        r"a\_b \*c\* \|d\| \<e\> [x]\(y) \`f\` g"
    )


def test_latex_shows_a_text_as_it_is():
    assert in_latex(r"100%_#{}~^\ & $x$") == (
        r"100\%\_\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{} \& \$x\$"
    )


def test_a_table_in_markdown_and_in_latex():
    grid = Grid("P@1 in %", ("run", "P@1"), (("a_b", "1.0"), ("c", "\N{MINUS SIGN}2.0")), "lr")

    assert markdown(grid).splitlines() == [
        "P@1 in %",
        "",
        "| run | P@1 |",
        "| --- | --: |",
        r"| a\_b | 1.0 |",
        "| c | \N{MINUS SIGN}2.0 |",
    ]
    assert [
        line for line in latex(grid, "All").splitlines() if "&" in line or "tabular" in line
    ] == [
        r"\begin{tabular}{@{}lr@{}}",
        r"run & P@1 \\",
        r"a\_b & 1.0 \\",
        r"c & $-$2.0 \\",
        r"\end{tabular}",
    ]


def test_latex_has_every_table_and_signature(run, other):
    text = as_latex(RunsReport({"first": run, "other": other}))

    assert text.count(r"\toprule") == text.count(r"\end{table}") == 2 + 2 + 3
    shown = in_latex(signature(other.record, other.record.evaluation.scores, oov=RULES))
    assert shown.replace(r"\textbar{}", r"\textbar\allowbreak{}") in text
    assert len(re.findall(r"(?<!\\){", text)) == len(re.findall(r"(?<!\\)}", text))


def test_json_holds_the_records_and_the_comparison(run, other):
    told = json.loads(as_json(RunsReport({"first": run, "other": other})))

    assert [each.pop("name") for each in told["runs"]] == ["first", "other"]
    assert told["runs"] == json.loads(json.dumps([as_dict(run.record), as_dict(other.record)]))
    assert [each["name"] for each in told["comparison"]["runs"]] == ["first", "other"]


def test_text_compares_first(run, other):
    text = as_text(RunsReport({"first": run, "other": other}))

    assert text.index("difference from first") < text.index("src -> tgt")
    assert "not compared" not in text
    assert "difference" not in as_text(RunsReport({"first": run}))


def test_without_jinja_the_remedy_is_told_and_tables_need_none(run, monkeypatch):
    for name in ("jinja2", "matplotlib"):
        monkeypatch.setitem(__import__("sys").modules, name, None)

    with pytest.raises(ImportError, match=r"needs matplotlib: pip install 'align-embeddings\[rep"):
        as_html(RunsReport({"first": run}))
    assert as_markdown(RunsReport({"first": run}))
    assert as_latex(RunsReport({"first": run}))


def test_the_command_writes_what_the_name_says(cli, made):
    for name in ("page.html", "scores.md", "scores.tex", "scores.json"):
        result = cli("report", made, "-o", name)
        assert result.exit_code == 0, result.output
        assert f"kB in {name}" in result.stderr

    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path("scores.md").read_text(encoding="utf-8").startswith("# Alignment of src to tgt")
    assert json.loads(Path("scores.json").read_text(encoding="utf-8"))["runs"][0]["name"] == made
    assert json.loads(cli("report", made, "--json").stdout)["runs"][0]["name"] == made
    assert cli("report", made).stdout.startswith("run\nsrc -> tgt")


def test_the_command_scores_on_another_dictionary(cli, made):
    Path("few.txt").write_text("s1 t1\ns2 t3\n")

    text = cli("report", made, "--test", "few.txt").stdout

    assert "1/2" in text
    assert "few.txt#" in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("-o", "page.pdf"),
            2,
            "the name page.pdf: it should end in one of .html, .md, .tex, .json",
        ),
        (("-o", "a.json", "--json"), 2, "--json prints, so it goes without --out a.json"),
        (("-o", "mine.md"), 1, "mine.md is there already"),
    ],
)
def test_what_the_command_cannot_write_is_refused(cli, made, arguments, code, message):
    Path("mine.md").write_text("years of work")

    result = cli("report", made, *arguments)

    assert result.exit_code == code
    assert message in result.stderr
    assert Path("mine.md").read_text() == "years of work"


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
MEASURE = """
<script>
onload = () => {
  const texts = [...document.querySelectorAll("svg")].map(svg => [
    svg.getBoundingClientRect(),
    [...svg.querySelectorAll("text")].map(text => {
      const box = text.getBoundingClientRect();
      return {text: text.textContent, left: box.left, right: box.right,
              top: box.top, bottom: box.bottom};
    }),
  ]);
  const meet = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const searched = document.querySelector(".searched");
  const input = searched.querySelector("input");
  const rows = [...searched.querySelectorAll("tbody tr")];
  input.value = rows.at(-1).querySelector("th").textContent.toUpperCase();
  input.dispatchEvent(new Event("input"));
  parent.postMessage({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
    texts: texts.flatMap(([, inner]) => inner).length,
    cut: texts.flatMap(([svg, inner]) => inner.filter(
      t => t.left < svg.left - 1 || t.right > svg.right + 1 || t.bottom > svg.bottom + 1)),
    overlaps: texts.flatMap(([, inner]) => inner.filter(
      (a, i) => inner.slice(i + 1).some(b => meet(a, b)))),
    listed: rows.length,
    left: rows.filter(row => row.offsetHeight).length,
  }, "*");
};
</script>
"""
FRAME = """
<iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe>
<script>onmessage = e => {{ document.body.dataset.said = JSON.stringify(e.data); }};</script>
"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser_nothing_overlaps_is_cut_or_scrolls_sideways(run, other, tmp_path, width):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    (tmp_path / "page.html").write_text(
        as_html(RunsReport({"first": run, "other": other})) + MEASURE, encoding="utf-8"
    )
    (tmp_path / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")

    done = subprocess.run(
        [browser, *QUIET.split(), "--disable-background-networking", "--disable-component-update"]
        + [f"--user-data-dir={tmp_path / 'user'}", "--window-size=1400,1000", "--hide-scrollbars"]
        + ["--virtual-time-budget=5000", "--dump-dom", (tmp_path / "frame.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )

    [told] = [e["data-said"] for e in Page(done.stdout).all("body")]
    said = json.loads(told)
    assert said["wide"] == said["room"] == width
    assert said["texts"] > 100
    assert said["cut"] == said["overlaps"] == []
    assert 0 < said["left"] < said["listed"]
