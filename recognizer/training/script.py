"""A network as a script of plain Keras."""

from typing import Any

from recognizer.training.recipe import Recipe, is_convolutional


def keras_script(recipe: Recipe, classes: int, settings: dict[str, Any]) -> str:
    """The same network as a script of plain Keras that trains on MNIST, to be read and copied.

    Args:
        recipe: A network that `trace` accepts.
        classes: How many classes there are.
        settings: `epochs`, `batch_size`, `learning_rate`, `optimizer` and `seed`.
    """
    flat = not is_convolutional(recipe)
    if any(entry.get("type") == "residual" for entry in recipe):
        body = ["x = inputs", *(line for entry in recipe for line in _functional(entry, classes))]
        network = "\n".join(
            [f"inputs = keras.Input((28, 28{'' if flat else ', 1'}))", *body, "model = keras.Model(inputs, x)"]
        )
    else:
        first = f"keras.Input((28, 28{'' if flat else ', 1'}))"
        rows = "".join(f"        {line},\n" for line in (first, *(_call(entry, classes) for entry in recipe)))
        network = f"model = keras.Sequential(\n    [\n{rows}    ]\n)"
    optimizer = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}[settings["optimizer"]]
    channel = "" if flat else "[..., None]"
    return f"""import keras
from keras import layers

keras.utils.set_random_seed({settings["seed"]})
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train{channel} / 255.0, x_test{channel} / 255.0

{network}
model.summary()
model.compile(
    optimizer=keras.optimizers.{optimizer}(learning_rate={settings["learning_rate"]:g}),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs={settings["epochs"]}, batch_size={settings["batch_size"]}, validation_split=0.1)
print(model.evaluate(x_test, y_test))
"""


def _call(entry: dict[str, Any], classes: int) -> str:
    """A layer as Python."""
    values = {name: value for name, value in entry.items() if name != "type"}
    names = {
        **{"conv": "Conv2D", "separable_conv": "SeparableConv2D", "depthwise_conv": "DepthwiseConv2D"},
        **{"max_pool": "MaxPooling2D", "average_pool": "AveragePooling2D", "dense": "Dense", "flatten": "Flatten"},
        **{"global_average_pool": "GlobalAveragePooling2D", "batch_norm": "BatchNormalization"},
        **{"activation": "Activation", "dropout": "Dropout", "residual": ""},
    }
    first = {"filters": None, "size": None, "units": None, "function": None, "rate": None}
    if "units" in values:
        values["units"] = values["units"] or classes
    if values.get("strides") == 0:
        del values["strides"]
    given = [repr(values.pop(name)) for name in first if name in values]
    named = [f"{name}={value!r}" for name, value in values.items()]
    return f"layers.{names[entry['type']]}({', '.join([*given, *named])})"


def _functional(entry: dict[str, Any], classes: int) -> list[str]:
    if entry["type"] != "residual":
        return [f"x = {_call(entry, classes)}(x)"]
    filters, strides = entry["filters"], entry.get("strides", 1)

    def conv(size: int, strides: int) -> str:
        return f"layers.Conv2D({filters}, {size}, strides={strides}, padding='same', use_bias=False)"

    return [
        "shortcut = x",
        f"y = layers.BatchNormalization()({conv(3, strides)}(x))",
        f"y = layers.BatchNormalization()({conv(3, 1)}(layers.ReLU()(y)))",
        "if shortcut.shape[1:] != y.shape[1:]:",
        f"    shortcut = layers.BatchNormalization()({conv(1, strides)}(x))",
        "x = layers.ReLU()(y + shortcut)",
    ]
