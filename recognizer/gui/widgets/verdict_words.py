"""How far an answer can be trusted, in words: for one symbol and for a whole number."""

from recognizer.base.i18n import ntr, tr
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import Reading
from recognizer.library.dataset import DIGITS


def verdict_words(prediction: Prediction | None) -> str:
    """What the model thinks of its own answer."""
    if prediction is None or prediction.verdict == Verdict.EMPTY:
        return tr("Nothing to read yet")
    if prediction.verdict == Verdict.REJECTED:
        if prediction.labels == DIGITS.names:
            return tr("Not sure: this does not look like a digit")
        return tr("Not sure: this does not look like a symbol that the model knows")
    if prediction.verdict == Verdict.UNSURE:
        (first, _), (second, _) = prediction.alternatives[:2]
        return tr("Not sure: {first} or {second}?", first=first, second=second)
    return tr("Sure")


def probability_words(prediction: Prediction | None) -> str:
    """How probable the answer is, or what to do where there is none."""
    if prediction is None or prediction.verdict == Verdict.EMPTY:
        return ""
    if prediction.verdict == Verdict.REJECTED:
        return tr("Write one symbol, not too small, or choose another model.")
    return tr("{percent} % probable", percent=percent_text(prediction, digits=1))


def reading_verdict(reading: Reading) -> Verdict:
    """The verdict of the symbol that can be trusted least."""
    verdicts = {symbol.prediction.verdict for symbol in reading.symbols}
    order = (Verdict.REJECTED, Verdict.UNSURE, Verdict.SURE)
    return next((verdict for verdict in order if verdict in verdicts), Verdict.EMPTY)


def reading_words(reading: Reading) -> str:
    """What is to be said of a number: everything is sure, or which symbol is not."""
    symbols = reading.symbols
    doubtful = [index for index, symbol in enumerate(symbols) if not symbol.is_sure]
    if not symbols:
        return tr("Nothing to read yet")
    if not doubtful:
        return tr("Sure")
    if len(doubtful) > 1:
        return ntr("Not sure of {n} symbol", "Not sure of {n} symbols", len(doubtful))
    place = doubtful[0] + 1
    prediction = symbols[doubtful[0]].prediction
    if prediction.verdict == Verdict.UNSURE:
        (first, _), (second, _) = prediction.alternatives[:2]
        return tr("Not sure: is symbol {place} {first} or {second}?", place=place, first=first, second=second)
    if prediction.labels == DIGITS.names:
        return tr("Not sure: symbol {place} does not look like a digit", place=place)
    return tr("Not sure: symbol {place} does not look like a symbol that the model knows", place=place)


def least_probable_words(reading: Reading) -> str:
    """How probable the least probable symbol is; empty where none was recognised."""
    known = [symbol.prediction for symbol in reading.symbols if not symbol.prediction.is_rejected]
    if not known:
        return ""
    least = min(known, key=lambda prediction: prediction.confidence)
    if len(reading.symbols) == 1:
        return probability_words(least)
    return tr("The least probable symbol: {percent} %", percent=percent_text(least, digits=1))


def percent_text(prediction: Prediction, digits: int = 0) -> str:
    """The probability of the answer in per cent; rounding must not turn doubt into certainty."""
    most = 100 - 10.0**-digits
    if prediction.confidence * 100 > most:
        return f"> {most:.{digits}f}"
    return f"{prediction.confidence * 100:.{digits}f}"
