"""Texts as vectors of features, and their classes → the weights of a linear machine that tells the classes apart.

Each class is told from all others with squared hinge loss, trained by dual coordinate descent (Hsieh et al., A Dual
Coordinate Descent Method for Large-scale Linear SVM, ICML 2008), all of them in one pass. The same input gives the
same weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def separated(
    where: Sequence[np.ndarray],
    shares: Sequence[np.ndarray],
    classes: Sequence[int],
    *,
    features: int,
    size: int,
    price: float,
    rounds: int,
) -> np.ndarray:
    """Learn.

    Args:
        where: Of each text the positions of its features.
        shares: Of each text what each of these features is of it; vectors of length one.
        classes: Of each text the position of its class.
        features: How many features there are.
        size: How many classes there are.
        price: What a text on the wrong side costs.
        rounds: How often all texts are seen.

    Returns:
        One row a feature, the bias last; one column a class.
    """
    weights, pull = np.zeros((features + 1, size)), 1 / (2 * price)
    duals = np.zeros((len(classes), size))
    lengths = [float(share @ share) + 1 for share in shares]
    order = np.random.default_rng(0)
    for _ in range(rounds):
        for row in order.permutation(len(classes)):
            at, share = where[row], shares[row]
            side = np.full(size, -1.0)
            side[classes[row]] = 1.0
            slope = side * (share @ weights[at] + weights[-1]) - 1 + pull * duals[row]
            fresh = np.maximum(duals[row] - slope / (lengths[row] + pull), 0.0)
            step = (fresh - duals[row]) * side
            duals[row] = fresh
            weights[at] += np.outer(share, step)
            weights[-1] += step
    return weights
