import json
import re

from flows.cli.lineage import graphviz
from flows.cli.lineage.graphviz import dot_text
from storage.lineage.graph import Draft

ROW = dict.fromkeys(("file_name", "source", "licence", "consent", "rejected")) | {"split": "train"}


def lineage_of(num_samples):
    draft = Draft()
    draft.add("dataset", "d", {"names": ['odd "name"']})
    for number in range(num_samples):
        for kind, node_id in (("photograph", f"p{number}"), ("sample", f"s{number}")):
            draft.add_row(kind, node_id, ROW)
        draft.link(f"p{number}", f"s{number}")
        draft.add("shard", f"x{number % 2}", {"stage": "sequences"})
        draft.link(f"s{number}", f"x{number % 2}")
        draft.link(f"x{number % 2}", "d")
    return draft.lineage()


def drawn(text):
    """Return label by name, and the arrows."""
    quoted = r'("(?:[^"\\]|\\.)*")'
    labels = re.findall(rf"^  {quoted} \[label={quoted}", text, re.MULTILINE)
    arrows = re.findall(rf"^  {quoted} -> {quoted};", text, re.MULTILINE)
    return {json.loads(name): json.loads(label) for name, label in labels}, [
        (json.loads(source), json.loads(made)) for source, made in arrows
    ]


def test_a_small_graph_is_drawn_as_it_is():
    lineage = lineage_of(3)
    labels, arrows = drawn(dot_text(lineage))
    assert set(labels) == {node.id for node in lineage.nodes}
    assert labels["d"] == 'dataset d  odd "name"'
    assert tuple(arrows) == lineage.edges
    assert "//" not in dot_text(lineage)


def test_a_large_graph_has_counts_in_the_place_of_rows_and_says_so(monkeypatch):
    monkeypatch.setattr(graphviz, "MOST_NODES", 10)
    text = dot_text(lineage_of(5))
    labels, arrows = drawn(text)
    assert labels == {
        "d": 'dataset d  odd "name"',
        "photograph": "5 photographs",
        "sample": "5 samples",
        "sequences shard": "2 sequences shards",
    }
    assert arrows == [("photograph", "sample"), ("sample", "sequences shard"), ("sequences shard", "d")]
    assert "// 12 rows and shards are drawn as counts; --json names every one." in text
