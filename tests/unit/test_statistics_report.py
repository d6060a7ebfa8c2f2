"""The statistics as a web page: whole, safe whatever users wrote, in the language in use, written in one step."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_tables import random_table

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import LabelSet
from recognizer.library.samples import UNKNOWN, SampleTable
from recognizer.library.statistics import compute as computing
from recognizer.library.statistics.charts import histogram, plain, share_bar
from recognizer.library.statistics.compute import compute
from recognizer.library.statistics.measures import Measure
from recognizer.library.statistics.report import html, write_html
from recognizer.library.statistics.results import Statistics

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "&amp;</title></style></svg>",
    "\u202eevil\u2066",
    "=cmd|' /C calc'!A0",
    "\x00\x07\ud800",
    "javascript:alert(1)",
    "汉字 " * 30,
    "'",
)
VOID = {"meta", "img"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div", "p", "h1", "h2"),
    *("h3", "small", "ul", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "figcaption", "img"),
    *("span", "b", "i", "bdi", "svg", "rect", "line", "polyline", "text", "time", "details", "summary"),
}


class Page(HTMLParser):
    """Every tag and text of a page; fails where tags do not close as they opened."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def table() -> SampleTable:
    """500 digits with hostile names everywhere, and something to find in every section."""
    pictures, labels = generate(500, 2)
    pictures, labels = pictures.copy(), labels.astype(np.int32)
    pictures[50:70], labels[50:60] = pictures[:20], (labels[:10] + 1) % 10
    pictures[100:103] = 0
    noise = np.random.default_rng(0).normal(0, 5, (10, 28, 28))
    pictures[200:210] = np.clip(pictures[300:310] + noise, 0, 255).astype(np.uint8)
    labels[400:405] = UNKNOWN
    made = random_table(500, 3, LabelSet(HOSTILE))
    return replace(
        made,
        labels=labels,
        title=HOSTILE[0],
        writer_names=HOSTILE[:6],
        predicted_names=(*HOSTILE, "B", HOSTILE[3]),
        pictures=lambda positions: pictures[positions],
    )


@pytest.fixture(scope="module")
def statistics(table: SampleTable) -> Statistics:
    return compute(table)


def test_nothing_that_users_wrote_becomes_part_of_the_page(statistics: Statistics) -> None:
    page = Page(html(statistics))
    assert set(page.tags) <= TAGS
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert not [value for _, name, value in page.attributes if name in ("href", "action", "srcset", "data")]
    for tag, name, value in page.attributes:
        if name == "src":
            assert tag == "img"
            assert value.startswith("data:image/png;base64,")
        if name == "style":
            pytest.fail("there are no styles in tags")
    for name in (HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3], HOSTILE[5]):
        assert name in page.text
    assert "\u202e" not in page.text
    assert "\ufffdevil\ufffd" in page.text


def test_the_page_needs_nothing_else(statistics: Statistics) -> None:
    source = html(statistics)
    assert "default-src 'none'" in source
    assert "http" not in source.replace("http-equiv", "")
    assert "@import" not in source
    assert "url(" not in source
    assert "prefers-color-scheme: dark" in source


def test_it_says_what_the_statistics_say(statistics: Statistics) -> None:
    page = Page(html(statistics))
    for wanted in (
        "500 samples · 10 classes · 6 writers",
        "20 samples are copies",
        "3 samples show nothing",
        "5 samples have no label",
        "What the classes look like",
        "The same picture",
        "Nearly the same picture",
        "Writers on both sides",
        "How this is measured",
        f"{int(statistics.balance[3].sum()):,}",
        f"Median {statistics.distribution(Measure.STROKE_WIDTH).quantile(0.5):.1f}, training data",
    ):
        assert wanted in page.text, wanted
    assert page.tags.count("svg") == 11 + 6
    assert page.tags.count("table") == 2


def test_pictures_are_the_samples(statistics: Statistics, table: SampleTable) -> None:
    source = html(statistics)
    sections = source.split("<h2>Copies</h2>")[1]
    data = re.findall(r'<img class="ink" alt="" src="data:image/png;base64,([^"]+)"', sections)
    first = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[0]))))
    shown = table.pictures(statistics.equal.group(0)[:1])[0]
    np.testing.assert_array_equal(first[..., -1], shown)
    assert not first[..., 0].any(), "black ink on no ground"


def test_every_thumbnail_is_there(statistics: Statistics) -> None:
    """What is shown is what is kept: no sample is shown without its picture."""
    assert '<span class="none">' not in html(statistics)
    kept = statistics.thumbnails
    assert kept.picture(int(kept.positions[0])) is not None
    assert kept.picture(-1) is None
    assert kept.picture(10**9) is None


def test_nothing_found_is_said() -> None:
    pictures, labels = generate(200, 6)
    table = replace(
        random_table(200, 1),
        labels=labels.astype(np.int32),
        splits=np.zeros(200, np.uint8),
        predicted=np.full(200, UNKNOWN, np.int32),
        pictures=lambda positions: pictures[positions],
    )
    page = Page(html(compute(table, np.flatnonzero(labels < 2))))
    assert "Nothing stands out" in page.text
    assert "Nothing is on both sides" in page.text
    assert "There are none" in page.text
    page = Page(html(compute(table, with_neighbours=False)))
    assert "near ones were not looked for" in page.text


@pytest.mark.parametrize("n", [0, 1])
def test_nearly_nothing(n: int) -> None:
    table = replace(random_table(n, 0, LabelSet(())), labels=np.full(n, UNKNOWN, np.int32))
    page = Page(html(compute(table)))
    assert ("0 samples" if n == 0 else "1 sample") in page.text


def test_many_classes_and_groups_are_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 256, (150, 28, 28)).astype(np.uint8).repeat(20, axis=0)
    names = LabelSet(tuple(f"class {number}" for number in range(150)))
    table = replace(
        random_table(3000, 0, names),
        labels=np.repeat(np.arange(150), 20).astype(np.int32),
        pictures=lambda positions: pictures[positions],
    )
    found = compute(table, with_neighbours=False)
    page = Page(html(found))
    assert page.text.count("and 50 more") == 2
    assert "and 138 more" in page.text
    assert "+12" in page.text
    assert "class 99" in page.text
    assert "class 100 " not in page.text
    assert len(found.thumbnails.positions) <= 2 * computing._SHOWN_GROUPS * computing._SHOWN_OF_GROUP + computing._SHOWN


def test_both_languages(statistics: Statistics) -> None:
    set_language("zh_CN")
    try:
        page = Page(html(statistics))
    finally:
        set_language("en")
    assert ("html", "lang", "zh-CN") in page.attributes
    assert set(page.tags) <= TAGS


def test_the_file_is_whole_or_as_it_was(
    statistics: Statistics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "statistics.html"
    write_html(statistics, file)
    assert file.read_text(encoding="utf-8") == html(statistics)
    assert [path.name for path in tmp_path.iterdir()] == ["statistics.html"]
    before = file.read_bytes()

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recognizer.base.files.os.replace", full)
    with pytest.raises(RecognizerError, match="no space left"):
        write_html(statistics, file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["statistics.html"]


def test_plain_text() -> None:
    assert plain("a<b>&\"'") == "<bdi>a&lt;b&gt;&amp;&quot;&#x27;</bdi>"
    assert plain("a\u202eb\x00\ud800", isolated=False) == "a\ufffdb\ufffd\ufffd"
    assert plain("مرحبا 汉字") == "<bdi>مرحبا 汉字</bdi>"


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = share_bar((50, 0, 25), 100, ("Training", "Validation", "Test"))
    assert re.findall(r'x="([\d.]+)" width="([\d.]+)"', drawn) == [("0.00", "50.00"), ("50.00", "25.00")]
    assert 'aria-label="Training: 50, Validation: 0, Test: 25"' in drawn
    assert re.findall(r'width="([\d.]+)"', share_bar((1,), 1_000_000, ("Training",))) == ["0.40"], "it is seen"


def test_a_histogram_shows_what_is_there(statistics: Statistics) -> None:
    distribution = statistics.distribution(Measure.WIDTH)
    counts = np.zeros(29, np.int64)
    counts[[10, 12]] = 30, 10
    drawn = histogram(replace(distribution, counts=counts, reference=np.zeros(29)), "Width")
    heights = [float(value) for value in re.findall(r'height="([\d.]+)" rx', drawn)]
    assert heights == [114.0, 38.0]
    assert "10: 30 (75.0%)" in drawn
    assert "polyline" not in drawn
    assert "polyline" in histogram(distribution, "Width")
    ticks = [float(value) for value in re.findall(r">([\d.]+)</text>", drawn)]
    assert ticks == sorted(ticks)
    assert {10.0, 12.0} <= set(ticks)
