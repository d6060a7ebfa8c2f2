"""The code on a sheet: it says the whole page, and nothing that it could say is believed unseen."""

import json
import string
from typing import Any

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.library.sheets.code import MAX_MODULES, code_of, decode_modules, layout_of, payload_of
from recognizer.library.sheets.layout import Paper, make_layouts

GOOD = {
    "recognizer": 1,
    "i": "abc123",
    "p": [1, 1],
    "a": "A4",
    "g": [10, 10, 100, 470, 163, 163, 30, 60],
    "c": 10,
    "s": "0123456789",
}


def said(**change: Any) -> bytes:
    return json.dumps(GOOD | change).encode()


@pytest.mark.parametrize(
    ("symbols", "copies", "paper", "title", "writers"),
    [
        ("0123456789", 10, Paper.A4, "", 0),
        ("0123456789+−×÷=()", 6, Paper.LETTER, "Class 5b", 3),
        (string.ascii_letters, 40, Paper.A4, "", 0),
        (["hello", "汉字", '"\\', "<b>", "=cmd"], 4, Paper.A4, "汉字", 0),
        (["字" * 32, "x" * 32], 5, Paper.A4, "x" * 40, 12),
    ],
)
def test_a_code_says_its_page(symbols: list[str], copies: int, paper: Paper, title: str, writers: int) -> None:
    for page in make_layouts(symbols, copies, paper, title, writers)[:3]:
        modules = code_of(page)
        assert len(modules) <= MAX_MODULES
        payload = decode_modules(modules)
        assert payload is not None
        assert layout_of(payload, "photo.jpg") == page


def test_a_code_says_the_writers_name() -> None:
    pages = make_layouts("0123456789", 10, Paper.A4, "3b", ["Anna", "Zoë " + "龍" * 36])
    for page in pages:
        payload = decode_modules(code_of(page))
        assert payload is not None
        assert layout_of(payload, "photo.jpg") == page
    with pytest.raises(RecognizerError):
        layout_of(payload_of(pages[0]).replace(b"Anna", b"A" * 41), "photo.jpg")


def test_the_payload_is_compact() -> None:
    (page,) = make_layouts("0123456789", 10)
    assert json.loads(payload_of(page)) == GOOD | {"i": page.sheet}
    assert len(payload_of(page)) < 115


def test_a_few_wrong_modules_do_no_harm() -> None:
    (page,) = make_layouts("0123456789", 10)
    modules = code_of(page)
    # A blot between the finder patterns and the middle.
    modules[12:16, 20:26] ^= True
    assert layout_of(decode_modules(modules) or b"", "photo.jpg") == page


def test_noise_is_no_code() -> None:
    noise = np.random.default_rng(1).random((45, 45)) < 0.5
    assert decode_modules(noise) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"https://example.org/recognizer",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 2900,
        b'{"recognizer":' * 200,
        b"1" * 2900,
        b'{"recognizer":1}' + b" " * 3000,
        b'{"recognizer":NaN}',
        b'{"recognizer":true}',
        b'{"recognizer":0}',
        said(recognizer="1"),
        said(i=7),
        said(i=""),
        said(i="../../etc"),
        said(i="x" * 17),
        said(p=[1]),
        said(p=[2, 1]),
        said(p=[0, 0]),
        said(p=[1, 10**9]),
        said(p={"0": 1}),
        said(a="A3"),
        said(a=["A4"]),
        said(g=[1000, 1000, 0, 60, 50, 50, 30, 60]),
        said(g=[10, 10, 100, 470, 1630, 163, 30, 60]),
        said(g=[10, 10, -100, 470, 163, 163, 30, 60]),
        said(g=[10, 10, 100, 470, 163, 163, 30]),
        said(g=[10.0, 10, 100, 470, 163, 163, 30, 60]),
        said(g=[10, 10, 100, 470, 10**400, 163, 30, 60]),
        said(g=[10, 10, 100, 470, 0, 0, 30, 60]),
        said(g=[25, 25, 0, 60, 79, 79, 10, 20]),
        said(c=0),
        said(c="10"),
        said(c=10**6),
        said(c=None),
        said(k=10),
        said(k=-1),
        said(w=501),
        said(w=1.5),
        said(t=5),
        said(t="x" * 41),
        said(t="a\nb"),
        said(s=5),
        said(s=[]),
        said(s=""),
        said(s=[1, 2]),
        said(s=["1", None]),
        said(s=["a\x00"]),
        said(s=["x" * 33]),
        said(s=["\u202eevil"]),
        said(s="0 1"),
        said(s=[" a"]),
        said(s=["\ud800"]),
        said(s=None),
    ],
)
def test_what_no_sheet_can_say_is_refused(payload: bytes) -> None:
    with pytest.raises(RecognizerError) as caught:
        layout_of(payload, "photo.jpg")
    assert caught.value.exit_code == 2
    assert caught.value.where.startswith("photo.jpg")
    assert len(caught.value.where) < 100
    assert caught.value.fix


def test_the_sheet_of_a_newer_version_says_so() -> None:
    with pytest.raises(RecognizerError, match="newer"):
        layout_of(said(recognizer=2, g="something else"), "photo.jpg")


def test_the_usual_payload_is_accepted() -> None:
    page = layout_of(said(), "photo.jpg")
    assert page.count == 100
    assert page.writer == 0


def test_more_than_a_code_can_say() -> None:
    (page,) = make_layouts("0", 1)
    from dataclasses import replace

    with pytest.raises(ValueError, match="bytes"):
        code_of(replace(page, symbols=tuple(f"{n:032}" for n in range(20))))
