"""Oracles: SciPy's L-BFGS on the objective written with loops, and figures of scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax

from shls_core.propagation.fusion.regression import fit_regression


def data(num_rows, num_features, num_classes, seed=0):
    """Overlapping classes; float64, with an importance for every row."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(num_rows, num_features))
    classes = (features[:, :num_classes] + rng.normal(size=(num_rows, num_classes))).argmax(axis=1)
    importance = rng.uniform(0.1, 1.0, num_rows)
    return torch.tensor(features), torch.tensor(classes), torch.tensor(importance / importance.sum())


def by_search(features, classes, importance, num_classes, l2):
    """The minimum of the documented objective, row by row."""
    size = features.shape[1] + 1

    def objective(flat):
        coefficients = flat.reshape(size, num_classes)
        total = 0.0
        for row, label, share in zip(features.numpy(), classes.numpy(), importance.numpy(), strict=True):
            logits = row @ coefficients[:-1] + coefficients[-1]
            total -= share * log_softmax(logits)[label]
        return total + l2 / 2 * (coefficients[:-1] ** 2).sum()

    found = minimize(objective, np.zeros(size * num_classes), method="L-BFGS-B", options={"ftol": 1e-14})
    return found.x.reshape(size, num_classes)


@pytest.mark.parametrize(("num_classes", "l2"), [(2, 0.1), (3, 0.1), (4, 0.01)])
def test_it_finds_the_minimum_that_a_search_finds(num_classes, l2):
    material = data(60, 4, num_classes)
    found = fit_regression(*material, num_classes, l2, tolerance=1e-9)
    expected = by_search(*material, num_classes, l2)
    np.testing.assert_allclose(found.numpy()[:-1], expected[:-1], atol=2e-4)
    # All intercepts may move together.
    np.testing.assert_allclose(found.numpy()[-1], expected[-1] - expected[-1].mean(), atol=2e-4)


SKLEARN = {
    2: [[0.508418, 0.491582], [0.570247, 0.429753], [0.371726, 0.628274]],
    3: [[0.276639, 0.206114, 0.517247], [0.31971, 0.164539, 0.515751], [0.614318, 0.31379, 0.071892]],
}
"""Probabilities of the first three rows of `data(60, 3, classes)` by ``LogisticRegression(C=2 / 0.1)`` (two
classes, where it penalises one vector, the difference of ours) and ``C=1 / 0.1`` (three) of scikit-learn
1.9.1, with ``tol=1e-12`` and the importance as ``sample_weight``."""


@pytest.mark.parametrize("num_classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(num_classes):
    features, classes, importance = data(60, 3, num_classes)
    found = fit_regression(features, classes, importance, num_classes, 0.1, tolerance=1e-9)
    probabilities = (features[:3] @ found[:-1] + found[-1]).softmax(dim=1)
    np.testing.assert_allclose(probabilities.numpy(), SKLEARN[num_classes], atol=1e-5)


@pytest.mark.parametrize("num_classes", [2, 5])
def test_the_order_of_rows_and_of_classes_does_not_matter(num_classes):
    features, classes, importance = data(80, 6, num_classes)
    found = fit_regression(features, classes, importance, num_classes, 0.05, tolerance=1e-9)
    rows = torch.randperm(80, generator=torch.Generator().manual_seed(1))
    renamed = torch.arange(num_classes).roll(1)
    other = fit_regression(
        features[rows], renamed[classes[rows]], importance[rows], num_classes, 0.05, tolerance=1e-9
    )
    torch.testing.assert_close(other[:, renamed], found, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.sum(dim=1), torch.zeros_like(found[:, 0]), atol=1e-9, rtol=0)


def test_where_it_begins_changes_nothing_but_its_length():
    features, classes, importance = data(80, 6, 3)
    found = fit_regression(features, classes, importance, 3, 0.1, tolerance=1e-9)
    start = torch.tensor(np.random.default_rng(1).normal(size=(7, 3)) * 3)
    start -= start.mean(dim=1, keepdim=True)
    again = fit_regression(features, classes, importance, 3, 0.1, start=start, tolerance=1e-9)
    torch.testing.assert_close(again, found, atol=1e-6, rtol=0)
    assert fit_regression(features, classes, importance, 3, 0.1, start=again, tolerance=1e-6) is again


def test_separable_classes_and_constant_features_end_at_finite_coefficients():
    features = torch.zeros(40, 3)
    features[:, 0] = torch.linspace(-1, 1, 40)
    classes = (features[:, 0] > 0).long()
    found = fit_regression(features, classes, torch.full((40,), 1 / 40), 2, 1e-6)
    assert found.isfinite().all()
    assert torch.equal((features @ found[:-1] + found[-1]).argmax(dim=1), classes)
    assert torch.equal(found[1:3], torch.zeros(2, 2))


def test_a_single_class_is_certain_and_a_class_without_rows_improbable():
    features = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    classes, importance = torch.zeros(30, dtype=torch.long), torch.full((30,), 1 / 30)
    assert torch.equal(fit_regression(features, classes, importance, 1, 0.1), torch.zeros(3, 1))
    found = fit_regression(features, classes, importance, 2, 0.1)
    assert float((features @ found[:-1] + found[-1]).softmax(dim=1)[:, 1].max()) < 0.01
