"""Multinomial logistic regression by Newton steps."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

_MOST_STEPS = 50
_MOST_PRODUCTS = 100
_EXACTNESS = 0.1
"""Of a Newton step, as a share of its gradient."""
_LEAST_CURVATURE = 1e-6
_HALVINGS = 30
_SUFFICIENT = 1e-4
"""Share of the decrease that a step promises which it has to keep (Armijo)."""


def fit_regression(
    features: Float[Tensor, "N D"],
    classes: Int64[Tensor, " N"],
    importance: Float[Tensor, " N"],
    num_classes: int,
    l2: float,
    *,
    start: Float[Tensor, "D_1 classes"] | None = None,
    tolerance: float = 1e-3,
) -> Float[Tensor, "D_1 classes"]:
    r"""Return the coefficients of a multinomial logistic regression.

    They minimise

    .. math:: \sum_i a_i \left(-\log p_{i,c_i}\right) + \frac{\lambda}{2} \sum_{d < D} \sum_k w_{dk}^2

    with the importance a, the class c and the probabilities p = softmax(x W + b) of every row. The last row
    of the result is b, which is not penalised; it sums to 0, and so does every other row. So no class is a
    reference for the others, and their order does not matter.

    Newton steps, halved until they reduce the objective as they promise. With two classes a step is that of
    iteratively reweighted least squares; with more it is solved by conjugate gradients, which begin with the
    Hessian that two classes would have: the whole one, of (D classes)^2 numbers, is never made. There is
    nothing random in it.

    Parameters
    ----------
    features
        Standardised, in float32 or float64; the result has their type and device.
    classes
        0..classes-1 for every row.
    importance
        Not negative, of sum 1.
    num_classes
        Classes without rows become improbable.
    l2
        The penalty lambda, above 0.
    start
        Coefficients to begin with, for example those of the frame before; None: 0.
    tolerance
        Largest absolute value of the gradient at the end.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical Optimization", 2006, section 7.1
    """
    rows = torch.nn.functional.pad(features, (0, 1), value=1.0)
    wanted = torch.nn.functional.one_hot(classes, num_classes).to(rows)
    share = importance[:, None]
    penalty = torch.full((rows.shape[1], 1), l2, dtype=rows.dtype, device=rows.device)
    penalty[-1] = 0.0

    def objective(
        coefficients: Float[Tensor, "D_1 classes"],
    ) -> tuple[float, Float[Tensor, "N classes"]]:
        logs = (rows @ coefficients).log_softmax(dim=1)
        loss = -(share * wanted * logs).sum() + (penalty * coefficients.square()).sum() / 2
        return float(loss), logs.exp()

    found = rows.new_zeros(rows.shape[1], num_classes) if start is None else start
    loss, probabilities = objective(found)
    for _ in range(_MOST_STEPS):
        gradient = rows.T @ (share * (probabilities - wanted)) + penalty * found
        if float(gradient.abs().max()) <= tolerance:
            break
        step = _newton_step(rows, share, probabilities, penalty, gradient)
        promised = float((gradient * step).sum())
        for _ in range(_HALVINGS):
            next_loss, next_probabilities = objective(found + step)
            if next_loss <= loss + _SUFFICIENT * promised:
                break
            step, promised = step / 2, promised / 2
        else:
            break  # the numbers are as exact as their type
        found, loss, probabilities = found + step, next_loss, next_probabilities
    return found


def _newton_step(
    rows: Float[Tensor, "N D_1"],
    share: Float[Tensor, "N 1"],
    probabilities: Float[Tensor, "N classes"],
    penalty: Float[Tensor, "D_1 1"],
    gradient: Float[Tensor, "D_1 classes"],
) -> Float[Tensor, "D_1 classes"]:
    """Solve Hessian x step = -gradient by preconditioned conjugate gradients, which keep to rows of sum 0."""
    inverse = _inverse_of_one_class(rows, share, probabilities, penalty)
    step = torch.zeros_like(gradient)
    residual = -gradient
    direction = solved = inverse(residual)
    energy = before = float((residual * solved).sum())
    for _ in range(_MOST_PRODUCTS):
        change = rows @ direction
        change = probabilities * (change - (probabilities * change).sum(dim=1, keepdim=True))
        product = rows.T @ (share * change) + penalty * direction
        curvature = float((direction * product).sum())
        if curvature <= 0:
            break  # the numbers are as exact as their type
        step = step + (energy / curvature) * direction
        residual = residual - (energy / curvature) * product
        solved = inverse(residual)
        last, energy = energy, float((residual * solved).sum())
        if energy <= _EXACTNESS**2 * before:
            break
        direction = solved + (energy / last) * direction
    return step


def _inverse_of_one_class(
    rows: Float[Tensor, "N D_1"],
    share: Float[Tensor, "N 1"],
    probabilities: Float[Tensor, "N classes"],
    penalty: Float[Tensor, "D_1 1"],
) -> Callable[[Float[Tensor, "D_1 classes"]], Float[Tensor, "D_1 classes"]]:
    """Return the inverse of the Hessian as if all classes had the same: as they do if there are two.

    A row of probabilities p has the curvature diag(p) - p p', of trace 1 - p'p, in the K - 1 dimensions of
    vectors of sum 0.
    """
    curvature = (1 - probabilities.square().sum(dim=1, keepdim=True)) / max(probabilities.shape[1] - 1, 1)
    weighted = rows * (share * curvature).clamp(min=0.0).sqrt()
    hessian = weighted.T @ weighted
    # The intercept is not penalised, and has no curvature once every row is certain.
    hessian.diagonal().add_(penalty[:, 0] + _LEAST_CURVATURE)
    factor = torch.linalg.cholesky(hessian)
    return lambda right: torch.cholesky_solve(right, factor)
