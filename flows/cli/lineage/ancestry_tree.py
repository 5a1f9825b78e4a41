"""What a thing was made from, as a tree: from the thing to the runs, the stages and the sources."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.tree import Tree

from flows.cli.lineage.labels import counted, label, when
from flows.cli.lineage.settings import settings_block, settings_line
from storage.canonical import short
from storage.lineage.graph import (
    CHECKPOINT,
    DATASET,
    MASK,
    PHOTOGRAPH,
    RUN,
    SAMPLE,
    SOURCES,
    STAGE,
    VIDEO,
    Lineage,
    Node,
)
from tasks.terminal import Terminal

_SOURCES_SHOWN = 5
_SETTINGS = ("configuration", "parameters", "versions")


def show_ancestry(lineage: Lineage, every: bool, full: bool = False) -> None:
    """Print a lineage; the list of sources is cut unless `every`, settings unless `full`."""
    Terminal(highlight=False).print(ancestry_tree(lineage, every, full))


def ancestry_tree(lineage: Lineage, every: bool, full: bool = False) -> Tree:
    """Return a lineage as a tree whose root is the requested thing."""
    view = _ShownLineage(lineage, full)
    tree = Tree(label(lineage.root))
    _add_artifacts(tree, lineage.root, view)
    _add_making(tree, view)
    _add_rows(tree, view, every)
    return tree


class _ShownLineage:
    """A lineage with a lookup of what is above a node."""

    def __init__(self, lineage: Lineage, full: bool) -> None:
        self.root = lineage.root
        self._full = full
        self.nodes = {node.id: node for node in lineage.nodes}
        self._printed_runs: set[str] = set()
        self._above: dict[str, list[str]] = {}
        for source, made in lineage.edges:
            self._above.setdefault(made, []).append(source)

    def above(self, node: Node, *kinds: str) -> list[Node]:
        """Return what a node was made from or by, of some kinds in that order."""
        found = [self.nodes[source] for source in self._above.get(node.id, ())]
        return [source for kind in kinds for source in found if source.kind == kind]

    def once(self, run: Node) -> str:
        """Return the line about a run; a short one after the first time."""
        if run.id in self._printed_runs:
            return f"{run.facts['kind']} run {short(run.id)}, as above"
        self._printed_runs.add(run.id)
        return label(run)

    def add_settings(self, tree: Tree, name: str, values: Mapping[str, Any]) -> None:
        """Add parameters, versions or a configuration: one line that is cut, or a line for each."""
        if not self._full:
            tree.add(f"{name} {settings_line(values)}", style="dim")
            return
        branch = tree.add(name, style="dim")
        for line in settings_block(values):
            branch.add(line, style="dim")

    def of_kind(self, kind: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind == kind]


def _add_artifacts(tree: Tree, node: Node, view: _ShownLineage) -> None:
    """Add the runs that made a thing, its settings and facts, and the things it was made from."""
    for run in view.above(node, RUN):
        tree.add(view.once(run))
    if found := node.facts.get("found_made_by"):
        last = found[-1]
        tree.add(f"reused by {counted(len(found), 'later run')}, last on {when(last['started_at'])}")
    for name in _SETTINGS:
        if name in node.facts and node.kind != RUN:
            view.add_settings(tree, name, node.facts[name])
    for fact in _facts(node):
        tree.add(fact, style="dim")
    for source in view.above(node, CHECKPOINT, DATASET, STAGE):
        if node.kind == STAGE and view.root.kind != STAGE:
            continue  # what a stage read is below the dataset already
        _add_artifacts(tree.add(label(source)), source, view)


def _facts(node: Node) -> Iterator[str]:
    """Yield other facts about how a thing was made: its code, and what training used."""
    if node.kind == RUN:
        return
    if "code_digest" in node.facts:
        yield f"code {short(node.facts['code_digest'])}"
    if node.kind == CHECKPOINT and "usage" in node.facts:
        yield from _usage(node.facts["usage"])


def _usage(usage: Mapping[str, Any]) -> Iterator[str]:
    if usage["why_unknown"] is not None:
        yield f"what it saw is unknown: {usage['why_unknown']}"
        return
    by_kind = {kind: usage.get(f"{kind}s", {}) for kind in SOURCES}
    seen = {kind: sum(one["times_drawn"] > 0 for one in used.values()) for kind, used in by_kind.items()}
    is_named = [kind for kind in SOURCES if by_kind[kind]] or [PHOTOGRAPH]
    saw = " and ".join(counted(seen[kind], kind) for kind in is_named)
    yield (
        f"saw {saw}: {counted(usage['samples_drawn'], 'sample')} drawn in the "
        f"{counted(usage['steps'], 'step')} before its weights were kept"
    )
    if usage["validations"]:
        did = "chose" if usage["selected_by_validation"] else "watched"
        samples = counted(usage["samples_validated"], "sample")
        yield f"{counted(usage['validations'], 'validation')} on {samples} {did} the weights"


def _add_making(tree: Tree, view: _ShownLineage) -> None:
    """Add how the stages made a shard or a row, each way once."""
    makings = _without_places(view.root.facts.get("making", ()))
    ways = {json.dumps(making, sort_keys=True): making for making in makings}
    for making in ways.values():
        if "code_digest" not in making:
            tree.add(f"made by {making['stage']}, in a run that ended before it wrote its artifact")
            continue
        branch = tree.add(f"made by {making['stage']}, code {short(making['code_digest'])}")
        for name in ("parameters", "versions"):
            view.add_settings(branch, name, making[name])


def _without_places(makings: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for making in makings:
        yield {name: value for name, value in making.items() if name not in ("shard", "artifact")}


def _add_rows(tree: Tree, view: _ShownLineage, every: bool) -> None:
    if view.root.kind in SOURCES:
        return
    if view.root.kind in (SAMPLE, MASK):
        _add_sources(tree, view)
        return
    for kind in (SAMPLE, MASK):
        if rows := view.of_kind(kind):
            rejected = sum(all(row["rejected"] for row in node.facts["rows"]) for node in rows)
            tree.add(counted(len(rows), kind) + (f", {rejected} rejected" if rejected else ""))
    for kind in SOURCES:
        _add_the_sources(tree, view, kind, every)


def _add_sources(tree: Tree, view: _ShownLineage) -> None:
    """Add the masks of a sample, each with its role and its photograph; of a mask or a clip, its source."""
    roles: dict[str, list[str]] = {}
    for of_shard in view.root.facts.get("roles", ()):
        for mask_id, mask_roles in of_shard["masks"].items():
            roles.setdefault(mask_id, []).extend(mask_roles)
    for mask in view.above(view.root, MASK):
        role = ", ".join(dict.fromkeys(roles.get(mask.id.partition(":")[2], ["read"])))
        branch = tree.add(f"{role}: {label(mask)}")
        for photograph in view.above(mask, PHOTOGRAPH):
            branch.add(label(photograph))
    for source in view.above(view.root, *(SOURCES if view.root.kind == MASK else (VIDEO,))):
        tree.add(label(source))


def _add_the_sources(tree: Tree, view: _ShownLineage, kind: str, every: bool) -> None:
    """Add the sources of a kind, if there are any."""
    sources = sorted(view.of_kind(kind), key=_first_file_name)
    if not sources:
        return
    used: Mapping[str, Any] = {}
    for checkpoint in view.of_kind(CHECKPOINT):
        used = checkpoint.facts.get("usage", {}).get(f"{kind}s", {})
    branch = tree.add(f"{counted(len(sources), kind)}{_licences(sources)}")
    shown = sources if every else sources[:_SOURCES_SHOWN]
    for source in shown:
        branch.add(label(source) + (_use(used.get(source.id)) if used else ""))
    if len(sources) > len(shown):
        branch.add(f"and {len(sources) - len(shown):,} more (--all)")


def _use(used: Mapping[str, Any] | None) -> str:
    """Return how training used a source."""
    if used is None:
        return "; never drawn"
    if used["times_drawn"]:
        return f"; drawn {counted(used['times_drawn'], 'time')}, first for step {used['first_step']}"
    return f"; validated on, in {counted(used['samples_validated'], 'sample')}"


def _licences(sources: Iterable[Node]) -> str:
    """Return the number of sources of each recorded licence, most frequent first."""
    counts = Counter(row["licence"] for node in sources for row in node.facts["rows"][:1])
    noted = [f"{licence} {count:,}" for licence, count in counts.most_common() if licence is not None]
    return f"; licences: {', '.join(noted)}" if noted else ""


def _first_file_name(source: Node) -> tuple[str, str]:
    names = [row["file_name"] for row in source.facts["rows"] if row["file_name"]]
    return (names[0] if names else "", source.id)
