"""What is not read is named, with what to do."""

import pytest

from shls_core.files.pictures.formats import PICTURE_FORMATS, PICTURE_SUFFIXES
from shls_core.files.pictures.refused_formats import NO_PICTURES, REFUSED_PICTURES, format_of, refusal_of

RAW, EXPORT, EXPORT_16 = "not read: camera raw", "export it as JPEG or PNG", "export it as JPEG or TIFF"
PADDING = b"\0" * 400

# The first bytes of real files, from the specifications of the formats.
CASES = {
    b"": "not an image: empty file",
    b"II*\0\x10\0\0\0CR\x02\0" + PADDING: f"{RAW} (Canon CR2); {EXPORT_16}",
    b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + PADDING: f"{RAW} (Canon CR3); {EXPORT_16}",
    b"FUJIFILMCCD-RAW 0201FF129502X-T5" + PADDING: f"{RAW} (Fujifilm RAF); {EXPORT_16}",
    b"IIRO\x08\0\0\0" + PADDING: f"{RAW} (Olympus ORF); {EXPORT_16}",
    b"IIU\0\x18\0\0\0" + PADDING: f"{RAW} (Panasonic RW2); {EXPORT_16}",
    b"\xff\x0a\x00\x10" + PADDING: f"not read: JPEG XL; {EXPORT}",
    b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl " + PADDING: f"not read: JPEG XL; {EXPORT}",
    b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 " + PADDING: f"not read: JPEG 2000; {EXPORT_16}",
    b"\xff\xd8\xff\xf7\0\x0b\x08" + PADDING: f"not read: JPEG-LS; {EXPORT}",
    b"\0\0\0\x18ftypmif1\0\0\0\0mif1avci" + PADDING: f"not read: HEIF without HEVC or AV1; {EXPORT}",
    b"8BPS\0\x01" + PADDING: f"not read: Photoshop; {EXPORT}",
    b"v/1\x01\x02\0\0\0" + PADDING: f"not read: OpenEXR; {EXPORT}",
    b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n" + PADDING: f"not read: Radiance HDR; {EXPORT}",
    b"Pf\n4 4\n-1.0\n" + PADDING: f"not read: PFM or PAM; {EXPORT}",
    b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">': f"not read: SVG; {EXPORT}",
    b"<svg width='9'/>": f"not read: SVG; {EXPORT}",
    b"%PDF-1.7\n" + PADDING: f"not read: PDF; {EXPORT}",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n": f"not read: PostScript; {EXPORT}",
    b"\0\0\x01\0\x01\0\x10\x10\0\0" + PADDING: f"not read: ICO or CUR; {EXPORT}",
    b"\0" * 128 + b"DICM" + PADDING: f"not read: DICOM; {EXPORT}",
    b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + PADDING: "not an image: video (MP4, MOV)",
    b"\0\0\0\x14ftypqt  " + PADDING: "not an image: video (MP4, MOV)",
    b"\0\0\x10\0moov" + PADDING: "not an image: video (MP4, MOV)",
    b"\x1a\x45\xdf\xa3\x01" + PADDING: "not an image: video (Matroska, WebM)",
    b"RIFF\0\0\0\0AVI LIST" + PADDING: "not an image: video (AVI)",
    b"G" + b"\0" * 187 + b"G" + PADDING: "not an image: video (MPEG transport stream)",
    b"\0\0\x01\xba\x44" + PADDING: "not an image: video (MPEG)",
    b"PK\x03\x04\x14\0" + PADDING: "not an image: archive (ZIP)",
    b"<!DOCTYPE html>\n<html><body>Sign in" + PADDING: "not an image: web page",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:": "not an image: pointer of Git LFS",
    b"\0\x05\x16\x07\0\x02\0\0Mac OS X" + PADDING: "not an image: AppleDouble file of macOS",
    b"file_name,source\n": "not an image",
    bytes(1000): "not an image",
}


@pytest.mark.parametrize("data", CASES, ids=[reason.split("; ")[0] for reason in CASES.values()])
def test_a_file_is_named_with_what_to_do(data, reason_for):
    assert reason_for(data) == CASES[data]
    assert refusal_of(data[:512]) == CASES[data]
    assert len(CASES[data]) < 80


def test_files_that_are_read_are_known_by_their_first_bytes(every_kind):
    names = {
        ".mpo": "JPEG",
        ".jpg": "JPEG",
        ".pgm": "PBM, PGM, PPM",
        ".ppm": "PBM, PGM, PPM",
        ".pbm": "PBM, PGM, PPM",
    }
    known = names | {
        suffix: one.name for one in PICTURE_FORMATS for suffix in one.suffixes if suffix not in names
    }
    for name, (data, _) in every_kind.items():
        assert format_of(data[:64]).name == known["." + name.split(".")[1]], name


def test_the_brand_of_a_heic_may_stand_behind_others():
    start = b"\0\0\0\x24ftypmif1\0\0\0\0mif1miafMiHBheic"
    assert format_of(start + PADDING).name == "HEIC"
    assert format_of(start.replace(b"heic", b"avif") + PADDING).name == "AVIF"


@pytest.mark.parametrize(
    ("marker", "bits", "reason"),
    [
        (0xC3, 8, f"not read: lossless JPEG; {EXPORT}"),
        (0xC1, 12, f"not read: JPEG of 12 bits; {EXPORT}"),
        (0xC5, 8, f"not read: hierarchical JPEG; {EXPORT}"),
    ],
)
def test_jpegs_that_libjpeg_does_not_read_are_named(make, reason_for, marker, bits, reason):
    data = bytearray(make.saved(make.scene(), "JPEG"))
    at = data.index(b"\xff\xc0\0\x11")
    data[at + 1], data[at + 4] = marker, bits
    assert reason_for(bytes(data)) == reason


def test_no_suffix_is_read_and_refused():
    refused = {suffix for one in (*REFUSED_PICTURES, *NO_PICTURES) for suffix in one.suffixes}
    assert not refused & PICTURE_SUFFIXES
    names = [one.name for one in (*PICTURE_FORMATS, *REFUSED_PICTURES, *NO_PICTURES)]
    assert len(set(names)) == len(names)
