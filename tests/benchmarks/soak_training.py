"""Training runs killed, stopped and started, many times: what goes on ends with the same weights, what stops, stops.

.venv/bin/python tests/benchmarks/soak_training.py [--kills 20] [--stops 50] [--cycles 100]
"""

import argparse
import gc
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile, open_profile
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.training.checkpoint import read_checkpoint
from recognizer.training.config import TrainingConfig
from recognizer.training.events import RunBegan, RunCancelled, RunEnded
from recognizer.training.runs import list_runs
from recognizer.training.trainer import Trainer

STOPPED_BAR: Final = 2.0
"""Seconds from the request to the end of training; what follows is the making of the model."""
GROWTH_BAR: Final = 2.0
"""MB a cycle, after the twentieth."""
CONFIGS: Final = (
    TrainingConfig("dense", 40, 32, deterministic=True),
    TrainingConfig("cnn", 6, 32, deterministic=True, schedule="cosine"),
)


def make_data(count: int = 3_000) -> Dataset:
    """Synthetic digits, a tenth for the test."""
    images, labels = generate(count, 21)
    splits = np.where(np.arange(count) % 10, SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST))
    return Dataset("little", "Little set", images, labels, splits.astype(np.uint8))


def _train(folder: str, config: dict[str, Any], told: Connection) -> None:
    def follow(event: object) -> None:
        if isinstance(event, RunBegan):
            told.send("begun")

    Trainer(open_profile(Path(folder))).fit(TrainingConfig.from_dict(config), make_data(), follow, CancellationToken())


def kills(root: Path, count: int) -> bool:
    """Kill runs at random moments and go on with them; compare with runs that nobody killed."""
    data, context, met = make_data(), multiprocessing.get_context("spawn"), True
    for config in CONFIGS:
        whole = open_profile(root / f"whole-{config.preset}")
        began = time.monotonic()
        ended = Trainer(whole).fit(config, data, lambda event: None, CancellationToken())
        took = time.monotonic() - began
        assert isinstance(ended, RunEnded)
        expected = read_checkpoint(whole.runs / ended.run_id, "latest").weights
        equal = resumed = 0
        for number in range(count // len(CONFIGS)):
            profile = open_profile(root / f"{config.preset}-{number}")
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_train, args=(str(profile.root), config.to_dict(), sender))
            process.start()
            sender.close()
            receiver.recv()
            time.sleep(random.Random(number).random() * took)
            process.kill()
            process.join()
            (run,) = list_runs(profile)
            if run.state == "interrupted" and (profile.runs / run.id / "checkpoints.json").is_file():
                Trainer(profile).resume(run.id, data, lambda event: None, CancellationToken())
                resumed += 1
            elif run.state == "interrupted":
                # Within the first epoch and minute.
                Trainer(profile).fit(config, data, lambda event: None, CancellationToken())
            (*_, last) = sorted(one.id for one in list_runs(profile))
            found = read_checkpoint(profile.runs / last, "latest").weights
            equal += all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
        met &= equal == count // len(CONFIGS)
        print(f"{config.preset}: {count // len(CONFIGS)} kills, {resumed} went on, {equal} ended bit-equal", flush=True)
    return met


def stops(profile: Profile, count: int) -> bool:
    """Stop runs at random moments, tracing and validation among them."""
    data, slowest, kept, none = make_data(8_000), 0.0, 0, 0
    for number in range(count):
        token, asked = CancellationToken(), [0.0]
        chance = random.Random(number)

        def cancel(token: CancellationToken = token, asked: list[float] = asked) -> None:
            asked[0] = time.monotonic()
            token.cancel()

        timer = threading.Timer(chance.random() * 4, cancel)
        timer.start()
        said: list[float] = []
        config = TrainingConfig(chance.choice(("dense", "cnn", "residual")), 30, 32)
        outcome = Trainer(profile).fit(config, data, lambda event, said=said: said.append(time.monotonic()), token)
        timer.cancel()
        # The first thing that is said after the request is that the model is being saved, or that there is none.
        after = next((at for at in said if at > asked[0] > 0), time.monotonic())
        slowest = max(slowest, after - asked[0])
        if isinstance(outcome, RunCancelled):
            none += 1
        else:
            read_checkpoint(profile.runs / outcome.run_id)
            kept += 1
    print(
        f"{count} stops: {kept} models kept, {none} had learnt nothing; at most {slowest:.2f} s (bar: {STOPPED_BAR:g})"
    )
    return slowest <= STOPPED_BAR


def cycles(profile: Profile, count: int) -> bool:
    """Start and stop runs in one process, and see whether it grows."""
    data, sizes, threads, handles = make_data(1_000), [], [], []
    for _ in range(count):
        Trainer(profile).fit(TrainingConfig("dense", 1, 32), data, lambda event: None, CancellationToken())
        gc.collect()
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        sizes.append(int(status["VmRSS"].split()[0]) / 1024)
        threads.append(int(status["Threads"]))
        handles.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    after = min(20, count // 2)
    growth = (sizes[-1] - sizes[after]) / max(1, count - after - 1)
    print(
        f"{count} cycles: {growth:.2f} MB a cycle after the first {after} (bar: {GROWTH_BAR:g}), threads"
        f" {threads[after]} to {threads[-1]}, handles {handles[after]} to {handles[-1]}"
    )
    return growth <= GROWTH_BAR and handles[-1] <= handles[after] + 2 and threads[-1] <= threads[after] + 2


def main() -> int:
    """One after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stops", type=int, default=50)
    parser.add_argument("--cycles", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-training-") as name:
        root = Path(name)
        met = not asked.kills or kills(root / "kills", asked.kills)
        met &= not asked.stops or stops(open_profile(root / "stops"), asked.stops)
        if Path("/proc/self/status").is_file():
            met &= not asked.cycles or cycles(open_profile(root / "cycles"), asked.cycles)
    print(f"training: {'ok' if met else 'failed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
