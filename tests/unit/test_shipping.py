"""Exported models are whole, run, and say of themselves how they answer."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shipping_models import CNN, DENSE, DIGITS, random_model, staged

from recognizer.arguments import SHIPPED_AS
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.ink.synthesis import generate
from recognizer.training.config import TrainingConfig
from recognizer.training.runtime import import_keras
from recognizer.training.shipping import shipment as shipping
from recognizer.training.shipping.format import keras_answers
from recognizer.training.shipping.formats import FORMATS
from recognizer.training.shipping.quantising import correct_bias, even_out
from recognizer.training.shipping.shipment import ship
from recognizer.training.shipping.stamp import stamp
from recognizer.training.shipping.vectors import Samples, Vectors, find_samples, synthetic

pytestmark = [
    # Keras' saver calls NumPy in an old way; the converter says that whole numbers have no statistics.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning:tensorflow"),
]
COMPANIONS = {"preprocessing.json", "labels.json", "reject.json", "test_vectors.npz", "stamp.json", "example.py"}


def few(n: int = 60) -> Samples:
    images, truth = generate(n, 5)
    return Samples(images, truth, "some digits", generate(60, 6)[0])


@pytest.fixture(scope="module")
def all_formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of a small convolutional model, in a folder each."""
    folder = tmp_path_factory.mktemp("shipping")
    record = staged(folder / "cnn", CNN)
    shipment = ship(record, Profile(folder), folder / "out", samples=few())
    assert shipment.missing == {}
    assert [each.format for each in shipment.stamps] == list(FORMATS)
    assert not list(folder.glob(".*"))
    return shipment.path


def test_the_command_line_knows_every_format() -> None:
    assert tuple(FORMATS) == SHIPPED_AS


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_is_whole_and_stamped(all_formats: Path, name: str) -> None:
    folder = all_formats / name
    assert {path.name for path in folder.iterdir()} == {*COMPANIONS, FORMATS[name].file}
    made = json.loads((folder / "stamp.json").read_text())
    assert made["format"] == name
    assert made["n"] == 60
    assert made["vectors"] == "some digits"
    assert made["milliseconds"] > 0
    path = folder / FORMATS[name].file
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    assert made["bytes"] == sum(file.stat().st_size for file in files)
    if FORMATS[name].is_exact:
        assert made["passed"] is True
        assert made["label_changes"] == 0
        assert made["difference"] <= 1e-5
        assert made["accuracy"] == made["accuracy_before"]


def test_what_goes_with_an_export(all_formats: Path) -> None:
    folder = all_formats / "keras"
    spec = json.loads((folder / "preprocessing.json").read_text())
    assert (spec["version"], spec["size"], spec["fit"]) == (1, 28, 20)
    assert spec["input"] == {"shape": [None, 28, 28, 1], "dtype": "float32", "ground": 0, "ink": 1}
    whole = json.loads((all_formats / "litert-int8" / "preprocessing.json").read_text())
    assert (whole["input"]["dtype"], whole["input"]["ink"]) == ("uint8", 255)
    labels = json.loads((folder / "labels.json").read_text())
    assert labels == {"labels": list(DIGITS), "extras": [], "outputs": list(DIGITS)}
    assert json.loads((folder / "reject.json").read_text())["unsure_below"] == 0.7
    with np.load(folder / "test_vectors.npz") as vectors:
        assert vectors["inputs"].dtype == np.uint8
        assert vectors["inputs"].shape == (60, 28, 28)
        assert vectors["probabilities"].shape == (60, 10)
        np.testing.assert_allclose(vectors["probabilities"].sum(axis=1), 1, atol=1e-5)
        assert vectors["labels"].tolist() == few().truth.tolist()


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_reads_ten_vectors(all_formats: Path, name: str) -> None:
    folder = all_formats / name
    done = subprocess.run(
        [sys.executable, folder / "example.py"],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "test_vectors.npz") as vectors:
        wanted = vectors["probabilities"][:10].argmax(axis=1)
    got = done.stdout.split()
    assert len(got) == 10
    if FORMATS[name].is_exact:
        assert got == [DIGITS[place] for place in wanted]


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_onnx_runtime_answers_the_same(all_formats: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(all_formats / "onnx" / "model.onnx")
    with np.load(all_formats / "onnx" / "test_vectors.npz") as vectors:
        pictures = vectors["inputs"].astype(np.float32) / np.float32(255)
        np.testing.assert_allclose(session.run(None, {"pictures": pictures})[0], vectors["probabilities"], atol=1e-5)


def test_a_zip_has_the_same_files(tmp_path: Path) -> None:
    record = staged(tmp_path / "m")
    target = tmp_path / "model.zip"
    target.write_text("an older one")
    shipment = ship(record, Profile(tmp_path), target, ("onnx",), samples=few(20))
    assert shipment.passed
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {f"model/{name}" for name in (*COMPANIONS, "model.onnx")}
    assert {path.name for path in tmp_path.iterdir()} == {"m", "model.zip"}


@pytest.mark.parametrize("kind", ["folder", "file", "folder.zip"])
def test_nothing_is_overwritten(tmp_path: Path, kind: str) -> None:
    record, target = staged(tmp_path / "m"), tmp_path / kind
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").touch()
    with pytest.raises(RecognizerError, match="something already"):
        ship(record, Profile(tmp_path), target, ("litert",), samples=few(5))
    assert target.exists()


def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    record, token = staged(tmp_path / "m"), CancellationToken()

    def progress(done: int, total: int, message: str) -> None:
        if done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        ship(record, Profile(tmp_path), tmp_path / "out", ("litert", "onnx", "keras"), progress, token, few(5))
    assert {path.name for path in tmp_path.iterdir()} == {"m"}


def test_a_model_without_weights_is_refused(tmp_path: Path) -> None:
    record = staged(tmp_path / "m")
    (record.folder / "weights.npz").unlink()
    with pytest.raises(RecognizerError, match="cannot be exported"):
        ship(record, Profile(tmp_path), tmp_path / "out", samples=few(5))


def test_a_format_that_fails_does_not_keep_the_others_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecognizerError("No such thing")

    monkeypatch.setitem(shipping.FORMATS, "onnx", replace(FORMATS["onnx"], write=fail))
    record = staged(tmp_path / "m")
    shipment = ship(record, Profile(tmp_path), tmp_path / "out", ("onnx", "litert"), samples=few(5))
    assert shipment.missing == {"onnx": "No such thing."}
    assert not shipment.passed
    assert [path.name for path in shipment.path.iterdir()] == ["litert"]
    with pytest.raises(RecognizerError, match="No such thing"):
        ship(record, Profile(tmp_path), tmp_path / "alone", ("onnx",), samples=few(5))


def test_another_network_fails_its_stamp(tmp_path: Path) -> None:
    record = staged(tmp_path / "m")
    samples = few()
    wrong = np.roll(np.eye(10, dtype=np.float32)[samples.truth], 1, axis=1)
    vectors = Vectors(samples.images, wrong, samples.truth, "digits")
    made = stamp(FORMATS["litert"], record.network, vectors, 10)
    assert not made.passed
    assert made.label_changes > 0
    assert len(made.failures) == 2
    assert f"{made.label_changes} of 60 labels are others" in made.failures
    assert made.to_dict()["passed"] is False


def test_numbers_that_are_none_fail_the_stamp(tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.touch()
    vectors = Vectors(np.zeros((4, 28, 28), np.uint8), np.full((4, 3), 1 / 3, np.float32), np.full(4, -1), "nothing")
    for name in ("litert", "litert-int8"):
        broken = replace(FORMATS[name], open=lambda path: lambda images: np.full((len(images), 3), np.nan, np.float32))
        made = stamp(broken, path, vectors, 3)
        assert not made.passed
        assert made.to_dict()["difference"] is None


@pytest.mark.parametrize(("mistakes", "passed"), [(0, True), (1, True), (2, False)])
def test_quantising_may_lose_a_tenth_of_a_point(tmp_path: Path, mistakes: int, passed: bool) -> None:
    path = tmp_path / "any"
    path.touch()
    expected = np.tile(np.array([[0.9, 0.1]], np.float32), (1000, 1))
    answers = expected.copy()
    answers[:mistakes] = answers[:mistakes, ::-1]
    # Each picture says in its first two pixels which one it is.
    images = np.zeros((1000, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = divmod(np.arange(1000), 256)
    vectors = Vectors(images, expected, np.zeros(1000, np.int64), "zeros")

    def answer(asked: np.ndarray) -> np.ndarray:
        return answers[256 * asked[:, 0, 0].astype(int) + asked[:, 0, 1]]

    made = stamp(replace(FORMATS["litert-int8"], open=lambda path: answer), path, vectors, 2)
    assert made.passed is passed
    assert made.points_lost == pytest.approx(mistakes / 10)
    unknown = stamp(
        replace(FORMATS["litert-int8"], open=lambda path: answer),
        path,
        replace(vectors, truth=np.full(1000, -1)),
        2,
    )
    assert unknown.accuracy is None
    assert unknown.passed is passed


@pytest.mark.parametrize("has_test", [True, False])
def test_vectors_are_of_the_models_own_data(tmp_path: Path, profile: Profile, has_test: bool) -> None:
    images, labels = generate(400, 9)
    path = tmp_path / "digits.npz"
    if has_test:
        np.savez(path, x_train=images[:300], y_train=labels[:300], x_test=images[300:], y_test=labels[300:])
    else:
        splits = np.zeros(400, np.uint8)
        np.savez(path, x=images, y=labels, splits=splits)
    config = TrainingConfig(validation_share=0.25).to_dict()
    record = staged(tmp_path / "m", training={"data": {"name": str(path)}, "config": config})
    samples = find_samples(record, profile)
    assert samples.origin.endswith("test split" if has_test else "validation split")
    assert len(samples.images) == 100
    assert (samples.truth >= 0).all()
    held_out = {image.tobytes() for image in samples.images}
    assert held_out.isdisjoint(image.tobytes() for image in samples.like)
    if has_test:
        assert held_out == {image.tobytes() for image in images[300:]}


@pytest.mark.parametrize("name", ["/no/such/file.npz", "mnist", 7])
def test_digits_are_written_where_the_data_cannot_be_had(
    tmp_path: Path, profile: Profile, name: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOGNIZER_DATASETS", str(tmp_path))
    record = staged(tmp_path / "m", training={"data": {"name": name}})
    samples = find_samples(record, profile)
    assert samples.origin == "synthetic digits"
    assert len(samples.images) == 1000
    assert sorted(set(samples.truth.tolist())) == list(range(10))


def test_labels_that_are_no_digits_have_no_truth(tmp_path: Path) -> None:
    record = staged(tmp_path / "m", DENSE, ("A", "7", "b"))
    assert set(synthetic(record, 100).truth.tolist()) == {-1, 1}


def test_whole_numbers_are_tried_with_all_samples_but_few_go_along(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = staged(tmp_path / "m")
    images, truth = generate(1300, 7)
    found = Samples(images, truth, "many", images[:50])
    monkeypatch.setattr(shipping, "find_samples", lambda *_, **__: found)
    made = ship(record, profile, tmp_path / "out", ("litert", "litert-int8"))
    assert [(each.format, each.n) for each in made.stamps] == [("litert", 1000), ("litert-int8", 1300)]
    for name in ("litert", "litert-int8"):
        with np.load(tmp_path / "out" / name / "test_vectors.npz") as vectors:
            assert [len(vectors[part]) for part in ("inputs", "probabilities", "labels")] == [1000] * 3
            np.testing.assert_array_equal(vectors["inputs"][[0, -1]], images[[0, -1]])


SEPARABLE: tuple[dict[str, Any], ...] = (
    {"type": "separable_conv", "filters": 6, "size": 3, "strides": 2, "padding": "same", "use_bias": False},
    {"type": "separable_conv", "filters": 8, "size": 3, "activation": "relu"},
    {"type": "global_average_pool"},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


def test_evening_out_changes_no_answer_but_the_channels() -> None:
    keras, like, model = import_keras()[1], generate(40, 8)[0], random_model(SEPARABLE)
    layer = model.layers[1]
    depthwise, *rest = layer.get_weights()
    layer.set_weights([depthwise * np.geomspace(0.01, 1, depthwise.shape[2]).reshape(1, 1, -1, 1), *rest])

    def unevenness() -> float:
        inputs = model.layers[0](like[..., None] / np.float32(255))
        most = np.abs(keras.ops.depthwise_conv(inputs, layer.get_weights()[0])).max(axis=(0, 1, 2))
        return float(most.max() / most.min())

    answers, before = keras_answers(model, like), unevenness()
    even_out(model, like)
    np.testing.assert_allclose(keras_answers(model, like), answers, atol=1e-6)
    assert before > 30
    assert unevenness() == pytest.approx(np.sqrt(before), rel=0.05)


def test_what_quantising_adds_on_average_is_taken_from_the_bias() -> None:
    like, model = generate(40, 9)[0], random_model(DENSE)
    last = model.layers[-1]
    added, before = np.linspace(-1, 1, 10).astype(np.float32), last.get_weights()[1]
    correct_bias(model, like, lambda changed, images: keras_answers(changed, images) + added)
    np.testing.assert_allclose(last.get_weights()[1], before - added, atol=1e-5)
    assert keras_answers(model, like).sum(axis=1) == pytest.approx(1, abs=1e-5), "it is still probabilities"
