"""Which third-party packages decided a result, and in which versions."""

from collections.abc import Iterable

from shls_core.methods.method import FAISS
from storage.provenance.environment import faiss_package, package_versions


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each package; of ``faiss``, that of the one that is installed.

    Raises
    ------
    MissingComponent
        If faiss is among them and is not installed, or installed twice.
    """
    return package_versions({faiss_package() if name == FAISS else name for name in packages})
