"""The command that says why a model reads a picture as it does: explain."""

import argparse
import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.commands.common import chosen_model, open_profile_of, print_json, symbols_in

if TYPE_CHECKING:
    from recognizer.inference.classifier import Classifier
    from recognizer.inference.stages import Stage
    from recognizer.training.insight import Insight

_SHARES: Final = 5
"""What adds most to a number: so many lines of it."""


def explain(asked: argparse.Namespace) -> int:
    """Leave a picture of what a model looks at for a class, work out one number of its layers, or list these."""
    from recognizer.imaging.heat import write_heat
    from recognizer.imaging.preprocess import Preprocessor
    from recognizer.inference.classifier import Classifier
    from recognizer.ink.stroke import Ink
    from recognizer.training.insight import look_inside

    record = chosen_model(open_profile_of(asked), asked.model)
    classifier = Classifier(record)
    prepare = Preprocessor(record.preprocessing)
    _, content = next(symbols_in(asked.file))
    image = prepare.from_ink(content) if isinstance(content, Ink) else prepare.from_image(content)
    prediction = classifier.predict(image)
    label = asked.label or prediction.label
    if not label:
        raise RecognizerError(
            tr("There is nothing to read in the picture"), where=str(asked.file), fix=tr("Choose another picture")
        )
    for name in (label, asked.rival):
        if name is not None and name not in record.labels:
            raise RecognizerError(
                tr("The model does not know this class"),
                where=name,
                fix=tr("Choose one of {labels}", labels=", ".join(record.labels)),
            )
    is_inside = asked.to is None or asked.layer is not None or asked.method == "grad-cam"
    insight = look_inside(record, image) if is_inside else None
    if asked.to is not None:
        write_heat(asked.to, image, _heat(asked, classifier, image, insight, label))
    probability = dict(zip(prediction.labels, map(float, prediction.probabilities), strict=True))[label]
    steps = _steps(asked, insight) if insight is not None else {}
    if asked.json:
        figures = {"class": label, "probability": probability, "label": prediction.label}
        if asked.to is not None:
            figures |= {"method": asked.method, "to": str(asked.to), "rather_than": asked.rival}
        print_json({"model": record.id, "file": str(asked.file), **figures, **steps})
        return 0
    words = tr("{label} has a probability of {percent}", label=label, percent=f"{100 * probability:.2f} %")
    if asked.to is not None:
        words = tr("{words}; what speaks for it is in {path}", words=words, path=asked.to)
    print(words)
    if insight is not None:
        print("\n".join(_step_lines(steps, insight)))
    return 0


def _heat(
    asked: argparse.Namespace,
    classifier: "Classifier",
    image: NDArray[np.uint8],
    insight: "Insight | None",
    label: str,
) -> NDArray[np.float32]:
    from recognizer.inference.occlusion import classifier_answers, evidence
    from recognizer.training.insight import map_evidence

    labels = classifier.record.labels
    place = labels.index(label)
    rival = None if asked.rival in (None, label) else labels.index(asked.rival)
    if asked.method == "grad-cam" and insight is not None:
        return map_evidence(insight, place, rival)
    return evidence(classifier_answers(classifier, image), place, rival)


def _steps(asked: argparse.Namespace, insight: "Insight") -> dict[str, Any]:
    """All steps of the network, or the numbers of the one that is asked for."""
    from recognizer.inference.layer_words import formula, stage_name
    from recognizer.inference.value_steps import result, strongest, value_step

    known = insight.stages
    if asked.layer is None:
        return {} if asked.to is not None else {"layers": [_described(each) for each in known]}
    if not 1 <= asked.layer <= len(known):
        raise _no_such("--layer", asked.layer, len(known))
    stage = known[asked.layer - 1]
    channels = stage.after.shape[-1]
    if asked.filter is not None and not 1 <= asked.filter <= channels:
        raise _no_such("--filter", asked.filter, channels)
    channel, row, column = strongest(stage, None if asked.filter is None else asked.filter - 1)
    if asked.at is not None and stage.after.ndim == 3:
        row, column = _place(asked.at, stage)
    step = value_step(stage, channel, row, column)
    words = formula(step)
    numbers = {field.name: _plain(getattr(step, field.name)) for field in fields(step)}
    where: dict[str, Any] = {"filter": channel + 1}
    if stage.after.ndim == 3:
        where |= {"at": [row + 1, column + 1]}
    said = {"layer": asked.layer, "name": stage_name(stage), **where, "value": result(step)}
    return {"step": {**_described(stage), **said, "formula": [words.general, words.numbers], "numbers": numbers}}


def _described(stage: "Stage") -> dict[str, Any]:
    from recognizer.inference.layer_words import stage_name

    shapes = {"before": list(stage.before.shape), "after": list(stage.after.shape)}
    return {"name": stage_name(stage), "type": stage.entry.get("function", stage.kind), **shapes}


def _step_lines(steps: dict[str, Any], insight: "Insight") -> list[str]:
    from recognizer.console import table
    from recognizer.inference.layer_words import number, shape_words, signed, stage_help
    from recognizer.inference.value_steps import shares, value_step

    if "layers" in steps:
        rows = [
            [
                f"{place:>2}  {each['name']}",
                f"{shape_words(tuple(each['before']))} → {shape_words(tuple(each['after']))}",
            ]
            for place, each in enumerate(steps["layers"], start=1)
        ]
        return [table([tr("step"), tr("what goes in and comes out")], rows)]
    if "step" not in steps:
        return []
    step = steps["step"]
    stage = insight.stages[step["layer"] - 1]
    is_last = len(stage.after) == len(insight.outputs) and stage.after.ndim == 1
    lines = [f"{step['layer']}  {step['name']}: {stage_help(stage, is_last=is_last)}"]
    if "at" in step:
        row, column = step["at"]
        lines.append(tr("Map {map}, row {row}, column {column}", map=step["filter"], row=row, column=column))
    else:
        lines.append(tr("Unit {n}", n=step["filter"]))
    for name in ("patch", "kernel", "products", "window"):
        grid = np.asarray(step["numbers"].get(name, 0), object)
        if grid.ndim == 3 and grid.shape[2] == 1:
            grid = grid[..., 0]
        if grid.ndim == 2:
            lines += ["", _grid_names()[name]]
            lines += ["  " + " ".join(f"{'' if one is None else number(one):>7}" for one in row) for row in grid]
    parts = shares(value_step(stage, step["filter"] - 1, *(place - 1 for place in step.get("at", (1, 1)))))
    if len(parts) > 1:
        lines += ["", tr("What adds most, from the map or number in front of it")]
        lines += [f"{place + 1:>7}  {signed(float(parts[place])):>7}" for place in np.argsort(-np.abs(parts))[:_SHARES]]
    return [*lines, "", step["formula"][0], f"  {step['formula'][1]}"]


def _grid_names() -> dict[str, str]:
    return {
        "patch": tr("Under the filter"),
        "kernel": tr("The filter"),
        "products": tr("Multiplied"),
        "window": tr("The window"),
    }


def _place(text: str, stage: "Stage") -> tuple[int, int]:
    rows, columns = stage.after.shape[:2]
    try:
        row, column = (int(part) for part in text.split(","))
    except ValueError:
        row, column = 0, 0
    if not (1 <= row <= rows and 1 <= column <= columns):
        raise RecognizerError(
            tr("There is no such pixel"),
            where=f"--at {text}",
            fix=tr("Write row and column, such as 5,7; there are {rows} × {columns}", rows=rows, columns=columns),
        )
    return row - 1, column - 1


def _no_such(option: str, value: int, most: int) -> RecognizerError:
    return RecognizerError(
        tr("The network has no such layer, filter or unit"),
        where=f"{option} {value}",
        fix=tr("Choose a number from 1 to {most}", most=most),
    )


def _plain(value: object) -> object:
    """For JSON: arrays as lists, what is infinite as nothing."""
    if isinstance(value, np.ndarray):
        return np.where(np.isfinite(value), value.astype(object), np.array(None, object)).tolist()
    return None if isinstance(value, float) and not math.isfinite(value) else value
