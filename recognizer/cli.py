"""The command line, one function a command. Everything else is imported by the command that needs it."""

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from recognizer.arguments import make_parser
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, set_language, tr
from recognizer.base.paths import Profile, open_profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recognizer.inference.classifier import Classifier
    from recognizer.inference.prediction import Prediction
    from recognizer.inference.reading import Reading
    from recognizer.inference.registry import ModelRecord
    from recognizer.ink.stroke import Ink
    from recognizer.library.dataset import Dataset

_log = logging.getLogger(__name__)

EXIT_FAULT: Final = 1
EXIT_INPUT: Final = 2
EXIT_STOPPED: Final = 130
_HELD_OUT: Final = 0.2
"""Share of data without a split that is held out for the test."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: Without the program's name; those of the process where None.

    Returns:
        0 done, 1 a fault of ours or of the machine, 2 the user's input, 130 stopped by Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    set_language("system")
    asked = make_parser().parse_args(arguments)
    try:
        return COMMANDS[asked.command](asked)
    except RecognizerError as error:
        _complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, Cancelled):
        _complain(tr("Stopped."))
        return EXIT_STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not try to flush to it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAULT
    except Exception as error:
        _complain(_log_unexpected(error, asked.profile))
        return EXIT_FAULT


def _log_unexpected(error: Exception, profile: str | None) -> str:
    """Write the traceback to the profile's log file, and say in one line what happened and where the log is."""
    from recognizer.base.log import set_up_logging

    handlers = logging.getLogger("recognizer").handlers
    if not any(isinstance(handler, logging.FileHandler) for handler in handlers):
        with contextlib.suppress(RecognizerError):
            set_up_logging(open_profile(profile))
    # At this level it goes to the file alone.
    _log.info("Unexpected error", exc_info=error)
    handlers = logging.getLogger("recognizer").handlers
    log = next((handler.baseFilename for handler in handlers if isinstance(handler, logging.FileHandler)), "-")
    return tr("An unexpected error, {kind}: {error}. The log is {log}", kind=type(error).__name__, error=error, log=log)


def gui(asked: argparse.Namespace) -> int:
    """Open the window."""
    from recognizer.doctor import has_display, missing_qt_libraries

    if not has_display():
        raise RecognizerError(
            tr("There is no display to show the window on"),
            fix=tr("Start it on a desktop, or see the program at work with `recognizer demo --out demo.png`"),
            exit_code=EXIT_FAULT,
        )
    missing = missing_qt_libraries() if "QT_QPA_PLATFORM" not in os.environ else {}
    if missing:
        raise RecognizerError(
            tr("Qt needs system libraries that are not installed"),
            where=", ".join(missing),
            fix=tr("On Debian and Ubuntu: apt-get install {packages}", packages=" ".join(sorted(missing.values()))),
            exit_code=EXIT_FAULT,
        )
    from recognizer.gui.app import run

    return run(Path(asked.profile) if asked.profile else None)


def demo(asked: argparse.Namespace) -> int:
    """Play the main job without a display."""
    from recognizer.gui.demo import run_demo

    result = run_demo(asked.out.absolute(), Path(asked.profile) if asked.profile else None, _tell)
    if asked.json:
        _print_json(result)
    else:
        print(tr("The picture is in {path}", path=asked.out))
    return 0


def predict(asked: argparse.Namespace) -> int:
    """Read one symbol from each file; a file that cannot be read does not keep the others from being read."""
    from recognizer.imaging.preprocess import Preprocessor
    from recognizer.inference.classifier import Classifier
    from recognizer.ink.stroke import Ink

    classifier = Classifier(_model(_open(asked), asked.model))
    prepare = Preprocessor(classifier.record.preprocessing)
    documents: list[dict[str, Any]] = []
    code = 0
    for path in asked.files:
        try:
            for place, content in _symbols(path):
                image = prepare.from_ink(content) if isinstance(content, Ink) else prepare.from_image(content)
                prediction = classifier.predict(image)
                document = {"file": str(path), **place, **_prediction_document(prediction)}
                name = f"{path}[{place['sample']}]" if place else str(path)
                lines = [f"{name}: {_answer(prediction)}"]
                if asked.explain:
                    without = _without_steps(content, classifier)
                    document["without"] = {step: _prediction_document(answer) for step, _, answer in without}
                    lines += [f"    {words}: {_answer(answer)}" for _, words, answer in without]
                documents.append(document)
                if not asked.json:
                    print("\n".join(lines))
        except RecognizerError as error:
            _complain(str(error))
            code = max(code, error.exit_code)
    if asked.json:
        _print_json({"model": classifier.record.id, "predictions": documents})
    return code


def _symbols(path: Path) -> Iterator[tuple[dict[str, int], "Ink | NDArray[np.uint8]"]]:
    """A picture's grey levels, or every drawing of an ink file with its place there."""
    from recognizer.imaging.photo import load_symbol
    from recognizer.ink.files import ink_kind, read_ink_file
    from recognizer.ink.ink_file import bad_ink

    if ink_kind(path) is None:
        yield {}, load_symbol(path)
        return
    inks = read_ink_file(path).inks
    if not inks:
        raise bad_ink(path, tr("it holds no drawings"))
    for index, ink in enumerate(inks):
        yield {"sample": index}, ink


def _without_steps(content: "Ink | NDArray[np.uint8]", classifier: "Classifier") -> list[tuple[str, str, "Prediction"]]:
    """The answers without each step of the preprocessing: key, words, answer."""
    from recognizer.imaging.step_words import without_name
    from recognizer.imaging.steps import SHRINK_ONLY, step_source
    from recognizer.inference.step_answers import step_answers

    answers = step_answers(step_source(content, classifier.record.preprocessing), classifier)
    singles = [(str(step), without_name({step}), answer) for step, answer in answers.without.items()]
    return [*singles, ("shrink_only", without_name(SHRINK_ONLY), answers.shrunk)]


def _prediction_document(prediction: "Prediction") -> dict[str, Any]:
    return {
        "label": prediction.label,
        "confidence": prediction.confidence,
        "verdict": str(prediction.verdict),
        "is_rejected": prediction.is_rejected,
        "probabilities": dict(zip(prediction.labels, map(float, prediction.probabilities), strict=True)),
    }


def _answer(prediction: "Prediction") -> str:
    from recognizer.inference.prediction import Verdict

    percent = f"{prediction.confidence * 100:.1f}"
    if prediction.verdict == Verdict.EMPTY:
        return tr("nothing to read")
    if prediction.verdict == Verdict.REJECTED:
        return tr("not recognised (at best {label}, {percent} %)", label=prediction.label, percent=percent)
    if prediction.verdict == Verdict.UNSURE:
        return tr("{label}, not sure ({percent} %)", label=prediction.label, percent=percent)
    return f"{prediction.label} ({percent} %)"


def read(asked: argparse.Namespace) -> int:
    """Read every line of each picture or drawing; a file that cannot be read does not stop the others."""
    from recognizer.inference.classifier import Classifier

    classifier = Classifier(_model(_open(asked), asked.model))
    token = CancellationToken()
    documents: list[dict[str, Any]] = []
    code = 0
    with _stoppable(token):
        for path in asked.files:
            try:
                for place, reading in _readings(path, classifier, token):
                    documents.append({"file": str(path), **place, **reading.to_dict()})
                    if not asked.json:
                        name = f"{path}[{place['sample']}]" if place else str(path)
                        text = reading.text or tr("nothing to read")
                        # The name stands before a single line and above several.
                        print(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}")
            except RecognizerError as error:
                _complain(str(error))
                code = max(code, error.exit_code)
    if asked.json:
        _print_json({"model": classifier.record.id, "readings": documents})
    return code


def _readings(
    path: Path, classifier: "Classifier", token: CancellationToken
) -> Iterator[tuple[dict[str, int], "Reading"]]:
    """What a picture says, or every drawing of an ink file with its place there."""
    from recognizer.imaging.images import load_rgb
    from recognizer.inference.numbers import InkReader
    from recognizer.inference.photo import read_photo
    from recognizer.ink.files import ink_kind, read_ink_file
    from recognizer.ink.ink_file import bad_ink

    if ink_kind(path) is None:
        yield {}, read_photo(load_rgb(path), classifier, token)
        return
    inks = read_ink_file(path).inks
    if not inks:
        raise bad_ink(path, tr("it holds no drawings"))
    reader = InkReader(classifier)
    for index, ink in enumerate(inks):
        token.check()
        yield {"sample": index}, reader.read(ink)


def evaluate(asked: argparse.Namespace) -> int:
    """Judge a model on labelled data."""
    from recognizer.console import report_text, say
    from recognizer.inference.classifier import Classifier
    from recognizer.inference.judge import judge, known_as
    from recognizer.library.dataset import SPLITS, Split

    profile = _open(asked)
    record = _model(profile, asked.model)
    classifier = Classifier(record)
    token = CancellationToken()
    with _stoppable(token):
        data = _load(asked.data, profile, token, for_evaluation=asked.split is None)
        if asked.split in (None, "all"):
            tests = data.indices((Split.TEST,))
            split, chosen = ("test", tests) if asked.split is None and len(tests) else ("all", data.indices(SPLITS))
        else:
            split, chosen = asked.split, data.indices((Split(asked.split),))
        if len(chosen) == 0:
            raise RecognizerError(
                tr("The data has no such split"), where=f"{data.name}, split = {split}", fix=tr("Choose another split")
            )
        strange = [name for name in data.label_set.names if known_as(name, record.labels) is None]
        if len(strange) == len(data.label_set):
            raise RecognizerError(
                tr("The model knows none of the data's labels"),
                where=f"{data.name} ({', '.join(strange[:10])})",
                fix=tr("Choose data labelled with {labels}", labels=", ".join(record.labels)),
            )
        if strange:
            say(tr("The model does not know {labels}; their samples count as read wrong", labels=", ".join(strange)))
        report = judge(classifier, data.images[chosen], data.labels[chosen], data.label_set, token).report
    if asked.json:
        _print_json({**report.to_dict(), "model": record.id, "data": data.name, "split": split})
    else:
        print(report_text(report))
    return 0


def train(asked: argparse.Namespace) -> int:
    """Train a model; Ctrl-C stops it and keeps the best so far."""
    from recognizer import console
    from recognizer.library.dataset import Split
    from recognizer.library.splits import with_split
    from recognizer.training.config import TrainingConfig
    from recognizer.training.events import RunCancelled
    from recognizer.training.presets import PRESETS
    from recognizer.training.trainer import Trainer

    preset = PRESETS[asked.preset]
    config = TrainingConfig(
        preset=preset.name,
        epochs=preset.epochs if asked.epochs is None else asked.epochs,
        batch_size=preset.batch_size if asked.batch_size is None else asked.batch_size,
        learning_rate=asked.learning_rate,
        optimizer=asked.optimizer,
        seed=asked.seed,
        validation_share=asked.validation_share,
    )
    profile = _open(asked)
    token = CancellationToken()
    with _stoppable(token):
        data = _load(asked.data, profile, token)
        if len(data.indices((Split.TRAIN,))) == 0:
            console.say(tr("The data has no split: a fifth of every class is held out for the test"))
            data = with_split(data, _HELD_OUT, config.seed)
        with console.training() as on_event:
            ended = Trainer(profile).fit(config, data, on_event, token)
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
        _print_json({**ended.report.to_dict(), **run})
    else:
        print(
            tr(
                "The model is stored as {id}; it was judged on the {split} split",
                id=ended.model_id,
                split=ended.judged_on,
            )
        )
        print(console.report_text(ended.report))
    return EXIT_STOPPED if ended.was_stopped else 0


def finetune(asked: argparse.Namespace) -> int:
    """Train a model further on My handwriting; Ctrl-C stops it and keeps the best so far."""
    from recognizer import console
    from recognizer.inference.registry import ModelRegistry
    from recognizer.training.events import RunCancelled
    from recognizer.training.finetune import fine_tune

    profile = _open(asked)
    token = CancellationToken()
    with _stoppable(token), console.training() as on_event:
        ended = fine_tune(profile, asked.model or "", on_event, token)
    if isinstance(ended, RunCancelled):
        raise Cancelled
    card = ModelRegistry(profile).get(ended.model_id).card
    own, guard = card["metrics"]["own"], card["metrics"]["guard"]
    if asked.json:
        figures = {"own": own, "guard": guard, "base": card["training"]["base"]["id"]}
        run = {"run": ended.run_id, "model": ended.model_id, "was_stopped": ended.was_stopped, "seconds": ended.seconds}
        _print_json({**run, "title": card["title"], **figures})
    else:
        print(tr("The model is stored as {id}: {title}", id=ended.model_id, title=card["title"]))
        for name, figures in ((tr("your handwriting"), own), (guard["data"], guard)):
            before, after = f"{figures['before'] * 100:.2f}", f"{figures['after'] * 100:.2f}"
            text = tr("{name}: {before} % → {after} % of {n}", name=name, before=before, after=after, n=figures["n"])
            print(text)
    return EXIT_STOPPED if ended.was_stopped else 0


def keep(asked: argparse.Namespace) -> int:
    """Keep the symbols of files in My handwriting; a file that cannot be read does not keep the others out."""
    from recognizer.ink.stroke import Ink
    from recognizer.library.handwriting import Handwriting, checked_label

    own = Handwriting(_open(asked))
    if asked.label is not None:
        checked_label(asked.label)
    before, ids, code = own.count(), [], 0
    for path in asked.files:
        try:
            labels = None if asked.label is not None else _labels_in(path)
            for index, (_, content) in enumerate(_symbols(path)):
                label = asked.label if labels is None else labels[index]
                add = own.add if isinstance(content, Ink) else own.add_picture
                ids.append(add(content, label, source=path.name))  # type: ignore[arg-type]
        except RecognizerError as error:
            _complain(str(error))
            code = max(code, error.exit_code)
    counts = own.counts()
    total = sum(counts.values())
    if asked.json:
        _print_json({"ids": ids, "new": total - before, "counts": counts})
    else:
        kept = ntr("{n} new sample", "{n} new samples", total - before)
        print(tr("{kept}; My handwriting has {total}", kept=kept, total=f"{total:,}"))
    return code


def _labels_in(path: Path) -> tuple[str, ...]:
    """What an ink file says of its drawings; RecognizerError where it does not."""
    from recognizer.ink.files import ink_kind, read_ink_file

    labels = read_ink_file(path).labels if ink_kind(path) is not None else ()
    if not labels or not all(labels):
        raise RecognizerError(
            tr("The file does not say what its symbols are"), where=str(path), fix=tr("Say it with --label")
        )
    return labels


def export(asked: argparse.Namespace) -> int:
    """Write the drawings of My handwriting as an ink file, with their labels."""
    from recognizer.console import say
    from recognizer.ink.files import write_ink_file
    from recognizer.library.handwriting import NAME, Handwriting

    if asked.name != NAME:
        raise RecognizerError(
            tr("This dataset has no drawings to be exported"), where=asked.name, fix=tr("Export {name}", name=NAME)
        )
    samples = Handwriting(_open(asked)).samples()
    drawn = [(sample.ink, sample.label) for sample in samples if sample.ink is not None]
    if not drawn:
        raise RecognizerError(
            tr("My handwriting has no drawings yet"),
            where=NAME,
            fix=tr("Draw, and say what it is; or use `recognizer keep`"),
        )
    if len(drawn) < len(samples):
        pictures = len(samples) - len(drawn)
        say(
            ntr("{n} picture has no strokes and is left out", "{n} pictures have no strokes and are left out", pictures)
        )
    write_ink_file(asked.to, [ink for ink, _ in drawn], [label for _, label in drawn])
    if asked.json:
        _print_json({"name": NAME, "to": str(asked.to), "drawings": len(drawn), "left_out": len(samples) - len(drawn)})
    else:
        print(ntr("{n} drawing is in {path}", "{n} drawings are in {path}", len(drawn), path=asked.to))
    return 0


def convert(asked: argparse.Namespace) -> int:
    """Write the drawings of an ink file as another kind."""
    from recognizer.ink.files import read_ink_file, write_ink_file

    file = read_ink_file(asked.file)
    write_ink_file(asked.to, file)
    if asked.json:
        _print_json({"file": str(asked.file), "to": str(asked.to), "drawings": len(file)})
    else:
        print(ntr("{n} drawing is in {path}", "{n} drawings are in {path}", len(file), path=asked.to))
    return 0


def synthesize(asked: argparse.Namespace) -> int:
    """Leave a contact sheet of synthetic handwriting."""
    from recognizer.imaging.sheet import synthetic_sheet, write_sheet

    write_sheet(asked.out, synthetic_sheet(asked.symbols, asked.seed))
    if asked.json:
        _print_json({"out": str(asked.out), "symbols": asked.symbols, "seed": asked.seed})
    else:
        print(tr("The picture is in {path}", path=asked.out))
    return 0


def models(asked: argparse.Namespace) -> int:
    """List the models, or delete one."""
    from recognizer.inference.registry import ModelRegistry
    from recognizer.inference.removal import delete_model

    profile = _open(asked)
    if asked.delete is not None:
        delete_model(profile, asked.delete)
    records = ModelRegistry(profile).list()
    if asked.json:
        _print_json({"models": [_model_document(record) for record in records]})
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


def doctor(asked: argparse.Namespace) -> int:
    """Check that everything is there and works."""
    from recognizer.doctor import Status, examine

    checks = []
    for check in examine(_open(asked)):
        checks.append(check)
        if not asked.json:
            print(f"{check.status.value:8} {check.name}: {check.detail}", flush=True)
    is_healthy = all(check.status is not Status.PROBLEM for check in checks)
    if asked.json:
        _print_json({"ok": is_healthy, "checks": [check.to_dict() for check in checks]})
    return 0 if is_healthy else EXIT_FAULT


def _open(asked: argparse.Namespace) -> Profile:
    """The profile, with the log and the language that belong to it."""
    from recognizer.base.log import set_up_logging
    from recognizer.base.settings import Settings

    profile = open_profile(asked.profile)
    set_up_logging(profile)
    set_language(Settings(profile).get("language"))
    return profile


def _model(profile: Profile, asked: str | None) -> "ModelRecord":
    """The model of that id or in that folder; the default one for None."""
    from recognizer.inference.registry import CARD, ModelRegistry, read_record

    if asked is not None and (Path(asked) / CARD).is_file():
        return read_record(Path(asked).absolute(), is_shipped=False)
    registry = ModelRegistry(profile)
    return registry.default() if asked is None else registry.get(asked)


def _load(name: str, profile: Profile, token: CancellationToken, *, for_evaluation: bool = False) -> "Dataset":
    from recognizer.console import loading
    from recognizer.library.sources import load_dataset

    with loading() as progress:
        return load_dataset(name, profile, progress, token, for_evaluation=for_evaluation)


@contextlib.contextmanager
def _stoppable(token: CancellationToken) -> Iterator[None]:
    """Let the first Ctrl-C cancel `token`; a second one ends the program where it is."""

    def stop(signum: int, frame: FrameType | None) -> None:
        token.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _complain(tr("Stopping; press Ctrl-C again to give up at once."))

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:
        # Python only lets the main thread do this; elsewhere there is no Ctrl-C to wait for.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _complain(text: str) -> None:
    """One line on stderr, whatever the text holds."""
    _tell("recognizer: " + " ".join(text.splitlines()))


def _print_json(document: dict[str, Any]) -> None:
    # ASCII, because the encoding of stdout is not always one that holds every name.
    print(json.dumps(document, indent=2))


COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    command.__name__: command
    for command in (
        gui,
        demo,
        predict,
        read,
        evaluate,
        train,
        finetune,
        keep,
        export,
        convert,
        synthesize,
        models,
        doctor,
    )
}
