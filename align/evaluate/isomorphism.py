"""Isomorphism before mapping: how much the spaces of two languages have one shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.evaluate.spectrum import Spectrum, harmonic_mean
from align.maps import Array
from align.normalize import unit

ENERGY = 0.9  # the share of the sum of the eigenvalues that is compared


@dataclass(frozen=True)
class Isomorphism:
    """What the shapes of two spaces have in common, each measured on so many frequent words.

    Parameters
    ----------
    words, neighbours : int
        Words of each language in the next two measures, and neighbours of each in the graphs.
    eigenvector_similarity : float
        As `eigenvector_similarity`; 0 for equal shapes.
    gromov_hausdorff : float
        As `gromov_hausdorff`; 0 for equal shapes.
    spectrum_words : int
        Words of each language in the next four, which are of singular values.
    ranks : (float, float)
        Effective ranks, of source and target.
    condition, effective_condition : float
        Harmonic means of both sides' condition numbers (COND-HM) and effective ones (ECOND-HM); 1
        where words vary alike in all directions, and so a map is easily found.
    spectral_gap : float
        Between the singular values of both sides (SVG); 0 for equal ones.
    relational_similarity : float or None
        As `relational_similarity`; 1 for equal shapes. None where no pairs were given.
    pairs : int
        Pairs in it, of which no two share a word.
    """

    words: int
    neighbours: int
    eigenvector_similarity: float
    gromov_hausdorff: float
    spectrum_words: int
    ranks: tuple[float, float]
    condition: float
    effective_condition: float
    spectral_gap: float
    relational_similarity: float | None = None
    pairs: int = 0


def isomorphism(
    x: Array,
    y: Array,
    pairs: npt.NDArray[np.intp] | None = None,
    *,
    words: int = 2_000,
    spectrum_words: int = 20_000,
) -> Isomorphism:
    """Measure how much two spaces have one shape; none of the measures needs a map.

    Parameters
    ----------
    x, y : (n, d) and (m, e) arrays
        Rows of length 1, the most frequent words first.
    pairs : (p, 2) array of int, optional
        Rows that translate each other, for the relational similarity.
    words : int
        Take the so many first rows of each side, and so many pairs: time and memory grow with the
        square of it, and of the eigenvalues with the cube.
    spectrum_words : int
        The same for the singular values.

    Raises
    ------
    ValueError
        If a side has fewer than 3 words.
    """
    if min(len(x), len(y)) < 3:
        raise ValueError(f"shapes need at least 3 words of each side, got {len(x)} and {len(y)}")
    n, m = min(len(x), len(y), words), min(len(x), len(y), spectrum_words)
    k = min(10, n - 1)
    spectra = Spectrum.of(x[:m]), Spectrum.of(y[:m])
    chosen = one_to_one(np.empty((0, 2), dtype=np.intp) if pairs is None else pairs)[:words]
    related = None
    if len(chosen) > 2:  # fewer have one cosine, or none
        related = relational_similarity(x[chosen[:, 0]], y[chosen[:, 1]])
    return Isomorphism(
        words=n,
        neighbours=k,
        eigenvector_similarity=eigenvector_similarity(x[:n], y[:n], k),
        gromov_hausdorff=gromov_hausdorff(x[:n], y[:n]),
        spectrum_words=m,
        ranks=(spectra[0].rank, spectra[1].rank),
        condition=harmonic_mean(*(side.condition for side in spectra)),
        effective_condition=harmonic_mean(*(side.effective_condition for side in spectra)),
        spectral_gap=spectra[0].gap(spectra[1]),
        relational_similarity=related,
        pairs=0 if related is None else len(chosen),
    )


def eigenvector_similarity(x: Array, y: Array, k: int = 10) -> float:
    """Compare the Laplacian eigenvalues of both sides' nearest-neighbour graphs [1]_.

    The sum of the squared differences of the largest eigenvalues: of so many as make nine tenths of
    their sum, on the side where these are fewer.

    Parameters
    ----------
    x, y : (n, d) and (m, e) arrays
    k : int
        Two words are joined where one is among the k nearest of the other, by the cosine.

    Returns
    -------
    float
        In [0, inf); 0 for graphs of one shape.

    References
    ----------
    .. [1] Søgaard et al., "On the limitations of unsupervised bilingual dictionary induction", ACL
       2018.
    """
    a, b = (_laplacian_eigenvalues(side, k) for side in (x, y))
    enough = min(int(np.searchsorted(v.cumsum(), ENERGY * v.sum())) + 1 for v in (a, b))
    return float(((a[:enough] - b[:enough]) ** 2).sum())


def gromov_hausdorff(x: Array, y: Array) -> float:
    """Compare the persistence diagrams of both sides' Vietoris-Rips filtrations [1]_.

    The bottleneck distance of the diagrams of dimension 0, as in [2]_; twice the Gromov-Hausdorff
    distance of the words is at least as much [1]_. These diagrams are the heights at which single
    linkage joins the words.

    Parameters
    ----------
    x, y : (n, d) and (m, e) arrays
        Compared by the Euclidean distances within each side.

    Returns
    -------
    float
        In [0, 1] for rows of length 1; 0 for equal shapes.

    References
    ----------
    .. [1] Chazal et al., "Gromov-Hausdorff stable signatures for shapes using persistence",
       Computer Graphics Forum 28, 2009.
    .. [2] Patra et al., "Bilingual lexicon induction with semi-supervision in non-isometric
       embedding spaces", ACL 2019.
    """
    return bottleneck(_deaths(x), _deaths(y))


def bottleneck(a: Array, b: Array) -> float:
    """Return the bottleneck distance of two persistence diagrams whose points are all born at 0.

    Points on one line are best matched in order, the longest-lived first, and from some rank on
    both sides are left to the diagonal, which costs half a life. The distance is that of the best
    such rank.

    Parameters
    ----------
    a, b : (p,) and (q,) arrays
        When each point dies, at least 0.
    """
    lives = np.zeros((2, max(len(a), len(b)) + 1))
    lives[0, : len(a)], lives[1, : len(b)] = np.sort(a)[::-1], np.sort(b)[::-1]
    matched = np.maximum.accumulate(np.abs(lives[0] - lives[1]))
    left = lives.max(axis=0) / 2
    return float(np.maximum(np.concatenate([[0.0], matched[:-1]]), left).min())


def relational_similarity(x: Array, y: Array) -> float:
    """Correlate the cosines within one language with those of the translations [1]_.

    Parameters
    ----------
    x, y : (p, d) and (p, e) arrays
        Row i of one translates row i of the other; at least 3.

    Returns
    -------
    float
        Pearson's correlation, in [-1, 1]; 1 for equal shapes. 0 where all cosines are equal.

    References
    ----------
    .. [1] Vulić et al., "Are all good word vector spaces isomorphic?", EMNLP 2020.
    """
    if len(x) != len(y) or len(x) < 3:
        raise ValueError(f"expected 3 or more translations, got {len(x)} and {len(y)} rows")
    above = np.triu_indices(len(x), 1)
    cosines = [unit(side.astype(np.float64)) for side in (x, y)]
    a, b = ((side @ side.T)[above] for side in cosines)
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0


def one_to_one(pairs: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Keep the first pair of every source, and of these the first of every target."""
    for side in (0, 1):
        pairs = pairs[np.sort(np.unique(pairs[:, side], return_index=True)[1])]
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


def _laplacian_eigenvalues(x: Array, k: int) -> Array:
    """Return the eigenvalues of the Laplacian of the nearest-neighbour graph, largest first."""
    rows = unit(x.astype(np.float64))
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    joined = np.zeros(cosines.shape)
    np.put_along_axis(joined, np.argsort(-cosines, axis=1, kind="stable")[:, :k], 1.0, axis=1)
    joined = np.maximum(joined, joined.T)
    values: Array = np.linalg.eigvalsh(np.diag(joined.sum(axis=1)) - joined)[::-1]
    return values


def _deaths(x: Array) -> Array:
    """Return the heights at which single linkage joins (n, d) rows, (n - 1,)."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    heights: Array = linkage(pdist(x.astype(np.float64)), "single")[:, 2]
    return heights
