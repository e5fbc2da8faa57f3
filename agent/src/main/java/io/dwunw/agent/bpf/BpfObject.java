// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.SectionHeader;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Contents of a compiled BPF object, without any kernel: programs, maps and data sections, by name.
 *
 * <p>Conventions of {@code dwunw.bpf.c}: each section of executable bytes is one program; section {@code maps} holds a
 * {@code struct map_definition} per symbol; each {@code .rodata*} and {@code .bss*} section becomes an array map of one
 * element.
 */
record BpfObject(Map<String, ProgramSpec> programs, Map<String, MapSpec> maps, String license) {
    private static final int EM_BPF = 247;
    private static final int MAX_LICENSE_BYTES = 64;
    private static final int SHT_REL = 9;
    private static final int SHF_EXECINSTR = 4;
    private static final int R_BPF_64_64 = 1;
    private static final int REL_BYTES = 16;

    /** A program to load. */
    record ProgramSpec(String name, Bytes instructions, List<Relocation> relocations) {}

    /**
     * A place in a program that wants the address of a map.
     *
     * @param instruction index of a double-width load
     * @param map name of the map
     * @param value whether the address of the map's only element is wanted instead of the map itself
     * @param addend offset in that element
     */
    record Relocation(int instruction, String map, boolean value, int addend) {}

    /**
     * A map to make.
     *
     * @param content bytes of a read-only data section, empty for others
     */
    record MapSpec(String name, int type, int keyBytes, int valueBytes, int maxEntries, int flags, Bytes content) {
        /** {@code struct map_definition}: type, key_size, value_size, max_entries, flags. */
        static final int DEFINITION_BYTES = 20;

        MapSpec withMaxEntries(int entries) {
            return new MapSpec(name, type, keyBytes, valueBytes, entries, flags, content);
        }
    }

    /**
     * Reads an object file.
     *
     * @throws MalformedDataException if it is not what the conventions say
     */
    static BpfObject read(byte[] file) {
        ElfImage image = ElfImage.ofFile(Bytes.of(file, ByteOrder.LITTLE_ENDIAN));
        if (image.header().machine() != EM_BPF) {
            throw new MalformedDataException("not a BPF object", 18);
        }
        Map<String, MapSpec> maps = maps(image);
        Map<String, ProgramSpec> programs = new HashMap<>();
        for (SectionHeader section : image.sections()) {
            if ((section.flags() & SHF_EXECINSTR) != 0 && section.size() > 0) {
                Bytes code = image.content(section);
                programs.put(section.name(), new ProgramSpec(section.name(), code, relocations(image, section)));
            }
        }
        return new BpfObject(Map.copyOf(programs), Map.copyOf(maps), license(image));
    }

    private static String license(ElfImage image) {
        SectionHeader section = image.section("license");
        return section == null ? "" : image.content(section).cString(0, MAX_LICENSE_BYTES);
    }

    private static Map<String, MapSpec> maps(ElfImage image) {
        Map<String, MapSpec> maps = new HashMap<>();
        ElfSymbols symbols = image.symtab();
        SectionHeader definitions = image.section("maps");
        for (int i = 0; definitions != null && i < symbols.count(); i++) {
            if (symbols.sectionIndex(i) == definitions.index() && symbols.type(i) == Elf.STT_OBJECT) {
                MapSpec map = definition(symbols.name(i), image.content(definitions), symbols.svma(i));
                maps.put(map.name(), map);
            }
        }
        for (SectionHeader section : image.sections()) {
            if (section.name().startsWith(".rodata") || section.name().startsWith(".bss")) {
                maps.put(section.name(), data(image, section));
            }
        }
        return maps;
    }

    private static MapSpec definition(String name, Bytes content, long at) {
        return new MapSpec(
                name,
                content.s32(at),
                content.s32(at + 4),
                content.s32(at + 8),
                content.s32(at + 12),
                content.s32(at + 16),
                Bytes.empty());
    }

    private static MapSpec data(ElfImage image, SectionHeader section) {
        boolean constant = section.name().startsWith(".rodata");
        Bytes content = constant ? image.content(section) : Bytes.empty();
        int flags = constant ? BpfAttr.BPF_F_RDONLY_PROG : BpfAttr.BPF_F_MMAPABLE;
        return new MapSpec(section.name(), BpfAttr.MAP_TYPE_ARRAY, 4, (int) section.size(), 1, flags, content);
    }

    private static List<Relocation> relocations(ElfImage image, SectionHeader program) {
        List<Relocation> relocations = new ArrayList<>();
        for (SectionHeader section : image.sections()) {
            if (section.type() == SHT_REL && section.info() == program.index()) {
                Bytes entries = image.content(section);
                for (long at = 0; entries.contains(at, REL_BYTES); at += REL_BYTES) {
                    relocations.add(relocation(image, entries.u64(at), entries.u64(at + 8)));
                }
            }
        }
        return List.copyOf(relocations);
    }

    /** Decodes an Elf64_Rel: {@code r_offset}, {@code r_info = symbol << 32 | type}. */
    private static Relocation relocation(ElfImage image, long offset, long info) {
        if ((int) info != R_BPF_64_64) {
            throw new MalformedDataException("relocation of type " + (int) info, offset);
        }
        int symbol = (int) (info >>> 32);
        ElfSymbols symbols = image.symtab();
        SectionHeader target = image.sections().get(symbols.sectionIndex(symbol));
        int instruction = (int) (offset / BpfAttr.INSTRUCTION_BYTES);
        if (target.name().equals("maps")) {
            return new Relocation(instruction, symbols.name(symbol), false, 0);
        }
        return new Relocation(instruction, target.name(), true, (int) symbols.svma(symbol));
    }
}
