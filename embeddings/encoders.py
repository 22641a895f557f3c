"""Encoders on disk: the mean over a word's subwords in one layer, or sentence-transformers' own.

Only this module knows transformers and sentence-transformers. Nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from embeddings.values import Array

Kind = Literal["auto", "transformers", "sentence-transformers"]
Device = Literal["auto", "cpu", "cuda"]

START = "▁"  # what SentencePiece leaves of a word that it does not know
SUBWORDS = 128  # what is longer is no word, and is cut


def open_encoder(
    path: str | Path, *, kind: Kind = "auto", layer: int | None = None, device: Device = "auto"
) -> Callable[[list[str]], Array]:
    """Load an encoder from a folder, for `from_encoder`.

    Parameters
    ----------
    path : str or Path
        The folder of a Hugging Face model (with ``config.json``) or of a sentence-transformers
        model (with ``modules.json``).
    kind : {'auto', 'transformers', 'sentence-transformers'}
        ``auto`` takes sentence-transformers where the folder holds ``modules.json``.
    layer : int, optional
        Of transformers: 0 is the input embeddings, -1 (the default) the last layer. Of a model
        with encoder and decoder, the encoder's.
    device : {'auto', 'cpu', 'cuda'}
        ``auto`` takes a CUDA device if there is one.

    Returns
    -------
    callable
        Takes a list of m strings, returns an (m, d) array of float32.

    Raises
    ------
    ValueError
        If the folder holds no model, or one whose weights are not complete.
    ImportError
        If the library is not installed.
    """
    path = Path(path)
    sentences = (path / "modules.json").is_file()
    if not sentences and not (path / "config.json").is_file():
        raise ValueError(
            f"{path} is not the folder of a model: it holds neither config.json nor modules.json"
        )
    if kind == "transformers" or (kind == "auto" and not sentences):
        return _transformer(path, -1 if layer is None else layer, _available(device))
    if layer is not None:
        raise ValueError(
            f"{path} is read by sentence-transformers, which has no choice of layer; "
            "say --kind transformers to take the mean over subwords"
        )
    return _sentence_transformer(path, _available(device))


@dataclass(frozen=True, eq=False)
class SubwordMean:
    """Embeds a word as the mean of its subwords in one layer, special and unknown ones left out.

    Parameters
    ----------
    tokenizer, model
        As transformers' ``AutoTokenizer`` and ``AutoModel`` give them.
    layer : int
        0 is the input embeddings, -1 the last layer.
    """

    tokenizer: Any
    model: Any
    layer: int = -1

    def __call__(self, words: list[str]) -> Array:
        """Embed m words, (m, d); a word that has no known subword gets zeros.

        Raises
        ------
        ValueError
            If there is no such layer, or the device has not enough memory.
        """
        import torch

        tokens = self.tokenizer(
            words,
            padding=True,
            truncation=True,
            max_length=min(SUBWORDS, self.tokenizer.model_max_length),
            return_tensors="pt",
        ).to(self.model.device)
        pieces = tokens["input_ids"]
        special = torch.tensor(self.tokenizer.all_special_ids, device=self.model.device)
        own = tokens["attention_mask"].bool() & ~torch.isin(pieces, special)
        known = own & (pieces != self.tokenizer.convert_tokens_to_ids(START))
        own &= known.any(dim=1, keepdim=True)
        states = self._states(tokens).float().masked_fill(~own[..., None], 0)
        means = states.sum(dim=1) / own.sum(dim=1, keepdim=True).clamp(min=1)
        return np.asarray(means.cpu().numpy())

    def _states(self, tokens: Any) -> Any:  # noqa: ANN401  # transformers' own
        """Return the vectors of all subwords in the layer, (m, longest, d)."""
        import torch

        try:
            with torch.inference_mode():
                layers = self.model(**tokens, output_hidden_states=True).hidden_states
        except torch.cuda.OutOfMemoryError as error:
            raise ValueError(
                f"{len(tokens['input_ids'])} words at once are too many for the memory of "
                f"{self.model.device}; give a smaller --batch"
            ) from error
        if not -len(layers) <= self.layer < len(layers):
            raise ValueError(
                f"the model has layers 0 (its input embeddings) to {len(layers) - 1}, "
                f"got {self.layer}"
            )
        return layers[self.layer]


def _transformer(path: Path, layer: int, device: str) -> SubwordMean:
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise ImportError(
            "encoding needs transformers: pip install 'align-embeddings[encode]'"
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, padding_side="right")
        model, loaded = AutoModel.from_pretrained(
            path, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # whatever a foreign loader meets in foreign files
        raise _unreadable(path, "transformers", error) from error
    # a pooler on top of the last layer is not used, and most published weights lack it
    missing = sorted(name for name in loaded["missing_keys"] if "pooler" not in name)
    if missing:
        raise ValueError(
            f"{path}: {len(missing)} of the model's weights are not in its files, as "
            f"{missing[0]!r}, so its vectors would be random"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    return SubwordMean(tokenizer, model.to(device).float().eval(), layer)


def _sentence_transformer(path: Path, device: str) -> Callable[[list[str]], Array]:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ImportError(
            f"{path} needs sentence-transformers: pip install sentence-transformers; or say "
            "--kind transformers to take the mean over subwords"
        ) from error
    try:
        model = SentenceTransformer(str(path), device=device, local_files_only=True)
    except Exception as error:  # whatever a foreign loader meets in foreign files
        raise _unreadable(path, "sentence-transformers", error) from error

    def encode(words: list[str]) -> Array:
        return np.asarray(
            model.encode(words, batch_size=len(words), show_progress_bar=False), np.float32
        )

    return encode


def _unreadable(path: Path, library: str, error: Exception) -> Exception:
    """Return the error to raise: one line, and ImportError where a library is missing."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    kind = ImportError if isinstance(error, ImportError) else ValueError
    return kind(f"{path}: {library} cannot load this model ({reason})")


def _available(device: Device) -> str:
    import torch

    seen = torch.cuda.is_available()
    if device == "cuda" and not seen:
        raise ValueError("torch sees no CUDA device; use --device cpu")
    return "cuda" if seen and device != "cpu" else "cpu"
