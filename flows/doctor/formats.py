"""Formats of pictures and codecs of videos that can be read here."""

from collections.abc import Iterator

from flows.doctor.finding import Finding, Request, ok

_PICTURES = {"jpg": "JPEG", "zlib": "PNG", "libtiff": "TIFF", "webp": "WebP", "avif": "AVIF", "jpg_2000": "JPEG 2000"}  # fmt: skip # noqa: E501
_VIDEOS = {
    "h264": "H.264", "hevc": "HEVC", "vp9": "VP9", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4",
    "prores": "ProRes", "mjpeg": "MJPEG", "gif": "GIF",
}  # fmt: skip


def check_formats(request: Request) -> Iterator[Finding]:
    """Look at the decoders inside Pillow, pillow-heif and PyAV."""
    from PIL import features

    missing = [name for feature, name in _PICTURES.items() if not features.check(feature)]
    read = [name for name in _PICTURES.values() if name not in missing]
    try:
        import pillow_heif
    except ImportError:
        missing.append("HEIC")
    else:
        read.append(f"HEIC (libheif {pillow_heif.libheif_version()})")
    yield _found("pictures", read, missing, "pip install --force-reinstall pillow pillow-heif")
    try:
        import av
    except ImportError as error:
        what = f"PyAV cannot be imported: {error}"
        yield Finding("videos", "problem", what, "pip install --force-reinstall av")
        return
    codecs = av.codecs_available
    missing = [name for codec, name in _VIDEOS.items() if codec not in codecs]
    missing += [] if {"libdav1d", "libaom-av1"} & set(codecs) else ["AV1"]
    read = [name for name in (*_VIDEOS.values(), "AV1") if name not in missing]
    yield _found("videos", read, missing, "pip install --force-reinstall --only-binary av av")


def _found(check: str, read: list[str], missing: list[str], remedy: str) -> Finding:
    if missing:
        return Finding(check, "warning", f"not readable: {', '.join(missing)}", remedy)
    return ok(check, ", ".join(read))
