"""Tables of samples with chance in every column, for tests of what works on columns."""

from datetime import datetime

import numpy as np

from recognizer.library.dataset import DIGITS, LabelSet
from recognizer.library.samples import SampleTable


def random_table(n: int, seed: int, label_set: LabelSet = DIGITS) -> SampleTable:
    chance = np.random.default_rng(seed)
    writers = ("Anna Lee", "Ben", "none", "李明", "Müller, Jo", "anna")
    sources = ("sheets/A 1.png", "Ｓheets/b2.png", "drawn", 'C:\\x "y".png')
    notes = ("smudged", "look: again", "<b>")
    predicted_names = (*label_set.names[:10], "B", "other")
    begin, end = datetime(2026, 1, 1).timestamp(), datetime(2026, 12, 31).timestamp()
    created = chance.integers(int(begin), int(end), n)
    return SampleTable(
        name="made-up",
        title="Made up",
        ids=np.sort(chance.choice(np.arange(1, 5 * n), n, replace=False)).astype(np.int64),
        labels=chance.integers(-1, len(label_set), n).astype(np.int32),
        label_set=label_set,
        splits=chance.integers(0, 3, n).astype(np.uint8),
        pictures=lambda positions: np.zeros((len(positions), 28, 28), np.uint8),
        writers=chance.integers(-1, len(writers), n).astype(np.int32),
        sources=chance.integers(-1, len(sources), n).astype(np.int32),
        notes=chance.integers(-1, len(notes), n).astype(np.int32),
        created=np.where(chance.random(n) < 0.1, 0, created).astype(np.int64),
        flags=chance.integers(0, 4, n).astype(np.uint8),
        is_ink=chance.random(n) < 0.5,
        hashes=np.zeros(n, np.uint64),
        predicted=chance.integers(-1, len(predicted_names), n).astype(np.int32),
        confidences=np.where(chance.random(n) < 0.2, np.nan, chance.choice([0.0, 0.3, 0.45, 0.6, 0.9, 1.0], n)).astype(
            np.float32
        ),
        writer_names=writers,
        source_names=sources,
        note_texts=notes,
        predicted_names=predicted_names,
    )
