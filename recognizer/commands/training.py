"""Commands about models: train, finetune, models."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.commands.common import (
    EXIT_STOPPED,
    load_data,
    open_profile_of,
    opened_library,
    print_json,
    stoppable,
)

if TYPE_CHECKING:
    from recognizer.base.paths import Profile
    from recognizer.inference.registry import ModelRecord
    from recognizer.library.dataset import Dataset
    from recognizer.training.config import TrainingConfig
    from recognizer.training.events import RunCancelled, RunEnded

_HELD_OUT: Final = 0.2
"""Share of data without a split that is held out for the test."""


def train(asked: argparse.Namespace) -> int:
    """Train a model; Ctrl-C stops it and keeps the best so far."""
    from recognizer import console
    from recognizer.training.trainer import Trainer

    profile = open_profile_of(asked)
    config = _config(asked, profile)
    token = CancellationToken()
    with stoppable(token):
        data = _divided(load_data(asked.data, profile, token), config.seed)
        with console.training() as on_event:
            ended = Trainer(profile).fit(config, data, on_event, token)
    return _report(asked, config, ended)


def resume(asked: argparse.Namespace) -> int:
    """Go on with a run that was interrupted; Ctrl-C stops it and keeps the best so far."""
    from recognizer import console
    from recognizer.training.run_keeping import find_run
    from recognizer.training.trainer import Trainer

    profile = open_profile_of(asked)
    run = find_run(profile, asked.run)
    token = CancellationToken()
    with stoppable(token):
        data = _divided(load_data(asked.data or run.dataset, profile, token), run.config.seed)
        with console.training() as on_event:
            ended = Trainer(profile).resume(run.id, data, on_event, token)
    return _report(asked, run.config, ended)


def _divided(data: "Dataset", seed: int) -> "Dataset":
    """The data, with a test split where it has no split at all."""
    from recognizer.console import say
    from recognizer.library.dataset import Split
    from recognizer.library.splits import with_split

    if len(data.indices((Split.TRAIN,))):
        return data
    say(tr("The data has no split: a fifth of every class is held out for the test"))
    return with_split(data, _HELD_OUT, seed)


def _report(asked: argparse.Namespace, config: "TrainingConfig", ended: "RunEnded | RunCancelled") -> int:
    """Say how a run ended."""
    from recognizer.console import report_text
    from recognizer.training.events import RunCancelled

    if isinstance(ended, RunCancelled):
        raise Cancelled
    if asked.json:
        run = {
            "run": ended.run_id,
            "model": ended.model_id,
            "judged_on": ended.judged_on,
            "best_epoch": ended.best_epoch,
            "was_stopped": ended.was_stopped,
            "seconds": ended.seconds,
            "fit_seconds": ended.fit_seconds,
            "config": config.to_dict(),
        }
        print_json({**ended.report.to_dict(), **run})
    else:
        kept = tr("The model is stored as {id}", id=ended.model_id) if ended.model_id else tr("There is no model of it")
        print(tr("{kept}; it was judged on the {split} split", kept=kept, split=ended.judged_on))
        print(report_text(ended.report))
    return EXIT_STOPPED if ended.was_stopped else 0


def _config(asked: argparse.Namespace, profile: "Profile") -> "TrainingConfig":
    """The settings of a run as they are asked for, and else as usual for its preset."""
    from recognizer.console import say
    from recognizer.training.augment import Augmentation
    from recognizer.training.config import BASELINES, TrainingConfig, baseline_config
    from recognizer.training.presets import PRESETS

    if asked.preset in BASELINES:
        if asked.epochs is not None or asked.batch_size is not None:
            say(tr("{name} knows no epochs and no batches; these settings are left out", name=asked.preset))
        return baseline_config(asked.preset, asked.seed, asked.validation_share)
    preset = PRESETS[asked.preset or "cnn"]
    name, layers = (preset.name, ()) if asked.network is None else _network(asked.network, profile)
    usual = preset.settings
    return TrainingConfig(
        preset=name,
        epochs=preset.epochs if asked.epochs is None else asked.epochs,
        batch_size=preset.batch_size if asked.batch_size is None else asked.batch_size,
        learning_rate=usual.get("learning_rate", 0.001) if asked.learning_rate is None else asked.learning_rate,
        optimizer=asked.optimizer,
        seed=asked.seed,
        validation_share=asked.validation_share,
        schedule=asked.schedule or usual.get("schedule", "constant"),
        momentum=asked.momentum,
        class_weights=asked.class_weights,
        label_smoothing=asked.label_smoothing,
        patience=asked.patience,
        deterministic=asked.deterministic,
        augmentation=Augmentation() if asked.augment else None,
        layers=layers,
    )


def _network(name: str, profile: "Profile") -> "tuple[str, tuple[dict[str, Any], ...]]":
    """The name and the layers of a network of the user's own."""
    from recognizer.training.networks import check_name, load_network
    from recognizer.training.recipe import parse_recipe

    path = Path(name).expanduser()
    if path.suffix.lower() != ".json":
        network = load_network(profile, name)
        return network.name, tuple(network.layers)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise read_error(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    return check_name(path.stem), tuple(parse_recipe(text))


def finetune(asked: argparse.Namespace) -> int:
    """Train a model further on My handwriting; Ctrl-C stops it and keeps the best so far."""
    from recognizer import console
    from recognizer.inference.registry import ModelRegistry
    from recognizer.training.events import RunCancelled
    from recognizer.training.finetune import fine_tune

    profile = open_profile_of(asked)
    token = CancellationToken()
    with stoppable(token), opened_library(profile), console.training() as on_event:
        ended = fine_tune(profile, asked.model or "", on_event, token)
    if isinstance(ended, RunCancelled):
        raise Cancelled
    card = ModelRegistry(profile).get(ended.model_id).card
    own, guard = card["metrics"]["own"], card["metrics"]["guard"]
    if asked.json:
        figures = {"own": own, "guard": guard, "base": card["training"]["base"]["id"]}
        run = {"run": ended.run_id, "model": ended.model_id, "was_stopped": ended.was_stopped, "seconds": ended.seconds}
        print_json({**run, "title": card["title"], **figures})
    else:
        print(tr("The model is stored as {id}: {title}", id=ended.model_id, title=card["title"]))
        for name, figures in ((tr("your handwriting"), own), (guard["data"], guard)):
            before, after = f"{figures['before'] * 100:.2f}", f"{figures['after'] * 100:.2f}"
            text = tr("{name}: {before} % → {after} % of {n}", name=name, before=before, after=after, n=figures["n"])
            print(text)
    return EXIT_STOPPED if ended.was_stopped else 0


def models(asked: argparse.Namespace) -> int:
    """List the models, or delete one; or ship one."""
    if asked.action is not None:
        from recognizer.commands.shipping import ACTIONS

        return ACTIONS[asked.action](asked)
    from recognizer.inference.registry import ModelRegistry
    from recognizer.inference.removal import delete_model

    profile = open_profile_of(asked)
    if asked.delete is not None:
        delete_model(profile, asked.delete)
    records = ModelRegistry(profile).list()
    if asked.json:
        print_json({"models": [_model_document(record) for record in records]})
        return 0
    for record in records:
        accuracy = "" if record.accuracy is None else f"{record.accuracy * 100:.2f} %"
        print(f"{record.id:32} {accuracy:>9}  {record.title}")
    if not records:
        print(tr("There is no model yet"))
    return 0


def _model_document(record: "ModelRecord") -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "labels": list(record.labels),
        "accuracy": record.accuracy,
        "created": record.created,
        "is_shipped": record.is_shipped,
        "folder": str(record.folder),
    }
