# SPDX-License-Identifier: MIT
"""What an unwinder needs of ELF files of any class and byte order: headers, notes, CFI; all else becomes zero."""

import gzip
import struct

PT_LOAD, PT_NOTE, PT_GNU_EH_FRAME = 1, 4, 0x6474e550
PF_X = 1
SHT_NOTE, SHT_NOBITS = 7, 8


class Elf:
    def __init__(self, image):
        self.image = image
        self.wide = image[4] == 2
        self.order = "<" if image[5] == 1 else ">"
        self.word = "Q" if self.wide else "I"
        self.at_segments, self.at_sections = self.read("2" + self.word, 32 if self.wide else 28)
        self.segment_bytes, self.segment_count, self.section_bytes, self.section_count, self.names = \
            self.read("5H", 54 if self.wide else 42)

    def read(self, form, at):
        return struct.unpack_from(self.order + form, self.image, at)

    def segments(self):
        """Kind, flags, file offset, SVMA, bytes in the file."""
        for i in range(self.segment_count):
            at = self.at_segments + i * self.segment_bytes
            if self.wide:
                kind, flags, offset, svma, _, bytes_ = self.read("2I4Q", at)
            else:
                kind, offset, svma, _, bytes_, _, flags = self.read("7I", at)
            yield kind, flags, offset, svma, bytes_

    def sections(self):
        """Name, kind, file offset, bytes."""
        headers = [self.read("2I4" + self.word, self.at_sections + i * self.section_bytes)
                   for i in range(self.section_count)]
        for name, kind, _, _, offset, bytes_ in headers:
            at = headers[self.names][4] + name
            yield self.image[at:self.image.index(b"\0", at)].decode(), kind, offset, bytes_

    def build_id(self):
        notes = [(at, bytes_) for kind, _, at, _, bytes_ in self.segments() if kind == PT_NOTE]
        notes += [(at, bytes_) for _, kind, at, bytes_ in self.sections() if kind == SHT_NOTE]
        for at, bytes_ in notes:
            end = at + bytes_
            while at + 12 <= end:
                name, description, what = self.read("3I", at)
                body = at + 12 + (name + 3 & ~3)
                if what == 3 and self.image[at + 12:at + 16] == b"GNU\0":
                    return self.image[body:body + description].hex()
                at = body + (description + 3 & ~3)
        raise SystemExit("no build id")

    def headers(self):
        return [(0, 64 if self.wide else 52),
                (self.at_segments, self.at_segments + self.segment_count * self.segment_bytes)]

    def only(self, ranges):
        result = bytearray(len(self.image))
        for low, high in ranges:
            result[low:high] = self.image[low:high]
        return result

    def reduced(self):
        """ELF header, program headers, notes, .eh_frame_hdr and .eh_frame; no section headers."""
        kept = self.headers()
        header = None
        for kind, _, at, svma, bytes_ in self.segments():
            if kind in (PT_NOTE, PT_GNU_EH_FRAME):
                kept.append((at, at + bytes_))
            if kind == PT_GNU_EH_FRAME:
                header = at, svma
        at, svma = header
        frames = svma + 4 + self.read("i", at + 4)[0]
        for kind, _, load, base, bytes_ in self.segments():
            if kind == PT_LOAD and base <= frames < base + bytes_:
                first = last = load + frames - base
                while self.read("I", last)[0] != 0:
                    last += 4 + self.read("I", last)[0]
                kept.append((first, last + 4))
        result = self.only(kept)
        if self.wide:
            result[40:48] = bytes(8)
            result[60:64] = bytes(4)
        else:
            result[32:36] = bytes(4)
            result[48:52] = bytes(4)
        return bytes(result)

    def reduced_debug_file(self):
        """Of a separate debug file: headers, section names, notes and .debug_frame."""
        kept = self.headers() + [(self.at_sections, self.at_sections + self.section_count * self.section_bytes)]
        for i, (name, kind, at, bytes_) in enumerate(self.sections()):
            if kind != SHT_NOBITS and (i == self.names or kind == SHT_NOTE or name == ".debug_frame"):
                kept.append((at, at + bytes_))
        return bytes(self.only(kept))


def read(path):
    with open(path, "rb") as file:
        return Elf(file.read())


def write(path, content):
    with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        packed.write(content)
