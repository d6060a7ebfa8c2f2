"""Files are whole or absent, and damaged ones are kept."""

import errno
import os
from pathlib import Path

import platformdirs
import pytest

from recognizer.base import files
from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, read_error, write_atomic
from recognizer.base.paths import open_profile


def test_an_empty_name_is_the_usual_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *args, **kinds: str(tmp_path / "usual"))
    monkeypatch.chdir(tmp_path)
    assert open_profile("").root == tmp_path / "usual"
    assert [path.name for path in tmp_path.iterdir()] == ["usual"]


def test_write_and_replace(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "文件.txt"
    write_atomic(path, "één")
    assert path.read_bytes() == "één".encode()
    write_atomic(path, b"\0\1")
    assert path.read_bytes() == b"\0\1"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "text", "code"), [(errno.ENOSPC, "no space left", 1), (errno.EACCES, "cannot be written", 2)]
)
def test_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, text: str, code: int
) -> None:
    path = tmp_path / "x"
    write_atomic(path, "old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(RecognizerError, match=text) as caught:
        write_atomic(path, "new")
    assert str(path) in caught.value.where
    assert caught.value.exit_code == code
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(RecognizerError, match="cannot be written"):
        write_atomic(tmp_path / "x" / "y", "z")


def test_keeping_aside_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.time, "strftime", lambda _: "20260101-000000")
    kept = []
    for content in ("a", "b", "c"):
        (tmp_path / "x").write_text(content)
        kept.append(keep_aside(tmp_path / "x"))
    assert [path.read_text() for path in kept] == ["a", "b", "c"]
    assert [path.name for path in kept] == [f"x.damaged-20260101-000000{end}" for end in ("", "-2", "-3")]
    assert not (tmp_path / "x").exists()


def test_messages_of_failed_reads(tmp_path: Path) -> None:
    missing = read_error(tmp_path / "x", FileNotFoundError(2, "none"))
    assert str(missing) == f"There is no such file: {tmp_path / 'x'}. Check the path."
    assert "(Is a directory)" in read_error(tmp_path, IsADirectoryError(21, "Is a directory")).where


def test_error_in_one_line() -> None:
    assert str(RecognizerError("What")) == "What."
    assert str(RecognizerError("What", where="x = 1", fix="Do")) == "What: x = 1. Do."
    assert RecognizerError("What").exit_code == 2


def test_profile_folder(tmp_path: Path) -> None:
    profile = open_profile(tmp_path / "a b" / "配置")
    assert all(folder.is_dir() for folder in (profile.datasets, profile.runs, profile.models, profile.logs))
    (tmp_path / "file").touch()
    with pytest.raises(RecognizerError, match="profile folder cannot be used") as caught:
        open_profile(tmp_path / "file")
    assert str(tmp_path / "file") in caught.value.where
    assert "--profile" in caught.value.fix


def test_profile_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(RecognizerError, match="profile folder cannot be used"):
        open_profile(tmp_path / "p")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    plain, atomic = tmp_path / "plain", tmp_path / "atomic"
    plain.write_bytes(b"")
    write_atomic(atomic, b"")
    assert atomic.stat().st_mode == plain.stat().st_mode
