"""Formats of files that are found among photographs and are not read, each with what to do."""

from shls_core.files.file_format import FileFormat, first_match
from shls_core.files.pictures.formats import PICTURE_FORMATS

EXPORT = "export it as JPEG or PNG"
_EXPORT_16 = "export it as JPEG or TIFF"
_BRANDS = rb".{4}ftyp(?:.{4}){0,8}?"


def _picture(name: str, suffixes: str, signature: bytes, remedy: str = EXPORT) -> FileFormat:
    return FileFormat(name, tuple(suffixes.split()), False, remedy, signature)


def _raw(name: str, suffixes: str, signature: bytes = b"") -> FileFormat:
    return _picture(f"camera raw ({name})", suffixes, signature, _EXPORT_16)


REFUSED_PICTURES = (
    _raw("Canon CR2", ".cr2", rb"II\*\0.{4}CR"),
    _raw("Canon CR3", ".cr3", rb".{4}ftypcrx "),
    _raw("Canon CRW", ".crw", rb"II\x1a\0.{4}HEAPCCDR"),
    _raw("Fujifilm RAF", ".raf", rb"FUJIFILMCCD-RAW"),
    _raw("Olympus ORF", ".orf", rb"IIR[OS]|MMOR"),
    _raw("Panasonic RW2", ".rw2 .rwl", rb"IIU\0"),
    _raw("Phase One IIQ", ".iiq", rb"(?:II\*\0|MM\0\*).{4}(?:IIII|MMMM)"),
    _raw("Sigma X3F", ".x3f", rb"FOVb"),
    _raw("Minolta MRW", ".mrw", rb"\0MRM"),
    _picture("JPEG XL", ".jxl", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    _picture("JPEG 2000", ".jp2 .j2k .jpx .jpf", rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", _EXPORT_16),
    _picture("JPEG-LS", ".jls", rb"\xff\xd8\xff\xf7"),
    _picture("JPEG XR", ".jxr .wdp .hdp", rb"II\xbc"),
    _picture(
        "HEIF without HEVC or AV1", "", _BRANDS + rb"(?:mif[12]|msf1|avci|avcs|jpeg|jpgs|vvic|j2ki|unif)"
    ),
    _picture("Photoshop", ".psd .psb", rb"8BPS"),
    _picture("GIMP", ".xcf", rb"gimp xcf"),
    _picture("OpenEXR", ".exr", rb"v/1\x01"),
    _picture("Radiance HDR", ".hdr .pic", rb"#\?(?:RADIANCE|RGBE)"),
    _picture("PFM or PAM", ".pfm .pam", rb"P[fF7]\s"),
    _picture("SVG", ".svg", rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.{0,300}?)?<(?:svg|!DOCTYPE svg)"),
    _picture("PDF", ".pdf .ai", rb"%PDF-"),
    _picture("PostScript", ".eps .ps", rb"%!PS|\xc5\xd0\xd3\xc6"),
    _picture("DICOM", ".dcm", rb".{128}DICM"),
    _picture("FITS", ".fits .fit", rb"SIMPLE  ="),
    _picture("DjVu", ".djvu", rb"AT&TFORM"),
    _picture("BPG", ".bpg", rb"BPG\xfb"),
    _picture("QOI", ".qoi", rb"qoif"),
    _picture("DDS", ".dds", rb"DDS "),
    _picture("ICNS", ".icns", rb"icns"),
    _picture("ICO or CUR", ".ico .cur", rb"\0\0[\x01\x02]\0[^\0]\0"),
    _picture("PCX", ".pcx", rb"\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]"),
    _picture("SGI", ".sgi .rgb", rb"\x01\xda[\0\x01][\x01\x02]\0[\x01-\x03]"),
    _picture("Windows metafile", ".wmf .emf", rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF"),
)
"""Pictures that are not read."""

RAW_BY_TAGS = _raw(
    "DNG, NEF, ARW, PEF and others", ".dng .nef .nrw .arw .sr2 .pef .srw .3fr .erf .kdc .dcr .mos"
)
"""Camera raw that only the tags of a TIFF give away: `tiff_pages.py` recognises it."""

NO_PICTURES = tuple(
    FileFormat(name, tuple(suffixes.split()), False, "it is not a picture", signature)
    for name, suffixes, signature in (
        ("video (MP4, MOV)", ".mp4 .mov .m4v .3gp", rb".{4}(?:ftyp|moov|mdat|wide|pnot)"),
        ("video (Matroska, WebM)", ".mkv .webm", rb"\x1a\x45\xdf\xa3"),
        ("video (AVI)", ".avi", rb"RIFF.{4}AVI "),
        ("video (MPEG)", ".mpg .mpeg .vob", rb"\0\0\x01[\xb3\xba]"),
        ("video (MPEG transport stream)", ".ts .mts .m2ts", rb"G.{187}G|.{4}G.{191}G"),
        ("video (Windows Media)", ".wmv .asf", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        ("video (Flash)", ".flv", rb"FLV\x01"),
        ("video (Ogg)", ".ogv .ogg", rb"OggS"),
        ("audio", ".mp3 .wav .flac", rb"ID3|fLaC|RIFF.{4}WAVE"),
        ("archive (ZIP)", ".zip", rb"PK\x03\x04"),
        ("archive (gzip, 7z, RAR)", ".gz .7z .rar", rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a"),
        ("web page", ".html", rb"(?i:\s*<(?:!doctype html|html|head))"),
        ("pointer of Git LFS", "", rb"version https://git-lfs"),
        ("AppleDouble file of macOS", "", rb"\0\x05\x16\x07"),
    )
)
"""What else is found under the names of photographs."""


def format_of(data: bytes) -> FileFormat | None:
    """Return the format that the first bytes of a file give away.

    Parameters
    ----------
    data : bytes
        The file, or its first 512 bytes. Camera raw that is a TIFF inside is not told from TIFF.

    Examples
    --------
    >>> format_of(b"%PDF-1.7").name
    'PDF'
    """
    head = data[:512]
    refused = first_match(REFUSED_PICTURES[:_NUM_BEFORE], head)
    return refused or first_match((*PICTURE_FORMATS, *REFUSED_PICTURES[_NUM_BEFORE:], *NO_PICTURES), head)


# Camera raw comes first: some of it begins like a TIFF.
_NUM_BEFORE = sum(one.name.startswith("camera raw") for one in REFUSED_PICTURES)


def refusal_of(data: bytes) -> str | None:
    """Return why a file with these first bytes is not read, in a few words; None if it is."""
    if not data:
        return "not an image: empty file"
    found = format_of(data)
    if found is None:
        return "not an image"
    if found.is_read:
        return None
    return f"not an image: {found.name}" if found in NO_PICTURES else f"not read: {found.name}; {found.note}"
