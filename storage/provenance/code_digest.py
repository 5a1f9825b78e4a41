"""A digest of the code that makes a stage's bytes.

It covers the syntax trees, without docstrings (comments are not in them), of a module and of every module of
this project that it imports, directly or indirectly. A change of layout or wording does not change it; a
change of a helper does. Imports only for type checking are not followed: a type changes no byte. Package
initialisers import nothing; otherwise every closure would contain everything.

Every Python that runs the project gives the same digest (tests/storage/provenance/test_syntax.py).
"""

import ast
import functools
from collections.abc import Mapping
from pathlib import Path

from storage.canonical import digest_json
from storage.provenance.syntax import source_path, syntax_digest

OUR_PACKAGES = frozenset({"flows", "tasks", "storage", "shls_core"})
# Lists that everybody imports: one more error class, or one more stage, changes no byte of any artifact.
MAKE_NO_BYTES = frozenset({"shls_core.errors", "storage.rows.stage_graph", "storage.rows.stage_names"})


@functools.cache
def code_digest(*entry_modules: str) -> str:
    """Return the digest of the code reachable from `entry_modules` inside this project.

    It is the digest of the canonical JSON of `syntax_digests`: a store that contains that object can list the
    modules behind a code digest.
    """
    return digest_json(syntax_digests(*entry_modules))


@functools.cache
def syntax_digests(*entry_modules: str) -> Mapping[str, str]:
    """Return, by module, the digest of the syntax of all that `entry_modules` import, themselves included."""
    return {module: _syntax_digest(module) for module in import_closure(*entry_modules)}


@functools.cache
def import_closure(*entry_modules: str) -> tuple[str, ...]:
    """Return the names of the project's modules that `entry_modules` import, themselves included, sorted."""
    seen: set[str] = set()
    waiting = list(entry_modules)
    while waiting:
        module = waiting.pop()
        if module not in seen and module not in MAKE_NO_BYTES:
            seen.add(module)
            waiting += _imported_modules(module)
    return tuple(sorted(seen))


@functools.cache  # stages share most of what they import
def _imported_modules(module: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(_WithoutTypeChecking().visit(ast.parse(source_text(module)))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively: its closure cannot be followed"
            base = node.module or ""
            # `from package import module` names a module; `from module import name` does not.
            submodules = [f"{base}.{alias.name}" for alias in node.names]
            found += [name for name in submodules if _is_ours(name) and _source_path(name)] or [base]
    return tuple(name for name in found if _is_ours(name))


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OUR_PACKAGES


@functools.cache
def _source_path(module: str) -> Path | None:
    return source_path(module)


@functools.cache
def source_text(module: str) -> str:
    """Return the source of a module as this process first read it: all digests are of that text."""
    path = _source_path(module)
    assert path is not None, f"no source for {module}"
    return path.read_text(encoding="utf-8")


@functools.cache
def _syntax_digest(module: str) -> str:
    return syntax_digest(source_text(module))


class _WithoutTypeChecking(ast.NodeTransformer):
    """Drops the blocks that only a type checker reads."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Replace ``if TYPE_CHECKING:`` by the part that runs: its ``else``."""
        self.generic_visit(node)
        return node.orelse if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING") else node
