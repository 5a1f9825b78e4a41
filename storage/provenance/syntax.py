"""Where the source of a module is, and what its syntax says.

Only the standard library: the workers of a cluster get these functions as they are here, and use them to find
out which code a node has (`tasks.cluster.actor`).
"""

import ast
import hashlib
import importlib.util
from pathlib import Path


def source_path(module: str) -> Path | None:
    """Return the file of a module or package as this Python would import it; None if there is none."""
    package, *inner = module.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    base = Path(spec.origin).parent.joinpath(*inner)
    candidates = (base / "__init__.py", base.with_name(base.name + ".py"))
    return next((path for path in candidates if path.is_file()), None)


def source_digest(source: str) -> str:
    """Return the SHA-256 of a source text."""
    return hashlib.sha256(source.encode()).hexdigest()


def syntax_digest(source: str) -> str:
    """Return the SHA-256 of the syntax of a source text.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    return hashlib.sha256(syntax_text(ast.parse(source)).encode()).hexdigest()


def syntax_text(tree: ast.AST) -> str:
    """Return a text that equal syntax has in common, whichever Python parsed it; docstrings are left out.

    `ast.unparse` writes the same f-string in other quotes since Python 3.12, and `ast.dump` shows fields that
    older Pythons do not have. Here a field that is empty is not written, nor an empty piece of an f-string.
    """
    return _text_of(_WithoutDocstrings().visit(tree))


def _text_of(value: object) -> str:
    if isinstance(value, ast.AST):
        fields = {name: getattr(value, name, None) for name in sorted(value._fields)}
        if isinstance(value, ast.JoinedStr):  # Python 3.12.1 ends a format specification with one
            fields["values"] = [piece for piece in value.values if getattr(piece, "value", None) != ""]
        kept = {name: field for name, field in fields.items() if field is not None and field != []}
        written = (f"{name}={_text_of(field)}" for name, field in kept.items())
        return f"{type(value).__name__}({','.join(written)})"
    if isinstance(value, list):
        return f"[{','.join(map(_text_of, value))}]"
    return ascii(value)  # `repr` of a text depends on the Unicode that a Python knows


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops every string that stands alone as a statement: docstrings of modules, classes, fields."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop the node if it is a bare string."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
