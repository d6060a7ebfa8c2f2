"""My handwriting: what was kept comes back exactly, is never lost, and is divided for good."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.imaging.preprocess import PREPROCESSING_VERSION, Preprocessor
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.synthesis import generate_ink
from recognizer.library import ink_blob
from recognizer.library.dataset import DIGITS, SPLITS, Split
from recognizer.library.handwriting import NAME, Handwriting, split_of
from recognizer.library.ink_blob import pack_ink, unpack_ink
from recognizer.library.sources import load_dataset
from recognizer.library.store.contents import pack, unpack
from recognizer.library.store.library import FILE, Library


@pytest.fixture
def own(profile: Profile) -> Handwriting:
    return Handwriting(profile)


def random_ink(rng: np.random.Generator) -> Ink:
    """Any ink at all: one point or many, huge or tiny coordinates, with times and pressures."""
    strokes = []
    for _ in range(rng.integers(1, 6)):
        n = int(rng.integers(1, 40))
        scale = 10.0 ** rng.integers(-6, 7)
        strokes.append(
            Stroke(
                (rng.normal(0, scale, (n, 2))).astype(np.float32),
                np.sort(rng.uniform(0, 9, n)).astype(np.float32),
                rng.uniform(0, 1, n).astype(np.float32),
            )
        )
    return Ink(tuple(strokes), float(rng.uniform(0, 60)))


def same(first: Ink, second: Ink) -> bool:
    return (
        first.pen_width == second.pen_width
        and len(first.strokes) == len(second.strokes)
        and all(
            getattr(a, name).tobytes() == getattr(b, name).tobytes()
            and getattr(a, name).dtype == getattr(b, name).dtype
            for a, b in zip(first.strokes, second.strokes, strict=True)
            for name in ("points", "times", "pressures")
        )
    )


# Bytes


@pytest.mark.parametrize("seed", range(30))
def test_ink_comes_back_bit_by_bit(seed: int) -> None:
    ink = random_ink(np.random.default_rng(seed))
    assert same(unpack_ink(pack_ink(ink)), ink)
    assert pack_ink(unpack_ink(pack_ink(ink))) == pack_ink(ink)


def test_damaged_ink_is_refused_whatever_byte_is_wrong() -> None:
    ink = random_ink(np.random.default_rng(5))
    data = pack_ink(ink)
    rng = np.random.default_rng(6)
    for cut in (0, 4, 5, 6, len(data) // 2, len(data) - 1):
        with pytest.raises(ValueError, match=r".+"):
            unpack_ink(data[:cut])
    for place in rng.integers(0, len(data), 200):
        changed = bytearray(data)
        changed[place] ^= int(rng.integers(1, 256))
        try:
            # The bits that name the level of compression do not matter.
            assert same(unpack_ink(bytes(changed)), ink)
            assert place == len(b"RINK\x01") + 1
        except ValueError:
            pass


def test_a_blob_that_swells_is_cut_off() -> None:
    import zlib

    bomb = data = b"RINK\x01" + zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(ValueError, match="bytes"):
        unpack_ink(bomb)
    assert len(data) < 100_000


def test_ink_that_is_no_symbol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dots = np.zeros((1, 2), np.float32)
    with pytest.raises(RecognizerError, match="nothing has been drawn"):
        pack_ink(Ink())
    with pytest.raises(RecognizerError, match="no numbers"):
        pack_ink(Ink((Stroke(dots, np.full(1, np.nan, np.float32)),)))
    with pytest.raises(RecognizerError, match="20,001 strokes"):
        pack_ink(Ink((Stroke(dots),) * 20_001))
    monkeypatch.setattr(ink_blob, "MAX_POINTS", 10)
    with pytest.raises(RecognizerError, match="11 points, at most 20,000 with 10"):
        pack_ink(Ink((Stroke(np.zeros((11, 2), np.float32)),)))


def test_pictures_come_back_and_large_ones_are_shrunk() -> None:
    rng = np.random.default_rng(7)
    image = rng.integers(0, 256, (37, 61), dtype=np.uint8)
    np.testing.assert_array_equal(unpack(pack(image).blob), image)
    shrunk = unpack(pack(np.zeros((3000, 1500), np.uint8)).blob)
    assert getattr(shrunk, "shape", None) == (1024, 512)
    with pytest.raises(RecognizerError, match="shape"):
        pack(np.zeros((4, 4, 3), np.uint8))
    for data in (b"", b"GIF89a", pack(image).blob[:80], pack(image).blob + b"x"):
        with pytest.raises(ValueError, match=r".*"):
            unpack(data)


# Keeping


def test_what_is_kept_comes_back(own: Handwriting, profile: Profile) -> None:
    assert (own.count(), own.counts(), own.samples()) == (0, {}, [])
    assert not (profile.root / FILE).exists()
    ink = random_ink(np.random.default_rng(1))
    image = np.random.default_rng(2).integers(0, 256, (40, 30), dtype=np.uint8)
    first = own.add(ink, " 7 ", "1", "digits")
    second = own.add_picture(image, "café")
    own.close()

    one, two = Handwriting(profile).samples()
    assert (one.id, one.label, one.predicted, one.model_id, one.source) == (first, "7", "1", "digits", "draw")
    assert (one.preprocessing, one.picture, one.deleted) == (PREPROCESSING_VERSION, None, "")
    assert one.ink is not None
    assert same(one.ink, ink)
    assert len(one.created) == 20
    assert one.created.endswith("Z")
    assert (two.id, two.label, two.source, two.ink) == (second, "café", "read", None)
    np.testing.assert_array_equal(two.picture, image)
    assert own.counts() == {"7": 1, "café": 1}
    assert (own.find(ink), own.find(random_ink(np.random.default_rng(9)))) == (first, None)


def test_one_drawing_has_one_label(own: Handwriting) -> None:
    ink = random_ink(np.random.default_rng(1))
    first = own.add(ink, "4")
    assert own.add(ink, "9") == first
    assert own.counts() == {"9": 1}
    own.remove(first)
    assert own.find(ink) is None
    assert own.add(ink, "9") == first
    assert own.count() == 1


def test_removing_relabelling_and_taking_it_back(own: Handwriting) -> None:
    first = own.add(random_ink(np.random.default_rng(1)), "4")
    split = own.sample(first).split
    own.relabel(first, "9")
    assert (own.sample(first).label, own.sample(first).split) == ("9", split)
    own.remove(first)
    assert (own.count(), own.samples()) == (0, [])
    assert [sample.id for sample in own.samples(removed=True)] == [first]
    assert own.sample(first).deleted
    own.restore(first)
    assert own.counts() == {"9": 1}
    for change in (own.remove, own.restore, lambda sample_id: own.relabel(sample_id, "1"), own.sample):
        with pytest.raises(RecognizerError, match="no such sample"):
            change(first + 1)


@pytest.mark.parametrize("label", ["", "  ", "x" * 33, "a\nb", "a\u202eb", "\x00", "\ud800"])
def test_labels_that_nobody_could_read_are_refused(own: Handwriting, label: str) -> None:
    with pytest.raises(RecognizerError, match="label"):
        own.add(random_ink(np.random.default_rng(1)), label)
    assert own.count() == 0


def test_random_edits_against_a_plain_list(own: Handwriting, profile: Profile) -> None:
    rng = np.random.default_rng(11)
    inks = [random_ink(rng) for _ in range(30)]
    expected: dict[int, tuple[int, str, bool]] = {}
    for _ in range(200):
        which, label = int(rng.integers(len(inks))), str(rng.integers(10))
        match int(rng.integers(4)):
            case 0:
                expected[own.add(inks[which], label)] = (which, label, True)
            case _ if not expected:
                pass
            case action:
                sample_id = int(rng.choice(list(expected)))
                before = expected[sample_id]
                if action == 1:
                    own.relabel(sample_id, label)
                    expected[sample_id] = (before[0], label, before[2])
                else:
                    (own.remove if action == 2 else own.restore)(sample_id)
                    expected[sample_id] = (*before[:2], action == 3)
    own.close()
    alive = [(sample.id, sample.label) for sample in own.samples()]
    assert alive == sorted((sample_id, label) for sample_id, (_, label, is_there) in expected.items() if is_there)
    for sample in own.samples(removed=True) + own.samples():
        assert sample.ink is not None
        assert same(sample.ink, inks[expected[sample.id][0]])
    assert sum(own.split_counts().values()) == own.count() == len(alive)


# As a dataset


def test_the_dataset_is_what_the_model_sees(own: Handwriting, profile: Profile) -> None:
    rng = np.random.default_rng(3)
    inks = [generate_ink(digit, rng) for digit in range(10)]
    ids = [own.add(ink, str(digit)) for digit, ink in enumerate(inks)]
    picture = np.full((60, 40), 255, np.uint8)
    picture[10:50, 18:24] = 0
    ids.append(own.add_picture(picture, "1"))
    data = load_dataset(NAME, profile)
    assert (data.name, data.title, data.label_set) == (NAME, "My handwriting", DIGITS)
    assert data.labels.tolist() == [*range(10), 1]
    assert own.dataset().ids.tolist() == ids
    preprocessor = Preprocessor()
    for image, ink in zip(data.images, inks, strict=False):
        np.testing.assert_array_equal(image, preprocessor.from_ink(ink))
    np.testing.assert_array_equal(data.images[10], preprocessor.from_image(picture))
    own.remove(ids[3])
    own.relabel(ids[4], "é")
    after = own.dataset()
    assert after.ids.tolist() == [*ids[:3], *ids[4:]]
    assert after.label_set.names == (*DIGITS.names, "é")
    assert [after.label_set.names[label] for label in after.labels] == ["0", "1", "2", "é", *"567891"]


def test_an_empty_dataset_says_how_to_fill_it(own: Handwriting) -> None:
    with pytest.raises(RecognizerError) as caught:
        own.dataset()
    assert caught.value.what == "My handwriting is empty"
    assert "Draw page" in caught.value.fix


def test_reading_the_dataset_can_be_stopped(own: Handwriting) -> None:
    own.add(random_ink(np.random.default_rng(1)), "1")
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        own.dataset(token=token)


def test_a_fifth_of_every_class_is_the_tests_and_stays_so(own: Handwriting) -> None:
    rng = np.random.default_rng(4)
    first = [own.add(random_ink(rng), str(number % 3)) for number in range(30)]
    before = {sample_id: own.sample(sample_id).split for sample_id in first}
    assert own.split_counts() == {Split.TRAIN: 24, Split.VALIDATION: 0, Split.TEST: 6}
    data = own.dataset()
    assert np.bincount(data.labels[data.splits == SPLITS.index(Split.TEST)]).tolist() == [2, 2, 2]
    for number in range(20):
        own.add(random_ink(rng), str(number % 3))
    own.remove(first[0])
    assert {sample_id: own.sample(sample_id).split for sample_id in first} == before
    assert sum(split_of(str(digit), 0) is Split.TEST for digit in range(10)) == 2


# The file


def test_a_second_process_is_told(own: Handwriting, profile: Profile) -> None:
    own.add(random_ink(np.random.default_rng(1)), "1")
    code = (
        "import sys; from recognizer.base.paths import open_profile\n"
        "from recognizer.base.errors import RecognizerError\n"
        "from recognizer.library.handwriting import Handwriting\n"
        "try: print(Handwriting(open_profile(sys.argv[1])).count())\n"
        "except RecognizerError as error: print(error)\n"
    )

    def ask() -> str:
        return subprocess.run(
            [sys.executable, "-c", code, str(profile.root)], capture_output=True, text=True, check=True, timeout=60
        ).stdout

    assert ask().startswith("The library is in use by another window or command of this program: ")
    own.close()
    assert ask() == "1\n"
    assert own.count() == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05])
def test_what_was_acknowledged_survives_a_kill(profile: Profile, seconds: float) -> None:
    code = (
        "import sys, numpy as np; from recognizer.base.paths import open_profile\n"
        "from recognizer.ink.synthesis import generate_ink; from recognizer.library.handwriting import Handwriting\n"
        "own, rng = Handwriting(open_profile(sys.argv[1])), np.random.default_rng(1)\n"
        "while True: print(own.add(generate_ink(int(rng.integers(10)), rng), '5'), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(profile.root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline())]
        timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        timer.start()
        acknowledged += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        timer.join()
    ids = [sample.id for sample in Handwriting(profile).samples()]
    assert set(acknowledged) <= set(ids)
    assert len(ids) <= len(acknowledged) + 1


@pytest.mark.parametrize(
    "damage", [lambda data: b"no database" * 500, lambda data: data[: len(data) // 2], lambda data: bytes(len(data))]
)
def test_a_damaged_file_is_kept_aside_and_named(
    own: Handwriting, profile: Profile, damage: Callable[[bytes], bytes]
) -> None:
    rng = np.random.default_rng(2)
    for number in range(40):
        own.add(random_ink(rng), str(number % 10))
    own.close()
    path = profile.root / FILE
    content = damage(path.read_bytes())
    path.write_bytes(content)
    own.add(random_ink(rng), "1")
    (kept,) = (entry for entry in profile.root.glob(f"{FILE}.damaged-*") if not entry.name.endswith(("-wal", "-shm")))
    assert kept.read_bytes() == content
    (incident,) = Library.of(profile).incidents
    assert (incident.kept, incident.backup) == (kept, None)
    assert str(kept) in incident.words()
    assert own.count() == incident.saved + 1


def test_flipped_bytes_never_give_wrong_ink(own: Handwriting, profile: Profile) -> None:
    rng = np.random.default_rng(3)
    inks = {own.add(ink, "1"): ink for ink in (random_ink(rng) for _ in range(20))}
    own.close()
    path, index = profile.root / FILE, profile.root / "library.index"
    whole, sealed = path.read_bytes(), index.read_bytes()
    for place in rng.integers(0, len(whole), 40):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        path.write_bytes(bytes(changed))
        index.write_bytes(sealed)
        known = len(Library.of(profile).incidents)
        samples = own.samples()
        for sample in samples:
            assert sample.ink is not None
            assert same(sample.ink, inks[sample.id])
            assert sample.label == "1"
        lost = [number for one in Library.of(profile).incidents[known:] for number in one.lost]
        assert sorted([*lost, *(sample.id for sample in samples)]) == sorted(inks)
        own.close()
        for leftover in profile.root.glob(f"{FILE}*"):
            leftover.unlink()


def test_a_file_of_a_newer_version_is_not_touched(own: Handwriting, profile: Profile) -> None:
    own.add(random_ink(np.random.default_rng(1)), "1")
    own.close()
    path = profile.root / FILE
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(RecognizerError, match="newer version"):
        own.count()
    own.close()
    assert list(profile.root.glob("*damaged*")) == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM samples").fetchone() == (1,)
    connection.close()


def test_a_file_that_was_moved_away_is_begun_anew(own: Handwriting, profile: Profile) -> None:
    own.add(random_ink(np.random.default_rng(1)), "1")
    moved = profile.root / "elsewhere"
    (profile.root / FILE).rename(moved)
    own.add(random_ink(np.random.default_rng(2)), "2")
    assert own.counts() == {"2": 1}
    assert (profile.root / FILE).exists()


def test_a_full_disk_is_said_and_nothing_is_lost(own: Handwriting, profile: Profile) -> None:
    own.add(random_ink(np.random.default_rng(1)), "1")
    with own._library.file.opened() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Ink((Stroke(np.random.default_rng(2).normal(size=(20_000, 2)).astype(np.float32)),))
    with pytest.raises(RecognizerError, match="no space left"):
        own.add(big, "2")
    assert own.counts() == {"1": 1}
    with own._library.file.opened() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    own.add(big, "2")
    assert own.counts() == {"1": 1, "2": 1}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RecognizerError, match="cannot be opened or written"):
        Handwriting(Profile(blocked / "profile")).add(random_ink(np.random.default_rng(1)), "1")


def test_threads_share_one_connection(profile: Profile) -> None:
    def keep(seed: int) -> None:
        rng = np.random.default_rng(seed)
        own = Handwriting(profile)
        for _ in range(20):
            own.add(random_ink(rng), str(seed))

    threads = [threading.Thread(target=keep, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Handwriting(profile).counts() == {str(seed): 20 for seed in range(4)}
    assert Library.of(profile) is Library.of(open_profile(profile.root))
