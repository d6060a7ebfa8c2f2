"""Commands that read and write symbols: predict, read, convert, synthesize."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands.common import (
    chosen_model,
    complain,
    open_profile_of,
    print_json,
    stoppable,
    symbols_in,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recognizer.inference.classifier import Classifier
    from recognizer.inference.prediction import Prediction
    from recognizer.inference.reading import Reading
    from recognizer.ink.stroke import Ink


def predict(asked: argparse.Namespace) -> int:
    """Read one symbol from each file; a file that cannot be read does not keep the others from being read."""
    from recognizer.imaging.preprocess import Preprocessor
    from recognizer.inference.classifier import Classifier
    from recognizer.ink.stroke import Ink

    classifier = Classifier(chosen_model(open_profile_of(asked), asked.model))
    prepare = Preprocessor(classifier.record.preprocessing)
    documents: list[dict[str, Any]] = []
    code = 0
    for path in asked.files:
        try:
            for place, content in symbols_in(path):
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
            complain(str(error))
            code = max(code, error.exit_code)
    if asked.json:
        print_json({"model": classifier.record.id, "predictions": documents})
    return code


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

    classifier = Classifier(chosen_model(open_profile_of(asked), asked.model))
    token = CancellationToken()
    documents: list[dict[str, Any]] = []
    code = 0
    with stoppable(token):
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
                complain(str(error))
                code = max(code, error.exit_code)
    if asked.json:
        print_json({"model": classifier.record.id, "readings": documents})
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


def convert(asked: argparse.Namespace) -> int:
    """Write the drawings of an ink file as another kind."""
    from recognizer.ink.files import read_ink_file, write_ink_file

    file = read_ink_file(asked.file)
    write_ink_file(asked.to, file)
    if asked.json:
        print_json({"file": str(asked.file), "to": str(asked.to), "drawings": len(file)})
    else:
        print(ntr("{n} drawing is in {path}", "{n} drawings are in {path}", len(file), path=asked.to))
    return 0


def synthesize(asked: argparse.Namespace) -> int:
    """Leave a contact sheet of synthetic handwriting."""
    from recognizer.imaging.sheet import synthetic_sheet, write_sheet

    write_sheet(asked.out, synthetic_sheet(asked.symbols, asked.seed))
    if asked.json:
        print_json({"out": str(asked.out), "symbols": asked.symbols, "seed": asked.seed})
    else:
        print(tr("The picture is in {path}", path=asked.out))
    return 0
