#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the compiled .proto files as a C array (src/server/protocol/reflection_files.h). usage: embed.py INPUT.bin OUTPUT.c"""
import pathlib
import sys

BYTES_IN_A_LINE = 24

data = pathlib.Path(sys.argv[1]).read_bytes()
lines = [", ".join(str(byte) for byte in data[at:at + BYTES_IN_A_LINE]) for at in range(0, len(data), BYTES_IN_A_LINE)]
pathlib.Path(sys.argv[2]).write_text(
    '#include "server/protocol/reflection_files.h"\n\n'
    f"const uint8_t qk_descriptors[] = {{\n" + ",\n".join(lines) + "\n};\n"
    f"const size_t qk_descriptors_len = {len(data)};\n")
