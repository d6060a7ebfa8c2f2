"""Feeding Keras' `fit` a block of steps at a time: the same mathematics, a fifth of the time for small networks.

Keras takes a step a call, or loops over an iterator in the graph; for a small network either costs more than the step.
Here the pictures lie in one tensor, an epoch is a permutation cut into blocks, and one call of the graph gathers and
trains all the steps of a block. Keras' `fit` still drives it: it asks the block for every "batch", and calls back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.training.runtime import import_keras

_DENSE_BLOCK: Final = 3200
_CONV_BLOCK: Final = 256
"""Samples a call: 0.03 s and 0.06 s on one core, so that progress is smooth and a stop is quick."""
EVALUATION_BATCH: Final = {False: 500, True: 128}


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """How an epoch is cut up.

    Attributes:
        samples: In the epoch.
        batch: Samples a step.
        steps: Steps a block; the last block may have fewer.
    """

    samples: int
    batch: int
    steps: int

    @classmethod
    def for_training(cls, samples: int, batch: int, *, convolutional: bool) -> "BlockPlan":
        """Blocks that are short enough for smooth progress and long enough to be quick."""
        wanted = max(1, (_CONV_BLOCK if convolutional else _DENSE_BLOCK) // batch)
        return cls(samples, batch, min(wanted, -(-samples // batch)))

    @property
    def steps_per_epoch(self) -> int:
        """Steps, a last smaller one included."""
        return -(-self.samples // self.batch)

    @property
    def blocks(self) -> int:
        """Blocks an epoch."""
        return -(-self.steps_per_epoch // self.steps)

    def samples_after(self, blocks: int) -> int:
        """How many samples of the epoch have been seen after so many blocks."""
        return min(self.samples, blocks * self.steps * self.batch)

    def steps_after(self, blocks: int) -> int:
        """How many steps of the epoch have been taken after so many blocks."""
        return min(self.steps_per_epoch, blocks * self.steps)


def block_dataset(plan: BlockPlan, shuffle_seed: int | None) -> Any:
    """A `tf.data.Dataset` of one epoch: (indices padded to a whole block, how many are meant).

    Args:
        plan: How the epoch is cut up.
        shuffle_seed: Each epoch is shuffled anew from it; None keeps the order.
    """
    tf, _ = import_keras()
    length = plan.steps * plan.batch
    numbers = tf.data.Dataset.range(plan.samples, output_type=tf.int32)
    if shuffle_seed is not None:
        numbers = numbers.shuffle(plan.samples, seed=shuffle_seed, reshuffle_each_iteration=True)

    def padded(indices: Any) -> tuple[Any, Any]:
        count = tf.shape(indices)[0]
        return tf.ensure_shape(tf.pad(indices, [[0, length - count]]), [length]), count

    return numbers.batch(length).map(padded).prefetch(1)


def block_function(
    model: Any,
    step: Callable[[tuple[Any, Any]], Any],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64] | NDArray[np.float32],
    plan: BlockPlan,
    *,
    compiled: bool,
    check: Callable[[], None],
) -> Callable[[Any], Any]:
    """What Keras calls for every element of `block_dataset`: all steps of a block in one call of a graph.

    Args:
        model: Whose metrics are returned.
        step: `model.train_step` or `model.test_step`, given (pictures / 255, labels).
        images: (n, 28, 28) uint8.
        labels: (n,) class indices, or (n, k) float32 probabilities.
        plan: How the epoch is cut up.
        compiled: Whether XLA compiles the whole steps: quicker for dense layers, slower for convolutions.
        check: Raises where the work is to stop; called between tracing and compiling, which take up to 1 s each.
    """
    tf, _ = import_keras()
    pictures = tf.constant(images)
    classes = tf.constant(labels, tf.int32 if labels.ndim == 1 else tf.float32)
    channel = len(model.input_shape) == 4
    rest = plan.samples % plan.batch

    def samples(indices: Any) -> tuple[Any, Any]:
        batch = tf.cast(tf.gather(pictures, indices), tf.float32) / 255.0
        return (batch[..., None] if channel else batch), tf.gather(classes, indices)

    def whole_steps(indices: Any, full: Any) -> Any:
        rows = tf.reshape(indices, [plan.steps, plan.batch])

        def body(number: Any) -> tuple[Any]:
            step(samples(tf.gather(rows, number)))
            return (number + 1,)

        tf.while_loop(lambda number: number < full, body, (tf.constant(0),), parallel_iterations=1)
        return model.get_metrics_result()

    def last_step(indices: Any, full: Any) -> Any:
        step(samples(tf.gather(indices, full * plan.batch + tf.range(rest))))
        return model.get_metrics_result()

    graphs: dict[Any, Any] = {}

    def call(function: Any, jit: bool, *inputs: Any) -> Any:
        if function not in graphs:
            check()
            graphs[function] = tf.function(function, jit_compile=jit, autograph=False).get_concrete_function(*inputs)
            check()
        return graphs[function](*inputs)

    def block(iterator: Any) -> Any:
        indices, count = next(iterator)
        full = count // plan.batch
        logs = {}
        if int(full):
            logs = call(whole_steps, compiled, indices, full)
        if int(count) % plan.batch:
            # One small step an epoch is not worth compiling.
            logs = call(last_step, False, indices, full)
        return logs

    return block
