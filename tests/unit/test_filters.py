"""The filter line: what it understands, what it says otherwise, and what it finds."""

import random
import time
import unicodedata
from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest
from sample_tables import random_table

from recognizer.base.errors import RecognizerError
from recognizer.library import filter_text
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split
from recognizer.library.filter_terms import Key
from recognizer.library.filters import SampleFilter, parse_filter
from recognizer.library.samples import UNKNOWN, Flag, SampleTable

NOW = datetime(2026, 11, 22, 12, 0).timestamp()
ODD = LabelSet(
    (
        *(
            "a",
            "A",
            "none",
            "-4",
            "4",
            "test",
            ",",
            ":",
            '"',
            "“",
            "two words",
            "a:b",
            "=",
            "=x",
            "<0.5",
            "..",
            "²",
            "汉",
        ),
        *("\u202eabc", "<b>bold</b>", "=cmd|' /C calc'!A0", " padded ", "ＡＢ", "日本 語", "!", "−", "label:4", "\n"),
    )
)


@pytest.fixture
def dataset() -> Dataset:
    labels = np.array([4, 9, 4, 1, 4, 9], np.int64)
    splits = np.array([0, 0, 1, 2, 2, 2], np.uint8)
    return Dataset("made-up", "Made up", np.zeros((6, 28, 28), np.uint8), labels, splits)


@pytest.mark.parametrize(
    ("text", "labels", "splits"),
    [
        ("", (), ()),
        ("   ", (), ()),
        ("4", ("4",), ()),
        ("label:4", ("4",), ()),
        ("label:9,4", ("4", "9"), ()),
        ("9 label:4 4", ("4", "9"), ()),
        ("split:test", (), (Split.TEST,)),
        ("test", (), (Split.TEST,)),
        ("split:test,train", (), (Split.TRAIN, Split.TEST)),
        ("label:4 split:test", ("4",), (Split.TEST,)),
        (" LABEL : 4 ,9  Split: Validation ", ("4", "9"), (Split.VALIDATION,)),
        ("label：４ split：test", ("4",), (Split.TEST,)),
        ("ｌａｂｅｌ：４，９、1", ("1", "4", "9"), ()),
        ("label:“4”", ("4",), ()),
    ],
)
def test_classes_and_splits(text: str, labels: tuple[str, ...], splits: tuple[Split, ...]) -> None:
    assert parse_filter(text, DIGITS) == SampleFilter(labels, splits)


@pytest.mark.parametrize(
    "wanted", [SampleFilter(), SampleFilter(("4", "9")), SampleFilter(("0",), (Split.TRAIN, Split.TEST))]
)
def test_the_text_of_a_filter_reads_as_the_filter(wanted: SampleFilter) -> None:
    assert parse_filter(wanted.text, DIGITS) == wanted
    assert wanted.is_empty == (wanted.text == "")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("-4", "-label:4"),
        ("！label：4 test", "-label:4 split:test"),
        ("-label:9 −4 -split:test", "-label:4,9 -split:test"),
        ("anna", "text:anna"),
        ('"test"', "text:test"),
        ('anna "4"', "text:anna text:4"),
        ("anna,ben -zoe", "text:anna,ben -text:zoe"),
        ('writer:"Anna Lee",ben', 'writer:"Anna Lee",ben'),
        ("writer: “Anna Lee”", 'writer:"Anna Lee"'),
        ('writer:="Anna Lee" writer:=Ben', 'writer:="Anna Lee",=Ben'),
        ("writer:NONE", "writer:none"),
        ('writer:"none"', 'writer:"none"'),
        ("source:C:\\scans", 'source:"C:\\scans"'),
        ('note:"say ""a"" now"', 'note:"say ""a"" now"'),
        ("flag:NONE,flagged flag:excluded", "flag:flagged,excluded,none"),
        ("kind:Picture", "kind:picture"),
        ("is:unread,wrong is:wrong", "is:wrong,unread"),
        ("confidence:<60%", "confidence:<0.6"),
        ("confidence: >= 0.9", "confidence:>=0.9"),
        ("confidence:≥９０％", "confidence:>=0.9"),
        ("confidence:30..60%", "confidence:0.3..0.6"),
        ("confidence:30% .. 60%", "confidence:0.3..0.6"),
        ("confidence:0.3…0.6,1..", "confidence:0.3..0.6,>=1"),
        ("confidence:..0", "confidence:<=0"),
        ("date:2026-11-22", "date:2026-11-22"),
        ("date:2026/3/1,2026年11月", "date:2026-03-01,2026-11"),
        ("date:>2026-11-01 .. ", None),
        ("date: 2026-11-01 .. 2026-11-22", "date:2026-11-01..2026-11-22"),
        ("date:2026..2026", "date:2026"),
        ("date:Today,week,none", "date:today,week,none"),
        ("predicted:9,8", "predicted:9,8"),
        ("id:17,100..200 -id:>5", "id:17,100..200 -id:>5"),
        ("id:5 confidence:<0.5 is:wrong note:x 4 source:b", "label:4 source:b note:x confidence:<0.5 is:wrong id:5"),
        ('"anna lee', 'text:"anna lee"'),
        ("-", 'text:"-"'),
    ],
)
def test_the_canonical_line(text: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(RecognizerError):
            parse_filter(text, DIGITS)
        return
    parsed = parse_filter(text, DIGITS)
    assert parsed.text == canonical
    assert parse_filter(canonical, DIGITS) == parsed


def parsed_or_refused(text: str) -> SampleFilter | None:
    """Nothing but the one error may come of a line."""
    try:
        return parse_filter(text, ODD)
    except RecognizerError:
        return None


def test_every_line_that_is_understood_has_one_canonical_line() -> None:
    chance = random.Random(11)
    pieces = [
        *("label", "split", "source", "writer", "flag", "note", "kind", "date", "confidence", "predicted", "is", "id"),
        *("text", ":", "：", ",", "、", " ", " ", " ", "-", "!", "=", '"', '""', "“", "”", "..", "<", ">=", "%", "≤"),
        *(
            "4",
            "0.5",
            "60",
            "2026-11",
            "2026",
            "today",
            "none",
            "test",
            "wrong",
            "ink",
            "flagged",
            "anna",
            "李",
            "ＡＢ",
        ),
        *ODD.names,
    ]
    understood = 0
    for _ in range(8_000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 9)))
        parsed = parsed_or_refused(text)
        if parsed is None:
            continue
        understood += 1
        again = parse_filter(parsed.text, ODD)
        assert again == parsed, text
        assert again.text == parsed.text, text
    assert understood > 2_000


def test_any_name_of_a_class_can_be_asked_for() -> None:
    labels = np.arange(len(ODD), dtype=np.int64)
    samples = Dataset("odd", "", np.zeros((len(ODD), 28, 28), np.uint8), labels, np.zeros(len(ODD), np.uint8), ODD)
    for index, name in enumerate(ODD.names):
        wanted = SampleFilter((name,))
        assert parse_filter(wanted.text, ODD) == wanted, name
        assert wanted.indices(samples).tolist() == [index]
        without = parse_filter(f"-{wanted.text}", ODD)
        assert without.indices(samples).tolist() == [other for other in range(len(ODD)) if other != index]


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("label:x", "There is no class “x”", "The classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("label:4,", "The class is missing after “label:”", "The classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("split:exam", "There is no split “exam”", "The splits are train, validation, test"),
        ("split:", "The split is missing after “split:”", "The splits are train, validation, test"),
        (
            "4 color:red",
            "“color:red” is not understood",
            "Before a colon may stand label, split, source, writer, flag, note, kind, date, confidence, predicted, is, "
            "id, text; put text that is to be searched for in quotes",
        ),
        ("flag:red", "“red” is not understood after “flag:”", "Write flag:flagged, flag:excluded, flag:none"),
        ("kind:", "Something is missing after “kind:”", "Write kind:ink, kind:picture"),
        ("is:new", "“new” is not understood after “is:”", "Write is:wrong, is:right, is:unlabelled, is:unread"),
        ("writer:", "Something is missing after “writer:”", 'Write writer:Anna, writer:"Anna Lee"'),
        ("predicted:", "Something is missing after “predicted:”", "Write predicted:9"),
        *(
            (
                f"confidence:{value}",
                f"“{value}” is not understood after “confidence:”",
                "Write confidence:<0.6, confidence:>=0.9, confidence:0.3..0.6, confidence:30%..60%",
            )
            for value in ("0.9", "high", "<60", "0.6..0.3", "nan", "<", "..", ">101%", "<-0.1", "inf")
        ),
        *(
            (f"id:{value}", f"“{value}” is not understood after “id:”", "Write id:17, id:100..200, id:>5000")
            for value in ("x", "1.5", "-3", "9..2", "9" * 19)
        ),
    ],
)
def test_what_is_not_understood(text: str, what: str, fix: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        parse_filter(text, DIGITS)
    assert (caught.value.what, caught.value.fix) == (what, fix)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "value",
    ["2026-13", "2026-02-30", "26-11-22", "1969", "9999", "now", "2026-11-22..2026-11-01", "2026-11-22T10", "-1"],
)
def test_days_that_are_none(value: str) -> None:
    with pytest.raises(RecognizerError, match="is not understood after “date:”") as caught:
        parse_filter(f'date:"{value}"', DIGITS)
    assert "date:2026-11-01..2026-11-22" in caught.value.fix


def test_a_dataset_without_classes() -> None:
    nothing = LabelSet(())
    assert parse_filter("4", nothing).text == "text:4"
    with pytest.raises(RecognizerError) as caught:
        parse_filter("label:4", nothing)
    assert caught.value.fix == "The dataset has no classes yet"


def test_letters_are_told_apart_by_case_where_both_exist() -> None:
    letters = LabelSet(("a", "A", "b"))
    assert parse_filter("A", letters).labels == ("A",)
    assert parse_filter("a", letters).labels == ("a",)
    assert parse_filter("B", letters).labels == ("b",)


def test_many_classes_are_not_all_listed() -> None:
    with pytest.raises(RecognizerError) as caught:
        parse_filter("label:zz", LabelSet(tuple(f"c{number}" for number in range(40))))
    assert caught.value.fix == "The classes are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, …"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SampleFilter(), [0, 1, 2, 3, 4, 5]),
        (SampleFilter(("4",)), [0, 2, 4]),
        (SampleFilter(("4", "9"), (Split.TEST,)), [4, 5]),
        (SampleFilter((), (Split.TRAIN, Split.VALIDATION)), [0, 1, 2]),
        (SampleFilter(("7",)), []),
        (SampleFilter(("unknown",)), []),
    ],
)
def test_what_is_found_in_a_dataset(dataset: Dataset, wanted: SampleFilter, found: list[int]) -> None:
    assert wanted.indices(dataset).tolist() == found


class Row:
    """One sample, for a judgement by hand."""

    def __init__(self, table: SampleTable, at: int) -> None:
        self.label = table.label(at)
        self.split = SPLITS[table.splits[at]].value
        self.writer = self._name(table.writer_names, table.writers[at])
        self.source = self._name(table.source_names, table.sources[at])
        self.note = self._name(table.note_texts, table.notes[at])
        self.predicted = self._name(table.predicted_names, table.predicted[at])
        self.flags = Flag(int(table.flags[at]))
        self.is_ink = bool(table.is_ink[at])
        self.confidence = float(table.confidences[at])
        self.id = int(table.ids[at])
        self.day = datetime.fromtimestamp(table.created[at]).strftime("%Y-%m-%d") if table.created[at] else ""

    @staticmethod
    def _name(names: tuple[str, ...], index: int) -> str:
        return names[index] if index != UNKNOWN else ""

    def has(self, text: str) -> bool:
        wanted = unicodedata.normalize("NFKC", text).casefold()
        texts = (self.label, self.source, self.writer, self.note)
        return any(wanted in unicodedata.normalize("NFKC", each).casefold() for each in texts)


CASES: dict[str, Callable[[Row], bool]] = {
    "4,9": lambda row: row.label in ("4", "9"),
    "-4 -test": lambda row: row.label != "4" and row.split != "test",
    "4 -split:train,validation": lambda row: row.label == "4" and row.split == "test",
    "writer:ANNA": lambda row: "anna" in row.writer.casefold(),
    "writer:=anna": lambda row: row.writer == "anna",
    'writer:"anna lee",=Ben': lambda row: row.writer in ("Anna Lee", "Ben"),
    "writer:none": lambda row: not row.writer,
    'writer:"none"': lambda row: row.writer == "none",
    "-writer:none": lambda row: bool(row.writer),
    "writer:李": lambda row: row.writer == "李明",
    'writer:"müller, jo"': lambda row: row.writer == "Müller, Jo",
    "source:sheets": lambda row: row.source in ("sheets/A 1.png", "Ｓheets/b2.png"),
    "source:C:\\x": lambda row: row.source.startswith("C:"),
    'source:"x ""y"""': lambda row: row.source.startswith("C:"),
    "note:smudged,none": lambda row: row.note in ("smudged", ""),
    "-note:smudged": lambda row: row.note != "smudged",
    "flag:flagged": lambda row: Flag.FLAGGED in row.flags,
    "flag:flagged,none": lambda row: Flag.FLAGGED in row.flags or not row.flags,
    "-flag:excluded": lambda row: Flag.EXCLUDED not in row.flags,
    "flag:flagged -flag:excluded": lambda row: row.flags == Flag.FLAGGED,
    "kind:ink": lambda row: row.is_ink,
    "kind:picture": lambda row: not row.is_ink,
    "kind:picture,ink": lambda row: True,
    "date:2026-11": lambda row: row.day.startswith("2026-11"),
    "date:2026": lambda row: row.day != "",
    "date:2026-11-21,2026-11-22": lambda row: row.day in ("2026-11-21", "2026-11-22"),
    "date:>2026-11-01": lambda row: row.day > "2026-11-01",
    "date:>=2026-11-01": lambda row: row.day >= "2026-11-01",
    "date:<2026-03": lambda row: "" < row.day < "2026-03",
    "date:<=2026-03": lambda row: "" < row.day < "2026-04",
    "date:>2026-03": lambda row: row.day > "2026-04",
    "date:2026-11-01..2026-11-22": lambda row: "2026-11-01" <= row.day <= "2026-11-22",
    "date:2026-11..": lambda row: row.day >= "2026-11",
    "date:today": lambda row: row.day == "2026-11-22",
    "date:yesterday": lambda row: row.day == "2026-11-21",
    "date:week": lambda row: "2026-11-16" <= row.day <= "2026-11-22",
    "date:month": lambda row: "2026-10-24" <= row.day <= "2026-11-22",
    "date:>=week": lambda row: row.day >= "2026-11-16",
    "date:none": lambda row: not row.day,
    "-date:2026-11": lambda row: not row.day.startswith("2026-11"),
    "confidence:<0.6": lambda row: row.confidence < 0.59,
    "confidence:<=60%": lambda row: row.confidence < 0.61,
    "confidence:>=0.9": lambda row: row.confidence > 0.89,
    "confidence:>0.9": lambda row: row.confidence > 0.91,
    "confidence:0.3..0.6": lambda row: 0.29 < row.confidence < 0.61,
    "confidence:..0.3,>=1": lambda row: row.confidence < 0.31 or row.confidence == 1,
    "predicted:9,b": lambda row: row.predicted in ("9", "B"),
    "predicted:nothing": lambda row: False,
    "is:wrong": lambda row: row.predicted != "" and row.label != "" and row.predicted != row.label,
    "is:right": lambda row: row.predicted != "" and row.predicted == row.label,
    "is:unlabelled": lambda row: not row.label,
    "is:unread": lambda row: not row.predicted,
    "is:right,unread": lambda row: not row.predicted or row.predicted == row.label,
    "-is:wrong": lambda row: not row.predicted or not row.label or row.predicted == row.label,
    "id:7,100..200": lambda row: row.id == 7 or 100 <= row.id <= 200,
    "id:<=50 -id:20..30": lambda row: row.id <= 50 and not 20 <= row.id <= 30,
    "anna": lambda row: row.has("anna"),
    "anna smudged": lambda row: row.has("anna") and row.has("smudged"),
    "anna,smudged": lambda row: row.has("anna") or row.has("smudged"),
    '"4"': lambda row: row.has("4"),
    "text:ＰＮＧ -ben": lambda row: row.has("png") and not row.has("ben"),
    "4 test writer:anna confidence:<0.6 -flag:excluded": lambda row: (
        row.label == "4"
        and row.split == "test"
        and "anna" in row.writer.casefold()
        and row.confidence < 0.59
        and Flag.EXCLUDED not in row.flags
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_what_is_found_is_what_a_look_at_each_sample_finds(text: str) -> None:
    for seed in range(3):
        table = random_table(700, seed)
        wanted = [at for at in range(len(table)) if CASES[text](Row(table, at))]
        chosen = parse_filter(text, DIGITS)
        assert chosen.indices(table, NOW).tolist() == wanted
        np.testing.assert_array_equal(np.flatnonzero(chosen.mask(table, NOW)), wanted)
        assert chosen.indices(table, NOW).dtype == np.int64


def test_every_key_is_tried() -> None:
    asked = {term.key for text in CASES for term in parse_filter(text, DIGITS)._all_terms()}
    assert asked == set(Key)


def test_an_empty_table() -> None:
    table = random_table(0, 0)
    for text in CASES:
        assert parse_filter(text, DIGITS).indices(table, NOW).tolist() == []


def test_many_names_are_searched_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    letters = "abcÄßÅ李 "
    names = tuple("".join(chance.choice(letters) for _ in range(chance.randint(0, 7))) for _ in range(3000))
    wanted = ["a", "ab", "ß", "ss", "李", "ÄA", "cab", " ", "abcabcabcabc", *names[:20]]
    slow = {(text, exact): filter_text.containing(text, names, is_exact=exact) for text in wanted for exact in (0, 1)}
    monkeypatch.setattr(filter_text, "_MANY", 10)
    for (text, exact), expected in slow.items():
        found = filter_text.containing(text, names, is_exact=exact)
        np.testing.assert_array_equal(found, expected, err_msg=text)
    assert len(filter_text._joined) <= 3
    odd = (*names, "a\0b")
    assert filter_text.containing("b", odd)[-1]


def test_a_million_samples_are_filtered_in_time() -> None:
    """A loose bound, since other tests run beside it; tests/benchmarks/bench_statistics.py has the strict one."""
    table = random_table(1_000_000, 0)
    began = time.process_time()
    for text in ("4,9 -test", "writer:anna", "date:2026-11", "confidence:<0.6 is:wrong", "text:png -flag:excluded"):
        parse_filter(text, DIGITS).indices(table, NOW)
    assert time.process_time() - began < 1.0
