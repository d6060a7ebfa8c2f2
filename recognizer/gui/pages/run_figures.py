"""What stands below the results of a run on the Train page: how sure it is, and how it stands worse pictures."""

from PySide6.QtCore import QObject, Signal

from recognizer.gui.pages.stored_run import StoredRun
from recognizer.gui.session import Session
from recognizer.gui.widgets.figures_card import CalibrationCard
from recognizer.gui.widgets.robustness_card import Judged, RobustnessCard
from recognizer.library.dataset import Dataset


class RunFigures(QObject):
    """Fills the two cards from the run that is shown.

    Args:
        session: Runs the test and knows the profile.
        parent: Owns it.

    Signals:
        samplesRequested: (positions in the run's dataset, heading).
    """

    samplesRequested = Signal(object, str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.calibration = CalibrationCard()
        self.robustness = RobustnessCard(session)
        self.calibration.samplesRequested.connect(self.samplesRequested)
        self.robustness.samplesRequested.connect(self.samplesRequested)

    def show_run(self, stored: StoredRun | None) -> None:
        """Show the figures of a run, or nothing where it was not judged."""
        if stored is None or stored.report is None:
            self.calibration.show_figures(None)
            self.robustness.show_run(None)
            return
        self.calibration.show_figures(stored.figures, stored.predictions, stored.guesses)
        folder = self._session.profile.runs / stored.run.id
        self.robustness.show_run(Judged(folder, stored.model, stored.predictions, stored.robustness))

    def set_dataset(self, dataset: Dataset | None) -> None:
        """The run's samples are there, as they were; None where they are not."""
        self.robustness.set_images(dataset.images if dataset is not None else None)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.calibration.retranslate()
        self.robustness.retranslate()
