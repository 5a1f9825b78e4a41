"""What a worker finds out about its node, and what is said of it."""

import json
import pickle
import subprocess
import sys
from platform import python_version

import pytest

from shls_core.errors import NodeRefused
from storage.canonical import digest_json
from storage.provenance import syntax
from storage.provenance.code_digest import import_closure
from storage.provenance.environment import package_version
from storage.provenance.syntax import source_digest, syntax_digest
from tasks.cluster import actor
from tasks.cluster.actor import Actor
from tasks.cluster.handshake import JobCode, expectation, note_machine, refuse_other_code
from tasks.planning.making import Making, entry_modules
from tasks.runs.run_draft import RunDraft

MAIN = '"""Words."""\n\n\ndef run():\n    """Words."""\n    return 1\n'


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return a function that writes the package ``toy``, and what is expected of it as it was at first."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "toy").mkdir()

    def write(main=MAIN, initialiser='"""Toy."""\n'):
        for name, text in (("main", main), ("__init__", initialiser)):
            path = tmp_path / "toy" / f"{name}.py"
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())

    texts = {"toy": '"""Toy."""\n', "toy.main": MAIN}
    expected = {
        "python": python_version(),
        "packages": {"numpy": package_version("numpy")},
        "modules": {name: [source_digest(text), syntax_digest(text)] for name, text in texts.items()},
        "asks_machine": False,
        "key": "a key",
    }
    write()
    return write, expected


def differences(expected):
    return Actor().ready(expected)["differences"]


def test_a_node_with_the_same_agrees(toy):
    _, expected = toy
    assert differences(expected) == []
    assert Actor().ready(None)["differences"] == []


@pytest.mark.parametrize(
    "main",
    [MAIN.replace("Words", "Other words"), MAIN + "# a comment\n", MAIN.encode().replace(b"\n", b"\r\n")],
)
def test_words_and_layout_may_differ(toy, main):
    write, expected = toy
    write(main)
    assert differences(expected) == []


@pytest.mark.parametrize(
    ("main", "there"),
    [
        (MAIN.replace("1", "2"), syntax_digest(MAIN.replace("1", "2"))),
        (MAIN + "MORE = 1\n", syntax_digest(MAIN + "MORE = 1\n")),
        ("no python", source_digest("no python")),
        ("a = '\0'", source_digest("a = '\0'")),
        (b"\xff", source_digest("\ufffd")),
        (None, None),
    ],
)
def test_other_code_differs(toy, main, there):
    write, expected = toy
    write(main)
    assert differences(expected) == [("module", "toy.main", there)]


def test_an_initialiser_that_does_something_differs(toy):
    write, expected = toy
    write(initialiser="import os\n")
    assert [name for _, name, _ in differences(expected)] == ["toy"]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"packages": {"numpy": "0.1"}}, ("package", "numpy", package_version("numpy"))),
        ({"packages": {"no-such-package": "0.1"}}, ("package", "no-such-package", None)),
        ({"modules": {"no_such.package": ["", ""]}}, ("module", "no_such.package", None)),
        ({"python": "3.99.0"}, ("Python", "", python_version())),
    ],
)
def test_other_versions_differ(toy, changes, difference):
    _, expected = toy
    assert differences(expected | changes) == [difference]


def test_each_expectation_is_looked_at_once(toy):
    write, expected = toy
    worker = Actor()
    assert worker.ready(expected)["differences"] == []
    write(MAIN + "MORE = 1\n")  # the process has its modules; only another one would load them anew
    assert worker.ready(expected)["differences"] == []
    assert worker.ready(expected | {"key": "another"})["differences"]
    assert worker.ready(expected | {"key": "another"})["differences"]
    assert Actor().ready(expected)["differences"]


def test_a_node_that_differs_does_not_even_unpickle_the_job(toy):
    _, expected = toy
    said, result = Actor().run(expected | {"python": "3.99.0"}, b"no pickle", b"key", 10)
    assert said["differences"]
    assert result is None


# Every import of our packages fails, as on a node that does not have them.
WITHOUT_CODE = """
import json, pickle, sys
for package in ("flows", "tasks", "storage", "shls_core"):
    sys.modules[package] = None
actor, expected = pickle.load(sys.stdin.buffer)
print(json.dumps(actor().ready(expected)["differences"]))
"""


def test_workers_need_none_of_our_code_to_find_out_that_it_is_missing(toy):
    from ray import cloudpickle

    _, expected = toy
    modules = {"tasks.executor": ["", ""], "toy.main": expected["modules"]["toy.main"]}
    for module in (actor, syntax):
        cloudpickle.register_pickle_by_value(module)
    try:
        sent = cloudpickle.dumps((Actor, expected | {"modules": modules}))
    finally:
        for module in (actor, syntax):
            cloudpickle.unregister_pickle_by_value(module)
    done = subprocess.run([sys.executable, "-c", WITHOUT_CODE], input=sent, capture_output=True, check=True)
    assert json.loads(done.stdout) == [["module", "tasks.executor", None], ["module", "toy.main", None]]


def test_what_is_expected_covers_what_rows_are_keyed_by(stages_of_stills, tmp_path):
    for stage in stages_of_stills(tmp_path):
        making = Making.of(stage)
        expected = expectation(JobCode(entry_modules(stage), making.versions), asks_machine=False)
        closure = import_closure(*entry_modules(stage))
        syntaxes = {name: expected["modules"][name][1] for name in closure}
        assert digest_json(syntaxes) == making.code_digest
        assert {"tasks", "tasks.stages", "storage.rows", "tasks.runs.at_work"} <= expected["modules"].keys()
        assert expected["packages"] == making.versions
        assert len(pickle.dumps(expected)) < 40_000
        assert differences(expected) == []


def test_another_stage_or_version_is_another_key(stages_of_stills, tmp_path):
    stages = stages_of_stills(tmp_path)
    codes = [JobCode(entry_modules(stage), {}) for stage in stages]
    codes += [
        JobCode(entry_modules(stages[0]), {"numpy": "1"}),
        JobCode(entry_modules(stages[0]), {"numpy": "2"}),
    ]
    assert len({expectation(code, asks_machine=False)["key"] for code in codes}) == len(codes)


EXPECTED = {
    "python": "3.11.7",
    "packages": {"numpy": "2.4.6"},
    "modules": {"toy.main": ["0" * 64, "1" * 64]},
}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([("module", "toy.main", "2" * 64)], "module toy.main is 222222222222 there and 111111111111 here"),
        ([("module", "toy.main", None)], "module toy.main is missing there and 111111111111 here"),
        ([("package", "numpy", "2.0.0")], "package numpy is 2.0.0 there and 2.4.6 here"),
        ([("package", "numpy", None)], "package numpy is missing there and 2.4.6 here"),
        (
            [("Python", "", "3.11.9"), ("package", "numpy", None), ("module", "toy.main", None)],
            "Python is 3.11.9 there and 3.11.7 here (and 2 more)",
        ),
    ],
)
def test_a_node_is_refused_in_one_line_that_names_it_and_what_differs(found, told):
    with pytest.raises(NodeRefused) as raised:
        refuse_other_code({"node": "w2 (10.0.0.7)", "differences": found}, EXPECTED)
    assert str(raised.value) == (
        "expected on every node the code and packages that rows are keyed by, got others on node "
        f"w2 (10.0.0.7): {told}; install the same there"
    )
    refuse_other_code({"node": "w2 (10.0.0.7)", "differences": []}, EXPECTED)


def test_nodes_are_noted_by_the_kind_of_their_machine():
    old, new = {"platform": "AVX2", "slic": "standard"}, {"platform": "AVX512", "slic": None}
    draft = RunDraft(details={"name": "kept"})
    with draft.at_work():
        note_machine({"node": "b", "machine": new})
        for node, machine in (("c", old), ("a", new), ("b", new), ("d", None), ("b", old)):
            note_machine({"node": node, "machine": machine})
    note_machine({"node": "e", "machine": old})
    assert draft.details == {
        "name": "kept",
        "workers": [{**old, "nodes": ["b", "c"]}, {**new, "nodes": ["a", "b"]}],
    }


def test_only_clusters_are_asked_for_their_machines(toy):
    _, expected = toy
    assert Actor().ready(expected)["machine"] is None
    machine = Actor().ready(expected | {"asks_machine": True})["machine"]
    assert machine["platform"]
    assert "standard" in machine["slic"]
