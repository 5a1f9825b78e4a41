import getpass
import importlib.metadata
import socket
import subprocess
import sys

import numpy
import pytest

from shls_core.errors import MissingComponent
from storage.canonical import digest_bytes
from storage.provenance import environment
from storage.provenance.environment import current_environment, faiss_package, package_versions


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout of another project in place of this one."""
    monkeypatch.setattr(environment, "_PROJECT", tmp_path)
    return tmp_path


def git(project, *arguments):
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(
        ["git", "-C", project, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def facts():
    return current_environment.__wrapped__()


def test_the_commit_and_whether_it_is_what_runs(project):
    git(project, "init", "--quiet")
    (project / "code.py").write_text("x = 1\n")
    git(project, "add", "code.py")
    git(project, "commit", "--quiet", "--message", "first")
    head = git(project, "rev-parse", "HEAD")
    (project / "notes.txt").write_text("not in the checkout")
    assert (facts().code_commit, facts().code_dirty) == (head, False)
    (project / "code.py").write_text("x = 2\n")
    assert (facts().code_commit, facts().code_dirty) == (head, True)


def test_outside_a_checkout_there_is_no_commit_to_name(project):
    assert (facts().code_commit, facts().code_dirty, facts().lock_digest) == (None, None, None)


def test_a_checkout_without_git_or_commit_is_no_error(project, monkeypatch):
    git(project, "init", "--quiet")
    assert facts().code_commit is None
    monkeypatch.setenv("PATH", "")
    assert (facts().code_commit, facts().code_dirty) == (None, None)


def test_the_lock_file_is_named_by_its_digest(project):
    (project / "uv.lock").write_bytes(b"numpy==2.4.6\n")
    assert facts().lock_digest == digest_bytes(b"numpy==2.4.6\n")


def test_who_and_where(monkeypatch):
    assert facts().host == socket.gethostname()
    monkeypatch.setenv("LOGNAME", "somebody")
    assert facts().user == "somebody"

    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert facts().user is None


def test_versions_are_those_installed():
    versions = package_versions(["scipy", "numpy"])
    assert list(versions) == ["numpy", "scipy"]
    assert versions["numpy"] == numpy.__version__


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ({"faiss-gpu"}, "faiss-gpu"),
        ({"faiss-cpu"}, "faiss-cpu"),
        ({"faiss-cpu", "faiss-gpu"}, None),
        (set(), None),
    ],
)
def test_exactly_one_faiss_is_wanted(monkeypatch, installed, told):
    def version(package):
        if package not in installed:
            raise importlib.metadata.PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    if told:
        assert faiss_package() == told
    else:
        with pytest.raises(MissingComponent, match=r"pip install faiss-[cg]pu"):
            faiss_package()


def test_no_fact_about_this_place_is_imported_by_what_is_hashed():
    script = (
        "import sys, storage.records.manifests, storage.records.checkpoints; "
        "sys.exit('storage.provenance.environment' in sys.modules or 'storage.tables.ledger' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
