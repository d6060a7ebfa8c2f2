"""Methods without a network, to compare networks with; scikit-learn is imported on first use.

Each learns and answers in small steps, so that both can be followed and given up.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_BLOCK: Final = 500
"""Pictures that are answered at a time."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a method is.

    Attributes:
        done, total: Steps.
        loss, accuracy: Of what was learnt last, on what it was learnt from.
    """

    done: int
    total: int
    loss: float
    accuracy: float


Report = Callable[[Step], None]


class Method(ABC):
    """A way to learn classes from pictures.

    Attributes:
        settings: What it was set to, for the run's record.
        most: The most training samples for which it takes at most about a minute on two cores.
        parameters: How many numbers it has learnt; 0 where it keeps samples instead.
    """

    settings: dict[str, Any]
    most: int
    parameters: int = 0

    def limit(self, counts: NDArray[np.int64], n_answers: int) -> int:
        """How many of the training samples are used.

        Args:
            counts: How many there are of each class.
            n_answers: How many samples will be asked for afterwards.
        """
        return min(self.most, int(counts.sum()))

    def steps(self, classes: int) -> int:
        """How many steps are reported while learning; `classes` have samples."""
        return 100

    @abstractmethod
    def learn(self, x: Floats, y: NDArray[np.int64], classes: int, seed: int, report: Report) -> None:
        """Learn from (n, 784) float32 pictures, 0 to 1, and (n,) class indices below `classes`."""

    @abstractmethod
    def answer(self, x: Floats) -> Floats:
        """Scores for (m, 784) float32 pictures, (m, classes): the best one's is the answer."""

    def probabilities(self, x: Floats, report: Callable[[int], None]) -> Floats:
        """(m, classes) float32 for (m, 784) pictures, block by block; `report` is told how many are done."""
        parts = []
        for start in range(0, len(x), _BLOCK):
            parts.append(self.answer(x[start : start + _BLOCK]))
            report(min(start + _BLOCK, len(x)))
        return np.concatenate(parts).astype(np.float32)


class Logistic(Method):
    """Multinomial logistic regression: what scikit-learn's `LogisticRegression` minimises, by the same L-BFGS.

    SciPy's solver is called here instead of through scikit-learn, because that way it can be given up between two
    evaluations; a test compares the weights with scikit-learn's. It minimises
    mean(−log p(label)) + |W|² / (2 C n), Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.108.
    """

    most = 60_000
    settings = {"C": 1.0, "max_iter": 100, "gtol": 1e-4, "solver": "L-BFGS-B"}  # noqa: RUF012

    def learn(self, x: Floats, y: NDArray[np.int64], classes: int, seed: int, report: Report) -> None:
        """See `Method`."""
        from scipy.optimize import minimize  # type: ignore[import-untyped]

        n, width = x.shape
        penalty = 1.0 / (float(self.settings["C"]) * n)
        rows = np.arange(n)
        iterations = [0]
        last = [0.0, 0.0]

        def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights, bias = flat[:-classes].reshape(width, classes), flat[-classes:]
            p = x @ weights.astype(np.float32) + bias.astype(np.float32)
            accuracy = float(np.mean(p.argmax(axis=1) == y))
            p -= p.max(axis=1, keepdims=True)
            own = p[rows, y]
            np.exp(p, out=p)
            total = p.sum(axis=1, keepdims=True)
            loss = float(np.mean(np.log(total[:, 0]) - own, dtype=np.float64))
            p /= total
            p[rows, y] -= 1
            gradient = (x.T @ p).astype(np.float64) / n + penalty * weights
            last[:] = loss, accuracy
            report(Step(min(iterations[0], 100), 100, loss, accuracy))
            value = loss + 0.5 * penalty * float(np.square(weights).sum())
            return value, np.concatenate([gradient.ravel(), p.sum(axis=0, dtype=np.float64) / n])

        def iterated(_: Any) -> None:
            iterations[0] += 1

        found = minimize(
            objective,
            np.zeros((width + 1) * classes),
            method="L-BFGS-B",
            jac=True,
            callback=iterated,
            options={"maxiter": self.settings["max_iter"], "gtol": self.settings["gtol"], "ftol": 64 * 2.2e-16},
        ).x
        self.weights = found[:-classes].reshape(width, classes).astype(np.float32)
        self.bias = found[-classes:].astype(np.float32)
        self.parameters = found.size

    def answer(self, x: Floats) -> Floats:
        """See `Method`; probabilities."""
        return softmax(x @ self.weights + self.bias)


class Neighbours(Method):
    """The four nearest training samples by Euclidean distance, the nearer the heavier (scikit-learn's)."""

    most = 60_000
    settings = {"n_neighbors": 4, "weights": "distance", "algorithm": "brute"}  # noqa: RUF012
    _PAIRS: Final = 800_000_000

    def limit(self, counts: NDArray[np.int64], n_answers: int) -> int:
        """See `Method`; its time goes by pairs of training and asked samples."""
        return min(super().limit(counts, n_answers), max(1_000, self._PAIRS // max(1, n_answers)))

    def steps(self, classes: int) -> int:
        """See `Method`."""
        return 1

    def learn(self, x: Floats, y: NDArray[np.int64], classes: int, seed: int, report: Report) -> None:
        """See `Method`; all of it happens while answering."""
        from sklearn.neighbors import KNeighborsClassifier

        self._classes = classes
        self._model = KNeighborsClassifier(**self.settings).fit(x, y)
        report(Step(1, 1, 0.0, 1.0))

    def answer(self, x: Floats) -> Floats:
        """See `Method`; the neighbours' shares."""
        return spread(self._model.predict_proba(x), self._model.classes_, self._classes)


class Forest(Method):
    """A hundred trees on random parts of the samples and pixels (Breiman 2001; scikit-learn's)."""

    most = 60_000
    settings = {"n_estimators": 100, "max_features": "sqrt"}  # noqa: RUF012

    def learn(self, x: Floats, y: NDArray[np.int64], classes: int, seed: int, report: Report) -> None:
        """See `Method`; two trees a step and core."""
        from sklearn.ensemble import RandomForestClassifier

        cores = os.cpu_count() or 1
        trees = int(self.settings["n_estimators"])
        self._classes = classes
        self._model = RandomForestClassifier(
            0, max_features=self.settings["max_features"], warm_start=True, n_jobs=cores, random_state=seed
        )
        some = np.random.default_rng(seed).permutation(len(x))[:_BLOCK]
        while self._model.n_estimators < trees:
            self._model.n_estimators = min(trees, self._model.n_estimators + cores)
            self._model.fit(x, y)
            p = self.answer(x[some])
            loss = float(-np.log(np.maximum(p[np.arange(len(some)), y[some]], 1e-12)).mean())
            report(Step(self._model.n_estimators, trees, loss, float(np.mean(p.argmax(axis=1) == y[some]))))
        self.parameters = sum(tree.tree_.node_count for tree in self._model.estimators_)

    def answer(self, x: Floats) -> Floats:
        """See `Method`; the mean of the trees' shares."""
        return spread(self._model.predict_proba(x), self._model.classes_, self._classes)


class Machine(Method):
    """A support vector machine with a Gaussian kernel (Cortes and Vapnik 1995; scikit-learn's `SVC`).

    It is trained as LIBSVM trains it, a machine for each two classes, but one machine a step; what it answers is what
    `SVC(break_ties=True)` answers, which a test compares. Its scores are no probabilities: `softmax` of them is made
    true by the temperature of the validation samples.
    """

    most = 15_000
    settings = {"C": 5.0, "kernel": "rbf", "gamma": "scale"}  # noqa: RUF012
    _PAIR: Final = 4_500
    """The most samples of two classes: a machine then takes about a second."""

    def limit(self, counts: NDArray[np.int64], n_answers: int) -> int:
        """See `Method`."""
        largest = int(np.sort(counts)[-2:].sum())
        return min(super().limit(counts, n_answers), int(counts.sum() * min(1.0, self._PAIR / largest)))

    def steps(self, classes: int) -> int:
        """See `Method`; a machine for each two classes."""
        return classes * (classes - 1) // 2

    def learn(self, x: Floats, y: NDArray[np.int64], classes: int, seed: int, report: Report) -> None:
        """See `Method`; a step is a machine, the loss is the mean hinge loss of its samples."""
        from sklearn.svm import SVC

        self._classes, self._there = classes, np.unique(y)
        # As scikit-learn has it, also where all pictures are the same.
        self._gamma = 1.0 / (x.shape[1] * float(x.var(dtype=np.float64)) or 1.0)
        k = len(self._there)
        self._pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
        factors = np.zeros((len(x), len(self._pairs)), np.float32)
        self._bias = np.zeros(len(self._pairs), np.float32)
        for place, (i, j) in enumerate(self._pairs):
            rows = np.flatnonzero((y == self._there[i]) | (y == self._there[j]))
            truth = y[rows] == self._there[j]
            machine = SVC(C=self.settings["C"], kernel="rbf", gamma=self._gamma, cache_size=200).fit(x[rows], truth)
            factors[rows[machine.support_], place] = machine.dual_coef_[0]
            self._bias[place] = machine.intercept_[0]
            margin = np.where(truth, 1, -1)[:_BLOCK] * machine.decision_function(x[rows[:_BLOCK]])
            loss, accuracy = float(np.maximum(0, 1 - margin).mean()), float(np.mean(margin > 0))
            report(Step(place + 1, len(self._pairs), loss, accuracy))
        used = np.flatnonzero(factors.any(axis=1))
        self._support, self._factors = x[used], factors[used]
        self.settings = {**self.settings, "gamma": self._gamma, "support_vectors": len(used)}
        self.parameters = int(np.count_nonzero(factors)) + len(self._bias)

    def answer(self, x: Floats) -> Floats:
        """See `Method`; votes, parted by how sure the machines are, as scikit-learn's `_ovr_decision_function`."""
        squares = np.square(x).sum(axis=1)[:, None] + np.square(self._support).sum(axis=1)
        kernel = np.exp(-self._gamma * np.maximum(squares - 2 * (x @ self._support.T), 0))
        decisions = kernel @ self._factors + self._bias
        k = len(self._there)
        votes, sureness = np.zeros((len(x), k), np.float32), np.zeros((len(x), k), np.float32)
        for place, (i, j) in enumerate(self._pairs):
            decision = decisions[:, place]
            votes[:, i] += decision <= 0
            votes[:, j] += decision > 0
            sureness[:, i] -= decision
            sureness[:, j] += decision
        scores = votes + sureness / (3 * (np.abs(sureness) + 1))
        return spread(scores, self._there, self._classes, nothing=float(-k))


METHODS: Final[dict[str, type[Method]]] = {
    "logistic": Logistic,
    "knn": Neighbours,
    "forest": Forest,
    "svm": Machine,
}


def softmax(scores: Floats) -> Floats:
    """(n, k) probabilities from (n, k) scores."""
    out = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (out / out.sum(axis=1, keepdims=True)).astype(np.float32)


def spread(values: NDArray[Any], there: NDArray[np.int64], classes: int, nothing: float = 0.0) -> Floats:
    """(n, classes) from the (n, k) columns of the classes that had samples; `nothing` for the others."""
    out = np.full((len(values), classes), nothing, np.float32)
    out[:, there.astype(np.int64)] = values
    return out
