"""`shls dataset preview`: a few samples and videos of a configuration in one picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from flows.cli.command import command, print_json
from flows.cli.options import ConfigPath, Images, Json, StoreFolder, Videos, chosen_config

if TYPE_CHECKING:
    from PIL.Image import Image

    from flows.configuration import PipelineConfig
    from storage.rows.source_kinds import SourceKind
    from tasks.stages.stage import Stage
    from tasks.staging.preview import Gathered

commands = typer.Typer()


@commands.command(
    "preview",
    epilog="Examples: `shls dataset preview --config changed.yaml --images photos/ --out preview.png` · "
    "`shls dataset preview --videos films/ --out preview.png` · "
    "`shls dataset preview --config changed.yaml --against configs/paper.yaml --store nightly/`",
)
@command
def preview_dataset(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    videos: Videos = None,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Photographs and videos to try.")] = 6,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Another configuration, drawn below the first for comparison."),
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the PNG goes.")] = "preview.png",
    as_json: Json = False,
) -> None:
    """Draw what a configuration makes of a few photographs or videos; nothing is written to the store.

    Of a video, the footage of its beginning is made, ten seconds of a film at the usual rate, with all of its
    clips: frames over its length, cuts, clips and rejected pieces.
    """
    from flows.cli.dataset.contact_sheet import check_sheet_path, write_sheet
    from flows.cli.dataset.filmstrip_sheet import one_below_the_other
    from flows.stages import dataset_stages
    from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, kinds_among
    from tasks.planning.left_out import left_out_line
    from tasks.terminal import print_line, print_result

    path = Path(out)
    check_sheet_path(path)
    chosen = chosen_config(config, images, videos=videos)
    tried = {"": chosen} if against is None else {"new: ": chosen, "against: ": chosen_config(against)}
    kinds = kinds_among([stage.name for stage in dataset_stages(chosen)])
    drawn = {
        kind: drawn_by(chosen, tried, store, count)
        for kind, drawn_by in ((PHOTOGRAPHS, _photographs), (VIDEOS, _videos))
        if kind in kinds
    }
    write_sheet(one_below_the_other([one.sheet for one in drawn.values()]), path)
    captions = [caption for one in drawn.values() for caption in one.captions]
    left_out = Counter[str]()
    for kind, one in drawn.items():
        left_out.update(one.of.left_out)
        if one.of.left_out:
            print_line(left_out_line(one.of.left_out, kind.plural))
    skipped = [skipped for one in drawn.values() for skipped in one.of.skipped]
    for what in skipped:
        print_line(str(what))
    if as_json:
        print_json(
            {
                "picture": str(path),
                "samples": captions,
                "left_out": dict(left_out),
                "skipped": [what.model_dump(mode="json") for what in skipped],
            }
        )
    else:
        nouns = {PHOTOGRAPHS: "samples", VIDEOS: "videos"}
        print_result(f"{path}: {len(captions)} {' and '.join(nouns[kind] for kind in kinds)}")


class _Drawn(NamedTuple):
    """The samples of one kind of sources."""

    sheet: Image
    captions: list[str]
    of: Gathered


def _photographs(
    chosen: PipelineConfig, tried: Mapping[str, PipelineConfig], store: str, count: int
) -> _Drawn:
    """Draw a few samples of photographs."""
    from flows.cli.dataset.contact_sheet import contact_sheet, sample_row
    from storage.rows.source_kinds import PHOTOGRAPHS
    from tasks.staging.preview import few_photographs, preview_samples

    with few_photographs(chosen.ingest, store, chosen.name, count) as found:
        sides = [
            [
                sample_row(sample, prefix)
                for sample in preview_samples(
                    found.folder, _stages_of(one, PHOTOGRAPHS), one.staging, one.ingest.max_side, count
                )
            ]
            for prefix, one in tried.items()
        ]
    rows = [row for pair in zip_longest(*sides) for row in pair if row]
    return _Drawn(contact_sheet(rows), [row.caption for row in rows], found)


def _videos(chosen: PipelineConfig, tried: Mapping[str, PipelineConfig], store: str, count: int) -> _Drawn:
    """Draw a few videos."""
    from flows.cli.dataset.filmstrip_sheet import filmstrip_sheet, video_caption
    from storage.rows.source_kinds import VIDEOS
    from tasks.staging.preview import few_videos, preview_videos

    with few_videos(chosen.footage, store, count) as found:
        sides = [
            [
                (video_caption(drawn, prefix), drawn)
                for drawn in preview_videos(
                    found.folder,
                    _stages_of(one.with_changes(footage={"videos": str(found.folder)}), VIDEOS),
                    one.staging,
                    count,
                )
            ]
            for prefix, one in tried.items()
        ]
    drawn = [one for pair in zip_longest(*sides) for one in pair if one]
    return _Drawn(filmstrip_sheet(drawn), [caption for caption, _ in drawn], found)


def _stages_of(config: PipelineConfig, kind: SourceKind) -> list[Stage]:
    from flows.stages import dataset_stages

    return [stage for stage in dataset_stages(config) if stage.name in kind.stages]
