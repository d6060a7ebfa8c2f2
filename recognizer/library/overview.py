"""What the library holds, dataset by dataset."""

from dataclasses import dataclass

import numpy as np

from recognizer.library.dataset import SPLITS, Split
from recognizer.library.store.library import Library
from recognizer.library.store.names import DatasetRecord
from recognizer.library.store.upkeep import DAYS_KEPT


@dataclass(frozen=True, slots=True)
class DatasetOverview:
    """A dataset and how many samples it has.

    Attributes:
        record: The dataset.
        samples: Those that are there.
        splits: Those of each split.
        unlabelled: Those of which nobody has said what they are.
        classes: How many classes have samples.
        removed: Samples that were deleted and can be brought back.
    """

    record: DatasetRecord
    samples: int
    splits: dict[Split, int]
    unlabelled: int
    classes: int
    removed: int

    @property
    def until(self) -> int:
        """Until when a deleted dataset can be brought back, seconds since 1970; 0 where it is not deleted."""
        return self.record.deleted + DAYS_KEPT * 86_400 if self.record.deleted else 0


def overview(library: Library) -> list[DatasetOverview]:
    """Every dataset in the order of their making, the deleted ones too; the file is not made where there is none."""
    records = library.records(removed=True)
    if not records:
        return []
    with library.file.opened():
        columns = library.columns
        is_there = columns["deleted"] == 0
        found = []
        for record in records:
            own = columns["dataset"] == record.id
            there = own & is_there
            splits = np.bincount(columns["split"][there], minlength=len(SPLITS))
            classes = columns["class"][there]
            n = int(there.sum())
            found.append(
                DatasetOverview(
                    record,
                    n,
                    {split: int(count) for split, count in zip(SPLITS, splits, strict=True)},
                    int((classes == 0).sum()),
                    len(np.unique(classes[classes != 0])),
                    int(own.sum()) - n,
                )
            )
    return found
