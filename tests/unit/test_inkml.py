"""InkML: W3C's grammar and examples, labels of every layout, exact round trips, and files that must be refused."""

from pathlib import Path

import numpy as np
import pytest
from ink_samples import check_same, random_file

from recognizer.base.errors import RecognizerError
from recognizer.ink import ink_file, inkml, inkml_tree
from recognizer.ink.ink_file import InkFile
from recognizer.ink.inkml import read_inkml
from recognizer.ink.inkml_trace import Channel, TraceError, TraceFormat, TraceReader
from recognizer.ink.inkml_writer import write_inkml
from recognizer.ink.stroke import Ink

XY = TraceFormat()


def decoded(text: str, form: TraceFormat = XY, piece: int = 1_000_000) -> list[list[float]]:
    reader = TraceReader(form)
    for start in range(0, len(text), piece):
        reader.feed(text[start : start + piece])
    return reader.points().tolist()


def read(folder: Path, body: str, name: str = "x.inkml") -> InkFile:
    path = folder / name
    path.write_text(f'<?xml version="1.0"?>\n<ink xmlns="http://www.w3.org/2003/InkML">{body}</ink>', encoding="utf-8")
    return read_inkml(path)


def points(ink: Ink) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in ink.strokes]


def refused(path: Path) -> RecognizerError:
    with pytest.raises(RecognizerError) as caught:
        read_inkml(path)
    assert str(path) in caught.value.where
    assert caught.value.fix
    return caught.value


def test_the_example_of_the_recommendation() -> None:
    form = TraceFormat((Channel("X"), Channel("Y"), Channel("S1"), Channel("S2")), 2)
    text = """1125 18432,'23'43,"7"-8,3-5,7 -3,6 2,6 8,3 6 T,2 4*T,3 6,3-6 F F"""
    wanted = [
        [1125, 18432, 0, 0],
        [1148, 18475, 0, 0],
        [1178, 18510, 0, 0],
        [1211, 18540, 0, 0],
        [1251, 18567, 0, 0],
        [1297, 18596, 0, 0],
        [1349, 18633, 0, 0],
        [1404, 18676, 1, 0],
        [1461, 18723, 1, 1],
        [1521, 18776, 1, 1],
        [1584, 18823, 0, 0],
    ]
    assert decoded(text, form) == wanted
    assert decoded(text, form, piece=1) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        (" \n", []),
        ("1 2", [[1, 2]]),
        ("1 2,", [[1, 2]]),
        (" 1\t2 ,\n 3 \n 4 ", [[1, 2], [3, 4]]),
        ("1-2,3-4", [[1, -2], [3, -4]]),
        ("1.5 .25,-2. 3", [[1.5, 0.25], [-2, 3]]),
        ("1e2 2E-1,3e+1-4", [[100, 0.2], [30, -4]]),
        ("#1F -#A", [[31, -10]]),
        ("1 2,* 5,6 *,* *", [[1, 2], [1, 5], [6, 5], [6, 5]]),
        ("1 2,? 5", [[1, 2], [1, 5]]),
        ("1 2,'3'4,5 6,!7!8,9 10", [[1, 2], [4, 6], [9, 12], [7, 8], [9, 10]]),
        ("1 2,'3'4,* *,* *", [[1, 2], [4, 6], [7, 10], [10, 14]]),
        ("0 0,'1'1,\"1\"2,* *", [[0, 0], [1, 1], [3, 4], [6, 9]]),
        ("1 2, ' 3 ' - 4, 1 1", [[1, 2], [4, -2], [5, -1]]),
        ("1 2 9,3 4 9", [[1, 2], [3, 4]]),
    ],
)
def test_trace_text(text: str, wanted: list[list[float]]) -> None:
    assert decoded(text) == wanted
    assert decoded(text, piece=1) == wanted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1", "a point has 1 values, the format asks for 2"),
        ("1 2,3", "columns changed from 2 to 1"),
        ("1 x", "'x' is no value"),
        ("1 nan", "'nan' is no value"),
        ("1 inf", "'inf' is no value"),
        ("1 ''2", "is no value"),
        ("1 2,3 4!", "is no value"),
        ("1 --2", "could not convert string '--2'"),
        ("1 2e", "could not convert"),
        ("1 1.2.3", "could not convert"),
        ("1 2,3 4e999", "a number is too large"),
        ("1 " + "2" * 100_000, "a point has more than 4,096 characters"),
    ],
)
def test_bad_trace_text(text: str, reason: str) -> None:
    with pytest.raises(TraceError, match=reason):
        decoded(text)


def test_differences_across_pieces_are_those_of_the_whole() -> None:
    chance = np.random.default_rng(4)
    places = np.cumsum(chance.integers(-9, 10, (40_000, 2)), axis=0)
    steps = np.diff(places, axis=0)
    bends = np.diff(steps, axis=0)
    first = ",".join(f"{x} {y}" for x, y in places[:1])
    by_steps = f"{first},'{steps[0, 0]}'{steps[0, 1]}," + ",".join(f"{x} {y}" for x, y in steps[1:])
    by_bends = f"{first},'{steps[0, 0]}'{steps[0, 1]},\"{bends[0, 0]}\"{bends[0, 1]}," + ",".join(
        f"{x} {y}" for x, y in bends[1:]
    )
    assert decoded(by_steps, piece=9_999) == places.tolist()
    assert decoded(by_bends, piece=9_999) == places.tolist()


def test_one_drawing_of_plain_traces(tmp_path: Path) -> None:
    file = read(tmp_path, "<trace>1 2,3 4</trace><trace>5 6</trace><trace></trace>")
    assert len(file) == 1
    assert points(file.inks[0]) == [[[1, 2], [3, 4]], [[5, 6]]]
    assert file.labels == ("",)
    assert file.writers == ("",)


def test_channels_have_units_ranges_and_directions(tmp_path: Path) -> None:
    body = """<annotation type="writer">ann</annotation><annotation type="date">2024-05-01</annotation>
    <definitions><context xml:id="pad"><inkSource xml:id="tablet"><traceFormat>
      <channel name="F" type="integer" min="100" max="1100"/><channel name="T" type="integer" units="ms"/>
      <channel name="Y" orientation="-ve"/><channel name="X"/></traceFormat></inkSource></context></definitions>
    <trace contextRef="#pad">100 5000 7 1, 600 5010 9 2</trace>
    <trace contextRef="#pad">1100 6000 8 3</trace>"""
    (ink,) = read(tmp_path, body).inks
    assert points(ink) == [[[1, -7], [2, -9]], [[3, -8]]]
    assert [stroke.times.tolist() for stroke in ink.strokes] == [[0, pytest.approx(0.01)], [1]]
    assert [stroke.pressures.tolist() for stroke in ink.strokes] == [[0, 0.5], [1]]
    file = read(tmp_path, body)
    assert file.writers == ("ann",)
    assert file.date == "2024-05-01"


def test_forces_without_a_greatest_value(tmp_path: Path) -> None:
    form = '<traceFormat><channel name="X"/><channel name="Y"/><channel name="F"/></traceFormat>'
    (ink,) = read(tmp_path, f"{form}<trace>0 0 100,1 1 400</trace><trace>2 2 200</trace>").inks
    assert [stroke.pressures.tolist() for stroke in ink.strokes] == [[0.25, 1], [0.5]]
    (ink,) = read(tmp_path, f"{form}<trace>0 0 0.5,1 1 0.25</trace>").inks
    assert ink.strokes[0].pressures.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(("units", "seconds"), [("s", 250.0), ("ms", 0.25), ("us", 0.00025), ("", 0.25), ("dev", 0.25)])
def test_units_of_time(tmp_path: Path, units: str, seconds: float) -> None:
    form = f'<traceFormat><channel name="X"/><channel name="Y"/><channel name="T" units="{units}"/></traceFormat>'
    (ink,) = read(tmp_path, f"{form}<trace>0 0 1700000000000,1 1 1700000000250</trace>").inks
    assert ink.strokes[0].times.tolist() == pytest.approx([0, seconds])


def test_times_without_a_channel(tmp_path: Path) -> None:
    rate = '<context><inkSource><sampleRate uniform="true" value="100"/></inkSource></context>'
    (ink,) = read(tmp_path, f"{rate}<trace>0 0,1 1,2 2</trace><trace>3 3,4 4</trace>").inks
    assert [stroke.times.tolist() for stroke in ink.strokes] == [
        pytest.approx([0, 0.01, 0.02]),
        pytest.approx([0.03, 0.04]),
    ]
    (ink,) = read(tmp_path, f'{rate}<trace>0 0</trace><trace timeOffset="500">3 3,4 4</trace>').inks
    assert ink.strokes[1].times.tolist() == pytest.approx([0.5, 0.51])
    (ink,) = read(tmp_path, '<trace duration="300">0 0,1 1,2 2,3 3</trace>').inks
    assert ink.strokes[0].times.tolist() == pytest.approx([0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("channels", "properties"),
    [
        ('<channel name="X" units="mm"/><channel name="Y" units="cm"/>', ""),
        (
            '<channel name="X"/><channel name="Y"/>',
            '<channelProperties><channelProperty channel="X" name="resolution" value="1000" units="1/cm"/>'
            '<channelProperty channel="Y" name="resolution" value="100" units="1/cm"/></channelProperties>',
        ),
    ],
)
def test_proportions_are_those_of_the_paper(tmp_path: Path, channels: str, properties: str) -> None:
    source = f"<context><inkSource><traceFormat>{channels}</traceFormat>{properties}</inkSource></context>"
    (ink,) = read(tmp_path, f"{source}<trace>0 0,20 3</trace>").inks
    assert points(ink) == [[[0, 0], [20, pytest.approx(30)]]]


def test_transform_to_the_canvas(tmp_path: Path) -> None:
    body = """<context><canvasTransform><mapping type="affine"><bind source="X"/><bind source="Y"/>
    <affine>2 0 5, 0 -1 100</affine></mapping><mapping type="affine"><affine>9 9 9, 9 9 9</affine></mapping>
    </canvasTransform></context><trace>1 10,2 20</trace>"""
    (ink,) = read(tmp_path, body).inks
    assert points(ink) == [[[7, 90], [9, 80]]]
    (ink,) = read(tmp_path, body.replace("2 0 5, 0 -1 100", "2 0, 0 1")).inks
    assert points(ink) == [[[1, 10], [2, 20]]]


def test_pen_up_and_continued_traces(tmp_path: Path) -> None:
    body = """<trace id="a" continuation="begin">1 1,2 2</trace><trace type="penUp">9 9</trace>
    <trace id="b" continuation="middle" priorRef="#a">3 3</trace><trace type="penDown">7 7</trace>
    <trace id="c" continuation="end" priorRef="#b">4 4</trace>"""
    (ink,) = read(tmp_path, body).inks
    assert points(ink) == [[[1, 1], [2, 2], [3, 3], [4, 4]], [[7, 7]]]


def test_the_tip_switch_divides_a_trace(tmp_path: Path) -> None:
    form = '<traceFormat><channel name="X"/><channel name="Y"/><channel name="S" type="boolean"/></traceFormat>'
    (ink,) = read(tmp_path, f"{form}<trace>0 0 F,1 1 T,2 2 T,3 3 F,4 4 T</trace>").inks
    assert points(ink) == [[[1, 1], [2, 2]], [[4, 4]]]


def test_brush_width_in_the_unit_of_the_points(tmp_path: Path) -> None:
    body = """<definitions><brush xml:id="b"><brushProperty name="width" value="{}" units="{}"/></brush></definitions>
    <traceFormat><channel name="X" units="{}"/><channel name="Y" units="{}"/></traceFormat>
    <trace brushRef="#b">1 1</trace>"""
    for width, brush, unit, wanted in (("0.5", "mm", "himetric", 50), ("3", "", "", 3), ("3", "mm", "dev", 0)):
        (ink,) = read(tmp_path, body.format(width, brush, unit, unit)).inks
        assert ink.pen_width == pytest.approx(wanted)


def test_labelled_groups(tmp_path: Path) -> None:
    body = """<annotation type="truth">the whole page</annotation>
    <traceGroup><annotation type="label">4</annotation><annotation type="writer">bob</annotation>
    <trace>1 1</trace><traceGroup><trace>2 2</trace></traceGroup></traceGroup>
    <traceGroup><annotation>7</annotation><trace>3 3</trace></traceGroup>
    <traceGroup><annotation type="style">neat</annotation><trace>4 4</trace></traceGroup>
    <traceGroup><annotationXML type="truth"><Tg>क</Tg></annotationXML><trace>5 5</trace></traceGroup>
    <trace>6 6</trace>"""
    file = read(tmp_path, body)
    assert file.labels == ("4", "7", "", "क", "")
    assert [points(ink)[0] for ink in file.inks] == [[[1, 1]], [[3, 3]], [[4, 4]], [[5, 5]], [[6, 6]]]
    assert len(file.inks[0].strokes) == 2
    assert file.writers == ("bob", "", "", "", "")


def test_the_innermost_labels_count(tmp_path: Path) -> None:
    body = """<traceGroup><annotation type="truth">42</annotation>
    <traceGroup><annotation type="truth">4</annotation><trace>1 1</trace></traceGroup>
    <traceGroup><annotation type="truth">2</annotation><trace>2 2</trace></traceGroup></traceGroup>"""
    file = read(tmp_path, body)
    assert file.labels == ("4", "2")


def test_a_label_for_all_of_a_file(tmp_path: Path) -> None:
    file = read(tmp_path, '<annotation type="truth"> 8 </annotation><traceGroup><trace>1 1</trace></traceGroup>')
    assert file.labels == ("8",)
    assert points(file.inks[0]) == [[[1, 1]]]


def test_layout_of_crohme(tmp_path: Path) -> None:
    body = """<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>
    <annotation type="truth">$2+2$</annotation><annotation type="UI">2013</annotation>
    <annotationXML type="truth" encoding="Content-MathML"><math xmlns="http://www.w3.org/1998/Math/MathML">
    <mrow><mn>2</mn></mrow></math></annotationXML>
    <trace id="0">1 1, 2 2</trace><trace id="1">3 3</trace><trace id="2">4 4</trace><trace id="3">5 5</trace>
    <traceGroup xml:id="3"><annotation type="truth">Segmentation</annotation>
    <traceGroup xml:id="0"><annotation type="truth">2</annotation><traceView traceDataRef="0"/>
    <annotationXML href="2_1"/></traceGroup>
    <traceGroup xml:id="5"><annotation type="truth">+</annotation><traceView traceDataRef="2"/>
    <traceView traceDataRef="3"/></traceGroup>
    <traceGroup xml:id="6"><annotation type="truth">2</annotation><traceView traceDataRef="1"/></traceGroup>
    </traceGroup>"""
    file = read(tmp_path, body)
    assert file.labels == ("2", "+", "2")
    assert [points(ink) for ink in file.inks] == [[[[1, 1], [2, 2]]], [[[4, 4]], [[5, 5]]], [[[3, 3]]]]


def test_layout_of_microsoft(tmp_path: Path) -> None:
    text = """<inkml:ink xmlns:emma="http://www.w3.org/2003/04/emma" xmlns:inkml="http://www.w3.org/2003/InkML">
    <inkml:definitions><inkml:context xml:id="ctx"><inkml:inkSource xml:id="src"><inkml:traceFormat>
    <inkml:channel name="X" type="integer" max="32767" units="himetric"/>
    <inkml:channel name="Y" type="integer" max="32767" units="himetric"/>
    <inkml:channel name="F" type="integer" max="32767" units="dev"/></inkml:traceFormat></inkml:inkSource>
    </inkml:context><inkml:brush xml:id="br0"><inkml:brushProperty name="width" value="35" units="himetric"/>
    <inkml:brushProperty name="color" value="#000000"/></inkml:brush></inkml:definitions>
    <inkml:traceGroup><inkml:annotationXML><emma:emma version="1.0"><emma:literal>five</emma:literal></emma:emma>
    </inkml:annotationXML><inkml:trace xml:id="stk0" contextRef="#ctx" brushRef="#br0">10 20 0, 30 40 32767
    </inkml:trace></inkml:traceGroup></inkml:ink>"""
    (tmp_path / "x.inkml").write_text(text)
    file = read_inkml(tmp_path / "x.inkml")
    assert file.labels == ("",)
    assert points(file.inks[0]) == [[[10, 20], [30, 40]]]
    assert file.inks[0].strokes[0].pressures.tolist() == [0, 1]
    assert file.inks[0].pen_width == 35


def test_views_of_parts(tmp_path: Path) -> None:
    body = """<definitions><traceGroup xml:id="g"><trace>1 1,2 2,3 3</trace><trace>4 4,5 5,6 6</trace></traceGroup>
    </definitions><trace xml:id="t">7 7,8 8,9 9</trace>
    <traceView><annotation type="truth">a</annotation><traceView traceDataRef="#g" from="1:2" to="2:2"/></traceView>
    <traceView><annotation type="truth">b</annotation><traceView traceDataRef="#t" from="2"/></traceView>"""
    file = read(tmp_path, body)
    assert file.labels == ("a", "b")
    assert [points(ink) for ink in file.inks] == [[[[2, 2], [3, 3]], [[4, 4], [5, 5]]], [[[8, 8], [9, 9]]]]


def test_groups_without_any_label(tmp_path: Path) -> None:
    file = read(tmp_path, "<traceGroup><trace>1 1</trace></traceGroup><traceGroup/><trace>2 2</trace>")
    assert [points(ink) for ink in file.inks] == [[[[1, 1]]], [], [[[2, 2]]]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?><ink><annotation type="truth">é</annotation></ink>'
    (tmp_path / "x.inkml").write_text(text, encoding=encoding)
    assert read_inkml(tmp_path / "x.inkml").labels == ("é",)


@pytest.mark.parametrize("seed", range(40))
def test_round_trip(tmp_path: Path, seed: int) -> None:
    before = random_file(seed)
    write_inkml(tmp_path / "x.inkml", before)
    after = read_inkml(tmp_path / "x.inkml")
    check_same(before, after)
    assert after.date == before.date
    assert [ink.pen_width for ink in after.inks] == [ink.pen_width for ink in before.inks]


def test_empty_drawings_are_kept(tmp_path: Path) -> None:
    before = InkFile.of([Ink(), Ink.from_arrays([np.ones((1, 2))]), Ink()], ["1", "", ""])
    write_inkml(tmp_path / "x.inkml", before)
    check_same(before, read_inkml(tmp_path / "x.inkml"))


def test_labels_that_xml_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(RecognizerError, match="control characters"):
        write_inkml(tmp_path / "x.inkml", InkFile.of([Ink()], ["\x00"]))
    assert not (tmp_path / "x.inkml").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no XML"),
        ("hello", "line 1: it is no XML: syntax error"),
        ("<svg/>", "its first element is svg, not ink"),
        ("<ink><trace>1 2", "no XML"),
        ("<ink>\n\n<trace>1 2,x y</trace></ink>", "line 3: 'x y' is no value"),
        ("<ink><trace>1 1e40</trace></ink>", "a coordinate is larger than 1e+30"),
        ("<ink>&lol;</ink>", "undefined entity"),
        ('<!DOCTYPE ink SYSTEM "x.dtd"><ink/>', "line 1: it declares a document type"),
        ('<!DOCTYPE ink [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ink>&b;</ink>', "it declares a document type"),
        ('<!DOCTYPE ink [<!ENTITY a SYSTEM "file:///etc/passwd">]><ink>&a;</ink>', "it declares a document type"),
        ('<?xml version="1.0" encoding="klingon"?><ink/>', "klingon"),
        ('<ink><trace contextRef="#x">1 2</trace></ink>', "there is no context '#x'"),
        ('<ink><context traceFormatRef="#x"/></ink>', "there is no traceFormat '#x'"),
        ('<ink><traceView traceDataRef="#x"/></ink>', "there is no trace '#x'"),
        ('<ink><trace id="x">1 2</trace><traceView traceDataRef="#x" from="b"/></ink>', "'b' is no place"),
        ('<ink><traceFormat><channel name="X"/></traceFormat><trace>1</trace></ink>', "no channels X and Y"),
        ("<ink>" * 40 + "</ink>" * 40, "elements are nested more than 32 deep"),
        (
            '<ink><traceGroup xml:id="g">' + '<traceView traceDataRef="#g"/>' * 2 + "</traceGroup></ink>",
            "its views lead in a circle",
        ),
    ],
)
def test_unusable_files(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "x.inkml").write_text(text)
    assert reason in refused(tmp_path / "x.inkml").where


def test_bytes_that_are_not_in_the_declared_encoding(tmp_path: Path) -> None:
    (tmp_path / "x.inkml").write_bytes(b'<?xml version="1.0" encoding="utf-8"?><ink>\xff\xfe</ink>')
    assert "line 1" in refused(tmp_path / "x.inkml").where


def test_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.inkml").what == "There is no such file"


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.inkml"
    path.write_text("<ink>" + "<trace>1 2,3 4,5 6</trace>" * 4 + "</ink>")
    monkeypatch.setattr(inkml, "MAX_ELEMENTS", 4)
    assert "more than 4 elements" in refused(path).where
    monkeypatch.setattr(inkml, "MAX_ELEMENTS", 100)
    monkeypatch.setattr(inkml, "MAX_POINTS", 11)
    assert "it has more than 11 points" in refused(path).where
    monkeypatch.setattr(inkml, "MAX_DRAWING_POINTS", 2)
    assert "a drawing has more than 1,000,000 points" in refused(path).where
    monkeypatch.undo()
    monkeypatch.setattr(inkml_tree, "MAX_DRAWING_STROKES", 3)
    assert "a drawing has more than 3 strokes" in refused(path).where
    monkeypatch.setattr(inkml, "MAX_FILE_BYTES", 20)
    assert "larger than 20 bytes" in refused(path).where
    assert ink_file.MAX_DRAWING_POINTS == 1_000_000


def test_views_of_views_do_not_multiply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = "".join(
        f'<traceGroup xml:id="g{n}">' + f'<traceView traceDataRef="#g{n + 1}"/>' * 10 + "</traceGroup>"
        for n in range(12)
    )
    (tmp_path / "x.inkml").write_text(f'<ink>{groups}<traceGroup xml:id="g12"><trace>1 1</trace></traceGroup></ink>')
    assert "more than 20,000 strokes" in refused(tmp_path / "x.inkml").where
    monkeypatch.setattr(inkml_tree, "_MAX_VISITS", 5000)
    (tmp_path / "x.inkml").write_text(f'<ink>{groups}<traceGroup xml:id="g12"></traceGroup></ink>')
    assert "more than 5,000 traces" in refused(tmp_path / "x.inkml").where
