// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileAccount;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.memory.MemoryReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One ELF file, or its image in memory. Cold; parts are read when asked for, and broken parts look absent: only a
 * broken header makes the whole image unusable. Not thread-safe.
 */
public final class ElfImage {
    /** Segments may claim a huge alignment; pages are at most this big. */
    private static final long MAX_PAGE = 1 << 16;

    private static final long MIN_PAGE = 1 << 12;

    private final ElfHeader header;
    private final ElfContent content;
    private final List<ProgramHeader> programHeaders;
    private final List<SectionHeader> sections;
    private final long memoryBias;
    private @Nullable ElfSymbols symtab;
    private @Nullable ElfSymbols dynsym;

    private ElfImage(ElfHeader header, ElfContent content, long memoryBias) {
        this.header = header;
        this.content = content;
        this.memoryBias = memoryBias;
        this.programHeaders = programHeaders(header, content.head().order(header.order()));
        this.sections =
                content.hasSections() ? SectionTable.read(header, content.head().order(header.order())) : List.of();
    }

    /**
     * Reads a file's bytes in place.
     *
     * @throws MalformedDataException if it is no ELF file
     */
    public static ElfImage ofFile(Bytes file) {
        ElfHeader header = ElfHeader.parse(file);
        return new ElfImage(header, new FileContent(file.order(header.order())), 0);
    }

    /**
     * Reads an image out of a process: the vdso, a deleted or replaced file. It has no sections, only segments.
     *
     * @param headerAvma where the ELF header lies
     * @throws MalformedDataException if there is no ELF header
     */
    public static ElfImage ofMemory(MemoryReader memory, long headerAvma) {
        MemoryContent content = MemoryContent.at(memory, headerAvma);
        return new ElfImage(ElfHeader.parse(content.head()), content, content.bias());
    }

    /** What is allocated and done because of this image is to be counted here. */
    public FileAccount account() {
        return content.head().account();
    }

    /** Closes the file, if it is one: parts that were not read are malformed from then on. May be called again. */
    public void close() {
        content.head().close();
    }

    static List<ProgramHeader> programHeaders(ElfHeader header, Bytes head) {
        int word = header.wordBytes();
        int count = header.programHeaderBytes() < ProgramHeader.bytes(word) ? 0 : header.programHeaderCount();
        List<ProgramHeader> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = header.programHeadersOffset() + (long) i * header.programHeaderBytes();
            if (!head.contains(at, ProgramHeader.bytes(word))) {
                break;
            }
            found.add(ProgramHeader.parse(head, at, word));
        }
        return List.copyOf(found);
    }

    public ElfHeader header() {
        return header;
    }

    public List<ProgramHeader> programHeaders() {
        return programHeaders;
    }

    /** All sections, number 0 included; empty for files without section headers and for memory images. */
    public List<SectionHeader> sections() {
        return sections;
    }

    /** The first section of this name, or null. */
    public @Nullable SectionHeader section(String name) {
        for (SectionHeader section : sections) {
            if (section.name().equals(name)) {
                return section;
            }
        }
        return null;
    }

    /**
     * A section's bytes as the file has them, decompressed (zlib) if flagged or named so; empty for NOBITS.
     *
     * @throws MalformedDataException if they lie outside the file or do not inflate, as those packed with zstd
     */
    public Bytes content(SectionHeader section) {
        if (!section.hasContent()) {
            return Bytes.empty();
        }
        Bytes raw = content.head().order(header.order()).slice(section.offset(), section.size());
        if (section.isCompressed()) {
            return CompressedSection.inflate(raw, header.wordBytes());
        }
        return CompressedSection.isGnu(section) ? CompressedSection.inflateGnu(raw) : raw;
    }

    /** From a static address to the end of what the file holds of its segment; null outside all segments. */
    public @Nullable Bytes atSvma(long svma) {
        for (ProgramHeader segment : programHeaders) {
            if (segment.type() == Elf.PT_LOAD && segment.containsSvma(svma)) {
                Bytes bytes = content.segment(segment);
                long offset = svma - segment.svma();
                return bytes.contains(offset, 0) ? bytes.from(offset) : null;
            }
        }
        return null;
    }

    /** What the linker says identifies this file's contents, or null. Found through segments, else sections. */
    public @Nullable BuildId buildId() {
        try {
            return soughtBuildId();
        } catch (MalformedDataException damaged) {
            return null;
        }
    }

    private @Nullable BuildId soughtBuildId() {
        int ranges = 0;
        for (ProgramHeader segment : programHeaders) {
            if (segment.type() == Elf.PT_NOTE && ranges++ < ElfLimits.MAX_NOTE_RANGES) {
                BuildId found = BuildId.inNotes(content.segment(segment), segment.align());
                if (found != null) {
                    return found;
                }
            }
        }
        for (SectionHeader section : sections) {
            if (section.type() == Elf.SHT_NOTE && ranges++ < ElfLimits.MAX_NOTE_RANGES) {
                BuildId found = buildIdIn(section);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    /** As it stands: a note that is loaded is never compressed. */
    private @Nullable BuildId buildIdIn(SectionHeader section) {
        try {
            return BuildId.inNotes(content.head().order(header.order()).slice(section.offset(), section.size()), 4);
        } catch (MalformedDataException damaged) {
            return null;
        }
    }

    /** {@code .symtab}; empty in stripped files. */
    public ElfSymbols symtab() {
        if (symtab == null) {
            symtab = symbols(Elf.SHT_SYMTAB);
        }
        return symtab;
    }

    /** {@code .dynsym}; found through PT_DYNAMIC when there are no section headers. */
    public ElfSymbols dynsym() {
        if (dynsym == null) {
            ElfSymbols bySection = symbols(Elf.SHT_DYNSYM);
            dynsym = bySection.count() > 0 ? bySection : DynamicSymbols.find(this);
        }
        return dynsym;
    }

    /**
     * Load bias (AVMA − SVMA) of this image when a mapping of its file from {@code fileOffset} on begins at {@code
     * lowAvma}. Segments may share a page of the file: one that begins in the mapping's first page goes before one that
     * only reaches into it. For files whose segments say nothing about that offset, as if offset and address agreed.
     */
    public long loadBias(long lowAvma, long fileOffset) {
        ProgramHeader found = null;
        for (ProgramHeader segment : programHeaders) {
            if (segment.type() != Elf.PT_LOAD || !isMappedFrom(segment, fileOffset)) {
                continue;
            }
            if ((segment.offset() & -MIN_PAGE) == fileOffset) {
                found = segment;
                break;
            }
            found = found == null ? segment : found;
        }
        return lowAvma - fileOffset - (found == null ? 0 : found.svma() - found.offset());
    }

    private static boolean isMappedFrom(ProgramHeader segment, long fileOffset) {
        long pageStart = segment.offset() & -Math.max(1, Math.min(segment.align(), MAX_PAGE));
        return Long.compareUnsigned(fileOffset, pageStart) >= 0
                && Long.compareUnsigned(fileOffset, segment.offset() + segment.fileBytes()) < 0;
    }

    /** Some dynamic linkers relocate the dynamic section's pointers in memory; a file's are always static. */
    long unrelocated(long pointer) {
        boolean relocated = memoryBias != 0 && Long.compareUnsigned(pointer, memoryBias) >= 0;
        return relocated ? pointer - memoryBias : pointer;
    }

    private ElfSymbols symbols(int type) {
        for (SectionHeader section : sections) {
            if (section.type() == type && section.hasContent()) {
                try {
                    int link = section.link();
                    boolean named = link > 0 && link < sections.size();
                    Bytes strings = named ? content(sections.get(link)) : Bytes.empty();
                    return new ElfSymbols(content(section), strings, header.wordBytes());
                } catch (MalformedDataException damaged) {
                    return ElfSymbols.none();
                }
            }
        }
        return ElfSymbols.none();
    }
}
