"""FAISS, imported when it is first used."""

from types import ModuleType

from shls_core.errors import MissingComponent


def load_faiss() -> ModuleType:
    """Return the FAISS module.

    Raises
    ------
    MissingComponent
        If neither build of FAISS is installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise MissingComponent(
            "expected FAISS, for memory or near-duplicates: pip install faiss-cpu (or faiss-gpu, never both)"
        ) from error
    module: ModuleType = faiss
    return module
