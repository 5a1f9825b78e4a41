"""Formats of pictures and codecs of videos that can be read here: each is tried."""

from collections.abc import Iterator

from flows.doctor.finding import Finding, Request, ok


def check_formats(request: Request) -> Iterator[Finding]:
    """Read a small picture of every format, and look for the decoder of every codec."""
    try:
        from shls_core.files.pictures.readable import readable_formats

        problems = readable_formats()
    except ImportError as error:
        what = f"Pillow or pillow-heif cannot be imported: {error}"
        yield Finding("pictures", "problem", what, "pip install --force-reinstall pillow pillow-heif")
    else:
        unread = [f"{name} ({problem})" for name, problem in problems.items() if problem]
        yield _found("pictures", list(problems), unread, "pip install --force-reinstall pillow pillow-heif")
    try:
        from shls_core.files.videos.formats import readable_codecs

        codecs = readable_codecs()
    except ImportError as error:
        what = f"PyAV cannot be imported: {error}"
        yield Finding("videos", "problem", what, "pip install --force-reinstall av")
    else:
        missing = [name for name, is_there in codecs.items() if not is_there]
        yield _found("videos", list(codecs), missing, "pip install --force-reinstall --only-binary av av")


def _found(check: str, tried: list[str], unread: list[str], remedy: str) -> Finding:
    if unread:
        return Finding(check, "warning", f"not readable: {', '.join(unread)}", remedy)
    return ok(check, ", ".join(tried))
