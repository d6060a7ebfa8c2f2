"""How well the shipped models read real handwriting, row by row of the README's table.

    python tests/benchmarks/bench_recognition.py [--quick] [--json] [--failures DIR] [--only ROW...]
                                                 [--model FOLDER] [--letters FOLDER]

The data is looked for in the folder that RECOGNIZER_DATASETS names; a row without data says so. `--failures` writes a
sheet of the samples that each row lost. Of the pen corpora, those count whom `model.json` names as never trained on
(`training.held_out`: `pendigits` and `unipen`, writers or contributors), and everybody where it names nobody.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import judged_data as data
import numpy as np
from judged_data import NoData, Samples
from recognition_judge import Answers, Judge, Row

from recognizer.base.resources import shipped_models_path
from recognizer.evaluation.calibration import adaptive_calibration_error, calibration_error
from recognizer.evaluation.corruptions import CORRUPTIONS, GROUPS, MNIST_C, corrupt
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import read_record
from recognizer.ink.synthesis import non_digits

DIGITS = frozenset("0123456789")
PENS = (6, 12, 24, 48)
SIZES = (200, 300, 400)
PLACES = ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
SCRIBBLES = 20_261_122
"""Seed of the drawings that are no digits; no training uses it."""


def accuracy(judge: Judge, name: str, what: str, answers: Answers, bar: str = "", how: str = "") -> Row:
    """The share read right, whether rejected or not."""
    judge.sheet(name, answers, ~answers.is_right)
    rejected = f"{answers.is_rejected.mean() * 100:.2f} % rejected"
    return Row(
        what, float(answers.is_right.mean()), len(answers.samples), ", ".join(filter(None, (how, rejected))), bar
    )


def row_mnist(judge: Judge) -> Iterator[Row]:
    yield accuracy(judge, "mnist", "MNIST test", judge.mnist, ">= 0.9970")


def row_pendigits(judge: Judge) -> Iterator[Row]:
    answers, who = judge.pendigits
    worst = min(answers.by_group().items(), key=lambda item: item[1])
    how = f"writers {who}, worst {worst[0]} with {worst[1]:.3f}"
    yield accuracy(judge, "pendigits", "pendigits, unseen writers", answers, ">= 0.993", how)


def row_unipen(judge: Judge) -> Iterator[Row]:
    answers, who = judge.unipen
    parts = ", ".join(f"{name} {share:.4f}" for name, share in answers.by_group().items())
    how = f"contributors {who}, {parts}"
    yield accuracy(judge, "unipen", "UNIPEN digits, unseen contributors", answers, ">= 0.980", how)


def row_drawn(judge: Judge) -> Iterator[Row]:
    answers = judge.drawn
    groups = answers.by_group()
    judge.sheet("drawn", answers, ~answers.is_right)
    shares = list(groups.values())
    how = (
        f"mean over {len(groups)} groups, even ones {np.mean(shares[::2]):.4f}, odd ones {np.mean(shares[1::2]):.4f}, "
        f"all drawings alike {answers.is_right.mean():.4f}, {answers.is_rejected.mean() * 100:.2f} % rejected"
    )
    yield Row("digits drawn in paint programs", float(np.mean(shares)), len(answers.samples), how, ">= 0.985")


def row_others(judge: Judge) -> Iterator[Row]:
    yield accuracy(judge, "usps", "USPS envelopes", judge.ask(data.usps(judge.step)))
    for name, what, samples in (
        ("chars74k", "Chars74K digits, 36 writers", data.chars74k(judge.step)),
        ("symbols", "digits of the symbols' one writer", data.symbols(judge.step)),
    ):
        digits = samples.of(np.isin(samples.labels, list(DIGITS)))
        yield accuracy(judge, f"digits_{name}", what, judge.ask(digits))


def row_same_ink(judge: Judge) -> Iterator[Row]:
    """Ink of every digit from both corpora: every pen, place, size and polarity against the ink itself."""
    preprocessor = Preprocessor(judge.classifier.record.preprocessing)
    inks = [*_some_inks("pendigits/train", 2), *_some_inks("unipen/digits", 3)][:: min(judge.step, 5)]
    pictures, expected, titles = [], [], []
    for ink in inks:
        reference = judge.classifier.predict(preprocessor.from_ink(ink)).label
        for pen in PENS:
            for size in SIZES:
                for place in PLACES:
                    picture = data.paint(ink, pen, size, place)
                    for each in (picture, 255 - picture):
                        pictures.append(preprocessor.from_image(each))
                        titles.append(f"{pen} px pen, {size}")
                        expected.append(reference)
    samples = Samples(np.stack(pictures), np.array(expected), np.array(titles))
    answers = judge.ask(samples)
    judge.sheet("same_ink", answers, ~answers.is_right)
    of_pen = {pen: [text.startswith(f"{pen} ") for text in titles] for pen in PENS}
    parts = ", ".join(f"{pen} px {answers.is_right[chosen].mean():.4f}" for pen, chosen in of_pen.items())
    how = f"{len(inks)} inks painted as pictures, by pen {parts}"
    yield Row("same ink, same label", float(answers.is_right.mean()), len(samples), how, ">= 0.995")
    redrawn = [
        (index, preprocessor.from_ink(_moved(ink, pen, size, place)))
        for index, ink in enumerate(inks)
        for pen in PENS
        for size in SIZES
        for place in PLACES
    ]
    references = [judge.classifier.predict(preprocessor.from_ink(ink)).label for ink in inks]
    labels = [each.label for each in judge.classifier.predict_many(np.stack([image for _, image in redrawn]))]
    same = np.mean([label == references[index] for label, (index, _) in zip(labels, redrawn, strict=True)])
    yield Row("same ink as strokes, same label", float(same), len(redrawn), f"{len(inks)} inks", ">= 0.995")


def _some_inks(name: str, each: int) -> list[Any]:
    """The first drawings of every digit by different writers, from the end of the corpus."""
    inks = data.inks(name)
    chosen = []
    for digit in sorted(DIGITS):
        places = np.flatnonzero(inks.labels == digit)[::-1]
        _, first = np.unique(inks.writers[places], return_index=True)
        chosen += [inks.ink(int(place)) for place in places[np.sort(first)][:each]]
    return chosen


def _moved(ink: Any, pen: int, size: float, place: tuple[float, float]) -> Any:
    from recognizer.ink.stroke import Ink, Stroke

    left, top, right, bottom = ink.bounds()
    scale = size / max(right - left, bottom - top, 1e-6)
    corner = np.array(place) * (640 - size)
    return Ink(tuple(Stroke((each.points - [left, top]) * scale + corner) for each in ink.strokes), float(pen))


def row_non_digits(judge: Judge) -> Iterator[Row]:
    """Things that are no digits, each source a row, and what that costs in true digits."""
    shares = []
    for name, what, samples in _non_digits(judge):
        answers = judge.ask(samples)
        # A model that knows operators is right about them.
        turned_away = answers.is_rejected | ~np.isin(answers.labels, list(DIGITS))
        judge.sheet(f"non_digits_{name}", answers, ~turned_away)
        shares.append(turned_away.mean())
        by_label = {label: turned_away[samples.labels == label].mean() for label in np.unique(samples.labels)}
        worst = sorted(by_label.items(), key=lambda item: item[1])[:5]
        how = "" if len(by_label) == 1 else "worst " + " ".join(f"{label} {share:.2f}" for label, share in worst)
        yield Row(f"no digits, {what}", float(shares[-1]), len(samples), how, ">= 0.95")
    if shares:
        yield Row("no digits rejected, mean over sources", float(np.mean(shares)), len(shares), "", ">= 0.95")
    digits = [("MNIST test", judge.mnist), ("pendigits", judge.pendigits[0]), ("UNIPEN", judge.unipen[0])]
    for what, answers in (*digits, ("drawn in paint programs", judge.drawn)):
        judge.sheet(f"rejected_{what.split()[0]}", answers, answers.is_rejected)
        groups = answers.samples.groups
        lost = float(np.mean([answers.is_rejected[groups == group].mean() for group in np.unique(groups)]))
        how = "mean over groups" if len(np.unique(groups)) > 1 else ""
        yield Row(f"true digits rejected, {what}", lost, len(groups), how, "<= 0.01")


def _non_digits(judge: Judge) -> Iterator[tuple[str, str, Samples]]:
    def clear(samples: Samples) -> Samples:
        return samples.of(np.isin(samples.labels, list(data.CLEAR_LETTERS)))

    yield "chars74k", "Chars74K letters", clear(data.chars74k(judge.step))
    yield "chars62", "letters on photos", clear(data.chars62(judge.step))
    for name in ("upper", "lower"):
        inks = data.inks(f"unipen/{name}")
        names = judge.held_out("unipen")
        chosen = np.isin(inks.labels, list(data.CLEAR_LETTERS)) & (
            inks.written_by(names) if names else np.ones(len(inks.labels), bool)
        )
        few = np.flatnonzero(chosen)
        samples = inks.samples(few[:: max(1, len(few) // 4000) * judge.step])
        yield f"unipen_{name}", f"UNIPEN {name} case", samples
    signs = data.symbols(judge.step)
    yield "symbols", "signs + - * / and brackets", signs.of(~np.isin(signs.labels, list(DIGITS)))
    images = non_digits(4000 // judge.step, SCRIBBLES)
    text = np.full(len(images), "?")
    yield "scribbles", "synthetic scribbles and shapes", Samples(images, text, text)


def row_letters(judge: Judge) -> Iterator[Row]:
    if not (judge.letters_folder / "model.json").is_file():
        raise NoData("the letters model")
    classifier = Classifier(read_record(judge.letters_folder, is_shipped=True))
    parts = [judge.unseen(f"unipen/{name}", classifier) for name in ("digits", "upper", "lower")]
    first, third, letters = [], [], []
    for (samples, _), name in zip(parts, ("digits", "upper", "lower"), strict=True):
        predictions = classifier.predict_many(samples.images)
        answers = Answers(samples, predictions)
        folded = np.array([label.casefold() for label in samples.labels])
        is_right = np.array([label.casefold() for label in answers.labels]) == folded
        judge.sheet(f"letters_{name}", answers, ~is_right)
        best = [np.argsort(-each.probabilities)[:3] for each in predictions]
        three = [
            truth in {each.labels[place].casefold() for place in places}
            for each, places, truth in zip(predictions, best, folded, strict=True)
        ]
        first.append(is_right)
        third.append(three)
        letters.append(np.full(len(samples), name != "digits"))
    is_right, in_three, is_letter = (np.concatenate(each) for each in (first, third, letters))
    who = parts[0][1]
    yield Row("letters model, top 1", float(is_right.mean()), len(is_right), f"digits and letters {who}", ">= 0.93")
    yield Row("letters model, top 3", float(in_three.mean()), len(is_right), f"digits and letters {who}", ">= 0.985")
    n = int(is_letter.sum())
    yield Row("letters model, letters alone, top 1", float(is_right[is_letter].mean()), n, "", ">= 0.93")
    yield Row("letters model, letters alone, top 3", float(in_three[is_letter].mean()), n, "", ">= 0.985")


def row_calibration(judge: Judge) -> Iterator[Row]:
    parts = [("pendigits", judge.pendigits[0]), ("UNIPEN", judge.unipen[0])]
    confidence = np.concatenate([answers.confidence for _, answers in parts])
    is_right = np.concatenate([answers.is_right for _, answers in parts])
    single = ", ".join(f"{name} {calibration_error(each.confidence, each.is_right):.4f}" for name, each in parts)
    how = (
        f"15 bins, {single}, equally filled bins {adaptive_calibration_error(confidence, is_right):.4f}, "
        f"mean confidence {confidence.mean():.4f}, accuracy {is_right.mean():.4f}"
    )
    yield Row("calibration error on unseen ink", calibration_error(confidence, is_right), len(is_right), how, "<= 0.01")
    drawn = judge.drawn
    value = calibration_error(drawn.confidence, drawn.is_right)
    yield Row("calibration error, drawn in paint programs", value, len(drawn.samples), "15 bins")


def row_corruptions(judge: Judge) -> Iterator[Row]:
    """As `recognizer evaluate` reads pictures, through the preprocessor; straight into the model beside it."""
    clean = data.mnist(judge.step)
    preprocessor = Preprocessor(judge.classifier.record.preprocessing)
    scores: dict[str, tuple[float, float, int]] = {}
    for name, each in CORRUPTIONS.items():
        some = clean if each.group else clean.of(slice(None, None, max(1, 5 // judge.step)))
        worse = corrupt(some.images, name, 1)
        straight = judge.ask(Samples(worse, some.labels, some.groups))
        read = np.stack([preprocessor.from_image(image) for image in worse])
        originals = [lambda image=image: image for image in worse]
        answers = judge.ask(Samples(read, some.labels, some.groups, originals))
        judge.sheet(f"worse_{name}", answers, ~answers.is_right)
        scores[name] = float(answers.is_right.mean()), float(straight.is_right.mean()), len(some)
    for group in GROUPS:
        for name, each in CORRUPTIONS.items():
            if each.group == group:
                value, straight_value, n = scores[name]
                yield Row(f"MNIST test, {name}", value, n, f"straight into the model {straight_value:.4f}")
    members = [[name for name, each in CORRUPTIONS.items() if each.group == group] for group in GROUPS]
    means = [np.mean([np.mean([scores[name][way] for name in names]) for names in members]) for way in (0, 1)]
    how = f"mean over {', '.join(GROUPS)}, straight into the model {means[1]:.4f}"
    yield Row("MNIST test made worse", float(means[0]), len(clean), how, ">= 0.985")
    fifteen = [np.mean([scores[name][way] for name in MNIST_C]) for way in (0, 1)]
    parts = ", ".join(f"{name} {scores[name][0]:.3f}/{scores[name][1]:.3f}" for name in MNIST_C)
    how = f"straight into the model {fifteen[1]:.4f}, {parts}"
    yield Row("the fifteen of MNIST-C", float(fifteen[0]), scores["fog"][2], how)


def row_same_as_keras(judge: Judge) -> Iterator[Row]:
    """The Keras model, built again from the recipe and the weights beside the LiteRT file."""
    folder = judge.classifier.record.folder
    if not (folder / "recipe.json").is_file() or not (folder / "weights.npz").is_file():
        raise NoData("recipe.json and weights.npz of the model")
    from recognizer.training.checkpoint import unpack_weights
    from recognizer.training.network import build_network

    record = judge.classifier.record
    model = build_network(
        json.loads((folder / "recipe.json").read_text(encoding="utf-8")), len(record.labels) + len(record.extras)
    )
    model.set_weights(unpack_weights((folder / "weights.npz").read_bytes()))
    images = data.mnist().images
    keras = np.asarray(model.predict(images[..., None].astype(np.float32) / np.float32(255), 500, verbose=0))
    litert = judge.classifier.predict_all(images)
    same = float(np.mean(keras.argmax(axis=1) == litert.argmax(axis=1)))
    difference = float(np.abs(keras - litert).max())
    yield Row("LiteRT and Keras, same label", same, len(images), "MNIST test", ">= 1")
    yield Row("LiteRT and Keras, largest difference", difference, len(images), "MNIST test", "<= 0.0001")


ROWS: dict[str, Callable[[Judge], Iterator[Row]]] = {
    "mnist": row_mnist,
    "pendigits": row_pendigits,
    "unipen": row_unipen,
    "drawn": row_drawn,
    "others": row_others,
    "same_ink": row_same_ink,
    "non_digits": row_non_digits,
    "letters": row_letters,
    "calibration": row_calibration,
    "corruptions": row_corruptions,
    "keras": row_same_as_keras,
}


def main() -> int:
    """Print every row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--failures", type=Path, metavar="DIR", help="where to leave sheets of what was lost")
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument(
        "--model", type=Path, default=shipped_models_path() / "digits", help="folder of the digit model"
    )
    parser.add_argument("--letters", type=Path, default=shipped_models_path() / "letters", help="of the letter model")
    options = parser.parse_args()
    began = time.perf_counter()
    step = 10 if options.quick else 1
    judge = Judge(options.model.absolute(), options.letters.absolute(), step, options.failures)
    rows = []
    for name in options.only:
        try:
            for row in ROWS[name](judge):
                rows.append(row)
                if not options.json:
                    print(row, flush=True)
        except NoData as error:
            if not options.json:
                print(f"{name}: no data ({error})", flush=True)
    seconds = time.perf_counter() - began
    if options.json:
        documents = [{**asdict(row), "is_met": row.is_met} for row in rows]
        print(json.dumps({"model": str(options.model), "seconds": seconds, "rows": documents}, indent=1))
    else:
        met = [row.is_met for row in rows if row.is_met is not None]
        print(f"{sum(met)} of {len(met)} bars met, {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
