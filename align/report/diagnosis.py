"""The page of `align diagnose`: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from align.diagnosis import Diagnosis, Evidence, Outlook
from align.diagnosis.joint import Joint
from align.diagnosis.seeds import Dictionary
from align.diagnosis.trial import HeldOut
from align.diagnosis.vocabulary import Overlap, Vocabulary
from align.evaluate import Isomorphism

ANSWERS = {
    "good": "Yes.",
    "fair": "In part.",
    "poor": "Hardly.",
    "none": "There is no sign of it.",
    "unknown": "Nobody can say: there is nothing to try it with.",
}
DIFFICULTIES = {
    "easy": "Easy: words are related alike on both sides.",
    "middling": "Middling: words are related much alike on both sides.",
    "hard": "Hard: words are hardly related alike on both sides.",
}
SEEDS = {
    "dictionary": "The dictionary",
    "identical": "Words that both sides spell alike",
    "numerals": "Numbers that both sides write alike",
}
WIDTH = 20  # of the first column


def diagnosis_page(diagnosis: Diagnosis, commands: Sequence[str] = ()) -> str:
    """Return the page: will it work, with what, at what risk, what to do next, and the evidence.

    Parameters
    ----------
    diagnosis : Diagnosis
    commands : sequence of str
        What to do next, as lines to paste.
    """
    found = diagnosis.evidence
    lines = [f"{found.source.name} -> {found.target.name}", "", *_answer(diagnosis.outlook, found)]
    lines += ["", "Next", *(f"  {command}" for command in commands)] if commands else []
    lines += ["", *_words(found.source, found.target, found.overlap)]
    lines += ["", *_dictionary(found.dictionary)] if found.dictionary else []
    lines += ["", *_trials(found)] if found.trials else []
    lines += ["", *_shape(found.shape)]
    lines += ["", *_joint(found.joint)] if found.joint else []
    made = f"signature diagnosis|norm:unit,center,unit|vocab:{found.measured}|seed:0|v:"
    return "\n".join([*lines, "", made + version("align-embeddings")])


def _answer(outlook: Outlook, found: Evidence) -> Iterator[str]:
    yield f"Will it work?  {ANSWERS[outlook.verdict]}"
    if trial := outlook.trial:
        low, high = (100 * end for end in trial.interval)
        yield (
            f"  A quick map translated {trial.hits} of {trial.asked} words rightly that it had "
            f"not seen:\n  {100 * trial.share:.0f} of 100 (95 % interval {low:.0f} to {high:.0f})."
        )
    if outlook.verdict in ("good", "fair"):
        yield "  Rarer words do worse than these, a full run better than a quick map."
    if outlook.difficulty in DIFFICULTIES:
        yield f"How hard?      {DIFFICULTIES[outlook.difficulty]}"
    if outlook.seeds and outlook.verdict != "none":
        words = dict(found.seeds)[outlook.seeds]
        among = f"among the {found.measured:,} most frequent"
        yield f"With what?     {SEEDS[outlook.seeds]}: {words:,} source words {among}."
    yield f"At what risk?  {'' if outlook.risks else 'None was found.'}".rstrip()
    yield from (f"  - {risk}" for risk in outlook.risks)


def _words(source: Vocabulary, target: Vocabulary, overlap: Overlap) -> Iterator[str]:
    columns = [
        ("Words", source.name, target.name),
        ("read", f"{source.words:,}", f"{target.words:,}"),
        ("dimensions", str(source.dim), str(target.dim)),
        ("script", _scripts(source), _scripts(target)),
        ("with a capital", _percent(source.cased), _percent(target.cased)),
        ("numbers", f"{source.numerals:,}", f"{target.numerals:,}"),
        ("odd rows", _odd(source), _odd(target)),
    ]
    width = max(len(cell) for _, cell, _ in columns) + 2
    for indent, (name, left, right) in enumerate(columns):
        yield f"{'  ' if indent else ''}{name}".ljust(WIDTH) + f"{left:<{width}}{right}"
    share = _percent(overlap.identical / min(source.words, target.words))
    yield _row("spelled alike", f"{overlap.identical:,} ({share}), {overlap.numerals:,} numbers")
    if overlap.folded > overlap.identical:
        yield _row("in lower case", f"{overlap.folded:,}")
    for side in (source, target):
        yield from (_row(f"{side.name} file", remark) for remark in side.remarks)


def _dictionary(dictionary: Dictionary) -> Iterator[str]:
    yield f"{'Dictionary':<{WIDTH}}{dictionary.origin}".rstrip()
    yield _row("covered", str(dictionary.coverage))
    yield _row("spelled alike", f"{dictionary.identical:,} pairs")
    if dictionary.audited:
        shown = ", ".join(" ".join(pair) for pair in dictionary.examples)
        doubtful = f"{dictionary.doubtful:,} of {dictionary.audited:,} pairs"
        yield _row("doubtful", f"{doubtful}{': ' if shown else ''}{shown}")
    else:
        yield _row("doubtful", "not judged: fewer words than dimensions")
    yield from (_row("file", remark) for remark in dictionary.remarks)


def _trials(found: Evidence) -> Iterator[str]:
    yield f"{'Trial':<{WIDTH}}right at once, of words held out, among {found.measured:,} words"
    width = max(len(_name(trial)) for trial in found.trials) + 2
    for trial in found.trials:
        low, high = (100 * end for end in trial.interval)
        yield (
            f"  {_name(trial):<{width}}{100 * trial.share:5.1f} [{low:4.1f}, {high:4.1f}] "
            f"{trial.hits}/{trial.asked}"
        )
    if found.joint:
        agreed = f"{_percent(found.joint.agreement)} of {found.joint.compared:,} words"
        yield _row("agreement", f"{agreed} have one translation by either half of the seeds")
    if (related := found.shape.relational_similarity) is not None:
        yield _row(
            "relations", f"{related:.2f} (1: alike, 0: by chance), {found.shape.pairs:,} pairs"
        )


def _shape(shape: Isomorphism) -> Iterator[str]:
    yield f"{'Shape':<{WIDTH}}of {shape.words:,} words; on known pairs these foretold little"
    yield _row("eigenvectors", f"{shape.eigenvector_similarity:,.1f} (0: alike)")
    yield _row("Gromov-Hausdorff", f"{shape.gromov_hausdorff:.3f} (0: alike)")
    yield _row("spectra", f"{shape.spectral_gap:.2f} (0: alike), {shape.spectrum_words:,} words")
    ranks = " and ".join(f"{rank:.0f}" for rank in shape.ranks)
    yield _row("condition", f"{shape.condition:.1f}, effective {shape.effective_condition:.1f}")
    yield _row("effective rank", ranks)


def _joint(joint: Joint) -> Iterator[str]:
    yield f"{'Joint space':<{WIDTH}}of {joint.words:,} words, by Procrustes on all seeds"
    skew = ", ".join(f"{one.skewness:.1f} by {one.retrieval.upper()}" for one in joint.hubness)
    yield _row("hubness", f"{skew} (0: none)")
    never = " and ".join(_percent(one.unreached) for one in joint.hubness)
    yield _row("never reached", f"{never} of the target words")
    plain, centred = joint.separation.plain, joint.separation.centred
    apart = f"{_percent(plain.accuracy)}, {_percent(centred.accuracy)} when centred (50 %: mixed)"
    yield _row("told apart", f"{apart}, of {plain.held_out:,} words")


def _row(name: str, value: str) -> str:
    return f"  {name:<{WIDTH - 2}}{value}"


def _name(trial: HeldOut) -> str:
    return f"{trial.seeds}, {trial.method}"


def _scripts(side: Vocabulary) -> str:
    return ", ".join(f"{name} {_percent(share)}" for name, share in side.scripts[:3]) or "none"


def _odd(side: Vocabulary) -> str:
    odd = {"zero": side.zeros, "copied": side.copies, "not NFC": side.decomposed}
    return ", ".join(f"{count:,} {name}" for name, count in odd.items() if count) or "none"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
