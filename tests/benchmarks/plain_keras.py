"""A plain Keras script of the `dense` preset's mathematics, as a tutorial writes it: `plain_keras.py DATA.npz EPOCHS`.

Prints the seconds inside `fit` and the last validation accuracy.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np


def main() -> None:
    with np.load(sys.argv[1]) as data:
        x, y = data["x"] / 255.0, data["y"]
    keras.utils.set_random_seed(42)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    history = model.fit(x, y, batch_size=32, epochs=int(sys.argv[2]), validation_split=0.1, verbose=0)
    print(time.perf_counter() - began, history.history["val_accuracy"][-1])


if __name__ == "__main__":
    main()
