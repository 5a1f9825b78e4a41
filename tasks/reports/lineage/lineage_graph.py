"""The graph of a dataset or a checkpoint: sources, stages, dataset, weights, scores."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from storage.canonical import short
from storage.rows.source_kinds import PHOTOGRAPHS
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS
from tasks.reports.lineage.dataset_lineage import DatasetLineage, SourcesOfKind
from tasks.reports.lineage.descendants import Score, Trained
from tasks.reports.lineage.graph_picture import Edge, GraphPicture, PictureNode, graph_picture
from tasks.reports.lineage.stage_section import StageSection
from tasks.reports.page import counted, figure, percent

_MOST_IN_A_LAYER = 3
_LETTERS = 14
"""Of a name or a source, in a box."""
_TITLES = {
    INGEST: "photographs",
    SALIENCY: "pseudo-masks",
    SEQUENCES: "sequences",
    SUPERPIXELS: "superpixels",
    FOOTAGE: "rows of footage",
    CLIPS: "clips",
    CLUSTERS: "clusters",
}
_DESCENDANTS = "#descendants"


def lineage_graph(
    dataset: DatasetLineage, checkpoints: Sequence[Trained], scores: Sequence[Score]
) -> tuple[GraphPicture, GraphPicture]:
    """Draw what a dataset was made from, and what was made from it.

    Parameters
    ----------
    dataset
        The dataset.
    checkpoints, scores
        What was made from the dataset, and from the checkpoints, oldest first.

    Returns
    -------
    lying, upright : GraphPicture
        The same graph for a wide and for a narrow page.
    """
    origins = {sources.kind.stage: _origins(sources) for sources in dataset.sources}
    # Stages of different sources do not read each other: they stand side by side.
    by_name = {stage.name: _stage(stage) for stage in dataset.stages}
    columns = [[by_name[one] for one in made.kind.stages if one in by_name] for made in dataset.sources]
    side_by_side = [[node for node in layer if node] for layer in zip_longest(*columns)]
    layers = [[node for of_kind in origins.values() for node in of_kind], *side_by_side, [_dataset(dataset)]]
    edges = [
        *(Edge(node.key, stage) for stage, nodes in origins.items() for node in nodes),
        *(Edge(read, stage.name) for stage in dataset.stages for read in dataset.reads[stage.name]),
        *(Edge(stage.name, dataset.id, "after") for stage in dataset.stages),
    ]
    trained, weights = _few([_checkpoint(one) for one in reversed(checkpoints)], "checkpoint", _DESCENDANTS)
    scored, results = _few([_score(one) for one in reversed(scores)], "score", _DESCENDANTS)
    layers += [layer for layer in (trained, scored) if layer]
    pairs = [(dataset.id, weights[one.id]) for one in checkpoints]
    made = [(checkpoint, one.id) for one in scores for checkpoint in one.checkpoints]
    pairs += [(weights[checkpoint], results[score]) for checkpoint, score in made if checkpoint in weights]
    edges += [Edge(parent, child) for parent, child in dict.fromkeys(pairs)]
    lying, upright = (graph_picture(layers, edges, upright=upright) for upright in (False, True))
    return lying, upright


def _few(nodes: Sequence[PictureNode], kind: str, href: str) -> tuple[list[PictureNode], Mapping[str, str]]:
    """Return the first few nodes of a layer and one for the others; and by key, the node that shows each."""
    if len(nodes) <= _MOST_IN_A_LAYER:
        return list(nodes), {node.key: node.key for node in nodes}
    first, others = nodes[: _MOST_IN_A_LAYER - 1], nodes[_MOST_IN_A_LAYER - 1 :]
    tooltip = "\n".join(node.tooltip for node in others[:12]) + ("\n…" if len(others) > 12 else "")
    more = PictureNode(
        f"more {kind}s", f"{kind} more", f"{len(others):,}", f"more {kind}s", tooltip=tooltip, href=href
    )
    shown_by = {node.key: node.key for node in first} | {node.key: more.key for node in others}
    return [*first, more], shown_by


def _origins(sources: SourcesOfKind) -> list[PictureNode]:
    """Return where the sources of a kind came from."""
    of_kind = "" if sources.kind == PHOTOGRAPHS else f"{sources.kind.noun} "
    href = f"#{sources.kind.stage}"
    nodes = [_origin(f"{of_kind}source {name}", name, count, href) for name, count in sources.origins.items()]
    few, _ = _few(nodes, f"{of_kind}source", href)
    return few


def _origin(key: str, name: str, count: int, href: str) -> PictureNode:
    return PictureNode(
        key=key,
        kind="source",
        count=figure(count),
        title="file" if count == 1 else "files",
        note=_short(name),
        tooltip=f"{counted(count, 'file')} from {name}",
        href=href,
    )


def _stage(stage: StageSection) -> PictureNode:
    rejected = f", {stage.rejected:,} rejected" if stage.rejected else ""
    return PictureNode(
        key=stage.name,
        kind="stage",
        count=figure(stage.accepted),
        title=_TITLES[stage.name],
        note=short(stage.artifact),
        tooltip=f"{stage.name}: {stage.accepted:,} rows{rejected}, {counted(stage.shards, 'shard')}, "
        f"{stage.num_bytes / 1e6:.1f} MB\nartifact {stage.artifact}\ncode {short(stage.code_digest)}",
        href=f"#{stage.name}",
    )


def _dataset(one: DatasetLineage) -> PictureNode:
    judged = one.verdict or "never judged"
    return PictureNode(
        key=one.id,
        kind=f"dataset {judged}",
        count="dataset",
        title=_short(one.title),
        note=short(one.id),
        tooltip=f"dataset {one.title}: {judged}, "
        f"{one.num_met} of {counted(one.num_expected, 'expectation')} met\n{one.id}",
        href="#top",
    )


def _checkpoint(one: Trained) -> PictureNode:
    return PictureNode(
        key=one.id,
        kind="checkpoint",
        count="weights",
        title=f"{one.steps:,} steps",
        note=short(one.id),
        tooltip=f"checkpoint: {one}\n{one.id}",
        href=_DESCENDANTS,
    )


def _score(one: Score) -> PictureNode:
    return PictureNode(
        key=one.id,
        kind="score",
        count="submitted" if one.jf_mean is None else percent(one.jf_mean),
        title="masks" if one.jf_mean is None else f"J&F, {one.kind}",
        note=short(one.id),
        tooltip=f"{one}\n{one.id}",
        href=_DESCENDANTS,
    )


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
