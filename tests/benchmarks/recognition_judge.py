"""Asking a model about samples, and what a row of the table is."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import judged_data as data
import numpy as np
from contact_sheet import save_sheet
from judged_data import Samples
from numpy.typing import NDArray

from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction
from recognizer.inference.registry import read_record


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        what: What was measured.
        value: 0 to 1.
        n: Of how many samples.
        how: What else is worth knowing; no brackets, colons or semicolons.
        bar: What is wanted, such as `>= 0.985`; empty where nothing is.
    """

    what: str
    value: float
    n: int
    how: str = ""
    bar: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; None where there is none."""
        if not self.bar:
            return None
        sign, bound = self.bar.split()
        return self.value >= float(bound) if sign == ">=" else self.value <= float(bound)

    def __str__(self) -> str:
        met = {True: "; met", False: "; MISSED", None: ""}[self.is_met]
        how = f"{self.n:,} samples{', ' if self.how else ''}{self.how}"
        value = f"{self.value:.2g}" if self.value < 1e-3 else f"{self.value:.4f}"
        return f"{self.what}: {value} ({how}; bar: {self.bar or 'none'}{met})"


class Answers:
    """What a model says about samples."""

    def __init__(self, samples: Samples, predictions: list[Prediction]) -> None:
        self.samples = samples
        self.labels = np.array([each.label for each in predictions])
        self.confidence = np.array([each.confidence for each in predictions])
        self.is_rejected = np.array([each.is_rejected for each in predictions], bool)
        self.is_right = self.labels == samples.labels

    def by_group(self) -> dict[str, float]:
        """Accuracy of each group."""
        groups = self.samples.groups
        return {str(group): float(self.is_right[groups == group].mean()) for group in np.unique(groups)}


class Judge:
    """The models, and the answers that several rows need."""

    def __init__(self, model: Path, letters: Path, step: int, failures: Path | None) -> None:
        self.classifier = Classifier(read_record(model, is_shipped=True))
        self.letters_folder, self.step, self._failures = letters, step, failures

    def ask(self, samples: Samples, classifier: Classifier | None = None) -> Answers:
        """The answers for `samples`."""
        return Answers(samples, (classifier or self.classifier).predict_many(samples.images))

    def sheet(self, name: str, answers: Answers, is_lost: NDArray[np.bool_]) -> None:
        """Write the samples that were lost, where that is asked for."""
        if self._failures is None:
            return
        tiles = []
        samples = answers.samples
        for place in np.flatnonzero(is_lost):
            pictures = [samples.images[place]]
            if samples.originals:
                pictures.insert(0, samples.originals[place]())
            said = answers.labels[place] or "empty"
            mark = "x" if answers.is_rejected[place] else ""
            caption = f"{samples.labels[place]}>{said}{mark} {answers.confidence[place] * 100:.0f}"
            tiles.append((pictures, caption + (f" {samples.groups[place]}"[:12] if samples.originals else "")))
        save_sheet(self._failures / f"{name}.png", tiles)

    def held_out(self, corpus: str, classifier: Classifier | None = None) -> list[object] | None:
        """Whom of a corpus a model never saw; None where its card does not say."""
        card = (classifier or self.classifier).record.card
        return card.get("training", {}).get("held_out", {}).get(corpus)

    def unseen(self, name: str, classifier: Classifier | None = None) -> tuple[Samples, str]:
        """Pictures of a pen corpus by those whom the model never saw, and who they are."""
        inks = data.inks(name)
        names = self.held_out(name.split("/")[0], classifier)
        chosen = inks.written_by(names) if names else np.ones(len(inks.labels), bool)
        who = f"of {' '.join(map(str, names))}" if names else "of everybody, the model's card names nobody as held out"
        return inks.samples(np.flatnonzero(chosen)[:: self.step]), who

    @cached_property
    def mnist(self) -> Answers:
        return self.ask(data.mnist(self.step))

    @cached_property
    def pendigits(self) -> tuple[Answers, str]:
        samples, who = self.unseen("pendigits/train")
        return self.ask(samples), who

    @cached_property
    def unipen(self) -> tuple[Answers, str]:
        samples, who = self.unseen("unipen/digits")
        return self.ask(samples), who

    @cached_property
    def drawn(self) -> Answers:
        return self.ask(data.drawn_single(self.step))
