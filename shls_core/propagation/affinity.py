"""Matches every cell of a frame with the most similar cells of other frames.

A frame of h x w cells has h w queries, and a context of F frames has F h w candidates. Queries are grouped in
tiles. The queries of a tile share the part of a context frame that their windows cover, so that one matrix
product compares them all; a strip of tiles is one batch of products. The similarities of all queries with all
candidates are never held at the same time.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from shls_core.propagation.best_matches import best_first, best_of, fill_slots
from shls_core.propagation.match_window import Window
from shls_core.propagation.query_tiles import QueryTiles, TileStrip
from shls_core.propagation.scratch import Scratch


@dataclass(frozen=True)
class ContextFrame:
    """A frame whose cells are candidates.

    Attributes
    ----------
    features : Float[Tensor, "h w C"]
        Unit vectors, whose products are cosines, or any others; float16 is converted to float32 for products.
    multiplicity : int
        How many slots each candidate takes, at least 1.
    is_unrestricted : bool
        Whether candidates outside the window count, too; each of them takes one slot.
    """

    features: Float[Tensor, "h w C"]
    multiplicity: int = 1
    is_unrestricted: bool = False


@dataclass(frozen=True)
class Matches:
    """The matches of some cells of a frame.

    Attributes
    ----------
    cells : Int64[Tensor, "Q"]
        The cells, row * w + column.
    weights : Float[Tensor, "Q k"]
        Float32, 0..1, of sum 1.
    rows : Int64[Tensor, "Q k"]
        The cell of the context that has the weight: index of its frame * h w + row * w + column. Where there
        are fewer than k, row and weight are 0.
    """

    cells: Int64[Tensor, " Q"]
    weights: Float[Tensor, "Q k"]
    rows: Int64[Tensor, "Q k"]


def matches(
    query: Float[Tensor, "h w C"],
    context: Sequence[ContextFrame],
    window: Window,
    neighbours: int | None,
    temperature: float,
    values_at_once: int = 2_000_000,
) -> Iterator[Matches]:
    """Match every cell of a frame, a few hundred cells at a time.

    The weights of a cell are the softmax of similarity / `temperature` over `neighbours` slots. Candidates
    fill the slots, the most similar first; each takes as many slots as its multiplicity. On ties, the
    candidate of the older frame comes first, then that of the lower cell.

    Parameters
    ----------
    query
        Vectors like those of the context, on its device.
    context
        Distinct frames of the size of the query, the oldest first, at least one.
    window
        Which cells of a frame are candidates.
    neighbours
        Number of slots; None: all candidates have a weight, in proportion to their multiplicity, and are
        returned in the order of the context.
    temperature
        Above 0.
    values_at_once
        Largest number of similarities held at a time, 4 bytes each; a single tile may need more.

    Yields
    ------
    Matches
        The matches of a block of cells; every cell is yielded once.

    References
    ----------
    Araslanov et al., "Dense Unsupervised Learning for Video Segmentation", 2021,
    https://arxiv.org/abs/2111.06265, Eq. 7 and section 4.
    """
    grid = (query.shape[0], query.shape[1])
    reach = window.reach
    if reach is not None:
        reach = min(reach, max(grid) - 1)
    everywhere = [n for n, frame in enumerate(context) if frame.is_unrestricted or reach is None]
    nearby = [n for n in range(len(context)) if n not in everywhere]
    tiles = QueryTiles.of(grid, reach or 0)
    num_near, num_cells = len(nearby) * math.prod(tiles.area), math.prod(grid)
    values_per_query = num_near
    if neighbours is None:  # weights, and rows of 8 bytes
        values_per_query = 4 * (num_near + len(everywhere) * num_cells)
    scratch = Scratch(query.device)
    widened = _Widened(context, scratch)
    with torch.autocast(query.device.type, enabled=False):
        for strip in tiles.strips(query, values_at_once // max(1, values_per_query)):
            found = _Candidates(strip, context, window, nearby, everywhere, widened, scratch, values_at_once)
            weights, rows = (
                found.all(temperature) if neighbours is None else found.best(neighbours, temperature)
            )
            yield Matches(strip.cells[strip.is_inside], weights[strip.is_inside], rows[strip.is_inside])


class _Widened:
    """The features of one context frame in float32, kept until those of another frame are requested."""

    def __init__(self, context: Sequence[ContextFrame], scratch: Scratch) -> None:
        self._context, self._scratch = context, scratch
        self._held: tuple[int, Float[Tensor, "cells C"]] | None = None

    def features_of(self, number: int) -> Float[Tensor, "cells C"]:
        """Return the features of a frame, valid until the next call."""
        if self._held is None or self._held[0] != number:
            features = self._context[number].features.flatten(0, 1)
            self._held = number, self._scratch.take("features", *features.shape).copy_(features)
        return self._held[1]


class _Candidates:
    """The candidates for the queries of a strip."""

    def __init__(
        self,
        strip: TileStrip,
        context: Sequence[ContextFrame],
        window: Window,
        nearby: Sequence[int],
        everywhere: Sequence[int],
        widened: "_Widened",
        scratch: Scratch,
        values_at_once: int,
    ) -> None:
        self._strip, self._context, self._window = strip, context, window
        self._nearby, self._everywhere = nearby, everywhere
        self._widened, self._scratch, self._values_at_once = widened, scratch, values_at_once
        self._height, self._width, _ = context[0].features.shape

    def best(self, num_slots: int, temperature: float) -> tuple[Float[Tensor, "Q k"], Int64[Tensor, "Q k"]]:
        """Return weights and rows of the slots, the most similar candidate first."""
        found = [self._best_nearby(num_slots)] if self._nearby else []
        found += [self._best_of_frame(number, num_slots) for number in self._everywhere]
        values, rows = (torch.cat(part, 1) for part in zip(*found, strict=True))
        values, rows = best_first(values, rows, num_slots)
        slots = fill_slots(self._multiplicities(rows))
        weights = (values.gather(1, slots) / temperature).softmax(1)
        return weights, rows.gather(1, slots)

    def all(self, temperature: float) -> tuple[Float[Tensor, "Q k"], Int64[Tensor, "Q k"]]:
        """Return weights and rows of all candidates, frame by frame."""
        num_queries, num_cells = len(self._strip.cells), self._height * self._width
        cells = torch.arange(num_cells, device=self._strip.cells.device).expand(num_queries, -1)
        found = [
            (self._strip.queries @ self._widened.features_of(number).T, number * num_cells + cells)
            for number in self._everywhere
        ]
        if self._nearby:
            similarities, is_candidate = self._similarities_nearby()
            places = torch.arange(is_candidate.shape[1], device=cells.device).expand(num_queries, -1)
            cells = self._strip.cells_at(places).masked_fill(~is_candidate, 0)
            found += [
                (values.masked_fill(~is_candidate, -torch.inf), number * num_cells + cells)
                for number, values in zip(self._nearby, similarities, strict=True)
            ]
        values, rows = (torch.cat(part, 1) for part in zip(*found, strict=True))
        scaled = values / temperature
        if any(frame.multiplicity > 1 for frame in self._context):
            scaled = scaled + self._multiplicities(rows).log()
        weights = scaled.softmax(1)
        return weights, rows.masked_fill(values == -torch.inf, 0)

    def _best_nearby(self, num_best: int) -> tuple[Float[Tensor, "Q _"], Int64[Tensor, "Q _"]]:
        """Return the best matches in the windows of all frames that are restricted to them."""
        similarities, is_candidate = self._similarities_nearby()
        maxima = similarities.amax(0).masked_fill_(~is_candidate, -torch.inf)
        values, places = best_of(similarities, maxima, num_best)
        members, places = places // is_candidate.shape[1], places % is_candidate.shape[1]
        numbers = torch.tensor(self._nearby, device=members.device)[members]
        return values, numbers * (self._height * self._width) + self._strip.cells_at(places)

    def _best_of_frame(self, number: int, num_best: int) -> tuple[Float[Tensor, "Q _"], Int64[Tensor, "Q _"]]:
        """Return the best matches in the whole of a frame."""
        features = self._widened.features_of(number)
        num_cells = len(features)
        num_members = _num_members(num_cells, num_best)
        queries_at_once = max(1, self._values_at_once // num_cells)
        values, cells = [], []
        for start in range(0, len(self._strip.queries), queries_at_once):
            queries = self._strip.queries[start : start + queries_at_once]
            # Faster than the product of queries and features; the maximum over its rows is faster, too.
            products = self._scratch.take("products", num_cells, len(queries))
            torch.mm(features, queries.T, out=products)
            similarities = products.view(num_members, -1, len(queries))
            found = best_of(similarities.transpose(1, 2), similarities.amax(0).T, num_best)
            values.append(found[0])
            cells.append(found[1])
        return torch.cat(values), number * num_cells + torch.cat(cells)

    def _similarities_nearby(self) -> tuple[Float[Tensor, "F Q area"], Bool[Tensor, "Q area"]]:
        frames = [self._context[number].features for number in self._nearby]
        similarities = self._strip.similarities(frames, self._scratch)
        return similarities, self._strip.is_candidate(self._window)

    def _multiplicities(self, rows: Int64[Tensor, "Q n"]) -> Int64[Tensor, "Q n"]:
        """Return how often each candidate counts for its query."""
        num_cells = self._height * self._width
        numbers, cells = rows // num_cells, rows % num_cells
        copies = torch.tensor([frame.multiplicity for frame in self._context], device=rows.device)[numbers]
        is_unrestricted = torch.tensor(
            [frame.is_unrestricted for frame in self._context], device=rows.device
        )[numbers]
        is_far = ~self._strip.is_near(cells, self._window)
        return copies.masked_fill(is_unrestricted & is_far, 1)


def _num_members(num_cells: int, num_best: int) -> int:
    """Return the number of members of a group of cells for which the total search is smallest."""
    divisors = (n for n in range(1, num_cells + 1) if num_cells % n == 0)
    return min(divisors, key=lambda num_members: num_cells // num_members + num_best * num_members)
