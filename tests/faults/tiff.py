"""Where the blocks of a TIFF lie, as far as faults need it."""

import struct
import zlib

OFFSETS, COUNTS, WIDTH, LENGTH, BITS, SAMPLES = 324, 325, 322, 323, 258, 277
SIZES = {3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}


def tags(path):
    """Numbers of the first directory of a classic little-endian TIFF by tag."""
    data = open(path, "rb").read()
    assert data[:4] == b"II*\0", f"{path} is no classic little-endian TIFF"
    at = struct.unpack_from("<I", data, 4)[0]
    found = {}
    for entry in range(struct.unpack_from("<H", data, at)[0]):
        tag, kind, count, value = struct.unpack_from("<HHII", data, at + 2 + 12 * entry)
        if kind in SIZES:
            letter, size = SIZES[kind]
            start = value if size * count > 4 else at + 2 + 12 * entry + 8
            found[tag] = struct.unpack_from(f"<{count}{letter}", data, start)
    return found


def blocks(path):
    """Per band, offset and length of its blocks (bands are stored one after the other)."""
    found = tags(path)
    bands = found[SAMPLES][0]
    pairs = list(zip(found[OFFSETS], found[COUNTS]))
    each = len(pairs) // bands
    return [pairs[band * each:(band + 1) * each] for band in range(bands)]


def overwrite(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def tear(path, block):
    """Makes the DEFLATE stream of a block undecodable."""
    offset, length = block
    overwrite(path, offset + 2, b"\xff" * min(length - 2, 200))


def blank(path, block):
    """Gives a block zeros, which are no data, as a shorter DEFLATE stream."""
    found = tags(path)
    content = zlib.compress(bytes(found[WIDTH][0] * found[LENGTH][0] * found[BITS][0] // 8), 9)
    assert len(content) <= block[1], "no room for zeros"
    overwrite(path, block[0], content)
