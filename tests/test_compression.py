import gzip
import io
import lzma
import sys
import zipfile

import numpy as np
import pytest

import embeddings
from embeddings import VectorFormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = "".join(f"w{i} {i + 1} 2 -3e-05\n" for i in range(3000)).encode()


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zst": zstd.compress(TEXT),
    "zip": zipped(vectors=TEXT),
}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("name", ["x.txt", "x.npz"])
def test_compressed_text_is_recognised_by_content(write, kind, name):
    read = embeddings.load(write(PACKED[kind], name))

    assert len(read) == 3000
    np.testing.assert_array_equal(read["w7"], np.array([8, 2, -3e-05], np.float32))
    assert read.report.lines == 3000


@pytest.mark.parametrize("kind", PACKED)
def test_only_what_the_first_words_need_is_decompressed(write, rng, kind, monkeypatch):
    monkeypatch.setattr("embeddings.text.BLOCK", 1 << 14)
    rows = rng.standard_normal((40_000, 5))
    text = "".join(f"w{i} {' '.join(map(str, row))}\n" for i, row in enumerate(rows)).encode()
    pack = {"gzip": gzip, "xz": lzma, "zst": zstd}
    packed = bytearray(zipped(a=text) if kind == "zip" else pack[kind].compress(text))
    half = len(packed) // 2
    packed[half : half + 100] = bytes(100)
    path = write(bytes(packed))

    assert len(embeddings.load(path, max_vocab=5)) == 5
    with pytest.raises(VectorFormatError, match=f"x.vec: (the {kind} data is|a line of over)"):
        embeddings.load(path, max_vocab=0)


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_compressed_text_that_is_cut_short_is_told(write, kind, share):
    path = write(PACKED[kind][: int(share * len(PACKED[kind]))], f"x.vec.{kind}")

    with pytest.raises(VectorFormatError, match=f"x.vec.{kind}: the {kind} data is damaged or cut"):
        embeddings.load(path, max_vocab=0)


def test_several_members_follow_each_other(write):
    half = len(TEXT) // 2
    for pack in (gzip.compress, lzma.compress, zstd.compress):
        assert len(embeddings.load(write(pack(TEXT[:half]) + pack(TEXT[half:])))) == 3000


def test_a_zip_of_several_files_is_refused_by_name(write):
    with pytest.raises(VectorFormatError, match=r"a .zip of 2 files \(a, b\), expected one"):
        embeddings.load(write(zipped(a=TEXT, b=TEXT), "x.zip"))


def test_an_encrypted_zip_is_told(write):
    content = bytearray(zipped(a=TEXT))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1

    with pytest.raises(VectorFormatError, match="x.zip: the zip data .* encrypted"):
        embeddings.load(write(bytes(content), "x.zip"))
