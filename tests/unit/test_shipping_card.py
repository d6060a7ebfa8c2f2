"""A model's card says what is known of the model, in one file that holds nothing but text and shapes."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from shipping_models import DENSE, staged

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.inference.registry import read_record
from recognizer.training.shipping.card import card_html, write_card
from recognizer.training.shipping.confusion_svg import confusion_svg
from recognizer.training.shipping.facts import report_of

VOID = {"meta", "rect"}


class Outline(HTMLParser):
    """Checks that every element is closed, and gathers what stands in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(page: str) -> str:
    return " ".join(" ".join(Outline(page).texts).split())


def report(labels: tuple[str, ...]) -> EvaluationReport:
    counts = np.diag(np.full(len(labels), 98))
    counts[0, 1] = 2
    counts[2, 2] = 0
    return EvaluationReport(ConfusionMatrix(counts, labels), 7)


def test_the_shipped_models_card(profile: Profile, tmp_path: Path) -> None:
    record = read_record(shipped_models_path() / "digits", is_shipped=True)
    write_card(record, profile, tmp_path / "card.html")
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    text = text_of(page)
    right = int(np.trace(np.array(record.card["metrics"]["confusion"])))
    assert f"{100 * right / 10_000:.2f} %" in text
    # Wilson's interval of 9,970 of 10,000, by the formula.
    assert right == 9970
    assert "95 % interval 99.57 to 99.79 %, of 10,000" in text
    for part in ("202,097", "MNIST", "conv", "6 read as 0: 4", "what is no symbol"):
        assert part in text
    tags = Outline(page).tags
    assert {"script", "img", "link", "a", "iframe"}.isdisjoint(tags)
    assert tags.count("rect") == 100
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(https?:)?//(?!\S*Keras)", page.replace("</", ""))


def test_what_users_wrote_is_plain_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    data = {"name": evil, "title": evil, "source": evil}
    record = staged(tmp_path / "m", DENSE, (evil, '"&', "c"), training={"data": data, "config": {evil: evil}})
    page = card_html(replace(record, id=evil), report(record.labels))
    assert "script" not in Outline(page).tags
    assert "b" in Outline(page).tags
    assert evil in text_of(page)
    assert "A <b>model</b> & more" in text_of(page)


def test_a_model_that_was_not_judged(tmp_path: Path, profile: Profile) -> None:
    record = staged(tmp_path / "m", training={"imported": {"file": "x.keras"}})
    assert report_of(record, profile) is None
    text = text_of(card_html(record, None))
    assert "it was not judged here" in text
    assert "Brought in from x.keras" in text
    assert "interval" not in text


def test_the_runs_report_comes_first(tmp_path: Path, profile: Profile) -> None:
    record = staged(tmp_path / "m", training={"run": "r1"}, metrics={"confusion": [[1]]})
    assert report_of(record, profile) is None
    wanted = report(record.labels)
    folder = profile.runs / "r1"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"report": wanted.to_dict()}))
    found = report_of(record, profile)
    assert found is not None
    np.testing.assert_array_equal(found.confusion.counts, wanted.confusion.counts)
    text = text_of(card_html(record, found))
    assert "It reads 0 worst: 98.00 % of 100" in text
    (folder / "run.json").write_text("{")
    assert report_of(record, profile) is None


def test_in_chinese(tmp_path: Path) -> None:
    record = staged(tmp_path / "m")
    set_language("zh_CN")
    page = card_html(record, report(record.labels))
    assert '<html lang="zh-CN">' in page
    assert "模型卡" in text_of(page)


def test_only_so_many_classes_are_drawn() -> None:
    labels = tuple(map(str, range(120)))
    svg = confusion_svg(ConfusionMatrix(np.eye(120, dtype=np.int64), labels))
    assert svg.count("<rect") == 70 * 70


def test_an_older_card_stays_where_the_new_one_cannot_be_written(tmp_path: Path, profile: Profile) -> None:
    record = staged(tmp_path / "m")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RecognizerError, match="cannot be written"):
        write_card(record, profile, tmp_path / "folder")
