"""Dividing samples into training, validation and test."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.parts import Dialog, SideCard, headed, number_field
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.dialogs.share_fields import ShareFields
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.gui.words import dataset_title
from recognizer.library.dataset import SPLITS, split_name
from recognizer.library.samples import SampleTable
from recognizer.library.splits import By, SplitPlan, plan_split
from recognizer.library.store import editing

_WAIT: Final = 120
"""Milliseconds of rest after which the plan follows."""
_WARNINGS: Final = 5
"""The most lines that warnings take of the height; more of them scroll."""
_SCROLL_BAR: Final = 10
"""What it takes, logical pixels."""
_LARGEST_SEED: Final = 999_999


class SplitDialog(Dialog):
    """Shares and what is kept together on the left, the plan class by class on the right.

    Args:
        session: The window's.
        table: The dataset, one that can be edited.
        positions: (m,) the samples that are divided; the others keep their splits.
        parent: The window below.
    """

    def __init__(
        self, session: Session, table: SampleTable, positions: NDArray[np.int64], parent: QWidget | None = None
    ) -> None:
        super().__init__(session, "splitDialog", QSize(860, 600), parent)
        self._table = table
        self._positions = positions
        self._plan: SplitPlan | None = None
        self._is_applying = False
        self.shares = ShareFields()
        self._by = QComboBox()
        self._by.setObjectName("splitBy")
        self._by.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._by.setMinimumContentsLength(10)
        self._seed = number_field("splitSeed", 0, _LARGEST_SEED, 0)
        self._again = Button("redo")
        self._again.setObjectName("splitDrawAgainButton")
        self._again.setAutoDefault(False)
        self._rows = RowsTable(
            "splitPlan", (tr("Class"), *(split_name(split).capitalize() for split in SPLITS)), right=(1, 2, 3)
        )
        self._summary = Label("strong", wraps=True)
        self._summary.setObjectName("splitSummary")
        self._warnings = Label("doubt", wraps=True)
        self._warnings.setObjectName("splitWarnings")
        self._planning = self.job()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT)
        self._lay_out()
        self._say_texts()
        self._connect()
        self._make_plan()

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addWidget(self.shares)
        column.addLayout(headed(tr("What is kept together"), self._by))
        draw = QHBoxLayout()
        draw.setSpacing(8)
        draw.addWidget(self._seed, 1)
        draw.addWidget(self._again)
        holder = QWidget()
        draw.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(draw)
        column.addLayout(headed(tr("Number of the draw"), holder))
        note = Label("secondary", wraps=True)
        note.setText(
            tr(
                "The same number gives the same division on every computer. Each class is divided by the shares, and "
                "equal samples are kept on one side."
            )
        )
        column.addWidget(note)
        column.addStretch(1)
        left = SideCard(column, 330)
        right = Card()
        right.body.addWidget(self._summary)
        right.body.addWidget(self._rows, 1)
        self._warned = scrolled(self._warnings)
        right.body.addWidget(self._warned)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left)
        row.addWidget(right, 1)
        self.body.addLayout(row, 1)
        self.footer.addStretch(1)
        self.add_button("splitCancelButton", tr("Cancel"), tr("Close; the splits stay as they are"), self.reject)
        count = ntr("Divide {n} sample", "Divide {n} samples", len(self._positions))
        self._apply = self.add_button(
            "splitApplyButton",
            count,
            tr("Give the samples these splits; it can be undone"),
            self._on_apply,
            role="primary",
        )

    def _say_texts(self) -> None:
        self.set_heading(tr("Divide into training and test"))
        n, whole = len(self._positions), len(self._table)
        if n < whole:
            what = tr(
                "{title}: the {n:,} samples shown, of {whole:,}.",
                title=dataset_title(self._table.name, self._table.title),
                n=n,
                whole=whole,
            )
        else:
            what = ntr(
                "{title}: all of its {n} sample.",
                "{title}: all of its {n} samples.",
                n,
                title=dataset_title(self._table.name, self._table.title),
            )
        self.say_step(tr("{what} Set the shares, look at the plan, then divide. It can be undone.", what=what))
        kept: tuple[tuple[By, str], ...] = (
            ("sample", tr("nothing: each sample by itself")),
            ("writer", tr("all samples of a writer")),
            ("source", tr("all samples of a source, such as a file")),
        )
        for by, text in kept:
            self._by.addItem(text, by)
        # A model that has seen a writer in training is judged too well by that writer's other samples.
        known = self._table.writers[self._positions]
        self._by.setCurrentIndex(1 if len(np.unique(known[known >= 0])) >= len(SPLITS) else 0)
        self._by.setToolTip(tr("Samples that are kept together are never on two sides"))
        self._seed.setAccessibleName(tr("Number of the draw"))
        self._seed.setToolTip(tr("Number of the draw"))
        self._again.set_texts(tr("Another"), tr("Draw in another way"))
        self._rows.setAccessibleName(tr("The plan: samples of each class in each split"))

    def _connect(self) -> None:
        self.shares.changed.connect(self._on_changed)
        self._by.currentIndexChanged.connect(self._on_changed)
        self._seed.valueChanged.connect(self._on_changed)
        self._again.clicked.connect(self._draw_again)
        self._timer.timeout.connect(self._make_plan)
        self._planning.succeeded.connect(self._on_planned)
        self._planning.failed.connect(self._on_no_plan)
        self.session.library_changed.connect(self._on_library_changed)
        self.session.problem.connect(self._on_problem)

    def plan(self) -> SplitPlan | None:
        """What would be done; None while that is being thought over."""
        return self._plan

    def _draw_again(self) -> None:
        self._seed.setValue((self._seed.value() + 1) % (_LARGEST_SEED + 1))

    def _on_changed(self) -> None:
        self._plan = None
        self._update()
        self._timer.start()

    def _make_plan(self) -> None:
        table, positions, seed, by = self._table, self._positions, self._seed.value(), self._by.currentData()
        shares = {split: share / 100 for split, share in zip(SPLITS, self.shares.shares(), strict=True)}

        def work(progress: ProgressCallback, token: CancellationToken) -> SplitPlan:
            return plan_split(table, positions, shares, seed, by)

        self._planning.start(work)
        self._update()

    def _on_planned(self, plan: SplitPlan) -> None:
        self._plan = plan
        self.notice.hide()
        total = max(1, sum(plan.totals))
        planned = [f"{n:,} · {100 * n / total:.0f} %" for n in plan.totals]
        now = np.bincount(self._table.splits[self._positions], minlength=len(SPLITS)).tolist()
        rows = [
            (tr("All"), *planned),
            (tr("As it is now"), *(f"{n:,}" for n in now)),
            *((label or tr("no label"), *(f"{n:,}" for n in counts)) for label, counts in plan.rows),
        ]
        empty = {
            (row, column): "doubt"
            for row, (_, counts) in enumerate(plan.rows, 2)
            for column, (n, share) in enumerate(zip(counts, plan.shares, strict=True), 1)
            if share and not n
        }
        self._rows.set_rows(rows, strong=(0,), colors={(1, column): "secondary" for column in range(4)} | empty)
        moves = int((plan.splits != self._table.splits[plan.positions]).sum())
        words = [ntr("{n} sample changes its split", "{n} samples change their split", moves)]
        if any(plan.groups):
            names = {
                "writer": ntr("{n} writer", "{n} writers", sum(plan.groups)),
                "source": ntr("{n} source", "{n} sources", sum(plan.groups)),
            }
            words.append(f"{names[plan.by]}: {' + '.join(f'{n:,}' for n in plan.groups)}")
        self._summary.setText(" · ".join(words))
        self._warnings.setText("\n".join(f"• {warning}" for warning in plan.warnings))
        self._warned.setVisible(bool(plan.warnings))
        self._fit_warnings()
        self._update()

    def _fit_warnings(self) -> None:
        """Give the warnings the height that they need, up to some lines."""
        # A word more or less goes into a line when there is a scroll bar beside it.
        needed = self._warnings.heightForWidth(self._rows.width() - _SCROLL_BAR)
        self._warned.setFixedHeight(min(needed, _WARNINGS * self._warnings.fontMetrics().lineSpacing()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the warnings have the lines that they take at this width."""
        super().resizeEvent(event)
        self._fit_warnings()

    def _on_no_plan(self, error: RecognizerError) -> None:
        self._rows.set_rows(())
        self._summary.setText(tr("There is no such division"))
        self._warned.hide()
        self._update()

    def _update(self) -> None:
        can_apply = self._plan is not None and self._table.is_editable and not self._is_applying
        self._apply.setEnabled(can_apply)
        for part in (self.shares, self._by, self._seed, self._again):
            part.setEnabled(not self._is_applying)

    def _on_apply(self) -> None:
        plan, ids = self._plan, self._table.ids
        if plan is None:
            return
        self._is_applying = True
        self._update()
        self.session.edit(
            lambda library: editing.set_splits(library, ids[plan.positions], plan.splits), len(plan.positions)
        )

    def _on_library_changed(self) -> None:
        if self._is_applying:
            self._is_applying = False
            self.accept()

    def _on_problem(self, error: RecognizerError) -> None:
        if self._is_applying:
            self._is_applying = False
            self.notice.show_error(error)
            self._update()

    def is_busy(self) -> bool:
        """While the splits are being written."""
        return self._is_applying

    def done(self, code: int) -> None:
        """Plan no more."""
        self._timer.stop()
        self._planning.drop()
        super().done(code)
