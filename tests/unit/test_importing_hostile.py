"""Hostile and broken input: refused or passed over in two seconds and little memory, with one message that names it."""

import contextlib
import gzip
import io
import os
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import import_samples
import numpy as np
import pytest
from import_samples import IMAGES, INKS, LABELS, NUMBERS, Taken, png, write_csv, write_idx_pair, write_zip

from recognizer.base.errors import RecognizerError
from recognizer.ink.files import write_ink_file
from recognizer.library import archives
from recognizer.library.importing.files import LeftOutError
from recognizer.library.importing.source import ImportOptions, open_data

SECONDS = 2.0
MEGABYTES = 100


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that is empty again at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def take(paths: Path, scratch: Path) -> Taken:
    """As `import_samples.take`, within the bounds; the time is that of this process, since others may be at work."""
    took = _time_of(paths, scratch)
    if took > SECONDS:
        # A machine that others use may be slow for a moment.
        took = min(took, _time_of(paths, scratch))
    assert took < SECONDS, f"{took:.1f} s"
    # Apart from the time, because counting what is allocated takes long.
    tracemalloc.start()
    try:
        return import_samples.take(paths, scratch)
    finally:
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        assert peak < MEGABYTES, f"{peak:.0f} MB"


def _time_of(paths: Path, scratch: Path) -> float:
    began = time.process_time()
    with contextlib.suppress(RecognizerError):
        import_samples.take(paths, scratch)
    return time.process_time() - began


def refused(path: Path, scratch: Path) -> str:
    with pytest.raises(RecognizerError) as caught:
        take(path, scratch)
    assert caught.value.exit_code == 2
    assert caught.value.fix
    assert "\n" not in str(caught.value)
    assert path.name in caught.value.where
    return str(caught.value)


def reasons(taken: Taken) -> list[str]:
    return [str(each.error) for each in taken.problems]


def entry(name: bytes, packed: int, size: int, offset: int = 0) -> bytes:
    """What a ZIP's list says of a deflated file."""
    sizes = struct.pack("<3L5H2L", 0, packed, size, len(name), 0, 0, 0, 0, 0, offset)
    return b"PK\1\2" + struct.pack("<6H", 20, 20, 0, 8, 0, 0) + sizes + name


def zip_of_list(entries: list[bytes], before: bytes = b"PK\3\4" + bytes(26)) -> bytes:
    listed = b"".join(entries)
    n = len(entries) & 0xFFFF
    return before + listed + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, n, n, len(listed), len(before), 0)


# Archives


def test_bomb(tmp_path: Path, scratch: Path) -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    zeros = bytes(1 << 20)
    packed = b"".join([packer.compress(zeros) for _ in range(300)]) + packer.flush()
    header = b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 8, 0, 0, 0, len(packed), 300 << 20, 5, 0) + b"x.png"
    content = zip_of_list([entry(b"x.png", len(packed), 300 << 20)], header + packed)
    (tmp_path / "x.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.infolist()[0].file_size == 300 << 20
    assert "as only a trap does" in refused(tmp_path / "x.zip", scratch)


def test_bomb_of_files_that_lie_over_each_other(tmp_path: Path, scratch: Path) -> None:
    entries = [entry(f"{number}.png".encode(), 10_000, 1 << 20) for number in range(5000)]
    (tmp_path / "x.zip").write_bytes(zip_of_list(entries))
    assert "as only a trap does" in refused(tmp_path / "x.zip", scratch)


def test_zip_that_claims_more_than_any_disk_has(tmp_path: Path, scratch: Path) -> None:
    entries = [entry(f"{number}.png".encode(), 4_000_000_000, 4_000_000_000) for number in range(50)]
    (tmp_path / "x.zip").write_bytes(zip_of_list(entries))
    assert "unpacked it has 200,000,000,000 bytes" in refused(tmp_path / "x.zip", scratch)


def test_too_many_files_in_a_zip(tmp_path: Path, scratch: Path) -> None:
    one = entry(b"a/000000.png", 0, 0)
    listed = [one.replace(b"000000", f"{number:06}".encode()) for number in range(200_001)]
    (tmp_path / "x.zip").write_bytes(zip_of_list(listed))
    assert "200,001 files, at most 200,000 are read" in refused(tmp_path / "x.zip", scratch)


def test_too_many_files_in_a_folder(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 20)
    (tmp_path / "data" / "a").mkdir(parents=True)
    for number in range(21):
        (tmp_path / "data" / "a" / f"{number}.png").write_bytes(png(IMAGES[0]))
        if number == 19:
            assert len(take(tmp_path / "data", scratch).contents) == 20
    assert "at most 20 are read" in refused(tmp_path / "data", scratch)
    # A tree of nothing but folders comes to an end too.
    for number in range(41):
        (tmp_path / "empty" / str(number)).mkdir(parents=True)
    assert "at most 20 are read" in refused(tmp_path / "empty", scratch)


@pytest.mark.parametrize(
    "name",
    [
        "../x.png",
        "a/../../x.png",
        "/x.png",
        "//server/share/x.png",
        "\\x.png",
        "C:\\x.png",
        "c:x.png",
        "a/..\\x.png",
        "con/x.png",
        "a/NUL",
        "a/com1.png",
        "a/lpt9 .txt",
        "a/new\nline.png",
        "a/nul:/x.png",
    ],
)
def test_unsafe_names(tmp_path: Path, scratch: Path, name: str) -> None:
    # Python would mend some of the names.
    before = sorted(tmp_path.parent.rglob("*"))
    (tmp_path / "x.zip").write_bytes(zip_of_list([entry(b"0/good.png", 0, 0), entry(name.encode(), 0, 0)]))
    assert "unsafe name" in refused(tmp_path / "x.zip", scratch)
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, tmp_path / "x.zip"])


def test_unusual_but_harmless_names(tmp_path: Path, scratch: Path) -> None:
    names = ["?", "<b>", "ab:c", "*", "..a", "c..", "|", '"', "contact", "nuller", "中文", " x"]
    files = {f"{name}/x.png": png(IMAGES[0]) for name in names if not name.startswith(".")}
    taken = take(write_zip(tmp_path / "x.zip", files), scratch)
    assert sorted(taken.labels) == sorted(name for name in names if not name.startswith("."))
    assert taken.problems == []


def test_name_that_is_no_unicode(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"abcd/x.png": png(IMAGES[0])})
    path.write_bytes(path.read_bytes().replace(b"abcd", "é".encode("cp437") + b"\xb0\xb0\xb0"))
    assert take(path, scratch).labels == ["é░░░"]


def test_archives_inside_are_not_opened(tmp_path: Path, scratch: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"x.png": png(IMAGES[0])}).read_bytes()
    hidden = {"a/1.png": png(IMAGES[0]), "a/2.zip": inner, "a/3.png": inner, "a/4": inner, "a/5.tar.gz": b"\x1f\x8b"}
    taken = take(write_zip(tmp_path / "x.zip", hidden), scratch)
    assert taken.labels == ["a"]
    assert [Path(each.where).name for each in taken.problems] == ["2.zip", "3.png", "4", "5.tar.gz"]
    assert all(isinstance(each.error, LeftOutError) for each in taken.problems)
    assert all("is not opened" in reason for reason in reasons(taken))
    assert "is not opened" in refused(write_zip(tmp_path / "y.zip", {"a.zip": inner, "b.zip": inner}), scratch)
    assert "is not opened" in refused(write_zip(tmp_path / "z.zip", {"a.zip": inner}), scratch)


def test_encrypted_zip(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a/x.png": png(IMAGES[0])})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    assert "it is encrypted; unpack it with its password first" in refused(path, scratch)


def test_ways_of_packing_that_are_not_read(tmp_path: Path, scratch: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/1.png", png(IMAGES[0]), zipfile.ZIP_LZMA)
        archive.writestr("a/2.png", png(IMAGES[1]))
    taken = take(tmp_path / "x.zip", scratch)
    assert len(taken.contents) == 1
    assert "method 14" in reasons(taken)[0]


def test_two_files_of_one_name(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a/1.png": png(IMAGES[0]), "a/2.png": png(IMAGES[1])})
    path.write_bytes(path.read_bytes().replace(b"a/2.png", b"a/1.png"))
    taken = take(path, scratch)
    np.testing.assert_array_equal(taken.pictures(), IMAGES[:1])
    assert "two files of the name 'a/1.png'" in reasons(taken)[0]


def test_every_truncation_of_a_zip(tmp_path: Path, scratch: Path) -> None:
    content = write_zip(tmp_path / "x.zip", {"a/1.png": png(IMAGES[0])}).read_bytes()
    for length in range(4, len(content), 3):
        (tmp_path / "y.zip").write_bytes(content[:length])
        refused(tmp_path / "y.zip", scratch)


def test_zip_behind_something_else(tmp_path: Path, scratch: Path) -> None:
    """As archives are that unpack themselves: the offsets count from the ZIP's own begin."""
    content = write_zip(tmp_path / "x.zip", {"a/1.png": png(IMAGES[0])}).read_bytes()
    (tmp_path / "y.zip").write_bytes(b"PK\3\4 something else " + content)
    assert take(tmp_path / "y.zip", scratch).labels == ["a"]


def test_large_zip_in_64_bits(tmp_path: Path, scratch: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for label in "ab":
            info = zipfile.ZipInfo(f"{label}/1.png")
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(png(IMAGES[0]))
    content = (tmp_path / "x.zip").read_bytes()
    end = content.rindex(b"PK\5\6")
    n, size, offset = struct.unpack("<H2L", content[end + 10 : end + 20])
    record = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, n, n, size, offset)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, end, 1)
    short_end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, n, n, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "y.zip").write_bytes(content[:end] + record + locator + short_end)
    with zipfile.ZipFile(tmp_path / "y.zip") as archive:
        assert len(archive.namelist()) == 2
    assert take(tmp_path / "y.zip", scratch).labels == ["a", "b"]


# Arrays


def idx_header(n: int, height: int = 28, width: int = 28) -> bytes:
    return bytes([0, 0, 8, 3]) + np.array([n, height, width], ">u4").tobytes()


def npy_header(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_idx_that_claims_32_gigabytes(tmp_path: Path, scratch: Path, pack: object) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pack(idx_header(43_826_000) + bytes(1000)))  # type: ignore[operator]
    assert "claims 34,359,584,000 bytes" in refused(tmp_path / "train-images-idx3-ubyte", scratch)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pack(idx_header(1, 70_000, 70_000)))  # type: ignore[operator]
    assert "claims 4,900,000,000 bytes" in refused(tmp_path / "train-images-idx3-ubyte", scratch)


def test_npy_and_npz_that_claim_32_gigabytes(tmp_path: Path, scratch: Path) -> None:
    header = npy_header((43_826_000, 28, 28))
    (tmp_path / "x.npy").write_bytes(header + bytes(1000))
    assert "claims 34,359,584,000 bytes" in refused(tmp_path / "x.npy", scratch)
    files = {"x.npy": header, "y.npy": npy_header((43_826_000,))}
    assert "claims 34,359,584,000 bytes" in refused(write_zip(tmp_path / "x.npz", files), scratch)
    # The list of the ZIP may claim as much.
    (tmp_path / "x.npz").write_bytes(zip_of_list([entry(b"x.npy", 1000, 0xFFFFFFF0), entry(b"y.npy", 0, 0)]))
    assert "claims 4,294,967,280 bytes" in refused(tmp_path / "x.npz", scratch)


@pytest.mark.parametrize("shape", [(1 << 40, 0, 28), (0, 1 << 40, 1 << 40), (1,) * 40, (5, 100_000, 1)])
def test_arrays_of_absurd_shapes(tmp_path: Path, scratch: Path, shape: tuple[int, ...]) -> None:
    (tmp_path / "x.npy").write_bytes(npy_header(shape) + bytes(500_000))
    refused(tmp_path / "x.npy", scratch)


@pytest.mark.parametrize("kind", ["|O", "<U0", "<c8", "|V8", "<M8[s]", "|S5"])
def test_arrays_of_types_that_are_not_read(tmp_path: Path, scratch: Path, kind: str) -> None:
    files = {"x.npy": npy_header((6, 28, 28)) + IMAGES.tobytes(), "y.npy": npy_header((6,), kind) + bytes(100)}
    assert "not plain numbers or text" in refused(write_zip(tmp_path / "x.npz", files), scratch)


def test_objects_are_never_unpickled(tmp_path: Path, scratch: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "owned",)

    evil = np.array([Evil()], object)
    np.savez(tmp_path / "x.npz", x=IMAGES[:1], y=evil)
    np.save(tmp_path / "x.npy", evil, allow_pickle=True)
    for name in ("x.npz", "x.npy"):
        assert "not plain numbers or text" in refused(tmp_path / name, scratch)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 28, 28), 'more': __import__('os').abort()}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6, 28, 28)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 28, 9" + "9" * 5000 + ")}",
        "(" * 5000,
        "",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (6, 28, 28)}",
    ],
    ids=["code", "negative", "digits", "nested", "nothing", "fields"],
)
def test_header_of_an_array_is_not_evaluated(tmp_path: Path, scratch: Path, header: str) -> None:
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + IMAGES.tobytes()
    (tmp_path / "x.npy").write_bytes(content)
    refused(tmp_path / "x.npy", scratch)


def test_label_of_a_million_characters(tmp_path: Path, scratch: Path) -> None:
    files = {"x.npy": npy_header((1, 28, 28)) + bytes(784), "y.npy": npy_header((1,), "<U999999") + bytes(3_999_996)}
    assert "labels of shape" in refused(write_zip(tmp_path / "x.npz", files), scratch)


def test_text_that_is_none(tmp_path: Path, scratch: Path) -> None:
    for code, wanted in ((0x110000, None), (0xD800, "?")):
        values = np.full(6, code, "<u4").tobytes()
        files = {"x.npy": npy_header((6, 28, 28)) + IMAGES.tobytes(), "y.npy": npy_header((6,), "<U1") + values}
        path = write_zip(tmp_path / "x.npz", files)
        if wanted is None:
            assert "it holds what is no text" in refused(path, scratch)
        else:
            assert take(path, scratch).labels == [wanted] * 6


# Tables


def hole(path: Path, begin: bytes) -> Path:
    """A file of a gigabyte that takes no room."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(1 << 30)
    return path


def test_csv_with_a_line_of_a_gigabyte(tmp_path: Path, scratch: Path) -> None:
    rows = b"label,a,b,c,d\n1,0,0,0,255\n2,0,0,0,255\n"
    taken = take(hole(tmp_path / "x.csv", rows), scratch)
    assert taken.labels == ["1", "2"]
    assert "line 4 is longer than 4,194,304 bytes" in reasons(taken)[0]
    assert "line 1 is longer" in refused(hole(tmp_path / "y.csv", b""), scratch)
    assert "line 2 is longer" in refused(hole(tmp_path / "z.csv", b'label,a,b,c,d\n"'), scratch)


def test_csv_whose_quotes_never_end(tmp_path: Path, scratch: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"label,a,b,c,d\n1,0,0,0,255\n" + b'"2,0,0,0,255\n' + b"3,0,0,0,255\n" * 400_000)
    taken = take(tmp_path / "x.csv", scratch)
    assert taken.labels == ["1"]
    assert "line 3 is longer" in reasons(taken)[0]


def test_csv_of_nothing_but_bad_rows(tmp_path: Path, scratch: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"label,a,b,c,d\n" + b"1,0\n" * 200_000)
    taken = take(tmp_path / "x.csv", scratch)
    assert taken.contents == []
    assert 1000 < len(taken.problems) < 2000


def test_manifest_that_is_a_trap(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.png").write_bytes(png(IMAGES[0]))
    hole(folder / "samples.csv", b"file,label\na/1.png,b\n")
    taken = take(folder, scratch)
    assert taken.labels == ["b"]
    assert "line 3 is longer" in reasons(taken)[0]
    (folder / "samples.csv").write_text("file,label\n" + "a/1.png,b\n" * 100_000)
    assert set(take(folder, scratch).labels) == {"b"}
    (folder / "samples.csv").write_text('file,label\n"a/1.png,b\n' + "x" * 200_000)
    assert "is no text" in reasons(take(folder, scratch))[0]


# Pictures


def test_picture_of_300_megapixels(tmp_path: Path, scratch: Path) -> None:
    header = struct.pack(">2L5B", 20_000, 15_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">L", 13) + b"IHDR" + header + struct.pack(">L", zlib.crc32(b"IHDR" + header))
    data = zlib.compress(bytes(1000))
    rest = struct.pack(">L", len(data)) + b"IDAT" + data + struct.pack(">L", zlib.crc32(b"IDAT" + data))
    large = b"\x89PNG\r\n\x1a\n" + chunk + rest
    (tmp_path / "x.png").write_bytes(large)
    assert "pixels" in refused(tmp_path / "x.png", scratch)
    taken = take(write_zip(tmp_path / "x.zip", {"a/1.png": large, "a/2.png": png(IMAGES[0])}), scratch)
    assert len(taken.contents) == 1
    assert "pixels" in reasons(taken)[0]


def test_file_of_a_gigabyte_called_a_picture(tmp_path: Path, scratch: Path) -> None:
    assert "larger than 67,108,864 bytes" in refused(hole(tmp_path / "x.png", png(IMAGES[0])), scratch)


# Files and folders


def test_file_that_vanishes_while_it_is_read(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    for number in range(3):
        (folder / "a" / f"{number}.png").write_bytes(png(IMAGES[number]))
    with open_data([folder], scratch, ImportOptions()) as source:
        (folder / "a" / "1.png").unlink()
        chunks = list(source.chunks())
    np.testing.assert_array_equal(chunks[0].contents, IMAGES[[0, 2]])
    assert "There is no such file" in str(chunks[0].problems[0].error)
    images = write_idx_pair(tmp_path)
    with open_data([images], scratch, ImportOptions()) as source:
        images.unlink()
        with pytest.raises(RecognizerError, match="no such file"):
            list(source.chunks())


def test_folder_without_permission(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for label in "ab":
        (tmp_path / "data" / label).mkdir(parents=True)
        (tmp_path / "data" / label / "1.png").write_bytes(png(IMAGES[0]))
    original = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith(closed):
            raise PermissionError(13, "Permission denied", path)
        return original(path)

    # Root may read everything, so that the mode of the folder would not do.
    monkeypatch.setattr(os, "scandir", scandir)
    closed = "b"
    taken = take(tmp_path / "data", scratch)
    assert taken.labels == ["a"]
    assert taken.problems[0].where.endswith("b")
    assert "Permission denied" in reasons(taken)[0]
    closed = "data"
    assert "Permission denied" in refused(tmp_path / "data", scratch)


@pytest.mark.skipif(os.name == "nt", reason="links need a right that users lack")
def test_links_in_a_circle(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.png").write_bytes(png(IMAGES[0]))
    (folder / "a" / "up").symlink_to(folder)
    (folder / "b").symlink_to("b")
    (folder / "a" / "2.png").symlink_to("2.png")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "3.png").write_bytes(png(IMAGES[1]))
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    taken = take(folder, scratch)
    assert taken.labels == ["a", "c"]
    assert taken.problems == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.png").write_bytes(png(IMAGES[0]))
    os.mkfifo(folder / "a" / "2.png")
    os.mkfifo(folder / "samples.csv")
    assert take(folder, scratch).labels == ["a"]
    assert "neither a file nor a folder" in refused(folder / "samples.csv", scratch)
    assert "neither a file nor a folder" in refused(Path("/dev/zero"), scratch)
    # What becomes a pipe after it was listed is not waited for either.
    (folder / "a" / "3.png").write_bytes(png(IMAGES[1]))
    with open_data([folder], scratch, ImportOptions()) as source:
        (folder / "a" / "3.png").unlink()
        os.mkfifo(folder / "a" / "3.png")
        (chunk,) = source.chunks()
    assert len(chunk) == 1
    assert "neither a file nor a folder" in str(chunk.problems[0].error)


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are always Unicode here")
def test_names_that_are_no_utf_8(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "data" / os.fsdecode(b"\xff\xfe")
    folder.mkdir(parents=True)
    for name, content in ((b"\xe9.png", png(IMAGES[0])), (b"\xe8.png", b"nothing")):
        (folder / os.fsdecode(name)).write_bytes(content)
    taken = take(tmp_path / "data", scratch)
    assert taken.labels == ["\\xff\\xfe"]
    assert taken.sources == ["data/\\xff\\xfe/\\xe9.png"]
    for text in (taken.problems[0].where, *reasons(taken)):
        assert "\\xe8.png" in text
        text.encode("utf-8")
    # The path that the user names may be such a one too.
    alone = take(folder, scratch)
    assert len(alone.contents) == 1
    with pytest.raises(RecognizerError) as caught:
        take(folder / os.fsdecode(b"\xe8.png"), scratch)
    str(caught.value).encode("utf-8")


def test_folders_within_folders_without_end(tmp_path: Path, scratch: Path) -> None:
    deep = "/".join(["a"] * 500)
    path = write_zip(tmp_path / "x.zip", {f"{deep}/1.png": png(IMAGES[0]), "b/1.png": png(IMAGES[1])})
    assert take(path, scratch).labels == ["b"]


def test_scratch_folder_that_cannot_be_written(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "x.inkml", INKS[:1])
    path = write_zip(tmp_path / "x.zip", {"a/x.inkml": (tmp_path / "x.inkml").read_bytes()})
    with pytest.raises(RecognizerError, match="cannot be written"):
        take(path, tmp_path / "none")


def test_what_is_unpacked_is_bounded(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.library.importing import zip_root

    np.savez(tmp_path / "x.npz", x=IMAGES, y=NUMBERS)
    path = write_zip(tmp_path / "x.zip", {"x.npz": (tmp_path / "x.npz").read_bytes()})
    assert take(path, scratch).labels == LABELS
    monkeypatch.setattr(zip_root, "MAX_UNPACKED", 1000)
    assert "larger than 1,000 bytes" in refused(path, scratch)


def test_modes_of_what_is_unpacked(tmp_path: Path, scratch: Path) -> None:
    """A copy is a plain file of our own, whatever the ZIP says of it."""
    write_csv(tmp_path / "x.csv")
    np.savez(tmp_path / "x.npz", x=IMAGES, y=NUMBERS)
    info = zipfile.ZipInfo("x.npz")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, (tmp_path / "x.npz").read_bytes())
    with open_data([tmp_path / "x.zip"], scratch, ImportOptions()):
        copies = [path for path in scratch.rglob("*") if not path.is_dir()]
        assert [path.is_symlink() for path in copies] == [False]
        assert [stat.S_IMODE(path.stat().st_mode) & 0o111 for path in copies] == [0]
