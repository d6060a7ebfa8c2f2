"""The Qt binding keeps its reference counts; PySide6 6.12.0 lost one of None at every call under Python 3.11."""

import sys

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot


def test_calls_lose_no_reference_to_none(qtbot: QtBot) -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - 500
