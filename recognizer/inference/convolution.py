"""What a convolution and a pooling do, number by number, as Keras does it; with NumPy alone.

Arrays are in Keras' order: pictures (height, width, channels), kernels (height, width, channels, filters).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionStep:
    """How one number of a convolution comes about.

    Attributes:
        top, left: Of the patch in the picture, pixels; below 0 where it begins in the padding.
        patch: (k, k, c) float32, what lies under the kernel; zeros in the padding.
        kernel: (k, k, c) float32, the filter's weights.
        products: (k, k, c) float32, the one times the other.
        bias: What is added.
        total: The products' sum and the bias.
    """

    top: int
    left: int
    patch: Floats
    kernel: Floats
    products: Floats
    bias: float
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class PoolingStep:
    """How one number of a maximum pooling comes about.

    Attributes:
        top, left: Of the window, pixels; below 0 where it begins in the padding.
        window: (p, p) float32; minus infinity in the padding, which never wins.
        value: The largest.
        row, column: Where in the window that is; the first one where there are several.
    """

    top: int
    left: int
    window: Floats
    value: float
    row: int
    column: int


def convolution_step(
    picture: Floats,
    kernel: Floats,
    bias: Floats,
    filter_number: int,
    row: int,
    column: int,
    strides: int = 1,
    padding: str = "valid",
) -> ConvolutionStep:
    """How a filter comes to one pixel of what it gives.

    Args:
        picture: (h, w, c) float32.
        kernel: (k, k, c, f) float32, the layer's weights.
        bias: (f,) float32.
        filter_number: Which of the f filters.
        row, column: Of the pixel that comes out.
        strides: Pixels from one place of the kernel to the next.
        padding: `valid` or `same`, as Keras means them.

    Raises:
        IndexError: There is no such filter, or no such pixel.
        ValueError: The kernel is for other channels, or the padding is unknown.
    """
    if picture.shape[2] != kernel.shape[2]:
        raise ValueError(f"{picture.shape[2]} channels, but the kernel is for {kernel.shape[2]}")
    if not 0 <= filter_number < kernel.shape[3]:
        raise IndexError(f"filter {filter_number} of {kernel.shape[3]}")
    size = kernel.shape[0]
    padded, before = _padded(picture, size, strides, padding, 0.0)
    top, left = _corner(padded, size, strides, row, column)
    patch = padded[top : top + size, left : left + size]
    own = kernel[..., filter_number]
    products = patch * own
    total = float(products.sum(dtype=np.float64) + bias[filter_number])
    return ConvolutionStep(
        top - before[0],
        left - before[1],
        patch,
        own,
        products,
        float(bias[filter_number]),
        total,
    )


def pooling_step(
    picture: Floats, channel: int, row: int, column: int, size: int = 2, strides: int = 0, padding: str = "valid"
) -> PoolingStep:
    """How a maximum pooling comes to one pixel of what it gives.

    Args:
        picture: (h, w, c) float32.
        channel: Which of the c.
        row, column: Of the pixel that comes out.
        size: Side of the window.
        strides: Pixels from one window to the next; `size` where 0.
        padding: `valid` or `same`, as Keras means them.

    Raises:
        IndexError: There is no such channel, or no such pixel.
        ValueError: The padding is unknown.
    """
    if not 0 <= channel < picture.shape[2]:
        raise IndexError(f"channel {channel} of {picture.shape[2]}")
    padded, before = _padded(picture, size, strides or size, padding, -np.inf)
    top, left = _corner(padded, size, strides or size, row, column)
    window = padded[top : top + size, left : left + size, channel]
    there = np.unravel_index(int(window.argmax()), window.shape)
    return PoolingStep(top - before[0], left - before[1], window, float(window.max()), int(there[0]), int(there[1]))


def _padded(picture: Floats, size: int, strides: int, padding: str, fill: float) -> tuple[Floats, tuple[int, int]]:
    """The picture with what Keras puts around it, and how much of that is above and at the left.

    With `same`, ceil(n / strides) windows fit along n pixels, and what is odd of the padding goes below and to the
    right (TensorFlow's documentation of `tf.nn`, "Notes on padding").
    """
    if padding == "valid":
        return picture, (0, 0)
    if padding != "same":
        raise ValueError(f"padding = {padding!r}")
    sides = []
    for n in picture.shape[:2]:
        missing = max((-(-n // strides) - 1) * strides + size - n, 0)
        sides.append((missing // 2, missing - missing // 2))
    out = np.pad(picture, (*sides, (0, 0)), constant_values=fill)
    return out.astype(np.float32), (sides[0][0], sides[1][0])


def _corner(padded: Floats, size: int, strides: int, row: int, column: int) -> tuple[int, int]:
    """Where the window for an output pixel begins in the padded picture; IndexError where there is none."""
    for place, side in ((row, padded.shape[0]), (column, padded.shape[1])):
        if not 0 <= place <= (side - size) // strides:
            raise IndexError(f"pixel {place} of {(side - size) // strides + 1}")
    return row * strides, column * strides
