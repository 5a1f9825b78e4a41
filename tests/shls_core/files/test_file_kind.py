import io
from typing import get_args

import cv2
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

from shls_core.files.file_kind import HEAD_BYTES, FileKind, kind_of_file


def box(kind, brand):
    return b"\0\0\0\x18" + kind + brand + b"\0" * 12


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.MOV", b"", "video"),
        ("a.mp4", b"\0" * 100, "video"),
        ("a", box(b"ftyp", b"qt  "), "video"),
        ("a.jpg", box(b"ftyp", b"isom"), "video"),
        ("a.bin", box(b"moov", b"...."), "video"),
        ("a.bin", b"\x1a\x45\xdf\xa3" + b"\0" * 50, "video"),
        ("a.bin", b"RIFF\0\0\0\0AVI LIST", "video"),
        ("a.ts", (b"\x47" + b"\0" * 187) * 5, "video"),
        ("a.ts", (b"\0\0\0\0\x47" + b"\0" * 187) * 5, "video"),
        ("a.ts", b"export const answer = 42", "unknown"),
        ("a.heic", box(b"ftyp", b"heic"), "picture"),
        ("a.mov", box(b"ftyp", b"heic"), "picture"),
        ("a.avif", box(b"ftyp", b"avif"), "picture"),
        ("a.cr3", box(b"ftyp", b"crx "), "picture"),
        ("a.m4a", box(b"ftyp", b"M4A "), "unknown"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "unknown"),
        ("a.AAE", b"<plist/>", "sidecar"),
        ("a.jpg.xmp", b"<x:xmpmeta", "sidecar"),
        ("a.json", b"{}", "sidecar"),
        ("a.txt", b"words", "text"),
        ("clip.THM", b"\xff\xd8\xff\xe0", "sidecar"),
        ("renamed.txt", b"\xff\xd8\xff\xe0", "picture"),
        ("a.jpg", b"", "unknown"),
        ("a", b"", "unknown"),
        ("archive.zip", b"PK\x03\x04", "unknown"),
    ],
)
def test_what_a_file_is(name, head, kind):
    assert kind_of_file(name, head) == kind


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "AVIF"])
def test_pictures_are_pictures_under_any_name(suffix):
    file = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(file, suffix)
    assert kind_of_file("clip.mp4", file.getvalue()[:HEAD_BYTES]) == "picture"


def test_a_real_film_is_one_without_its_name(tmp_path):
    path = str(tmp_path / "clip.avi")
    film = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 64))
    for _ in range(3):
        film.write(np.zeros((64, 64, 3), np.uint8))
    film.release()
    assert kind_of_file("clip", (tmp_path / "clip.avi").read_bytes()[:HEAD_BYTES]) == "video"


@hypothesis.given(name=st.text(max_size=12), head=st.binary(max_size=HEAD_BYTES))
def test_no_bytes_are_too_strange(name, head):
    assert kind_of_file(name, head) in get_args(FileKind)
