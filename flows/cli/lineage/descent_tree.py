"""What descends from a photograph or a video, as a tree."""

from collections import Counter
from collections.abc import Iterable

from rich.tree import Tree

from flows.cli.lineage.labels import counted, score_text, source_notes
from storage.canonical import short
from storage.lineage.descended import NEVER_DRAWN, TRAINED, UNKNOWN, Descent, Exposure
from storage.lineage.roles import DRAWN, LEFT_OUT, PASTED, TEMPLATE
from storage.rows.source_kinds import SAMPLE_STAGES, VIDEOS
from storage.rows.stage_graph import STAGES
from storage.rows.stage_names import SALIENCY
from tasks.terminal import Terminal

_ROLES = {TEMPLATE: "template of", PASTED: "pasted into", LEFT_OUT: "left out of", DRAWN: "drawn for"}


def show_descent(descent: Descent) -> None:
    """Print all that descends from a source."""
    Terminal(highlight=False).print(descent_tree(descent))


def descent_tree(descent: Descent) -> Tree:
    """Return what descends from a source as a tree: rows, shards, datasets, checkpoints with scores."""
    notes = source_notes(row.notes for row in descent.rows if row.notes is not None)
    tree = Tree(f"{descent.kind} {short(descent.source)}  {notes}")
    if descent.withdrawal:
        tree.add(f"withdrawn on {descent.withdrawal.withdrawn_at[:10]}: {descent.withdrawal.reason}")
    if descent.kind == VIDEOS.part:
        tree.add(f"{counted(_num_rows(descent, VIDEOS.stage), 'row')} of footage")
    else:
        tree.add(counted(_num_rows(descent, SALIENCY), "mask"))
    tree.add(_samples(descent))
    _add_shards(tree, descent)
    _add_datasets(tree, descent)
    _add_checkpoints(tree, descent)
    for dataset, since in descent.removed_datasets.items():
        tree.add(f"dataset {short(dataset)} was removed by gc on {since[:10]}: its content is unknown")
    return tree


def _samples(descent: Descent) -> str:
    """Return how many samples there are, in which roles, on which side of the split."""
    every = (row for stage in SAMPLE_STAGES for row in descent.of_stage(stage))
    rows = {row.sample_id: row for row in every}.values()
    roles = _most_frequent(role for row in rows for role in row.roles)
    splits = _most_frequent(row.split for row in rows if row.split)
    rejected = sum(row.rejected is not None for row in rows)
    parts = [counted(len(rows), "sample"), *(f"{_ROLES[role]} {count}" for role, count in roles)]
    parts += [f"{count} in {split}" for split, count in splits]
    return ", ".join(parts + ([f"{rejected} rejected"] if rejected else []))


def _num_rows(descent: Descent, stage: str) -> int:
    return len({row.sample_id for row in descent.of_stage(stage)})


def _most_frequent(values: Iterable[str]) -> list[tuple[str, int]]:
    return Counter(values).most_common()


def _add_shards(tree: Tree, descent: Descent) -> None:
    of_stage = Counter(descent.shards.values())
    by_stage = ", ".join(f"{of_stage[stage]} {stage}" for stage in STAGES if of_stage[stage])
    branch = tree.add(f"{counted(len(descent.shards), 'shard')}: {by_stage}")
    for why, count in _most_frequent(descent.gone_shards.values()):
        branch.add(f"{counted(count, 'shard')} {why}")


def _add_datasets(tree: Tree, descent: Descent) -> None:
    branch = tree.add(counted(len(descent.datasets), "dataset"))
    for found in descent.datasets:
        branch.add(f"{short(found.dataset)}  {', '.join(found.names) or 'not published'}")


def _add_checkpoints(tree: Tree, descent: Descent) -> None:
    seen = len(descent.seen_by)
    branch = tree.add(f"{counted(len(descent.exposures), 'checkpoint')}, {seen} trained with it")
    for exposure in descent.exposures:
        leaf = branch.add(f"{short(exposure.checkpoint)}  {_how(exposure)}")
        for score in descent.scores:
            if exposure.checkpoint in score.checkpoints:
                others = [one for one in score.checkpoints if one != exposure.checkpoint]
                joined = "".join(f", with checkpoint {short(one)}" for one in others)
                scored = f", it is in {counted(len(score.scored), 'scored sequence')}" if score.scored else ""
                leaf.add(f"{score.kind} {short(score.id)}{score_text(score.facts)}{joined}{scored}")


def _how(exposure: Exposure) -> str:
    """Describe how a checkpoint saw the source."""
    if exposure.how == UNKNOWN:
        return f"unknown: {exposure.why_unknown}"
    if exposure.how == NEVER_DRAWN:
        return f"in its dataset, never drawn in its {counted(exposure.steps or 0, 'step')}"
    if exposure.how == TRAINED:
        drawn = f"{counted(exposure.times_drawn, 'time')} in {counted(len(exposure.drawn), 'sample')}"
        return f"trained: drawn {drawn}, first for step {exposure.first_step} of {exposure.steps}"
    did = "chose" if exposure.selected_by_validation else "watched"
    return (
        f"validated: in {counted(len(exposure.validated), 'sample')} of the "
        f"{counted(exposure.validations, 'validation')} that {did} the weights"
    )
