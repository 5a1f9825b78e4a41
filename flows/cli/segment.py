"""`shls segment`: a clip and masks of some frames in, masks of all frames out."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    Adapt,
    Checkpoints,
    Features,
    Json,
    NumSuperpixels,
    Propagation,
    Quality,
    Share,
    Snap,
    StoreFolder,
    UseConfigPath,
)

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls segment clip.mp4 --mask first.png --out result/ --overlay` · "
    "`shls segment clip.mp4 --mask salient --out look/ --checkpoint pretrained` · "
    "`shls segment clip.mp4 --mask first.png --out result/ --checkpoint pretrained` · "
    "`shls segment clip.mp4 --mask first.png --out result/ --propagation label_propagation --snap` · "
    "`shls segment clip.mp4 --mask first.png --out result/ --checkpoint pretrained --quality fast` · "
    "`shls segment clip.mp4 --mask first.png --out result/ --checkpoint pretrained --checkpoint 3fa9c1` · "
    "`shls segment frames/ --mask 00000.png --mask 00035.png --max-side 640 --out result/`"
)
@command
def segment(
    video: Annotated[str, typer.Argument(metavar="INPUT", help="A video file, or a folder of frames.")],
    mask: Annotated[
        list[str],
        typer.Option(
            metavar="FILE|salient",
            help="Mask of the first frame: labels 0..K, one object in white, a cut-out, or a colour for each "
            "object on black. Several, or a folder of them: each for the frame with its name; there, "
            "background means no information. `salient`: the most salient object of the first frame.",
        ),
    ],
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Where masks and pictures go.")],
    checkpoint: Checkpoints = None,
    share: Share = None,
    quality: Quality = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Make a video of the masks over the frames.")
    ] = False,
    max_side: Annotated[
        int | None, typer.Option(metavar="PX", min=32, help="Work on smaller frames; masks keep their size.")
    ] = None,
    num_superpixels: NumSuperpixels = None,
    propagation: Propagation = None,
    features: Features = None,
    snap: Snap = None,
    adapt: Adapt = None,
    config: UseConfigPath = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Track objects through a video of any length, from the mask of its first frame or of several."""
    from pathlib import Path

    from flows.cli.chosen_use import print_use, use_json
    from flows.cli.segmentation_results import print_salient, segmented_json, show_segmented
    from flows.joined_checkpoints import checkpoints_in_use
    from shls_core.files.videos.video import open_video
    from shls_core.video.mask_files import find_masks
    from tasks.runs.device import choose_device
    from tasks.scoring.salient_mask import is_salient, write_salient_mask
    from tasks.scoring.segment_clip import segment_video

    found = checkpoints_in_use(checkpoint or [], config, store, share)
    used = found.with_options(propagation, features, snap, num_superpixels, adapt, quality)
    places = [] if is_salient(mask) else [Path(place) for place in mask]
    source = open_video(Path(video), without=places)
    masks = find_masks(source, places) if places else None
    device, choice = choose_device(used.config.execution), used.on_videos(max_side)
    segmenter = choice.segmenter(*used.networks(device))
    print_use(used, choice.max_side)
    used.print_withdrawn()
    salient = None
    if masks is None:
        salient = write_salient_mask(source, Path(out))
        print_salient(salient)
        masks = find_masks(source, [salient.path])
    done = segment_video(
        segmenter, source, masks, Path(out), overlay, adaptation=choice.how.adaptation_on(device)
    )
    used.print_default_use()
    shown = segmented_json(done, used.id, salient) | use_json(used, choice.max_side)
    print_json(shown) if as_json else show_segmented(done)
