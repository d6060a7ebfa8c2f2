"""IDX files: what is whole is read, everything else is refused with the file's name."""

import gzip
import random
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.library import idx
from recognizer.library.idx import parse_idx, read_idx, write_idx

PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def refused(path: Path, dimensions: int | None = None) -> str:
    with pytest.raises(RecognizerError) as caught:
        read_idx(path, dimensions)
    assert str(path) in caught.value.where
    assert caught.value.fix
    assert caught.value.exit_code == 2
    return caught.value.where


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_round_trip(tmp_path: Path, kind: str, compress: bool) -> None:
    path = tmp_path / "any name"
    array = PICTURES.astype(kind)
    write_idx(path, array, compress=compress)
    back = read_idx(path, 3)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is compress


def test_known_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_idx(path, np.array([[1, -2]], np.int16))
    assert path.read_bytes() == bytes.fromhex("00000b02 00000001 00000002 0001 fffe")


def test_type_that_idx_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="complex64"):
        write_idx(tmp_path / "x", np.zeros(2, np.complex64))
    assert list(tmp_path.iterdir()) == []


def test_zero_samples(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((0, 28, 28), np.uint8))
    assert read_idx(tmp_path / "x").shape == (0, 28, 28)


@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_is_refused(tmp_path: Path, compress: bool) -> None:
    whole, path = tmp_path / "whole", tmp_path / "short"
    write_idx(whole, PICTURES, compress=compress)
    content = whole.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        refused(path)


def test_flipped_bytes_never_crash(tmp_path: Path) -> None:
    """A damaged file either reads as some array or is refused; it does not raise anything else or take much memory."""
    chance = random.Random(7)
    for compress in (False, True):
        write_idx(tmp_path / "whole", PICTURES, compress=compress)
        content = (tmp_path / "whole").read_bytes()
        refusals = 0
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 3)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            (tmp_path / "x").write_bytes(damaged)
            try:
                assert read_idx(tmp_path / "x").nbytes <= len(PICTURES.tobytes())
            except RecognizerError:
                refusals += 1
        assert refusals > 50


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    assert "it is empty" in refused(path)
    with pytest.raises(RecognizerError, match="it is empty"):
        parse_idx(b"", path)


def test_missing_and_folder(tmp_path: Path) -> None:
    refused(tmp_path / "none")
    refused(tmp_path)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 and more", b"\x89PNG\r\n\x1a\n", b"\0\0\x07\x01" + bytes(8), b"\0\0\x08\x00"]
)
def test_not_idx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert "does not begin like an IDX file" in refused(path)


def test_wrong_number_of_dimensions(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", PICTURES)
    assert "it has 3 dimensions, 1 are needed" in refused(tmp_path / "x", 1)


def test_header_that_claims_more_than_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "x"
    header = bytes([0, 0, 8, 3]) + np.array([60000, 28, 28], ">u4").tobytes()
    path.write_bytes(header + bytes(100))
    assert "claims 47,040,000 bytes" in refused(path)
    path.write_bytes(gzip.compress(header + bytes(100)))
    assert "claims 47,040,000 bytes" in refused(path)
    path.write_bytes(gzip.compress(header + bytes(1_000_000)))
    assert "claims 47,040,000 bytes" in refused(path)


def test_header_that_claims_more_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes([0, 0, 8, 4]) + b"\xff" * 16)
    assert f"more than the {idx.MAX_BYTES:,} allowed" in refused(path)


def test_file_longer_than_its_header_claims(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", PICTURES)
    with (tmp_path / "x").open("ab") as file:
        file.write(b"!")
    assert "it holds more than the 60 bytes" in refused(tmp_path / "x")


def test_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops right behind the claimed bytes, however much the file would unpack to."""
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1]) + np.array([10], ">u4").tobytes() + bytes(50_000_000)))
    asked: list[int] = []
    original = gzip.GzipFile.read

    def read(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        asked.append(-1 if size is None else size)
        return original(self, size)

    monkeypatch.setattr(gzip.GzipFile, "read", read)
    assert "it holds more than the 10 bytes" in refused(path)
    assert min(asked) >= 0
    assert sum(asked) < 100


def test_wrong_checksum_of_gzip(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", PICTURES, compress=True)
    content = bytearray((tmp_path / "x").read_bytes())
    content[-8] ^= 0xFF
    (tmp_path / "x").write_bytes(content)
    assert "compressed content is damaged" in refused(tmp_path / "x")


def test_real_mnist(real_mnist_folder: Path) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(real_mnist_folder / "t10k-labels-idx1-ubyte.gz", 1)
    assert images.shape == (10_000, 28, 28)
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
