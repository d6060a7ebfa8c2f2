"""The models that can be chosen: those that come with the program and those trained in the profile.

A model is a folder: `model.json` (what it is) and `model.tflite` (its network). Neither can run code.
"""

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import sync_folder, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.preprocess import PreprocessingSpec
from recognizer.inference.reject import RejectRule

_log = logging.getLogger(__name__)

FORMAT: Final = 1
CARD: Final = "model.json"
NETWORK: Final = "model.tflite"
OTHER: Final = "other"
"""The extra output for what is no symbol at all."""
LONGEST_TITLE: Final = 80
"""Characters."""


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What is known of a model without loading it.

    Attributes:
        id: The name of its folder.
        title: What people call it.
        labels: The class names in the order of its outputs.
        preprocessing: How its pictures are made.
        reject: When its answers are not trusted.
        extras: What its further outputs stand for, beyond the labels: operators, and `OTHER` for what is no symbol.
        created: ISO 8601, UTC.
        is_shipped: Whether it came with the program.
        folder: Where it is.
        card: The whole `model.json`.
    """

    id: str
    title: str
    labels: tuple[str, ...]
    preprocessing: PreprocessingSpec
    reject: RejectRule
    created: str
    is_shipped: bool
    folder: Path
    card: dict[str, Any]
    extras: tuple[str, ...] = ()

    @property
    def network(self) -> Path:
        """The LiteRT file."""
        return self.folder / NETWORK

    @property
    def accuracy(self) -> float | None:
        """On the test split that it was judged on, 0 to 1; None where it was not."""
        value = self.card.get("metrics", {}).get("accuracy")
        return float(value) if isinstance(value, int | float) else None


def read_record(folder: Path, *, is_shipped: bool) -> ModelRecord:
    """Read `folder/model.json`.

    Raises:
        RecognizerError: It is missing, damaged, or from another version.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if card["format"] != FORMAT:
            raise RecognizerError(
                tr("The model is of a format that this version does not know"),
                where=f"{path} (format {card['format']!r})",
                fix=tr("Update the program, or train the model again"),
            )
        _check_card(card)
        labels = tuple(card["labels"])
        return ModelRecord(
            id=folder.name,
            title=str(card["title"]),
            labels=labels,
            preprocessing=PreprocessingSpec.from_dict(card["preprocessing"], str(path)),
            reject=RejectRule(**{name: float(bound) for name, bound in card["reject"].items()}),
            created=str(card["created"]),
            is_shipped=is_shipped,
            folder=folder,
            card=card,
            extras=tuple(card.get("extras", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RecognizerError(
            tr("The model cannot be read"),
            where=f"{path} ({type(error).__name__}: {error})",
            fix=tr("Choose another model, or train it again"),
        ) from error


def _check_card(card: dict[str, Any]) -> None:
    """Raise ValueError naming the first part of a `model.json` that cannot be what it stands for."""
    labels = card["labels"]
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels")
    extras = card.get("extras", [])
    if not isinstance(extras, list) or not all(isinstance(extra, str) for extra in extras):
        raise ValueError("extras")
    if len({*labels, *extras}) < len(labels) + len(extras):
        raise ValueError("labels")
    for part in ("metrics", "files", "training"):
        if not isinstance(card.get(part, {}), dict):
            raise ValueError(part)
    for name, entry in card.get("files", {}).items():
        if not isinstance(entry, dict):
            raise ValueError(f"files: {name}")
    accuracy = card.get("metrics", {}).get("accuracy")
    if accuracy is not None and not (isinstance(accuracy, int | float) and 0 <= accuracy <= 1):
        raise ValueError("metrics: accuracy")


class ModelRegistry:
    """Finds and adds models.

    Args:
        profile: Whose trained models are meant.
        shipped: The folder with the program's own models.
    """

    def __init__(self, profile: Profile, shipped: Path | None = None) -> None:
        self._profile = profile
        self._shipped = shipped or shipped_models_path()

    def list(self) -> list[ModelRecord]:
        """Every usable model, shipped ones first by id, then the newest; damaged ones are logged and left out."""
        records: list[ModelRecord] = []
        for root, is_shipped in ((self._shipped, True), (self._profile.models, False)):
            folders = sorted(path for path in root.iterdir() if (path / CARD).is_file()) if root.is_dir() else []
            found: list[ModelRecord] = []
            for folder in folders:
                try:
                    found.append(read_record(folder, is_shipped=is_shipped))
                except RecognizerError as error:
                    _log.warning("%s", error)
            records += found if is_shipped else sorted(found, key=lambda record: record.created, reverse=True)
        return records

    def get(self, model_id: str) -> ModelRecord:
        """The model called `model_id`.

        Raises:
            RecognizerError: There is no such model.
        """
        records = self.list()
        for record in records:
            if record.id == model_id:
                return record
        raise RecognizerError(
            tr("There is no such model"),
            where=model_id,
            fix=tr("Choose one of {ids}", ids=", ".join(record.id for record in records) or "-"),
        )

    def default(self) -> ModelRecord:
        """The model to begin with: the first shipped one, else the newest trained one.

        Raises:
            RecognizerError: There is no model at all.
        """
        records = self.list()
        if not records:
            raise RecognizerError(
                tr("There is no model yet"), where=str(self._shipped), fix=tr("Train one on the Train page")
            )
        return records[0]

    def add(self, staged: Path, model_id: str) -> ModelRecord:
        """Take in a finished model by one rename.

        Args:
            staged: A folder with `model.json` and `model.tflite`, on the profile's disk.
            model_id: What the model's folder is to be called; must be free.

        Raises:
            RecognizerError: The folder cannot be renamed, or it is not a whole model.
        """
        read_record(staged, is_shipped=False)
        target = self._profile.models / model_id
        try:
            # The folder may have been removed since the profile was opened.
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged, target)
            sync_folder(target.parent)
        except OSError as error:
            raise write_error(target, error) from error
        return read_record(target, is_shipped=False)

    def rename(self, model_id: str, title: str) -> ModelRecord:
        """Give a model another title; its id, and so its folder, stays.

        Raises:
            RecognizerError: There is no such model, it came with the program, the title is empty, too long or cannot be
                printed, or its `model.json` cannot be written.
        """
        said = " ".join(title.split())
        if not said or len(said) > LONGEST_TITLE or not said.isprintable():
            raise RecognizerError(
                tr("A model cannot be called this"),
                where=f"“{said[:LONGEST_TITLE]}”",
                fix=tr("Choose a title of 1 to {most} characters", most=LONGEST_TITLE),
            )
        return self.note(model_id, title=said)

    def note(self, model_id: str, **entries: Any) -> ModelRecord:
        """Write entries of a model's `model.json` anew, in one step.

        Raises:
            RecognizerError: There is no such model, it came with the program, or its `model.json` cannot be written.
        """
        record = self.get(model_id)
        if record.is_shipped:
            raise RecognizerError(
                tr("This model came with the program and cannot be changed"),
                where=model_id,
                fix=tr("Choose a model that was trained here"),
            )
        card = {**record.card, **entries}
        write_atomic(record.folder / CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
        return read_record(record.folder, is_shipped=False)


def file_entry(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a model's file, as `model.json` lists it."""
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
