"""Taking models away that were trained here."""

import os
import secrets
import shutil

from recognizer.base.errors import RecognizerError
from recognizer.base.files import sync_folder, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.inference.registry import ModelRegistry


def delete_model(profile: Profile, model_id: str) -> None:
    """Delete a model that was trained here; its run stays in the list of runs.

    Raises:
        RecognizerError: There is no such model, it came with the program, or it cannot be deleted.
    """
    record = ModelRegistry(profile).get(model_id)
    if record.is_shipped:
        raise RecognizerError(
            tr("This model came with the program and cannot be deleted"),
            where=model_id,
            fix=tr("Delete only models that were trained here"),
        )
    # Out of the models' folder by one rename, so that it is whole or gone.
    target = profile.root / f".deleted-{secrets.token_hex(4)}"
    try:
        os.replace(record.folder, target)
        sync_folder(profile.models)
    except OSError as error:
        raise write_error(record.folder, error) from error
    shutil.rmtree(target, ignore_errors=True)
