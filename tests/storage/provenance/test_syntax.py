import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.provenance.syntax import syntax_text

PROJECT = Path(__file__).parents[3]


def text_of(source):
    return syntax_text(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # Python 3.12 has type parameters, 3.13 shows fewer fields, 3.12.1 ends a format with an empty piece.
        ("def f(): pass", "FunctionDef(args=arguments(),body=[Pass()],name='f')"),
        ("class A: pass", "ClassDef(body=[Pass()],name='A')"),
        (
            """f'{a["b"]:>{w}}'""",
            "Expr(value=JoinedStr(values=[FormattedValue(conversion=-1,format_spec=JoinedStr(values=["
            "Constant(value='>'),FormattedValue(conversion=-1,value=Name(ctx=Load(),id='w'))]),"
            "value=Subscript(ctx=Load(),slice=Constant(value='b'),value=Name(ctx=Load(),id='a')))]))",
        ),
        ("x = 'é'", r"Assign(targets=[Name(ctx=Store(),id='x')],value=Constant(value='\xe9'))"),
    ],
)
def test_the_text_is_this_one_on_every_python(source, expected):
    assert text_of(source) == f"Module(body=[{expected}])"


def test_what_looks_different_and_is_the_same():
    assert text_of("x = f\"{a['b']}\"  # why") == text_of("x = (\n  f'{a[\"b\"]}'\n)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = None", "x: None"),
        ("return_none = lambda: None", "return_none = lambda: 0"),
        ("def f():\n  return", "def f():\n  return None"),
        ("x = ''", "x = f''"),
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("f(*a)", "f(a)"),
        ("def f(*, a, b=1): ...", "def f(*, a=1, b): ..."),
        ("{**a}", "{None: a}"),
        ("f'{a}'", "f'{a!r}'"),
        ("f'{a:}b'", "f'{a}b'"),
    ],
)
def test_what_means_another_thing_reads_otherwise(one, other):
    assert text_of(one) != text_of(other)


def other_pythons():
    """Return the interpreters of this machine, by version, that could run the project and do not run this."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    named = [shutil.which(f"python3.{minor}") for minor in (11, 12, 13)]
    found = {}
    for path in [*named, *map(str, pyenv.glob("3.1[123].*/bin/python3"))]:
        version = "import sys; print(*sys.version_info[:2])"
        done = path and subprocess.run([path, "-c", version], capture_output=True, text=True, check=False)
        if done and done.returncode == 0:  # shims of pyenv do not all run
            found[tuple(map(int, done.stdout.split()))] = path
    return {version: path for version, path in found.items() if version != sys.version_info[:2]}


@pytest.mark.slow
def test_every_module_of_the_project_has_the_same_digest_on_every_python():
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python on this machine")
    script = (
        "import ast, hashlib, json, pathlib, sys\n"
        "from storage.provenance.syntax import syntax_text\n"
        "texts = {str(p): syntax_text(ast.parse(p.read_text(encoding='utf-8'))) for folder in sys.argv[1:]\n"
        "         for p in sorted(pathlib.Path(folder).rglob('*.py'))}\n"
        "print(json.dumps({p: hashlib.sha256(text.encode()).hexdigest() for p, text in texts.items()}))"
    )

    def digests(python):
        command = [python, "-c", script, "flows", "tasks", "storage", "shls_core", "tests"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    here = digests(sys.executable)
    assert len(here) > 500
    for version, python in pythons.items():
        assert digests(python) == here, version
