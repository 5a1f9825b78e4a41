"""Divides the cells of a frame into tiles, and compares strips of tiles with other frames."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from shls_core.propagation.match_window import Window
from shls_core.propagation.scratch import Scratch

# Measured on two cores: tiles of 4 x 4 to 8 x 8 cells take about the same time for products. Smaller tiles
# have fewer candidates outside the windows, larger ones need fewer loads. Small tiles leave less to search.
_TILE_SIDE = 4


@dataclass(frozen=True)
class QueryTiles:
    """How a grid of cells is divided.

    Attributes
    ----------
    grid, tile : tuple of int
        Rows and columns.
    reach : int
        Most rows and columns from a cell to one in its window.
    """

    grid: tuple[int, int]
    tile: tuple[int, int]
    reach: int

    @property
    def area(self) -> tuple[int, int]:
        """Rows and columns of the area that the windows of a tile cover."""
        return self.tile[0] + 2 * self.reach, self.tile[1] + 2 * self.reach

    @classmethod
    def of(cls, grid: tuple[int, int], reach: int) -> "QueryTiles":
        """Divide a grid into tiles of equal size that cover it with few extra cells."""
        rows, columns = (math.ceil(side / math.ceil(side / _TILE_SIDE)) for side in grid)
        return cls(grid, (rows, columns), reach)

    def strips(self, query: Float[Tensor, "h w C"], most_queries: int) -> Iterator["TileStrip"]:
        """Yield the tiles of a frame in strips down its columns of tiles, of about `most_queries` cells."""
        (height, width), (rows, columns) = self.grid, self.tile
        tiles_at_once = max(1, most_queries // (rows * columns))
        for left in range(0, width, columns):
            for top in range(0, height, rows * tiles_at_once):
                num_tiles = min(tiles_at_once, math.ceil((height - top) / rows))
                yield TileStrip(self, top, left, num_tiles, query)


class TileStrip:
    """A vertical strip of tiles.

    Tiles that extend beyond the grid repeat its last row or column; `is_inside` marks the queries that count.

    Parameters
    ----------
    tiles : QueryTiles
    top, left : int
        First cell.
    num_tiles : int
    query : Float[Tensor, "h w C"]
        Features of the whole frame.
    """

    def __init__(
        self, tiles: QueryTiles, top: int, left: int, num_tiles: int, query: Float[Tensor, "h w C"]
    ) -> None:
        self._tiles, self._top, self._left, self._num_tiles = tiles, top, left, num_tiles
        (height, width), device = tiles.grid, query.device
        rows = torch.arange(top, top + num_tiles * tiles.tile[0], device=device)
        columns = torch.arange(left, left + tiles.tile[1], device=device)
        self.is_inside = ((rows < height)[:, None] & (columns < width)).flatten()
        self.cells: Int64[Tensor, " Q"] = (
            rows.clamp(max=height - 1)[:, None] * width + columns.clamp(max=width - 1)
        ).flatten()
        self.queries: Float[Tensor, "Q C"] = query.flatten(0, 1)[self.cells].float()

    def similarities(
        self, frames: Sequence[Float[Tensor, "h w C"]], scratch: Scratch
    ) -> Float[Tensor, "F Q area"]:
        """Return the inner products of every query with the area around its tile in each frame.

        Products with cells beyond the border of a frame are 0. The result is stored in `scratch`.
        """
        (height, width), (tile_rows, _), reach = self._tiles.grid, self._tiles.tile, self._tiles.reach
        area_rows, area_columns = self._tiles.area
        num_rows, num_channels = self._num_tiles * tile_rows + 2 * reach, self.queries.shape[1]
        surroundings = scratch.take("surroundings", num_rows, area_columns, num_channels).zero_()
        top, left = self._top - reach, self._left - reach
        seen_rows = slice(max(top, 0), min(top + num_rows, height))
        seen_columns = slice(max(left, 0), min(left + area_columns, width))
        seen = surroundings[
            seen_rows.start - top : seen_rows.stop - top, seen_columns.start - left : seen_columns.stop - left
        ]
        area = area_rows * area_columns
        row_stride = area_columns * num_channels
        # The areas of neighbouring tiles overlap: strides avoid copies.
        areas = surroundings.as_strided(
            (self._num_tiles, num_channels, area), (tile_rows * row_stride, 1, num_channels)
        )
        tiles = self.queries.view(self._num_tiles, -1, num_channels)
        products = scratch.take("products", len(frames), self._num_tiles, tiles.shape[1], area)
        for frame, product in zip(frames, products, strict=True):
            seen.copy_(frame[seen_rows, seen_columns])
            torch.bmm(tiles, areas, out=product)
        return products.flatten(1, 2)

    def is_candidate(self, window: Window) -> Bool[Tensor, "Q area"]:
        """Return which cells of the area around its tile are in the window of a query."""
        tile_rows, tile_columns = self._tiles.tile
        (area_rows, area_columns), reach, device = self._tiles.area, self._tiles.reach, self.cells.device
        row_offsets, column_offsets = (
            torch.arange(side, device=device) - reach - torch.arange(tile_side, device=device)[:, None]
            for side, tile_side in ((area_rows, tile_rows), (area_columns, tile_columns))
        )
        in_window = window.contains(row_offsets[:, None, :, None], column_offsets[None, :, None, :])
        rows, columns = self._area_of(
            torch.arange(self._num_tiles, device=device)[:, None, None],
            torch.arange(area_rows, device=device)[:, None],
            torch.arange(area_columns, device=device),
        )
        height, width = self._tiles.grid
        on_grid = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        return (in_window & on_grid[:, None, None]).flatten(0, 2).flatten(1)

    def cells_at(self, places: Int64[Tensor, "Q n"]) -> Int64[Tensor, "Q n"]:
        """Return the cells of a frame that lie at places of the areas around the tiles of the queries."""
        area_columns = self._tiles.area[1]
        num_queries = len(self.cells)
        tiles = torch.arange(num_queries, device=places.device) // (num_queries // self._num_tiles)
        rows, columns = self._area_of(tiles[:, None], places // area_columns, places % area_columns)
        return rows * self._tiles.grid[1] + columns

    def is_near(self, cells: Int64[Tensor, "Q n"], window: Window) -> Bool[Tensor, "Q n"]:
        """Return which cells of a frame lie in the window of the query."""
        width = self._tiles.grid[1]
        own = self.cells[:, None]
        return window.contains(cells // width - own // width, cells % width - own % width)

    def _area_of(
        self, tiles: Int64[Tensor, "..."], rows: Int64[Tensor, "..."], columns: Int64[Tensor, "..."]
    ) -> tuple[Int64[Tensor, "..."], Int64[Tensor, "..."]]:
        """Return row and column on the grid of places in the area around a tile."""
        return self._top - self._tiles.reach + tiles * self._tiles.tile[0] + rows, (
            self._left - self._tiles.reach + columns
        )
