"""Feeding Keras' `fit` a block of steps at a time: the same mathematics, a fifth of the time for small networks.

Keras takes a step a call, or loops over an iterator in the graph; for a small network either costs more than the step.
Here the pictures lie in one tensor, an epoch is a permutation cut into blocks, and one call of the graph gathers and
trains all the steps of a block. Keras' `fit` still drives it: it asks the block for every "batch", and calls back.
"""

from collections.abc import Callable, Iterator
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


class Order:
    """In which order an epoch's samples come: a permutation that the seed and the epoch's number give, or as they are.

    Args:
        samples: How many there are.
        seed: Of the permutations; None keeps the order.
    """

    def __init__(self, samples: int, seed: int | None) -> None:
        self._samples, self._seed = samples, seed
        self._epoch, self.first_block = 1, 0

    def begin(self, epoch: int, first_block: int = 0) -> None:
        """The next pass over the data is epoch `epoch`, counted from 1; its first blocks are empty."""
        self._epoch, self.first_block = epoch, first_block

    def indices(self) -> NDArray[np.int32]:
        """(samples,) int32."""
        if self._seed is None:
            return np.arange(self._samples, dtype=np.int32)
        return np.random.default_rng((self._seed, self._epoch)).permutation(self._samples).astype(np.int32)


def block_dataset(plan: BlockPlan, order: Order) -> Any:
    """A `tf.data.Dataset` of one epoch: (indices padded to a whole block, how many are meant).

    Args:
        plan: How the epoch is cut up.
        order: Asked at the beginning of each pass.
    """
    tf, _ = import_keras()
    length = plan.steps * plan.batch

    def blocks() -> Iterator[tuple[NDArray[np.int32], int]]:
        indices = order.indices()
        for block in range(plan.blocks):
            # Keras wants as many in each epoch.
            part = indices[block * length : (block + 1) * length] if block >= order.first_block else indices[:0]
            yield np.pad(part, (0, length - len(part))), len(part)

    signature = (tf.TensorSpec((length,), tf.int32), tf.TensorSpec((), tf.int32))
    dataset = tf.data.Dataset.from_generator(blocks, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(plan.blocks)).prefetch(1)


def block_function(
    model: Any,
    step: Callable[[tuple[Any, ...]], Any],
    images: Any,
    labels: NDArray[np.int64] | NDArray[np.float32],
    plan: BlockPlan,
    *,
    check: Callable[[], None],
    one_hot: bool = False,
    class_weights: NDArray[np.float32] | None = None,
) -> Callable[[Any], Any]:
    """What Keras calls for every element of `block_dataset`: all steps of a block in one call of a graph.

    Args:
        model: Whose metrics are returned.
        step: `model.train_step` or the like, given (pictures / 255, labels), or (pictures / 255, labels, weights).
        images: (n, 28, 28) uint8, or a variable of TensorFlow's that holds them.
        labels: (n,) class indices, or (n, k) float32 probabilities.
        plan: How the epoch is cut up.
        check: Raises where the work is to stop; called before and after tracing, which takes up to 1 s.
        one_hot: Whether class indices are given as probabilities.
        class_weights: (classes,) by which the samples of a class count; needs class indices.

    A block ends early where the loss is no finite number any more.
    """
    tf, _ = import_keras()
    pictures = tf.constant(images) if isinstance(images, np.ndarray) else images
    classes = tf.constant(labels, tf.int32 if labels.ndim == 1 else tf.float32)
    weights = None if class_weights is None else tf.constant(class_weights)
    channel, width = len(model.input_shape) == 4, model.output_shape[-1]
    rest = plan.samples % plan.batch

    def samples(indices: Any) -> tuple[Any, ...]:
        batch = tf.cast(tf.gather(pictures, indices), tf.float32) / 255.0
        truth = tf.gather(classes, indices)
        found = (batch[..., None] if channel else batch), (tf.one_hot(truth, width) if one_hot else truth)
        return found if weights is None else (*found, tf.gather(weights, truth))

    def whole_steps(indices: Any, full: Any) -> Any:
        rows = tf.reshape(indices, [plan.steps, plan.batch])

        def body(number: Any, _: Any) -> tuple[Any, Any]:
            logs = step(samples(tf.gather(rows, number)))
            return number + 1, tf.math.is_finite(logs["loss"])

        tf.while_loop(
            lambda number, is_finite: (number < full) & is_finite,
            body,
            (tf.constant(0), tf.constant(True)),
            parallel_iterations=1,
        )
        return model.get_metrics_result()

    def last_step(indices: Any, full: Any) -> Any:
        step(samples(tf.gather(indices, full * plan.batch + tf.range(rest))))
        return model.get_metrics_result()

    graphs: dict[Any, Any] = {}

    def call(function: Any, *inputs: Any) -> Any:
        if function not in graphs:
            check()
            graphs[function] = tf.function(function, autograph=False).get_concrete_function(*inputs)
            check()
        return graphs[function](*inputs)

    def block(iterator: Any) -> Any:
        indices, count = next(iterator)
        full = count // plan.batch
        if not int(count):
            return model.get_metrics_result()
        logs = {}
        if int(full):
            logs = call(whole_steps, indices, full)
        if int(count) % plan.batch:
            logs = call(last_step, indices, full)
        return logs

    return block


class Answers:
    """What a model says of the validation samples, gathered while Keras validates it.

    Args:
        model: Compiled.
        samples: How many there are.
    """

    def __init__(self, model: Any, samples: int) -> None:
        tf, _ = import_keras()
        self._model = model
        self._probabilities = tf.Variable(tf.zeros((samples, model.output_shape[-1])), trainable=False)
        self._next = tf.Variable(0, trainable=False, dtype=tf.int32)

    def begin(self) -> None:
        """A validation begins; its samples come in their order."""
        self._next.assign(0)

    def step(self, data: tuple[Any, ...]) -> Any:
        """As `model.test_step`, with one pass through the network, whose outputs are kept."""
        tf, _ = import_keras()
        model, (pictures, truth) = self._model, data
        outputs = model(pictures, training=False)
        count = tf.shape(outputs)[0]
        places = self._next + tf.range(count)
        self._probabilities.scatter_nd_update(places[:, None], outputs)
        self._next.assign_add(count)
        loss = model.compute_loss(pictures, truth, outputs, training=False)
        next(metric for metric in model.metrics if metric.name == "loss").update_state(loss, sample_weight=count)
        return model.compute_metrics(pictures, truth, outputs)

    def read(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The best classes, (n,) int64, and their probabilities, (n,) float32."""
        probabilities = self._probabilities.numpy()
        return probabilities.argmax(axis=1), probabilities.max(axis=1)
