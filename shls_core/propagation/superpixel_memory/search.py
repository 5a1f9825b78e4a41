"""Exact search of nearest references: by FAISS or by PyTorch, with equal results."""

import functools
from typing import Any, Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.faiss_backend import load_faiss

_MOST_PRODUCTS = 2**27
"""Products of queries and references that the PyTorch search holds at a time: half a gigabyte."""


def nearest_references(
    queries: Float[Tensor, "R S"],
    references: Float[Tensor, "M S"],
    num_neighbours: int,
    search: Literal["faiss", "torch"],
) -> Int64[Tensor, "R found"]:
    """Return the rows of the references with the largest inner products, the largest first.

    Parameters
    ----------
    queries, references : Float[Tensor, "R S"], Float[Tensor, "M S"]
        On one device; M >= 1. The search carries no gradient.
    num_neighbours : int
        ``found = min(num_neighbours, M)``.
    search : "faiss" or "torch"
        Where products are exactly equal, the two may return different rows; the products are the same.

    Raises
    ------
    MissingComponent
        If FAISS is requested and not installed.
    """
    found = min(num_neighbours, len(references))
    # Reduced precision could not separate near neighbours.
    queries, references = queries.detach().float(), references.detach().float()
    return (_by_faiss if search == "faiss" else _by_torch)(queries, references, found)


def _by_faiss(
    queries: Float[Tensor, "R S"], references: Float[Tensor, "M S"], found: int
) -> Int64[Tensor, "R found"]:
    faiss = load_faiss()
    metric = faiss.METRIC_INNER_PRODUCT
    if queries.is_cuda and hasattr(faiss, "StandardGpuResources"):
        import faiss.contrib.torch_utils  # lets knn_gpu take tensors on the device

        _, rows = faiss.knn_gpu(_gpu_resources(), queries, references, found, metric=metric)
        return torch.as_tensor(rows, dtype=torch.int64, device=queries.device)
    _, rows = faiss.knn(queries.cpu().numpy(), references.cpu().numpy(), found, metric=metric)
    return torch.from_numpy(rows).to(queries.device)


@functools.lru_cache(maxsize=1)
def _gpu_resources() -> Any:
    """Return the scratch memory of searches on a GPU; it is too large to be allocated for each search."""
    return load_faiss().StandardGpuResources()


def _by_torch(
    queries: Float[Tensor, "R S"], references: Float[Tensor, "M S"], found: int
) -> Int64[Tensor, "R found"]:
    at_a_time = max(_MOST_PRODUCTS // len(references), 1)
    parts = torch.split(queries, at_a_time)
    return torch.cat([(part @ references.T).topk(found, dim=1).indices for part in parts])
