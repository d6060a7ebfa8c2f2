"""Runs as they are listed: with their names and notes, the version of their data, and what their accuracy is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.evaluation.figures import Interval, wilson_interval
from recognizer.evaluation.report import EvaluationReport
from recognizer.training.config import CUSTOM, FINE_TUNE
from recognizer.training.run_keeping import RunWords, card_words, read_card
from recognizer.training.runs import TrainingRun, list_runs


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run and what is told of it beside.

    Attributes:
        run: As its folder tells it.
        words: What a person has written about it.
        version: The fingerprint of its data, hexadecimal; empty where it is not known.
        n: How many samples it was judged on; 0 where it was not.
        interval: Wilson's 95 % interval of its accuracy; None where it was not judged.
        has_changed: Whether its dataset is another one now; False where that is not known.
    """

    run: TrainingRun
    words: RunWords
    version: str = ""
    n: int = 0
    interval: Interval | None = None
    has_changed: bool = False

    @property
    def network(self) -> str:
        """What people call its network."""
        return network_title(self.run.config.preset)

    @property
    def title(self) -> str:
        """Its name; its network where it has none."""
        return self.words.name or self.network

    def named(self, words: RunWords) -> "RunRecord":
        """The same run with other words."""
        return replace(self, words=words)


def list_records(profile: Profile, versions: Mapping[str, str] | None = None) -> list[RunRecord]:
    """Every run that can be read, the newest first.

    Args:
        profile: Whose runs.
        versions: The fingerprints of datasets as they are now, by their names; as many as are known.
    """
    return [record_of(profile, run, versions) for run in list_runs(profile)]


def record_of(profile: Profile, run: TrainingRun, versions: Mapping[str, str] | None = None) -> RunRecord:
    """What is told of `run`; what its card does not tell is left out."""
    try:
        card = read_card(profile.runs / run.id)
    except RecognizerError:
        card = {}
    data = card.get("data")
    version = data.get("fingerprint") if isinstance(data, dict) else None
    version = version if isinstance(version, str) else ""
    now = (versions or {}).get(run.dataset, "")
    # What is trained further sees other samples beside, which are part of the fingerprint.
    has_changed = bool(version and now) and version != now and run.config.preset != FINE_TUNE
    n, interval = _judgement(card)
    return RunRecord(run, card_words(card), version, n, interval, has_changed)


def _judgement(card: Mapping[str, Any]) -> tuple[int, Interval | None]:
    try:
        counts = EvaluationReport.from_dict(card["report"]).confusion.counts
        return int(counts.sum()), wilson_interval(int(counts.trace()), int(counts.sum()))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return 0, None


def network_title(preset: str) -> str:
    """What people call the network of a run."""
    return tr("own network") if preset == CUSTOM else preset


def state_words(state: str) -> str:
    """How a run ended, in the user's language."""
    words = {
        "running": tr("running"),
        "finished": tr("finished"),
        "stopped": tr("stopped, model kept"),
        "cancelled": tr("stopped, no model"),
        "failed": tr("failed"),
        "interrupted": tr("interrupted"),
    }
    return words.get(state, state)


def local_time(started: str) -> str:
    """A time in ISO 8601 as the clock here shows it, such as `2026-11-28 12:30`; as it stands where it is none."""
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return started


def shortened(title: str, most: int = 40) -> str:
    """`title` for a sentence: of a long one, its beginning and its end."""
    return title if len(title) <= most else f"{title[: most // 2].rstrip()}…{title[1 - most // 2 :].lstrip()}"


def distinct_titles(records: Sequence[RunRecord]) -> list[str]:
    """A title for each run that none of the others has: with its time, or its id, where that is needed."""
    found = [record.title for record in records]
    for more in (lambda record: local_time(record.run.started), lambda record: record.run.id):
        twice = {title for title in found if found.count(title) > 1}
        found = [
            f"{record.title} · {more(record)}" if title in twice else title
            for record, title in zip(records, found, strict=True)
        ]
    return found
