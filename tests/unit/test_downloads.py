"""Datasets from the network: whole and verified or not at all, and never twice."""

import gzip
import hashlib
import http.server
import io
import threading
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import no_progress
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.synthesis import generate
from recognizer.library import fetching
from recognizer.library.datafiles import load_path
from recognizer.library.dataset import Split
from recognizer.library.downloads import DOWNLOADS, fetch, is_available
from recognizer.library.idx import write_idx
from recognizer.library.mnist import VARIABLE
from recognizer.library.published import Published

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
LETTERS = DOWNLOADS["emnist-letters"].members


@dataclass
class Site:
    """A web site on this machine.

    Attributes:
        base: Its address.
        files: What is at which path.
        asked: The paths that were asked for, with the range.
        knows_ranges: Whether it can send a part of a file.
        most: After how many bytes it breaks off; None where it does not.
        range_told: What it says that it sends, instead of the truth.
    """

    base: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    knows_ranges: bool = True
    most: int | None = None
    range_told: str = ""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            site.asked.append((self.path, asked))
            content = site.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(asked[len("bytes=") : -1]) if asked and site.knows_ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                told = site.range_told or f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", told)
            sent = content[start:]
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent[: site.most])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.delenv(VARIABLE, raising=False)
    # A proxy of the machine's is no way to a server in this process.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        site.base = f"http://127.0.0.1:{listening.server_address[1]}"
        yield site
        listening.shutdown()
        thread.join(10)


def idx_bytes(array: np.ndarray, folder: Path) -> bytes:
    write_idx(folder / "one.gz", array, compress=True)
    return (folder / "one.gz").read_bytes()


def published(name: str, content: bytes) -> Published:
    return Published(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def characters(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """KMNIST made small, at the second of two addresses; the contents of its files."""
    images = generate(15, 3, threads=1)[0]
    labels = (np.arange(15) % 10).astype(np.uint8)
    arrays = (images[:10], labels[:10], images[10:], labels[10:])
    contents = {name: idx_bytes(array, tmp_path) for name, array in zip(NAMES, arrays, strict=True)}
    site.files = {f"/good/{name}": content for name, content in contents.items()}
    small = replace(
        DOWNLOADS["kmnist"],
        files=tuple(published(name, content) for name, content in contents.items()),
        mirrors=(f"{site.base}/bad/", f"{site.base}/good/"),
    )
    monkeypatch.setitem(DOWNLOADS, "kmnist", small)
    return contents


@pytest.fixture
def archive(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """EMNIST's archive made small: its letters and its digits, on their side."""
    images = generate(36, 3, threads=1)[0].transpose(0, 2, 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for part, classes in (("letters", range(1, 27)), ("digits", range(10))):
            prefix = f"gzip/emnist-{part}"
            labels = np.resize(np.array(classes, np.uint8), 30)
            for split, chosen in (("train", slice(26)), ("test", slice(26, 30))):
                opened.writestr(f"{prefix}-{split}-images-idx3-ubyte.gz", idx_bytes(images[:30][chosen], tmp_path))
                opened.writestr(f"{prefix}-{split}-labels-idx1-ubyte.gz", idx_bytes(labels[chosen], tmp_path))
            first = 65 - 1 if part == "letters" else 48
            lines = "".join(f"{number} {first + number} {first + number + 32}\n" for number in classes)
            opened.writestr(f"{prefix}-mapping.txt", lines)
        opened.writestr("gzip/emnist-balanced-mapping.txt", "nobody wants this")
    content = file.getvalue()
    site.files = {"/a/gzip.zip": content}
    for name in ("emnist-letters", "emnist-digits"):
        small = replace(DOWNLOADS[name], files=(published("gzip.zip", content),), mirrors=(f"{site.base}/a/",))
        monkeypatch.setitem(DOWNLOADS, name, small)
    return content


def held(folder: Path) -> dict[str, bytes]:
    """The files in `folder` with what they hold."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def nothing_half(profile: Profile) -> bool:
    return not [path for path in profile.datasets.rglob("*") if path.name.startswith(".") or path.suffix == ".part"]


def cancelling(token: CancellationToken, at: int = 1, word: str = "Downloading") -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, message: str) -> None:
        if word in message and done >= at:
            token.cancel()

    return progress


# The table


def test_everything_is_told_of_each() -> None:
    assert list(DOWNLOADS) == ["fashion-mnist", "kmnist"] + [
        f"emnist-{part}" for part in ("balanced", "letters", "digits", "byclass", "bymerge", "mnist")
    ]
    for name, download in DOWNLOADS.items():
        assert download.name == name
        assert all((download.title, download.summary, download.source))
        assert download.licence or download.members
        for file in download.files:
            assert len(bytes.fromhex(file.sha256)) == 32
        assert len({file.sha256 for file in download.files}) == len(download.files)
        for mirror in download.mirrors:
            assert mirror.startswith(("https://", "http://"))
            assert mirror.endswith("/")
    assert DOWNLOADS["fashion-mnist"].download_bytes == 30_878_645
    assert DOWNLOADS["kmnist"].download_bytes == 21_240_888
    assert DOWNLOADS["emnist-letters"].download_bytes == 561_753_746


def test_unknown_name(profile: Profile) -> None:
    with pytest.raises(RecognizerError, match="no such dataset") as caught:
        fetch("mnist-c", profile)
    assert "fashion-mnist" in caught.value.fix


# Files as they are


def test_download(profile: Profile, site: Site, characters: dict[str, bytes]) -> None:
    seen: list[tuple[int, int]] = []
    assert not is_available("kmnist", profile)
    folder = fetch("kmnist", profile, lambda done, total, message: seen.append((done, total)))
    assert folder == profile.datasets / "kmnist"
    assert held(folder) == characters | {"classes.txt": "お\nき\nす\nつ\nな\nは\nま\nや\nれ\nを".encode()}
    total = sum(map(len, characters.values()))
    assert seen[0] == (0, 0)
    assert seen[-1] == (total, total)
    assert all(0 <= done <= whole for done, whole in seen)
    assert nothing_half(profile)
    assert is_available("kmnist", profile)


def test_what_is_there_is_not_downloaded_again(profile: Profile, site: Site, characters: dict[str, bytes]) -> None:
    folder = fetch("kmnist", profile)
    site.asked.clear()
    assert fetch("kmnist", profile) == folder
    assert site.asked == []
    (folder / NAMES[3]).unlink()
    fetch("kmnist", profile)
    assert site.asked == [(f"/bad/{NAMES[3]}", ""), (f"/good/{NAMES[3]}", "")]


def test_it_is_data_that_can_be_read(profile: Profile, characters: dict[str, bytes]) -> None:
    data = load_path(fetch("kmnist", profile), profile.datasets, no_progress)
    assert len(data) == 15
    assert [data.label_set.names[label] for label in data.labels[:3]] == ["お", "き", "す"]
    assert data.indices([Split.TEST]).tolist() == [10, 11, 12, 13, 14]
    np.testing.assert_array_equal(data.images, generate(15, 3, threads=1)[0])


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_file_is_kept_aside(
    profile: Profile, site: Site, characters: dict[str, bytes], damage: bytes | None
) -> None:
    folder = fetch("kmnist", profile)
    path = folder / NAMES[0]
    bad = damage if damage is not None else path.read_bytes()[:-1] + b"!"
    path.write_bytes(bad)
    site.asked.clear()
    fetch("kmnist", profile)
    (kept,) = folder.glob("*.damaged-*")
    assert kept.read_bytes() == bad
    assert path.read_bytes() == characters[NAMES[0]]
    assert {asked for asked, _ in site.asked} == {f"/bad/{NAMES[0]}", f"/good/{NAMES[0]}"}


def test_found_where_the_variable_points(
    profile: Profile, site: Site, characters: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "data" / "kmnist"
    elsewhere.mkdir(parents=True)
    for name, content in characters.items():
        (elsewhere / name).write_bytes(content)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    assert is_available("kmnist", profile)
    assert fetch("kmnist", profile) == elsewhere
    assert site.asked == []
    # Nothing is changed there, whatever it holds.
    (elsewhere / NAMES[1]).write_bytes(b"damaged")
    assert fetch("kmnist", profile) == profile.datasets / "kmnist"
    assert held(elsewhere) == characters | {NAMES[1]: b"damaged"}


@pytest.mark.parametrize("change", [lambda content: b"<html>" + content[6:], lambda content: content[:-9]])
def test_another_content_is_refused(
    profile: Profile, site: Site, characters: dict[str, bytes], change: Callable[[bytes], bytes]
) -> None:
    site.files[f"/good/{NAMES[0]}"] = change(characters[NAMES[0]])
    with pytest.raises(RecognizerError, match="its checksum is wrong") as caught:
        fetch("kmnist", profile)
    assert caught.value.exit_code == 1
    assert not (profile.datasets / "kmnist" / NAMES[0]).exists()
    assert nothing_half(profile)


def test_an_endless_file_is_cut_off(profile: Profile, site: Site, characters: dict[str, bytes]) -> None:
    site.files[f"/good/{NAMES[0]}"] = bytes(5_000_000)
    most: list[int] = []
    with pytest.raises(RecognizerError, match="_TooLongError"):
        fetch("kmnist", profile, lambda done, total, message: most.append(done))
    assert max(most) < 200_000
    assert nothing_half(profile)


def test_offline_says_what_to_do(profile: Profile, characters: dict[str, bytes]) -> None:
    # Port 9 of this machine discards; nothing listens there.
    DOWNLOADS["kmnist"] = replace(DOWNLOADS["kmnist"], mirrors=("http://127.0.0.1:9/",))
    with pytest.raises(RecognizerError, match="could not be downloaded") as caught:
        fetch("kmnist", profile)
    assert "Kuzushiji-MNIST" in caught.value.what
    assert str(profile.datasets / "kmnist") in caught.value.fix
    assert all(name in caught.value.fix for name in NAMES)
    assert not is_available("kmnist", profile)
    assert nothing_half(profile)


def test_cancelled_download_leaves_nothing_half(profile: Profile, characters: dict[str, bytes]) -> None:
    token = CancellationToken()
    with pytest.raises(Cancelled):
        fetch("kmnist", profile, cancelling(token), token)
    assert held(profile.datasets / "kmnist") == {}
    assert nothing_half(profile)


def test_no_space(profile: Profile, site: Site, characters: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: usage(10**9, 10**9, 1000))
    with pytest.raises(RecognizerError, match="not enough space") as caught:
        fetch("kmnist", profile)
    assert caught.value.exit_code == 1
    assert site.asked == []


def test_folder_that_cannot_be_written(profile: Profile, characters: dict[str, bytes]) -> None:
    (profile.datasets / "kmnist").write_bytes(b"in the way")
    with pytest.raises(RecognizerError, match="cannot be written"):
        fetch("kmnist", profile)


# Parts of an archive


def test_only_what_is_wanted_is_taken_out(profile: Profile, site: Site, archive: bytes) -> None:
    seen: list[str] = []
    folder = fetch("emnist-letters", profile, lambda done, total, message: seen.append(message))
    assert folder == profile.datasets / "emnist-letters"
    assert set(held(folder)) == {*LETTERS, "checksums.json"}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in LETTERS:
            assert (folder / name).read_bytes() == opened.read(f"gzip/{name}")
    assert list(dict.fromkeys(seen)) == [
        "Checking EMNIST letters",
        "Downloading EMNIST letters",
        "Unpacking EMNIST letters",
    ]
    assert nothing_half(profile)
    assert sorted(path.name for path in profile.datasets.iterdir()) == ["emnist", "emnist-letters"]


def test_the_next_part_needs_no_network(profile: Profile, site: Site, archive: bytes) -> None:
    fetch("emnist-letters", profile)
    site.asked.clear()
    assert is_available("emnist-digits", profile)
    fetch("emnist-digits", profile)
    fetch("emnist-letters", profile)
    assert site.asked == []


def test_letters_stand_upright_and_have_names(profile: Profile, archive: bytes) -> None:
    data = load_path(fetch("emnist-letters", profile), profile.datasets, no_progress)
    expected = generate(36, 3, threads=1)[0][:30]
    np.testing.assert_array_equal(data.images, Preprocessor().from_images(expected))
    names = [data.label_set.names[label] for label in data.labels]
    assert names == [chr(65 + number % 26) for number in range(30)]
    assert data.indices([Split.TEST]).tolist() == [26, 27, 28, 29]


def test_a_damaged_part_is_taken_out_again(profile: Profile, site: Site, archive: bytes) -> None:
    folder = fetch("emnist-letters", profile)
    good = held(folder)
    (folder / LETTERS[0]).write_bytes(gzip.compress(b"something else"))
    site.asked.clear()
    fetch("emnist-letters", profile)
    assert {name: content for name, content in held(folder).items() if "damaged" not in name} == good
    assert len(list(folder.glob("*.damaged-*"))) == 1
    assert site.asked == []


def test_a_part_without_its_archive_is_all_there(profile: Profile, site: Site, archive: bytes) -> None:
    fetch("emnist-letters", profile)
    (profile.datasets / "emnist" / "gzip.zip").unlink()
    site.asked.clear()
    fetch("emnist-letters", profile)
    assert is_available("emnist-letters", profile)
    assert not is_available("emnist-digits", profile)
    assert site.asked == []


@pytest.mark.parametrize("inner", ["emnist", "."])
def test_archive_where_the_variable_points(
    profile: Profile, site: Site, archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    folder = tmp_path / "data" / inner
    folder.mkdir(parents=True)
    (folder / "gzip.zip").write_bytes(archive)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    assert is_available("emnist-letters", profile)
    assert fetch("emnist-letters", profile) == profile.datasets / "emnist-letters"
    assert site.asked == []


def test_a_damaged_archive_is_kept_aside(profile: Profile, site: Site, archive: bytes) -> None:
    folder = profile.datasets / "emnist"
    folder.mkdir()
    (folder / "gzip.zip").write_bytes(archive[:-1] + b"!")
    fetch("emnist-letters", profile)
    (kept,) = folder.glob("*.damaged-*")
    assert kept.read_bytes() == archive[:-1] + b"!"
    assert (folder / "gzip.zip").read_bytes() == archive


def test_an_archive_without_the_part(profile: Profile, archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOWNLOADS, "emnist-mnist", replace(DOWNLOADS["emnist-letters"], members=("absent.gz",)))
    with pytest.raises(RecognizerError, match="not in its archive") as caught:
        fetch("emnist-mnist", profile)
    assert "absent.gz" in caught.value.where


def test_cancelled_unpacking_leaves_nothing_half(profile: Profile, archive: bytes) -> None:
    token = CancellationToken()
    with pytest.raises(Cancelled):
        fetch("emnist-letters", profile, cancelling(token, word="Unpacking"), token)
    assert held(profile.datasets / "emnist-letters") == {}
    assert nothing_half(profile)


# Going on where it stopped


@pytest.fixture
def half(profile: Profile, archive: bytes) -> Path:
    """What has come of the archive: its first 1,000 bytes."""
    part = profile.datasets / "emnist" / "gzip.zip.part"
    part.parent.mkdir()
    part.write_bytes(archive[:1000])
    return part


def test_a_download_that_broke_off_goes_on(
    profile: Profile, site: Site, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_CHUNK", 1000)
    site.most = 3000
    with pytest.raises(RecognizerError, match="could not be downloaded"):
        fetch("emnist-letters", profile)
    part = profile.datasets / "emnist" / "gzip.zip.part"
    assert part.read_bytes() == archive[: part.stat().st_size]
    came = part.stat().st_size
    assert 0 < came <= 3000
    site.most = None
    fetch("emnist-letters", profile)
    assert site.asked[-1] == ("/a/gzip.zip", f"bytes={came}-")
    assert (profile.datasets / "emnist" / "gzip.zip").read_bytes() == archive
    assert not part.exists()


def test_a_cancelled_download_goes_on(
    profile: Profile, site: Site, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_CHUNK", 1000)
    token = CancellationToken()
    with pytest.raises(Cancelled):
        fetch("emnist-letters", profile, cancelling(token, 3000), token)
    part = profile.datasets / "emnist" / "gzip.zip.part"
    assert part.read_bytes() == archive[:2000]
    fetch("emnist-letters", profile)
    assert site.asked[-1] == ("/a/gzip.zip", "bytes=2000-")
    assert (profile.datasets / "emnist" / "gzip.zip").read_bytes() == archive


def test_a_server_that_knows_no_ranges_begins_anew(profile: Profile, site: Site, archive: bytes, half: Path) -> None:
    site.knows_ranges = False
    fetch("emnist-letters", profile)
    assert site.asked == [("/a/gzip.zip", "bytes=1000-")]
    assert (half.parent / "gzip.zip").read_bytes() == archive


def test_a_server_that_sends_another_range_is_refused(profile: Profile, site: Site, half: Path) -> None:
    site.range_told = "bytes 0-999/1000"
    with pytest.raises(RecognizerError, match="InvalidHeader"):
        fetch("emnist-letters", profile)
    assert half.stat().st_size == 1000


def test_a_server_whose_file_is_shorter(profile: Profile, site: Site, archive: bytes, half: Path) -> None:
    site.files["/a/gzip.zip"] = archive[:500]
    with pytest.raises(RecognizerError, match="HTTPError"):
        fetch("emnist-letters", profile)
    assert not half.exists()


def test_the_beginning_of_another_file_is_thrown_away(profile: Profile, site: Site, archive: bytes, half: Path) -> None:
    half.write_bytes(bytes(1000))
    with pytest.raises(RecognizerError, match="its checksum is wrong"):
        fetch("emnist-letters", profile)
    assert not half.exists()
    fetch("emnist-letters", profile)
    assert site.asked == [("/a/gzip.zip", "bytes=1000-"), ("/a/gzip.zip", "")]


def test_what_came_whole_is_not_downloaded_again(profile: Profile, site: Site, archive: bytes, half: Path) -> None:
    half.write_bytes(archive)
    fetch("emnist-letters", profile)
    assert site.asked == []
    assert not half.exists()
