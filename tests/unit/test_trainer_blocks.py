"""Blocks of steps are the mathematics of plain Keras, and every sample is seen once an epoch."""

import gc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.ink.synthesis import generate
from recognizer.training.blocks import BlockPlan, Order, block_dataset, block_function
from recognizer.training.network import build_network, make_optimizer
from recognizer.training.presets import PRESETS
from recognizer.training.runtime import import_keras

N, BATCH = 75, 8


def compiled_model(preset: str, optimizer: Any = None) -> Any:
    _, keras = import_keras()
    keras.utils.set_random_seed(5)
    model = build_network(PRESETS[preset].layers, 10)
    chosen = make_optimizer("adam", 0.001) if optimizer is None else optimizer
    model.compile(chosen, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def epoch_order(seed: int | None, plan: BlockPlan, epochs: int) -> list[NDArray[np.int32]]:
    order = Order(plan.samples, seed)
    dataset = block_dataset(plan, order)
    found = []
    for epoch in range(1, epochs + 1):
        order.begin(epoch)
        found.append(np.concatenate([indices[: int(count)] for indices, count in dataset.as_numpy_iterator()]))
    return found


@pytest.mark.parametrize(
    ("preset", "optimizer"),
    [("dense", "Adam"), ("cnn", "Adam"), ("dense", "AdamW"), ("dense", "SGD"), ("dense", "RMSprop")],
)
def test_same_weights_as_plain_keras(preset: str, optimizer: str) -> None:
    _, keras = import_keras()
    images, labels = generate(N, 11)
    plan = BlockPlan(N, BATCH, 4)
    plain = compiled_model(preset, getattr(keras.optimizers, optimizer)(learning_rate=0.001))
    shape = (N, 28, 28, 1) if preset == "cnn" else (N, 28, 28)
    history = plain.fit(
        images.reshape(shape) / 255.0, labels, batch_size=BATCH, epochs=2, shuffle=False, verbose=0
    ).history
    ours = compiled_model(preset, make_optimizer(optimizer.lower(), 0.001))
    ours.train_function = block_function(ours, ours.train_step, images, labels, plan, check=lambda: None)
    followed = ours.fit(block_dataset(plan, Order(N, None)), epochs=2, shuffle=False, verbose=0).history
    for expected, found in zip(plain.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(followed["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(followed["accuracy"], history["accuracy"], rtol=1e-6)


def test_each_epoch_sees_every_sample_once_in_a_new_seeded_order() -> None:
    plan = BlockPlan(N, BATCH, 4)
    first, second = epoch_order(3, plan, 2)
    again, _ = epoch_order(3, plan, 2)
    other, _ = epoch_order(4, plan, 2)
    for order in (first, second, other):
        np.testing.assert_array_equal(np.sort(order), np.arange(N))
    np.testing.assert_array_equal(first, again)
    assert (first != second).mean() > 0.8
    assert (first != other).mean() > 0.8
    np.testing.assert_array_equal(epoch_order(None, plan, 1)[0], np.arange(N))


@pytest.mark.parametrize(
    ("samples", "batch", "convolutional", "steps", "blocks", "steps_per_epoch"),
    [
        (54_000, 32, False, 100, 17, 1688),
        (54_000, 32, True, 8, 211, 1688),
        (54_000, 8192, True, 1, 7, 7),
        (64, 32, False, 2, 1, 2),
        (10, 10, False, 1, 1, 1),
    ],
)
def test_plans(samples: int, batch: int, convolutional: bool, steps: int, blocks: int, steps_per_epoch: int) -> None:
    plan = BlockPlan.for_training(samples, batch, convolutional=convolutional)
    assert (plan.steps, plan.blocks, plan.steps_per_epoch) == (steps, blocks, steps_per_epoch)
    assert plan.samples_after(plan.blocks) == samples
    assert plan.steps_after(plan.blocks) == steps_per_epoch
    assert plan.samples_after(1) == min(samples, steps * batch)


def test_a_cancelled_token_stops_before_tracing() -> None:
    images, labels = generate(N, 11)
    plan = BlockPlan(N, BATCH, 4)
    token = CancellationToken()
    token.cancel()
    model = compiled_model("dense")
    before = [weights.copy() for weights in model.get_weights()]
    function = block_function(model, model.train_step, images, labels, plan, check=token.check)
    with pytest.raises(Cancelled):
        function(iter(block_dataset(plan, Order(N, 1))))
    for expected, found in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_nothing_of_a_run_is_left_in_memory() -> None:
    images, labels = generate(N, 11)
    plan, counts = BlockPlan(N, BATCH, 4), []
    for _ in range(3):
        model = compiled_model("dense")
        model.train_function = block_function(model, model.train_step, images, labels, plan, check=lambda: None)
        model.fit(block_dataset(plan, Order(N, None)), epochs=1, shuffle=False, verbose=0)
        del model
        gc.collect()
        counts.append(sum(type(one).__name__ == "FuncGraph" for one in gc.get_objects()))
    assert counts[2] == counts[1]
