"""The profile: the folder that holds what the user keeps."""

import os
from dataclasses import dataclass
from pathlib import Path

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

PROGRAM = "Recognizer"


@dataclass(frozen=True, slots=True)
class Profile:
    """The folder that holds what the user keeps: settings, datasets, runs, models, logs."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """The settings, JSON."""
        return self.root / "settings.json"

    @property
    def datasets(self) -> Path:
        """Downloaded and generated datasets, a folder each."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """Training runs, a folder each."""
        return self.root / "runs"

    @property
    def models(self) -> Path:
        """Trained models, a folder each."""
        return self.root / "models"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"


def open_profile(path: str | os.PathLike[str] | None = None) -> Profile:
    """Make the profile's folders and check that they can be written.

    Args:
        path: The profile's folder; the platform's data folder for this program where None or empty.

    Raises:
        RecognizerError: The folder cannot be made or written.
    """
    # An empty name, as of an unset variable, would be the working directory.
    if path is None or not os.fspath(path):
        import platformdirs

        root = Path(platformdirs.user_data_dir(PROGRAM, appauthor=False))
    else:
        root = Path(path).expanduser().absolute()
    profile = Profile(root)
    try:
        for folder in (profile.datasets, profile.runs, profile.models, profile.logs):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, os.strerror(13), str(folder))
    except OSError as error:
        raise RecognizerError(
            tr("The profile folder cannot be used"),
            where=f"{root} ({error.strerror or error})",
            fix=tr("Choose a folder that you may write to with --profile"),
        ) from error
    return profile
