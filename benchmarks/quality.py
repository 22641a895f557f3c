"""Precision@1 of the supervised methods on real vectors."""

import statistics

import align
import dictionaries
import embeddings
from align import PRESETS, Procrustes
from align.report import signature
from benchmarks.data import DATA, muse, vectors
from benchmarks.methods import PAIRS

SPLITS = 10


def main() -> None:
    """Print one table for Wikipedia vectors with MUSE dictionaries, and one line for Zhang 2017."""
    print("Wikipedia vectors, 50,000 words x 300; MUSE dictionaries; P@1, 95 % interval\n")
    print("| pair | words asked | procrustes, NN | procrustes, CSLS | muse, CSLS | vecmap, CSLS |")
    print("|---|---|---|---|---|---|")
    signatures = []
    for pair in PAIRS:
        source, target = (vectors(language) for language in pair.split("-"))
        train, test = muse(pair, "train"), muse(pair, "test")
        plain, refined, multistep = (
            align.supervised(source, target, train, test=test, solver=PRESETS[name])
            for name in ("procrustes", "muse", "vecmap")
        )
        cells = [cell(plain, 0), cell(plain, 1), cell(refined, 1), cell(multistep, 1)]
        asked = plain.record.evaluation.scores[0].at(1).scored
        print(f"| {pair} | {asked:,} | {' | '.join(cells)} |", flush=True)
        signatures = [signature(run.record) for run in (plain, refined, multistep)]
    print("\n" + "\n".join(f"`{line}`" for line in signatures) + "\n")
    zhang()


def cell(run: align.Run, retrieval: int) -> str:
    """Return percent and interval of P@1."""
    found = run.record.evaluation.scores[retrieval].at(1)
    low, high = found.interval
    return f"{100 * found.value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def zhang() -> None:
    """Print the mean over random halves of the gold dictionary of es-en, Zhang et al. 2017."""
    folder = DATA / "zhang2017"
    source, target = (embeddings.load(folder / f"es-en.{code}.vec") for code in ("es", "en"))
    gold = dictionaries.load(folder / "es-en.gold.txt")
    scores = []
    for seed in range(SPLITS):
        train, test = gold.split(0.5, seed=seed)
        run = align.supervised(source, target, train, test=test, solver=Procrustes())
        scores.append(100 * run.record.evaluation.scores[1].at(1).value)
    print(
        f"zhang2017 es-en, Procrustes on a random half of the gold source words, CSLS P@1 on the "
        f"other: mean {statistics.mean(scores):.1f}, lowest {min(scores):.1f}, highest "
        f"{max(scores):.1f} over {SPLITS} splits (seeds 0 to {SPLITS - 1})."
    )
