"""Formats of videos: which containers and codecs are read, and what to do with the others."""

import av

from shls_core.files.file_format import FileFormat

MAX_FRAME_PIXELS = 35_651_584
"""Largest frame decoded, in px: the bound of level 6.2 of H.264, HEVC and AV1, which 8K (7680x4320) is below.
A decoder holds up to 17 frames, where a photograph is one: the bound of photographs would take many GB."""

REMEDY = "ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -crf 12 clip.mp4"
"""Command that turns what FFmpeg can read into a video that is read here."""

# Demuxers by FFmpeg's names. Not among them: playlists and scripts that open other files (hls, concat, sdp),
# devices, patterns of names, sounds, and formats of which nobody has files.
CONTAINERS = {
    "mov": "MP4, MOV, M4V, 3GP",
    "matroska": "Matroska, WebM",
    "avi": "AVI",
    "mpeg": "MPEG programme stream (MPG, VOB)",
    "mpegts": "MPEG transport stream (TS, M2TS, MTS)",
    "mxf": "MXF",
    "dv": "DV",
    "flv": "Flash Video",
    "asf": "Windows Media (WMV, ASF)",
    "ogg": "Ogg",
    "ivf": "IVF",
    "nut": "NUT",
    "rm": "RealMedia",
    "wtv": "Windows recorded TV",
    "mjpeg": "JPEGs one after the other",
    "yuv4mpegpipe": "Y4M",
    "h264": "H.264 without a container",
    "hevc": "HEVC without a container",
    "obu": "AV1 without a container",
    "m4v": "MPEG-4 without a container",
    "mpegvideo": "MPEG-1 or MPEG-2 without a container",
}
"""Containers that are read: words for each of FFmpeg's names."""

TRIED_CODECS = frozenset(
    {
        *("h264", "hevc", "av1", "vp8", "vp9", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v3", "wmv2"),
        *("h263", "flv1", "mjpeg", "prores", "dnxhd", "dvvideo", "jpeg2000", "png", "cfhd"),
        *("ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "rawvideo", "v210", "qtrle", "cinepak"),
    }
)
"""Codecs of which a test makes and reads a file."""

OTHER_CODECS = frozenset(
    {
        *("msmpeg4v1", "msmpeg4v2", "wmv1", "wmv3", "vc1", "theora", "vp6", "vp6f", "vp6a", "vp7"),
        *("rv20", "rv30", "rv40", "svq1", "svq3", "h261", "mjpegb", "lagarith", "fraps", "hap", "vvc"),
        *("r210", "v308", "v408", "v410", "rpza", "indeo3", "indeo5", "tscc", "zmbv", "msrle", "msvideo1"),
        *("dirac", "cllc", "hq_hqa", "hqx", "prores_raw", "notchlc", "aic", "pixlet"),
    }
)
"""Codecs that FFmpeg reads too, of which no test here can make a file."""


VIDEO_FORMATS = (
    FileFormat("H.264", (".mp4", ".mov", ".mkv", ".m2ts", ".mts", ".ts", ".avi"), True, "8 and 10 bits"),
    FileFormat("HEVC (H.265)", (".mp4", ".mov", ".mkv"), True, "8, 10 and 12 bits; HDR becomes SDR"),
    FileFormat("AV1", (".mp4", ".mkv", ".webm"), True, "8 and 10 bits"),
    FileFormat("VP8, VP9", (".webm", ".mkv", ".ivf"), True, "transparent pixels are blended onto white"),
    FileFormat("ProRes, DNxHD, CineForm", (".mov", ".mxf"), True, "transparent pixels onto white"),
    FileFormat("MPEG-1, MPEG-2, MPEG-4", (".mpg", ".vob", ".ts", ".avi"), True, "interlaced: see below"),
    FileFormat("DV", (".avi", ".dv", ".mov"), True, "deinterlaced; frames keep their stored size"),
    FileFormat("Motion JPEG", (".avi", ".mov", ".mjpeg"), True, "damaged frames are found"),
    FileFormat("FFV1, HuffYUV, Ut Video, uncompressed", (".mkv", ".avi"), True, "without loss"),
    FileFormat("Windows Media, Flash, Real, Theora", (".wmv", ".flv", ".rm", ".ogv"), True, "as FFmpeg does"),
    FileFormat("animated GIF, WebP, PNG, AVIF", (".gif", ".webp", ".png", ".avif"), True, "onto white"),
    FileFormat("a single picture", (".jpg", ".png", ".webp"), True, "one frame, and a line that says so"),
    FileFormat("a folder of pictures", (), True, "frames in the order of the numbers in their names"),
    FileFormat("TIFF of several pages", (".tif",), False, "write the pages as a folder of pictures"),
    FileFormat("playlist", (".m3u8", ".ffconcat", ".sdp"), False, REMEDY),
    FileFormat("sound", (".mp3", ".m4a", ".wav"), False, "there is no picture in it"),
    FileFormat("pipe, device, address", (), False, "write it to a file first"),
)
"""What is read and what is refused, as people call it."""


def is_known_codec(name: str) -> bool:
    """Whether videos of this codec, by FFmpeg's name, are read."""
    return name in TRIED_CODECS or name in OTHER_CODECS


def readable_codecs() -> dict[str, bool]:
    """Return for each codec that a test tries whether this installation can decode it.

    Examples
    --------
    >>> readable_codecs()["h264"]
    True
    """
    return {name: _is_decodable(name) for name in sorted(TRIED_CODECS)}


def _is_decodable(name: str) -> bool:
    try:
        return av.Codec(name, "r").is_decoder
    except av.codec.codec.UnknownCodecError:
        return False
