"""The scripts of the first Keras tutorials, as people copy them: `plain_keras.py DATA.npz dense|cnn EPOCHS`.

Prints the seconds inside `fit`, the last validation accuracy, and the accuracy on the test split.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np


def main() -> None:
    with np.load(sys.argv[1]) as data:
        x, y, x_test, y_test = data["x"] / 255.0, data["y"], data["x_test"] / 255.0, data["y_test"]
    keras.utils.set_random_seed(42)
    if sys.argv[2] == "dense":
        layers = [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    else:
        x, x_test = x[..., None].astype("float32"), x_test[..., None].astype("float32")
        layers = [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    history = model.fit(x, y, batch_size=32, epochs=int(sys.argv[3]), validation_split=0.1, verbose=0)
    seconds = time.perf_counter() - began
    print(seconds, history.history["val_accuracy"][-1], model.evaluate(x_test, y_test, verbose=0)[1])


if __name__ == "__main__":
    main()
