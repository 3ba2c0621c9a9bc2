#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the files of the status page as a C table (src/rest/document/page.h), so that quantokid needs no folder to serve from.

usage: pack.py OUTPUT.c PATH=FILE...
PATH is the path of a request, FILE what it gets. The same input gives the same output, bit for bit.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
BYTES_IN_A_LINE = 24


def array(name, data):
    lines = (", ".join(str(byte) for byte in data[at:at + BYTES_IN_A_LINE]) for at in range(0, len(data), BYTES_IN_A_LINE))
    return f"static const uint8_t {name}[] = {{\n" + ",\n".join(lines) + "\n};\n"


def view(name, data):
    return f"{{ {name}, {len(data)} }}" if data else "{ NULL, 0 }"


def main():
    output, arrays, rows = sys.argv[1], [], []
    for i, pair in enumerate(sys.argv[2:]):
        path, file = pair.split("=", 1)
        plain = pathlib.Path(file).read_bytes()
        if not plain:
            sys.exit(f"{file} is empty")
        small = gzip.compress(plain, 9, mtime=0)
        small = small if len(small) < len(plain) else b""
        arrays.append(array(f"plain_{i}", plain))
        if small:
            arrays.append(array(f"gzipped_{i}", small))
        kind = TYPES[pathlib.Path(path).suffix or pathlib.Path(file).suffix]
        etag = f'W/\\"{hashlib.sha256(plain).hexdigest()[:16]}\\"'
        rows.append(f'    {{ "{path}", "{kind}", {view(f"plain_{i}", plain)}, '
                    f'{view(f"gzipped_{i}", small)}, "{etag}" }},\n')
    pathlib.Path(output).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by web/pack.py. */\n#include \"rest/document/page.h\"\n\n"
        + "\n".join(arrays)
        + "\nconst qk_rest_page_file qk_rest_page_files[] = {\n" + "".join(rows) + "};\n"
        + "const size_t qk_rest_page_file_count = sizeof qk_rest_page_files / sizeof qk_rest_page_files[0];\n")


if __name__ == "__main__":
    main()
