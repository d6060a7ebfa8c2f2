"""MNIST: found, downloaded, verified; a damaged copy is never used."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.library import mnist
from recognizer.library.idx import write_idx

ARRAYS = {
    "train-images-idx3-ubyte": np.arange(6 * 784, dtype=np.uint32).astype(np.uint8).reshape(6, 28, 28),
    "train-labels-idx1-ubyte": np.array([0, 1, 2, 3, 4, 5], np.uint8),
    "t10k-images-idx3-ubyte": np.full((2, 28, 28), 9, np.uint8),
    "t10k-labels-idx1-ubyte": np.array([6, 7], np.uint8),
}


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files in the place of the published ones, to which the checksums are set."""
    folder = tmp_path / "published"
    sums = {}
    for name, array in ARRAYS.items():
        write_idx(folder / f"{name}.gz", array, compress=True)
        content = gzip.decompress((folder / f"{name}.gz").read_bytes())
        sums[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(mnist, "FILES", sums)
    monkeypatch.delenv(mnist.VARIABLE, raising=False)
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 9 of this machine discards; nothing listens there.
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"))


@pytest.fixture
def server(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A mirror that serves `published`, after one that has nothing; the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            file = published / self.path.rpartition("/")[2]
            if not self.path.startswith("/good/") or not file.is_file():
                self.send_error(404)
                return
            content = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        base = f"http://127.0.0.1:{listening.server_address[1]}"
        monkeypatch.setattr(mnist, "MIRRORS", (f"{base}/bad/", f"{base}/good/"))
        # A proxy of the machine's is no way to a server in this process.
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield asked
        listening.shutdown()
        thread.join(10)


def copy_into(folder: Path, published: Path, *, zipped: bool = True, dotted: bool = False) -> None:
    folder.mkdir(parents=True)
    for name in ARRAYS:
        content = (published / f"{name}.gz").read_bytes()
        target = name.replace("-idx", ".idx") if dotted else name
        if zipped:
            (folder / f"{target}.gz").write_bytes(content)
        else:
            (folder / target).write_bytes(gzip.decompress(content))


def check(dataset: mnist.Dataset) -> None:
    assert len(dataset) == 8
    np.testing.assert_array_equal(dataset.images[:6], ARRAYS["train-images-idx3-ubyte"])
    assert dataset.labels.tolist() == list(range(8))
    assert dataset.indices([mnist.Split.TRAIN]).tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset.indices([mnist.Split.TEST]).tolist() == [6, 7]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_found_in_the_profile(profile: Profile, published: Path, offline: None, zipped: bool, dotted: bool) -> None:
    assert not mnist.is_available(profile)
    copy_into(profile.datasets / "mnist", published, zipped=zipped, dotted=dotted)
    assert mnist.is_available(profile)
    check(mnist.load(profile))


@pytest.mark.parametrize("inner", ["mnist", "."])
def test_found_where_the_variable_points(
    profile: Profile, published: Path, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    copy_into(tmp_path / "data" / inner, published)
    monkeypatch.setenv(mnist.VARIABLE, str(tmp_path / "data"))
    assert mnist.is_available(profile)
    check(mnist.load(profile))


def test_offline_says_what_to_do(profile: Profile, published: Path, offline: None) -> None:
    with pytest.raises(RecognizerError) as caught:
        mnist.load(profile)
    assert "could not be downloaded" in caught.value.what
    assert str(profile.datasets / "mnist") in caught.value.fix
    assert mnist.VARIABLE in caught.value.fix
    assert all(f"{name}.gz" in caught.value.fix for name in ARRAYS)
    assert not mnist.is_available(profile)
    assert [path.name for path in profile.datasets.iterdir()] == ["mnist"]


def test_download(profile: Profile, server: list[str]) -> None:
    seen: list[tuple[int, int]] = []
    check(mnist.load(profile, lambda done, total, message: seen.append((done, total))))
    assert len(server) == 8
    assert sorted(path.name for path in (profile.datasets / "mnist").iterdir()) == sorted(f"{n}.gz" for n in ARRAYS)
    assert [path.name for path in profile.datasets.iterdir()] == ["mnist"]
    assert all(0 <= done <= total for done, total in seen)
    assert mnist.is_available(profile)
    server.clear()
    check(mnist.load(profile))
    assert server == []


def test_only_what_is_missing_is_downloaded(profile: Profile, published: Path, server: list[str]) -> None:
    copy_into(profile.datasets / "mnist", published)
    (profile.datasets / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    check(mnist.load(profile))
    assert server == ["/bad/t10k-labels-idx1-ubyte.gz", "/good/t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty"])
def test_damaged_copy_is_kept_aside_and_fetched_anew(
    profile: Profile, published: Path, server: list[str], damage: str
) -> None:
    folder = profile.datasets / "mnist"
    copy_into(folder, published)
    path = folder / "train-images-idx3-ubyte.gz"
    content = path.read_bytes()
    bad = {
        "truncated": content[: len(content) // 2],
        "changed": gzip.compress(gzip.decompress(content)[:-1] + b"!"),
        "empty": b"",
    }[damage]
    path.write_bytes(bad)
    check(mnist.load(profile))
    (kept,) = folder.glob("*.damaged-*")
    assert kept.read_bytes() == bad
    assert path.read_bytes() == content


def test_damaged_copy_elsewhere_is_named_and_left_alone(
    profile: Profile, published: Path, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_into(tmp_path / "mnist", published)
    path = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(b"damaged")
    monkeypatch.setenv(mnist.VARIABLE, str(tmp_path))
    with pytest.raises(RecognizerError, match="damaged copy") as caught:
        mnist.load(profile)
    assert str(path) in caught.value.where
    assert path.read_bytes() == b"damaged"


def test_mirror_with_another_content_is_refused(
    profile: Profile, published: Path, server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(published / "t10k-images-idx3-ubyte.gz", np.zeros((2, 28, 28), np.uint8), compress=True)
    with pytest.raises(RecognizerError, match="its checksum is wrong"):
        mnist.load(profile)
    assert not (profile.datasets / "mnist" / "t10k-images-idx3-ubyte.gz").exists()
    assert not list(profile.datasets.glob(".download-*"))


def test_endless_file_is_cut_off(
    profile: Profile, published: Path, server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "_MOST", 10)
    with pytest.raises(RecognizerError, match="_TooLongError"):
        mnist.load(profile)


def test_cancelled_download_leaves_nothing_half(profile: Profile, server: list[str]) -> None:
    token = CancellationToken()

    def cancel(done: int, total: int, message: str) -> None:
        if "Downloading" in message and done:
            token.cancel()

    with pytest.raises(Cancelled):
        mnist.load(profile, cancel, token)
    assert list((profile.datasets / "mnist").iterdir()) == []
    assert [path.name for path in profile.datasets.iterdir()] == ["mnist"]


def test_real_files_are_used_exactly_as_published(
    profile: Profile, real_mnist_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mnist.VARIABLE, str(real_mnist_folder))
    dataset = mnist.load(profile)
    test = dataset.images[dataset.indices([mnist.Split.TEST])]
    raw = gzip.decompress((real_mnist_folder / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    assert test.tobytes() == raw
    assert dataset.counts([mnist.Split.TRAIN]).sum() == 60_000
