"""The handshake: no worker makes a row with other code or versions than those that the row's key is made of.

Ray compares its own version and Python's, and nothing else: a node with an older checkout or another OpenCV
would write other bytes under the same key. So each worker compares its node with what is expected here before
its first job, also when it took the place of a lost one, and answers with the differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from platform import python_version
from typing import Any

from shls_core.errors import NodeRefused
from storage.canonical import digest_json, short
from storage.provenance.code_digest import import_closure, source_text, syntax_digests
from storage.provenance.syntax import source_digest
from tasks.runs.run_draft import note, noted

_ACTOR = "tasks.cluster.actor"


@dataclass(frozen=True)
class JobCode:
    """What a job runs.

    Attributes
    ----------
    modules
        The modules of this project that it begins with; all that they import is compared, too.
    versions
        Versions of the third-party packages that decide its result.
    """

    modules: tuple[str, ...]
    versions: Mapping[str, str]


def expectation(code: JobCode, asks_machine: bool) -> dict[str, Any]:
    """Return what a worker compares its node with; values of Python's own alone, for a node without our code.

    Parameters
    ----------
    code
        The code by which results are keyed.
    asks_machine
        Whether the worker is to say of which kind its machine is.

    Returns
    -------
    dict
        ``python`` and ``packages``: versions; ``modules``: of each the digests of its source and of its
        syntax; ``asks_machine``; ``key``: a digest of the others.
    """
    entries = (*code.modules, _ACTOR)
    names = {*import_closure(*entries), *_packages_around(import_closure(*entries))}
    syntax = syntax_digests(*names)
    expected = {
        "python": python_version(),
        "packages": dict(code.versions),
        "modules": {name: [source_digest(source_text(name)), syntax[name]] for name in sorted(names)},
        "asks_machine": asks_machine,
    }
    return {**expected, "key": digest_json(expected)}


def _packages_around(modules: Sequence[str]) -> set[str]:
    """Return the packages that modules lie in: their initialisers run, too."""
    parts = (module.split(".") for module in modules)
    return {".".join(part[:end]) for part in parts for end in range(1, len(part))}


def refuse_other_code(said: Mapping[str, Any], expected: Mapping[str, Any] | None) -> None:
    """Raise if a worker said that its node differs.

    Raises
    ------
    NodeRefused
    """
    if said["differences"]:
        assert expected is not None
        (kind, name, there), *more = said["differences"]
        others = f" (and {len(more)} more)" if more else ""
        raise NodeRefused(
            f"expected on every node the code and packages that rows are keyed by, got others on node "
            f"{said['node']}: {_told(kind, name, there, expected)}{others}; install the same there"
        )


def _told(kind: str, name: str, there: str | None, expected: Mapping[str, Any]) -> str:
    if kind == "Python":
        return f"Python is {there} there and {expected['python']} here"
    if kind == "package":
        return f"package {name} is {there or 'missing'} there and {expected['packages'][name]} here"
    digest = short(there) if there else "missing"
    return f"module {name} is {digest} there and {short(expected['modules'][name][1])} here"


def note_machine(said: Mapping[str, Any]) -> None:
    """Add a worker's node to the ledger's entry of the run at work, by the kind of its machine."""
    machine = said["machine"]
    if machine is None:
        return
    kinds = {(one["platform"], one["slic"]): {*one["nodes"]} for one in noted("workers") or ()}
    nodes = kinds.setdefault((machine["platform"], machine["slic"]), set())
    if said["node"] not in nodes:
        nodes.add(said["node"])
        by_kind = sorted(kinds.items(), key=str)
        note(workers=[{"platform": kind, "slic": slic, "nodes": sorted(on)} for (kind, slic), on in by_kind])
