"""What native code writes to stderr goes to the log, whoever else is inside."""

import logging
import os
import threading

import pytest

from recognizer.base.native_output import quiet_stderr


def test_lines_go_to_the_log_and_stderr_comes_back(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "recognizer"), quiet_stderr():
        os.write(2, b"INFO: chatter\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"
    assert caplog.messages == ["INFO: chatter"]


def test_overlapping_bodies_restore_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    first_is_in, second_is_in = threading.Event(), threading.Event()

    def first() -> None:
        with quiet_stderr():
            first_is_in.set()
            assert second_is_in.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    assert first_is_in.wait(10)
    with quiet_stderr():
        second_is_in.set()
        thread.join(10)
        os.write(2, b"still held\n")
    os.write(2, b"free again\n")
    assert capfd.readouterr().err == "free again\n"


def test_an_error_in_the_body_restores_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), quiet_stderr():
        raise ValueError("x")
    os.write(2, b"free\n")
    assert capfd.readouterr().err == "free\n"
