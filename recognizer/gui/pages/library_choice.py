"""Which samples of a dataset the Library page shows: those that fit a filter, were asked for, or are deleted."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.sample_model import Hints
from recognizer.library.filters import SampleFilter, parse_filter
from recognizer.library.samples import SampleTable
from recognizer.library.sorting import SortKey, sorted_positions


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Samples that another page, a figure or an import asks for.

    Attributes:
        ids: (n,) int64, in the order in which they are to be shown.
        heading: What they are called; may be empty.
        hints: What else is known of them.
    """

    ids: NDArray[np.int64]
    heading: str
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a choice leaves of a dataset.

    Attributes:
        positions: (n,) int64 positions in the table, in the order in which they are shown.
        counts: How many samples each class would have if no class was chosen.
    """

    positions: NDArray[np.int64]
    counts: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Choice:
    """What the user has chosen.

    Attributes:
        filter: What the filter line stands for.
        only: The samples that are shown alone; None for all.
        waiting: Those that are to be shown alone when their dataset has come.
        is_removed: Whether the deleted samples are shown instead of the others.
    """

    filter: SampleFilter = field(default_factory=SampleFilter)
    only: Asked | None = None
    waiting: Asked | None = None
    is_removed: bool = False

    def show_only(self, asked: Asked, *, is_there: bool) -> None:
        """Show just the samples that were asked for, without a filter; `is_there`: now, not when they have come."""
        self.filter = SampleFilter()
        if is_there:
            self.only, self.waiting = asked, None
        else:
            self.waiting = asked

    def arrive(self) -> None:
        """The dataset of the samples that wait has come."""
        if self.waiting is not None:
            self.only, self.waiting = self.waiting, None

    def read(self, text: str, table: SampleTable) -> RecognizerError | None:
        """Take over the filter that `text` stands for; where it stands for none, say why and keep the last one."""
        try:
            self.filter = parse_filter(text, table.label_set)
        except RecognizerError as error:
            return error
        return None

    def with_class(self, label: str, is_added: bool, table: SampleTable | None) -> SampleFilter:
        """The filter after a click on a class: it alone, or as one more (`is_added`); off where it was on."""
        chosen = self.filter.labels
        if is_added:
            chosen = tuple(name for name in (*chosen, label) if name != label or label not in chosen)
        else:
            chosen = () if chosen == (label,) else (label,)
        names = table.label_set.names if table is not None else ()
        return replace(self.filter, labels=tuple(name for name in names if name in chosen))

    def found(self, table: SampleTable, order: tuple[str, bool], usual_order: tuple[str, bool]) -> Found:
        """The samples of `table` that are shown.

        Args:
            table: The dataset.
            order: A `SortKey` and whether it descends.
            usual_order: Likewise; in this one, samples that were asked for come as they were asked for.
        """
        without_classes = replace(self.filter, labels=()).indices(table)
        if self.only is not None:
            wanted = np.isin(table.ids, self.only.ids)
            without_classes = without_classes[wanted[without_classes]]
        labels = table.labels[without_classes]
        counts = np.bincount(labels[labels >= 0], minlength=len(table.label_set))
        chosen = [table.label_set.index(label) for label in self.filter.labels if label in table.label_set.names]
        found = without_classes[np.isin(labels, chosen)] if self.filter.labels else without_classes
        if self.only is not None and order == usual_order:
            # As they were asked for: the most doubtful first, say.
            ids, places = self.only.ids, np.argsort(self.only.ids, kind="stable")
            found = found[np.argsort(places[np.searchsorted(ids[places], table.ids[found])], kind="stable")]
        else:
            found = sorted_positions(table, found, SortKey(order[0]), descending=order[1])
        return Found(found, tuple(int(count) for count in counts))

    def hints(self) -> Hints:
        """What is known of the samples that are shown."""
        return self.only.hints if self.only is not None and not self.is_removed else Hints()

    def words(self) -> str:
        """What is shown instead of all samples; empty where all are."""
        if self.is_removed:
            return tr("Deleted samples")
        if self.only is None:
            return ""
        count = ntr("{n} sample", "{n} samples", len(self.only.ids))
        return f"{self.only.heading} · {count}" if self.only.heading else count
