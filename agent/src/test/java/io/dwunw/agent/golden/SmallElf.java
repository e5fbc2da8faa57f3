// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.dwarf.Cie;
import io.dwunw.dwarf.Fde;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.elf.SectionHeader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Builds an ELF file that stands for a big one: it has that one's build id, segments and executable sections, but of
 * its unwind information and symbols only what was asked for. The unwind information is written as {@code
 * .debug_frame}, whose addresses do not depend on where it stands.
 */
@SuppressWarnings({"ByteBufferBackingArray", "ArrayRecordComponent"}) // all buffers are of little()'s making
final class SmallElf {
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int SECTION_HEADER_BYTES = 64;
    private static final int SHT_NOBITS = 8;
    private static final long SHF_EXECINSTR = 4;
    private static final int ET_DYN = 3;
    private static final int EM_X86_64 = 62;

    private final ElfImage original;
    private final String buildId;
    private final Map<Long, Fde> fdes = new TreeMap<>();
    private final Map<Long, Function> functions = new TreeMap<>();

    /** @param size 0: its end is unknown */
    private record Function(String mangledName, long size) {}

    private record Section(String name, int type, long flags, long svma, byte[] content, long size, int link) {
        static Section of(String name, int type, byte[] content, int link) {
            return new Section(name, type, 0, 0, content, content.length, link);
        }
    }

    SmallElf(ElfImage original, String buildId) {
        this.original = original;
        this.buildId = buildId;
    }

    void add(Fde fde) {
        if (fde.cie().signalFrame()) {
            throw new IllegalArgumentException("signal frames are not recorded");
        }
        fdes.put(fde.startSvma(), fde);
    }

    void addFunction(long startSvma, String mangledName, long size) {
        functions.merge(
                startSvma, new Function(mangledName, size), (one, other) -> one.size >= other.size ? one : other);
    }

    byte[] build() {
        List<Section> sections = new ArrayList<>();
        sections.add(Section.of("", 0, new byte[0], 0));
        for (SectionHeader section : original.sections()) {
            if (section.isAllocated() && (section.flags() & SHF_EXECINSTR) != 0) {
                sections.add(new Section(
                        section.name(), SHT_NOBITS, section.flags(), section.svma(), new byte[0], section.size(), 0));
            }
        }
        sections.add(Section.of(".note.gnu.build-id", Elf.SHT_NOTE, note(), 0));
        sections.add(Section.of(".debug_frame", 1, debugFrame(), 0));
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.write(0);
        byte[] symbols = symbols(names);
        sections.add(Section.of(".symtab", Elf.SHT_SYMTAB, symbols, sections.size() + 1));
        sections.add(Section.of(".strtab", 3, names.toByteArray(), 0));
        return assemble(sections);
    }

    private byte[] note() {
        byte[] id = HexFormat.of().parseHex(buildId);
        ByteBuffer note = little(16 + id.length);
        note.putInt(4).putInt(id.length).putInt(Elf.NT_GNU_BUILD_ID);
        note.put("GNU\0".getBytes(StandardCharsets.US_ASCII)).put(id);
        return note.array();
    }

    private byte[] debugFrame() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Fde fde : fdes.values()) {
            int cieOffset = out.size();
            entry(out, -1, cie(fde));
            byte[] instructions = instructions(fde, fde.instructions(), fde.end());
            ByteBuffer body = little(16 + instructions.length);
            body.putLong(fde.startSvma()).putLong(fde.bytes()).put(instructions);
            entry(out, cieOffset, body.array());
        }
        return out.toByteArray();
    }

    private static byte[] cie(Fde fde) {
        Cie cie = fde.cie();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(1); // version
        body.write(0); // no augmentation
        leb128(body, cie.codeAlign());
        leb128(body, cie.dataAlign());
        body.write(cie.returnAddressColumn());
        body.writeBytes(instructions(fde, cie.instructions(), cie.end()));
        return body.toByteArray();
    }

    private static byte[] instructions(Fde fde, long from, long to) {
        return fde.section().bytes().toArray(from, (int) (to - from));
    }

    private static void entry(ByteArrayOutputStream out, int id, byte[] body) {
        ByteBuffer head = little(8);
        head.putInt(4 + body.length).putInt(id);
        out.writeBytes(head.array());
        out.writeBytes(body);
    }

    /** Signed and unsigned alike: one byte more than is needed does no harm. */
    private static void leb128(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest < -0x40 || rest >= 0x40) {
            out.write(((int) rest & 0x7f) | 0x80);
            rest >>= 7;
        }
        out.write((int) rest & 0x7f);
    }

    private byte[] symbols(ByteArrayOutputStream names) {
        ByteBuffer table = little(24 * (functions.size() + 1));
        table.position(24);
        functions.forEach((start, function) -> {
            table.putInt(names.size());
            table.put((byte) ((1 << 4) | Elf.STT_FUNC)).put((byte) 0).putShort((short) 1);
            table.putLong(start).putLong(function.size);
            names.writeBytes(function.mangledName.getBytes(StandardCharsets.UTF_8));
            names.write(0);
        });
        return table.array();
    }

    private byte[] assemble(List<Section> sections) {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        List<ProgramHeader> loads = original.programHeaders().stream()
                .filter(header -> header.type() == Elf.PT_LOAD)
                .toList();
        List<Integer> nameOffsets = new ArrayList<>();
        sections.add(Section.of(".shstrtab", 3, new byte[0], 0));
        for (Section section : sections) {
            nameOffsets.add(names.size());
            names.writeBytes((section.name + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        sections.set(sections.size() - 1, Section.of(".shstrtab", 3, names.toByteArray(), 0));
        ByteArrayOutputStream contents = new ByteArrayOutputStream();
        int contentStart = HEADER_BYTES + loads.size() * PROGRAM_HEADER_BYTES;
        ByteBuffer headers = little(sections.size() * SECTION_HEADER_BYTES);
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            headers.putInt(nameOffsets.get(i)).putInt(section.type).putLong(section.flags);
            headers.putLong(section.svma)
                    .putLong(contentStart + contents.size())
                    .putLong(section.size);
            headers.putInt(section.link).putInt(0).putLong(1);
            headers.putLong(section.type == Elf.SHT_SYMTAB ? 24 : 0);
            contents.writeBytes(section.content);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(fileHeader(loads.size(), contentStart + contents.size(), sections.size()));
        loads.forEach(load -> file.writeBytes(programHeader(load)));
        file.writeBytes(contents.toByteArray());
        file.writeBytes(headers.array());
        return file.toByteArray();
    }

    private static byte[] fileHeader(int programHeaders, int sectionHeadersOffset, int sections) {
        ByteBuffer header = little(HEADER_BYTES);
        header.put(new byte[] {0x7f, 'E', 'L', 'F', Elf.ELFCLASS64, Elf.ELFDATA2LSB, 1});
        header.position(16);
        header.putShort((short) ET_DYN).putShort((short) EM_X86_64).putInt(1).putLong(0);
        header.putLong(HEADER_BYTES).putLong(sectionHeadersOffset).putInt(0);
        header.putShort((short) HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) programHeaders);
        header.putShort((short) SECTION_HEADER_BYTES).putShort((short) sections).putShort((short) (sections - 1));
        return header.array();
    }

    private static byte[] programHeader(ProgramHeader load) {
        ByteBuffer header = little(PROGRAM_HEADER_BYTES);
        header.putInt(load.type()).putInt(load.flags()).putLong(load.offset()).putLong(load.svma());
        header.putLong(load.svma())
                .putLong(load.fileBytes())
                .putLong(load.memoryBytes())
                .putLong(load.align());
        return header.array();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
