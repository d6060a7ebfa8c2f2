"""What all plots of the program have in common."""

from typing import Any

from PySide6.QtCore import Qt


def bare_plot() -> Any:
    """A plot of pyqtgraph's without menu, buttons, frame and ground, which takes neither mouse nor focus for itself."""
    # Imported here: it takes half a second to load.
    import pyqtgraph

    pyqtgraph.setConfigOption("exitCleanup", False)
    plot = pyqtgraph.PlotWidget(background=None)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setFrameStyle(0)
    return plot
