"""Whatever is wrong with a file becomes one sentence, never a crash and never a half grey picture."""

import errno
import itertools
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from inference.image_decoders import MAX_PIXELS
from inference.images import ImageError, probe, read_image, read_mask, read_rgb8
from tests.inference.pictures import save, smooth

RGB = np.random.default_rng(11).integers(0, 256, (30, 44, 3), dtype=np.uint8)


def broken_files(folder: Path) -> dict[str, Path]:
    good = {s: save(folder / f"good{s}", smooth()) for s in (".jpg", ".png", ".tif", ".gif", ".bmp", ".webp")}
    files = {}
    for suffix, path in good.items():
        data = path.read_bytes()
        for share in (0.02, 0.5, 0.97):
            cut = folder / f"cut{share}{suffix}"
            cut.write_bytes(data[: max(3, int(len(data) * share))])
            files[cut.name] = cut
    contents = {
        "empty.png": b"",
        "empty.jpg": b"",
        "text.png": b"This is no picture.",
        "text.tif": b"II*\0nonsense that is no directory",
        "one.jpg": b"\xff",
        "notes.txt": b"hello",
        "noise.jpg": b"\xff\xd8\xff" + os.urandom(3000),
        "noise.tif": b"II*\0" + os.urandom(3000),
        "noise.gif": b"GIF89a" + os.urandom(3000),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        files[name] = folder / name
    (folder / "folder.png").mkdir()
    return {**files, "folder.png": folder / "folder.png", "missing.png": folder / "missing.png"}


def test_every_broken_file_is_one_sentence(tmp_path):
    for name, path in broken_files(tmp_path).items():
        for call in (read_image, read_rgb8, read_mask):
            with pytest.raises(ImageError) as caught:
                call(path)
            sentence = str(caught.value)
            assert name in sentence, sentence
            assert sentence.endswith(".")
            assert "\n" not in sentence
            assert caught.value.path == path
            assert caught.value.reason == sentence


def test_broken_headers_are_refused_by_probe_too(tmp_path):
    files = broken_files(tmp_path)
    for name in ("empty.png", "text.png", "text.tif", "one.jpg", "notes.txt", "missing.png", "folder.png"):
        with pytest.raises(ImageError):
            probe(files[name])


def test_a_cut_jpeg_never_passes_as_a_half_grey_picture(tmp_path):
    data = save(tmp_path / "a.jpg", smooth(400, 600), quality=95).read_bytes()
    path = tmp_path / "b.jpg"
    for end in itertools.chain(range(2, len(data) - 2, 997), [len(data) - 2]):
        path.write_bytes(data[:end])
        with pytest.raises(ImageError):
            read_image(path)
        with pytest.raises(ImageError):
            read_rgb8(path, at_least=64)
    path.write_bytes(data[: len(data) // 2] + b"\xff\xd9")  # cut, and closed again
    with pytest.raises(ImageError, match="ends too early"):
        read_image(path)


def test_stray_bytes_between_segments_harm_nothing(tmp_path):
    data = save(tmp_path / "a.jpg", smooth()).read_bytes()
    position = data.index(b"\xff\xdb")
    stray = tmp_path / "b.jpg"
    stray.write_bytes(data[:position] + b"\0\0\0" + data[position:])
    assert np.array_equal(read_image(stray), read_image(tmp_path / "a.jpg"))


def test_a_flipped_bit_in_a_png_is_noticed(tmp_path):
    data = bytearray(save(tmp_path / "a.png", smooth()).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "b.png").write_bytes(data)
    with pytest.raises(ImageError, match="checksums"):
        read_image(tmp_path / "b.png")


def test_a_file_without_rights(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", RGB)
    path.chmod(0)
    try:
        if os.access(path, os.R_OK):  # the superuser: let opening fail as it does for others

            def refuse(self, *args, **kwargs):
                raise PermissionError(errno.EACCES, "Permission denied", str(self))

            monkeypatch.setattr(Path, "open", refuse)
        for call in (read_image, read_mask, probe):
            with pytest.raises(ImageError, match="no right to read"):
                call(path)
    finally:
        monkeypatch.undo()
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_pictures_beyond_all_memory_are_refused_from_their_header(tmp_path):
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    side = 200_000
    assert side * side > MAX_PIXELS
    path = tmp_path / "huge.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )
    for call in (read_image, probe):
        with pytest.raises(ImageError, match="200000x200000"):
            call(path)


def test_pillows_limit_does_not_stand_in_the_way(tmp_path, monkeypatch):
    """With warnings as errors, a picture beyond Pillow's limit would fail even below the error limit."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.fromarray(RGB).save(tmp_path / "a.bmp")
    assert np.array_equal(read_image(tmp_path / "a.bmp"), RGB)


def test_seven_channels_are_refused_by_number(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9, 7), np.uint8), planarconfig="contig")
    with pytest.raises(ImageError, match="7 channels"):
        read_image(tmp_path / "a.tif")


def test_a_broken_tiff_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    """tifffile logs what it finds wrong; without a handler Python prints that."""
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0garbage")
    code = (
        "import sys; from pathlib import Path; from inference.images import ImageError, read_image\n"
        "try: read_image(Path(sys.argv[1]))\n"
        "except ImageError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "broken.tif" in done.stdout and done.stderr == ""
