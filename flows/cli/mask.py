"""`shls mask`: the mask of a clip's first frame, or of others, drawn in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json

if TYPE_CHECKING:
    from flows.checkpoint_in_use import CheckpointInUse
    from shls_core.propagation.video_segmenter import VideoSegmenter
    from tasks.drawing.clip_segmentation import SegmentOptions

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls mask clip.mp4 --out first.png` · "
    "`shls mask clip.mp4 --frame 35 --out first.png` · "
    "`shls mask frames/ --no-browser --port 8000 --out first.png`"
)
@command
def mask(
    video: Annotated[str, typer.Argument(metavar="INPUT", help="A video file, or a folder of frames.")],
    out: Annotated[
        str,
        typer.Option(
            metavar="PNG",
            help="Where the mask of the first frame goes. If other frames have masks, too, all lie in the "
            "folder of this name without .png. Masks that are there are gone on with.",
        ),
    ],
    frame: Annotated[
        int, typer.Option(metavar="N", min=0, help="The frame to begin with, from 0; the page shows any.")
    ] = 0,
    num_superpixels: Annotated[
        int,
        typer.Option(
            "--superpixels",
            "--num-superpixels",
            metavar="N",
            min=1,
            max=32_767,
            help="Pieces of a frame at the start; the page makes them coarser and finer.",
        ),
    ] = 400,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65_535, help="Port on 127.0.0.1; 0: a free one.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open no browser.")
    ] = False,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Checkpoint with which the page segments the clip; by default `pretrained`, or the newest "
            "one of --store. Two are joined, as by `shls segment`.",
        ),
    ] = None,
    store: Annotated[str | None, typer.Option(metavar="FOLDER", help="The store of that checkpoint.")] = None,
    max_side: Annotated[
        int,
        typer.Option(metavar="PX", min=32, help="Longest side at which the page segments the clip."),
    ] = 427,
    as_json: Json = False,
) -> None:
    """Draw the mask that `shls segment` starts from: a page in the browser, on this machine alone."""
    from pathlib import Path

    from flows.cli.mask_results import drawn_json, show_drawn
    from shls_core.files.videos.video import open_video
    from tasks.drawing.clip_segmentation import ClipSegmentation, SegmentOptions
    from tasks.drawing.draw_masks import draw_masks
    from tasks.drawing.mask_places import MaskPlaces
    from tasks.drawing.session import DrawingSession

    source = open_video(Path(video))
    session = DrawingSession(source, MaskPlaces(Path(out)), num_superpixels, frame)
    named = tuple(checkpoint or (() if store else ("pretrained",)))
    options = SegmentOptions(named, store, max_side)
    if named != ("pretrained",):
        used = _used(options)
        _segmenter(used, max_side)  # one that cannot be used is refused before anybody draws
        used.print_withdrawn()
    segmentation = ClipSegmentation(source, lambda: _segmenter(_used(options), max_side))
    drawn = draw_masks(session, segmentation, options, port, not no_browser)
    print_json(drawn_json(drawn)) if as_json else show_drawn(drawn)


def _segmenter(used: CheckpointInUse, max_side: int) -> VideoSegmenter:
    """Return what segments the clip, made as by `shls segment`."""
    from tasks.runs.device import choose_device

    networks = used.networks(choose_device(used.config.execution))
    return used.on_videos(max_side).segmenter(*networks)


def _used(options: SegmentOptions) -> CheckpointInUse:
    """Return the checkpoints of the page; torch is not loaded before."""
    from flows.joined_checkpoints import checkpoints_in_use

    return checkpoints_in_use(options.checkpoints, None, options.store or "store")
