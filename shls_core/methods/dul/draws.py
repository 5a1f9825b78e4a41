"""The random choices of a step for one clip."""

from dataclasses import dataclass

import numpy as np

from shls_core.methods.dul.config import DulKeys, Jitter, ViewsConfig


@dataclass(frozen=True)
class MainView:
    """Which frames of a clip are used, and which square of all of them.

    Attributes
    ----------
    order : tuple of int
        Numbers of the frames; the first is the reference.
    top, left : int
        Corner of the square, in px.
    flipped : bool
        Whether the square is mirrored, left to right.
    """

    order: tuple[int, ...]
    top: int
    left: int
    flipped: bool


@dataclass(frozen=True)
class RegularisingView:
    """The square of the main view that is enlarged to the size of the main view.

    Attributes
    ----------
    flipped : bool
        Whether the main view is mirrored before the square is cut out.
    side : int
        Side of the square, in px.
    top, left : int
        Corner of the square, in px of the (mirrored) main view.
    """

    flipped: bool
    side: int
    top: int
    left: int


@dataclass(frozen=True)
class Draws:
    """All random choices of a step for one clip.

    Attributes
    ----------
    main : MainView
    view : RegularisingView
    anchors, cross_view : tuple of int
        Numbers of the cells, row by row, of the anchors and of the cells that the cross-view term compares.
    """

    main: MainView
    view: RegularisingView
    anchors: tuple[int, ...]
    cross_view: tuple[int, ...]


def draw(
    rng: np.random.Generator,
    config: DulKeys,
    num_frames: int,
    height: int,
    width: int,
    is_cut: bool = False,
) -> Draws:
    """Draw the choices of a step for one clip.

    Parameters
    ----------
    rng
        The draws that are taken from it do not depend on switches of the configuration, only on its sizes.
    config
        Configuration of the method.
    num_frames, height, width
        Shape of the clip; it has the frames and pixels that the configuration needs.
    is_cut
        Whether the clip is cut out and perhaps mirrored already: only the order of its frames is drawn.
    """
    views = config.views
    main = MainView(
        order=tuple(int(number) for number in rng.permutation(num_frames)[: views.num_frames]),
        top=int(rng.integers(height - views.crop + 1)),
        left=int(rng.integers(width - views.crop + 1)),
        flipped=bool(rng.random() < views.flip) and not is_cut,
    )
    view = _draw_view(rng, views)
    anchors = grid_cells(rng, config.cells, config.grid, config.anchor_jitter)
    cross_view = grid_cells(rng, config.cells, config.cross_view_grid, "shared")
    return Draws(main, view, anchors, cross_view)


def grid_cells(rng: np.random.Generator, cells: int, grid: int, jitter: Jitter) -> tuple[int, ...]:
    """Draw one cell from each part of a square of cells that is divided into grid x grid parts.

    If the parts do not cover the square, its last rows and columns get no cell.

    Parameters
    ----------
    rng
        Where the places inside the parts are drawn from.
    cells
        Cells along each side of the square.
    grid
        Parts along each side, at most `cells`.
    jitter
        ``shared``: all parts share one random place; ``cell``: each has its own; ``none``: the first cell.
    """
    step = cells // grid
    offsets = rng.integers(step, size=(2, grid, grid))
    if jitter == "shared":
        offsets = np.broadcast_to(offsets[:, :1, :1], offsets.shape)
    elif jitter == "none":
        offsets = np.zeros_like(offsets)
    corners = np.arange(grid) * step
    places = (corners[:, None] + offsets[0]) * cells + corners[None, :] + offsets[1]
    return tuple(int(cell) for cell in places.ravel())


def _draw_view(rng: np.random.Generator, views: ViewsConfig) -> RegularisingView:
    flipped = bool(rng.random() < views.flip)
    side = int(rng.uniform(*views.zoom) * views.crop)
    top, left = (int(rng.integers(views.crop - side + 1)) for _ in range(2))
    if not views.regularise:
        return RegularisingView(flipped=False, side=views.crop, top=0, left=0)
    return RegularisingView(flipped, side, top, left)
