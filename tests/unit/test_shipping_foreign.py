"""Foreign models come in without being run, and what could run is refused in words."""

import contextlib
import copy
import io
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from shipping_models import CNN, DENSE, random_model, staged

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.inference.classifier import Classifier
from recognizer.ink.synthesis import generate
from recognizer.training.network import build_network
from recognizer.training.presets import PRESETS
from recognizer.training.runtime import import_keras
from recognizer.training.shipping.arrival import import_model
from recognizer.training.shipping.foreign import local_path, read_foreign
from recognizer.training.shipping.shipment import ship
from recognizer.training.shipping.vectors import Samples

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
WEIGHTS = "model.weights.h5"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a good file consists of."""
    path = tmp_path_factory.mktemp("foreign") / "good.keras"
    random_model(CNN).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(folder: Path, parts: dict[str, bytes]) -> Path:
    path = folder / "foreign.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refusal(path: Path) -> str:
    began = time.perf_counter()
    with pytest.raises(RecognizerError) as caught:
        read_foreign(path)
    assert time.perf_counter() - began < 2
    assert caught.value.exit_code == 2
    assert caught.value.fix
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return str(caught.value)


def test_what_we_export_comes_back_the_same(tmp_path: Path, profile: Profile) -> None:
    extras = ("+", "other")
    record = staged(tmp_path / "m", CNN, tuple("0123456"), extras=list(extras))
    images, truth = generate(100, 3)
    ship(record, profile, tmp_path / "out", ("keras",), samples=Samples(images, truth, "", images[:10]))
    again = import_model(profile, tmp_path / "out" / "model.keras")
    assert (again.labels, again.extras, again.reject) == (record.labels, extras, record.reject)
    assert again.card["id"] == again.id == "model"
    for name in ("recipe.json", "weights.npz"):
        assert (again.folder / name).read_bytes() == (record.folder / name).read_bytes()
    np.testing.assert_array_equal(Classifier(again).predict_all(images), Classifier(record).predict_all(images))
    assert import_model(profile, tmp_path / "out" / "model.keras").id == "model-2"
    assert not list(profile.root.glob(".arriving*"))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_comes_back(tmp_path: Path, name: str) -> None:
    recipe = PRESETS[name].layers
    model = random_model(recipe)
    model.save(tmp_path / "m.keras")
    found = read_foreign(tmp_path / "m.keras")
    assert found.recipe == recipe
    assert found.classes == 10
    for got, wanted in zip(found.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_shortcut_that_shrinks_may_leave_out_pixels_either_way(tmp_path: Path) -> None:
    _, keras = import_keras()
    layers = keras.layers

    def conv(size: int, strides: int) -> Any:
        return layers.Conv2D(4, size, strides, padding="same", use_bias=False)

    inputs = keras.Input((28, 28, 1))
    y = layers.ReLU()(layers.BatchNormalization()(conv(3, 2)(inputs)))
    y = layers.BatchNormalization()(conv(3, 1)(y))
    x = layers.ReLU()(layers.Add()([y, layers.BatchNormalization()(conv(1, 2)(inputs))]))
    theirs = keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    theirs.save(tmp_path / "m.keras")
    found = read_foreign(tmp_path / "m.keras")
    assert found.recipe[0] == {"type": "residual", "filters": 4, "strides": 2}
    ours = build_network(found.recipe, 10)
    ours.set_weights(found.weights)
    pictures = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    np.testing.assert_allclose(ours(pictures).numpy(), theirs(pictures).numpy(), atol=1e-6)


def test_models_that_others_made(tmp_path: Path) -> None:
    _, keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((784,))
    x = layers.Reshape((28, 28, 1))(inputs)
    x = layers.GaussianNoise(0.1)(layers.Conv2D(3, (3, 5), kernel_regularizer="l2")(x))
    x = layers.MaxPooling2D((2, 2), strides=(2, 2))(layers.ReLU()(x))
    model = keras.Model(inputs, layers.Dense(4)(layers.Flatten()(x)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "m.keras")
    found = read_foreign(tmp_path / "m.keras")
    assert found.recipe[-1] == {"type": "dense", "units": 0, "activation": "softmax"}
    assert found.adds_softmax
    rebuilt = random_model(found.recipe, 4)
    rebuilt.set_weights(found.weights)
    pictures = np.random.default_rng(1).random((6, 28, 28, 1), dtype=np.float32)
    wanted = keras.ops.softmax(model(pictures.reshape(6, 784)))
    np.testing.assert_allclose(rebuilt(pictures), wanted, atol=1e-6)

    scaled = keras.Sequential(
        [keras.Input((28, 28)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3), layers.Softmax()]
    )
    scaled.save(tmp_path / "s.keras")
    found = read_foreign(tmp_path / "s.keras")
    assert [layer["type"] for layer in found.recipe] == ["flatten", "dense", "activation"]


def _layer(class_name: str, **config: Any) -> dict[str, Any]:
    settings = {"name": "x", **config}
    return {"module": "keras.layers", "class_name": class_name, "config": settings, "registered_name": None}


def _function(name: str, module: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAA", "defaults": None, "closure": None}}
POLICY = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"name": "float32"}}


def changed(parts: dict[str, bytes], change: Callable[[dict[str, Any]], Any]) -> dict[str, bytes]:
    document = copy.deepcopy(json.loads(parts["config.json"]))
    change(document)
    return parts | {"config.json": json.dumps(document).encode()}


def _replace(number: int, layer: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["config"]["layers"].__setitem__(number, layer)


def _set(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["config"]["layers"][number].update(values)


def _config(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["config"]["layers"][number]["config"].update(values)


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "lambda": (_replace(1, _layer("Lambda", function=CODE)), "layer 2, Lambda, would run code"),
    "named function": (_replace(1, _layer("Lambda", function=_function("system", "os"))), "Lambda, would run code"),
    "saved model inside": (_replace(1, _layer("TFSMLayer", filepath="/tmp/x")), "layer 2, TFSMLayer, would run code"),
    "torch": (_replace(1, _layer("TorchModuleWrapper", module="AAAA")), "layer 2, TorchModuleWrapper, would run code"),
    "other module": (_set(1, module="os.path"), "is not Keras' own"),
    "registered": (_set(1, registered_name="mine>Conv2D"), "is not Keras' own"),
    "unknown": (_set(1, class_name="Conv3D"), "not among those"),
    "no text": (_set(1, class_name={"a": 1}), "layer 2"),
    "activation object": (_config(3, activation=_function("eval", "builtins")), "layer 4, Activation: activation = "),
    "activation name": (_config(3, activation="eval"), "activation = eval"),
    "new setting": (_config(1, callback="os.system"), "callback"),
    "channels first": (_config(1, data_format="channels_first"), "channels_first"),
    "half": (_config(1, dtype="float16"), "dtype = float16"),
    "policy": (_config(1, dtype=POLICY), "dtype"),
    "huge": (_config(1, filters=10**12), "filters = "),
    "large": (_config(7, units=60_000), "parameters"),
    "wrong axis": (_config(2, axis=1), "axis = 1"),
    "a bool for a number": (_config(1, filters=True), "filters = True"),
    "other input": (_config(0, batch_shape=[None, 224, 224, 3]), "the input is"),
    "no input": (lambda document: document["config"]["layers"].pop(0), "does not begin with one input"),
    "other end": (_config(7, activation="sigmoid"), "no probabilities"),
    "other model": (lambda document: document.update(class_name="Evil", registered_name="pkg>Evil"), "class Evil"),
    "other model module": (lambda document: document.update(module="evil"), "of evil"),
    "no layers": (lambda document: document["config"].update(layers=[]), "no layers"),
    "many layers": (lambda document: document["config"].update(layers=document["config"]["layers"] * 100), "500"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_description_may_not_say(tmp_path: Path, parts: dict[str, bytes], name: str) -> None:
    change, said = HOSTILE[name]
    assert said in refusal(packed(tmp_path, changed(parts, change)))


def test_branches_are_refused_and_circles_end(tmp_path: Path) -> None:
    _, keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((28, 28))
    x = layers.Flatten()(inputs)
    model = keras.Model(
        inputs, layers.Dense(3, activation="softmax")(layers.Add()([layers.Dense(5)(x), layers.Dense(5)(x)]))
    )
    model.save(tmp_path / "m.keras")
    assert "branches after layer 2" in refusal(tmp_path / "m.keras")
    keras.Model(inputs, layers.Dense(3, activation="softmax")(x)).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        good = {name: archive.read(name) for name in archive.namelist()}

    def circle(document: dict[str, Any]) -> None:
        first, second = document["config"]["layers"][1:]
        node = first["inbound_nodes"][0]["args"][0]
        first["inbound_nodes"][0]["args"] = [[node, second["inbound_nodes"][0]["args"][0]]]

    assert "branches" in refusal(packed(tmp_path, changed(good, circle)))
    assert "connected" in refusal(
        packed(
            tmp_path, changed(good, lambda d: d["config"]["layers"][1]["inbound_nodes"][0].update(kwargs={"f": "x"}))
        )
    )


def reweighed(parts: dict[str, bytes], change: Callable[[h5py.File], None]) -> dict[str, bytes]:
    buffer = io.BytesIO(parts[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        change(file)
    return parts | {WEIGHTS: buffer.getvalue()}


PLACE = "layers/conv2d/vars/0"


def _swap(make: Callable[[h5py.File], Any]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[PLACE]
        made = make(file)
        if made is not None:
            file[PLACE] = made

    return change


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3, 3, 1, 4), "f4")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", (3, 3, 1, 4))
    file.create_virtual_dataset(PLACE, layout)


WEIGHTY: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "soft link": (_swap(lambda file: h5py.SoftLink("/layers/dense/vars/0")), "link to elsewhere"),
    "external link": (_swap(lambda file: h5py.ExternalLink("/etc/passwd", "/x")), "link to elsewhere"),
    "objects": (
        lambda file: file.create_dataset("layers/x", (2,), h5py.special_dtype(vlen=np.float32)) and None,
        "something else than numbers",
    ),
    "texts": (lambda file: file.create_dataset("x", data=[b"abc"]) and None, "something else than numbers"),
    "external storage": (
        _swap(lambda file: file.create_dataset(PLACE, (3, 3, 1, 4), "f4", external=[("/etc/passwd", 0, 144)]) and None),
        "stored in a way",
    ),
    "virtual": (_swap(_virtual), "stored in a way"),
    "huge": (
        _swap(lambda file: file.create_dataset(PLACE, (1 << 40,), "f4", chunks=(1024,)) and None),
        "not (3, 3, 1, 4)",
    ),
    "whole numbers": (_swap(lambda file: np.zeros((3, 3, 1, 4), np.int32)), "not (3, 3, 1, 4)"),
    "no numbers": (_swap(lambda file: np.full((3, 3, 1, 4), np.nan, np.float32)), "numbers that are none"),
    "lacking": (_swap(lambda file: None), "lack layers/conv2d/vars/0"),
    "circle": (lambda file: file.__setitem__("layers/again", file["layers"]), "nested too deeply"),
}


@pytest.mark.parametrize("name", WEIGHTY)
def test_what_weights_may_not_be(tmp_path: Path, parts: dict[str, bytes], name: str) -> None:
    change, said = WEIGHTY[name]
    assert said in refusal(packed(tmp_path, reweighed(parts, change)))


def test_damaged_weights_are_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    content = parts[WEIGHTS]
    for cut in (0, 10, 500, len(content) // 2, len(content) - 900):
        refusal(packed(tmp_path, parts | {WEIGHTS: content[:cut]}))
    rng = np.random.default_rng(8)
    for _ in range(60):
        broken = bytearray(content)
        for place in rng.integers(0, len(content), 40):
            broken[place] = rng.integers(0, 256)
        # Either it is noticed, or nothing that matters was hit.
        with contextlib.suppress(RecognizerError):
            read_foreign(packed(tmp_path, parts | {WEIGHTS: bytes(broken)}))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b"9" * 10_000]
)
def test_damaged_descriptions_are_refused(tmp_path: Path, parts: dict[str, bytes], content: bytes) -> None:
    refusal(packed(tmp_path, parts | {"config.json": content}))


def test_archives_that_are_none_of_ours(tmp_path: Path, parts: dict[str, bytes]) -> None:
    assert "something else: ../evil.py" in refusal(packed(tmp_path, parts | {"../evil.py": b"x"}))
    assert "lacks config.json" in refusal(packed(tmp_path, {name: parts[name] for name in (WEIGHTS, "metadata.json")}))
    path = packed(tmp_path, parts)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", b"{}")
    assert "twice" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, bytes(200 << 20) if name == "metadata.json" else content)
    assert "metadata.json has more than" in refusal(path)
    whole = packed(tmp_path, parts).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refusal(path)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("exit 3",)


@pytest.mark.parametrize("kind", ["HDF5", "SavedModel", "pickle", "NPZ", "NPY", "PyTorch", "named", "text"])
def test_other_kinds_of_files_are_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.keras"
    said = kind
    if kind == "HDF5":
        h5py.File(path, "w").close()
    elif kind == "SavedModel":
        path.mkdir()
        (path / "saved_model.pb").touch()
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Evil()))
    elif kind == "NPZ":
        with path.open("wb") as file:
            np.savez(file, a=np.array([Evil()], object), allow_pickle=True)
    elif kind == "NPY":
        with path.open("wb") as file:
            np.save(file, np.array([Evil()], object))
    elif kind == "PyTorch":
        packed(tmp_path, {"archive/data.pkl": pickle.dumps(Evil())}).rename(path)
    elif kind == "named":
        path, said = tmp_path / "model.h5", "HDF5"
        path.write_bytes(b"PK\x03\x04")
    else:
        path.write_text("hello")
        said = "no ZIP archive"
    assert f"no .keras file but {said}" in refusal(path)


@pytest.mark.parametrize(
    "source",
    [
        "hf://user/model",
        "HF:user/model",
        "https://example.org/m.keras",
        "gs://b/m.keras",
        "file:///m.keras",
        "s3://b/m",
    ],
)
def test_addresses_are_refused(source: str) -> None:
    with pytest.raises(RecognizerError, match="not fetched from addresses"):
        local_path(source)


def test_labels(tmp_path: Path, profile: Profile) -> None:
    recipe = DENSE
    random_model(recipe, 3).save(tmp_path / "three.keras")
    with pytest.raises(RecognizerError, match="3 outputs, 0 labels"):
        import_model(profile, tmp_path / "three.keras")
    for wrong in (["a", "b"], ["a", "b", "b"], ["a", "b", ""], ["a", "b", "x" * 65], ["a", "b", "c\n"]):
        with pytest.raises(RecognizerError, match="not known what"):
            import_model(profile, tmp_path / "three.keras", wrong)
    record = import_model(profile, str(tmp_path / "three.keras"), ["a", "b", "cat"])
    assert record.labels == ("a", "b", "cat")
    (tmp_path / "labels.json").write_text('{"labels": ["x", "y"], "extras": ["other"]}')
    (tmp_path / "reject.json").write_text('{"reject_below": "evil"}')
    record = import_model(profile, tmp_path / "three.keras")
    assert (record.labels, record.extras) == (("x", "y"), ("other",))
    assert {path.name for path in profile.root.iterdir()} == {"datasets", "runs", "models", "logs"}


WATCHED = """
import sys, os, json
from pathlib import Path
sys.path.insert(0, sys.argv[3])
folder, profile = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import open_profile
from recognizer.training.shipping.arrival import import_model

# All modules are loaded, and their code is run, before anybody watches.
import_model(open_profile(profile), folder / "good.keras")
seen = []
known = tuple(str(Path(place).resolve()) for place in (*sys.path, sys.prefix, sys.base_prefix) if place)

FORBIDDEN = ("pickle.", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "ctypes.dlopen")
MADE_HERE = ("<frozen", "<string>", "<attrs", "<__array")

def is_outside(path):
    return not str(Path(os.fsdecode(path)).resolve()).startswith(str(profile))

def watch(event, arguments):
    if event.startswith(FORBIDDEN):
        seen.append((event, repr(arguments)[:200]))
    elif event == "marshal.loads" and not sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
        seen.append((event, sys._getframe(1).f_code.co_filename))
    elif event == "exec" and not arguments[0].co_filename.startswith((*known, *MADE_HERE)):
        seen.append((event, arguments[0].co_filename))
    elif event == "compile" and "evil" in str(arguments[0]):
        seen.append((event, str(arguments[0])[:200]))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and is_outside(arguments[0]):
            seen.append((event, os.fsdecode(arguments[0])))
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir") and is_outside(arguments[0]):
        seen.append((event, os.fsdecode(arguments[0])))

sys.addaudithook(watch)
refused = 0
for path in [*sorted(folder.iterdir()), "hf://evil/model"]:
    try:
        import_model(open_profile(profile), path)
    except RecognizerError:
        refused += 1
print(json.dumps({"refused": refused, "seen": seen}))
"""


def test_nothing_is_run_unpickled_fetched_or_written_elsewhere(
    tmp_path: Path, parts: dict[str, bytes], profile: Profile
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    packed(folder, parts).rename(folder / "good.keras")
    for number, (change, _) in enumerate(HOSTILE.values()):
        packed(folder, changed(parts, change)).rename(folder / f"bad{number}.keras")
    for number, (weights, _) in enumerate(WEIGHTY.values()):
        packed(folder, reweighed(parts, weights)).rename(folder / f"worse{number}.keras")
    (folder / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    with (folder / "evil.npz").open("wb") as file:
        np.savez(file, a=np.array([Evil()], object), allow_pickle=True)
    temporary = profile.root / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, folder, profile.root, Path(__file__).resolve().parents[2]],
        env=os.environ | {"TMPDIR": str(temporary), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["seen"] == []
    assert found["refused"] == len(HOSTILE) + len(WEIGHTY) + 3
