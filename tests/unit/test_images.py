"""Pictures: what the eye sees is what is read, and what is no picture is refused with its name."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.imaging import images
from recognizer.imaging.images import load_grey, load_rgb

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def refused(path: Path) -> str:
    with pytest.raises(RecognizerError) as caught:
        load_grey(path)
    assert str(path) in caught.value.where
    assert caught.value.fix
    return caught.value.where


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "pgm"])
def test_grey_levels_are_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(RAMP).save(path, **({"lossless": True} if suffix == "webp" else {}))
    grey = load_grey(path)
    assert grey.dtype == np.uint8
    np.testing.assert_array_equal(grey, RAMP)


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / "wrong.jpg")
    np.testing.assert_array_equal(load_grey(tmp_path / "wrong.jpg"), RAMP)


def test_colour_becomes_luma(tmp_path: Path) -> None:
    Image.new("RGB", (2, 1), (255, 0, 0)).save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[76, 76]]


def test_exif_rotation(tmp_path: Path) -> None:
    picture = Image.fromarray(RAMP)
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(load_grey(tmp_path / "x.png"), np.rot90(RAMP, -1))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_dark_ink_on_nothing_stands_on_white(tmp_path: Path, mode: str) -> None:
    picture = Image.new(mode, (3, 1), (0,) * len(mode))
    picture.putpixel((1, 0), (10,) * (len(mode) - 1) + (255,))
    picture.save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[255, 10, 255]]


def test_white_ink_on_nothing_stands_on_black(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (3, 1), (255, 255, 255, 0))
    picture.putpixel((1, 0), (250, 250, 250, 255))
    picture.save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[0, 250, 0]]


def test_half_transparent_ink_is_mixed(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 51))
    picture.save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[255, 204]]


def test_opaque_picture_with_alpha_is_as_it_looks(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 1), (240, 240, 240, 255)).save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[240, 240]]


def test_palette_with_and_without_transparency(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([200, 200, 200, 30, 30, 30])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "plain.png")
    assert load_grey(tmp_path / "plain.png").tolist() == [[200, 30]]
    picture.save(tmp_path / "clear.png", transparency=0)
    assert load_grey(tmp_path / "clear.png").tolist() == [[255, 30]]


def test_one_bit(tmp_path: Path) -> None:
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[255, 0]]


def test_sixteen_bit(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 32896, 65535]], np.uint16)).save(tmp_path / "x.png")
    assert load_grey(tmp_path / "x.png").tolist() == [[0, 128, 255]]


def test_float(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 0.5, 1]], np.float32)).save(tmp_path / "x.tif")
    assert load_grey(tmp_path / "x.tif").tolist() == [[0, 128, 255]]
    Image.fromarray(np.array([[0, np.nan]], np.float32)).save(tmp_path / "nan.tif")
    assert "NaN" in refused(tmp_path / "nan.tif")


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("L", (2, 1), level) for level in (40, 200)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert load_grey(tmp_path / "x.gif").tolist() == [[40, 40]]


def test_not_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_text("hello")
    assert "no picture of a known kind" in refused(path)
    path.write_bytes(b"")
    assert "it is empty" in refused(path)
    refused(tmp_path / "none.png")
    refused(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_truncated(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 40), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, {"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix))
    path = tmp_path / f"x.{suffix}"
    for share in (0.02, 0.3, 0.7):
        path.write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * share)])
        refused(path)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, width in (("huge.png", 20_000), ("large.png", 10_001)):
        Image.new("1", (width, 10_000)).save(tmp_path / name)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert "more than 100,000,000 pixels" in refused(tmp_path / "huge.png")
    assert "10001×10000 pixels, at most 100,000,000" in refused(tmp_path / "large.png")


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_a_file_without_an_end_is_read_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 1000)
    assert "it is larger than 1,000 bytes" in refused(Path("/dev/zero"))


def test_too_large_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 10)
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    assert "larger than 10 bytes" in refused(tmp_path / "x.png")


def test_colours_are_kept_and_turned_upright(tmp_path: Path) -> None:
    colours = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    picture = Image.fromarray(colours)
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(load_rgb(tmp_path / "x.png"), np.rot90(colours, -1))


def test_other_kinds_of_colour_and_grey_become_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    assert np.abs(load_rgb(tmp_path / "x.jpg").astype(int) - (255, 0, 0)).max() <= 3
    Image.fromarray(np.array([[0, 32896, 65535]], np.uint16)).save(tmp_path / "x.png")
    assert load_rgb(tmp_path / "x.png").tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    Image.new("RGBA", (1, 1), (200, 0, 0, 0)).save(tmp_path / "clear.png")
    assert load_rgb(tmp_path / "clear.png").tolist() == [[[255, 255, 255]]]


def test_large_pictures_are_reduced_while_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_KEPT_PIXELS", 5000)
    left_white = np.zeros((160, 240), np.uint8)
    left_white[:, :120] = 255
    for name in ("x.jpg", "x.png", "x.gif"):
        Image.fromarray(left_white).save(tmp_path / name)
        for read in (load_grey(tmp_path / name), load_rgb(tmp_path / name)):
            assert read.shape[:2] == (40, 60)
            assert read[:, :29].min() > 250
            assert read[:, 31:].max() < 5
    Image.fromarray(left_white.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(load_grey(tmp_path / "deep.png"), left_white[::4, ::4])


def test_what_would_take_too_much_memory_is_refused_with_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_MEMORY", 60_000)
    picture = Image.new("RGB", (200, 100))
    picture.save(tmp_path / "colour.png")
    picture.save(tmp_path / "progressive.jpg", progressive=True)
    picture.save(tmp_path / "plain.jpg")
    picture.convert("L").save(tmp_path / "grey.png")
    assert "200×100 pixels, at most 15,000 are read" in refused(tmp_path / "colour.png")
    assert "200×100 pixels, at most 10,000 are read" in refused(tmp_path / "progressive.jpg")
    for name in ("plain.jpg", "grey.png"):
        assert load_rgb(tmp_path / name).shape == (100, 200, 3)
