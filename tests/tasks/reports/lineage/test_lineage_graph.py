"""What the graph of a dataset shows, and of what is many only a few."""

import dataclasses
from collections import Counter

import pytest

from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.reports.lineage.dataset_lineage import dataset_lineage
from tasks.reports.lineage.descendants import checkpoints_of, scores_of
from tasks.reports.lineage.lineage_graph import lineage_graph


@pytest.fixture(scope="module")
def runs(told):
    return RunsByArtifact(told.store.ledger.runs())


@pytest.fixture(scope="module")
def lineage(told, runs):
    return dataset_lineage(told.store, told.dataset, runs)


def test_stages_read_what_their_manifests_say_and_are_part_of_the_dataset(told, runs, lineage):
    checkpoints = checkpoints_of(told.store.objects, runs, told.dataset)
    scores = scores_of(told.store.objects, runs, told.checkpoint)
    lying, _ = lineage_graph(lineage, checkpoints, scores)
    edges = Counter(arrow.text for arrow in lying.arrows)
    assert edges == Counter(
        f"{target} from {source}"
        for source, target in [
            ("source <script>document.title=1</", "ingest"), ("source the folder itself", "ingest"),
            ("ingest", "saliency"), ("ingest", "sequences"), ("saliency", "sequences"),
            ("sequences", "superpixels"),
            *((stage, told.dataset) for stage in ("ingest", "saliency", "sequences", "superpixels")),
            (told.dataset, told.checkpoint),
            *((told.checkpoint, score) for score in (told.evaluation, told.benchmark, told.submission)),
        ]
    )  # fmt: skip
    boxes = {box.node.key: box.node for box in lying.boxes}
    assert (boxes["source the folder itself"].count, boxes["ingest"].count) == ("7", "8")
    assert "dataset failed" in boxes[told.dataset].kind
    assert boxes[told.evaluation].count == "37.5"
    assert boxes[told.submission].count == "submitted"


def test_of_many_the_newest_are_shown_and_the_others_counted(told, runs, lineage):
    [trained] = checkpoints_of(told.store.objects, runs, told.dataset)
    many = [dataclasses.replace(trained, id=f"{number:064d}") for number in range(20)]
    lying, _ = lineage_graph(lineage, many, ())
    boxes = [box.node for box in lying.boxes if "checkpoint" in box.node.kind]
    assert [box.key for box in boxes] == [f"{19:064d}", f"{18:064d}", "more checkpoints"]
    assert (boxes[-1].count, boxes[-1].title) == ("18", "more checkpoints")
    assert boxes[-1].tooltip.count("checkpoint: ") == 12
    assert sum(arrow.text == f"more checkpoints from {told.dataset}" for arrow in lying.arrows) == 1
