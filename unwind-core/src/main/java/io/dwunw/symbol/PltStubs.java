// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.SectionHeader;
import io.dwunw.symbol.demangle.Demangler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Names procedure linkage stubs {@code function@plt}. A stub is known by the slot of the global offset table that it
 * jumps through, and the slot by its relocation; so the order of stubs does not matter, nor which of {@code .plt},
 * {@code .plt.sec} and {@code .plt.got} they are in. For x86-64 and AArch64; needs section headers.
 */
final class PltStubs {
    private static final int EM_X86_64 = 62;
    private static final int EM_AARCH64 = 183;
    private static final int SHT_RELA = 4;
    private static final int RELA_BYTES = 24;
    /** Slots of one file; browsers have some 10,000. */
    private static final int MAX_SLOTS = 1 << 20;
    /** Counted at once, before they are read. */
    private static final int SLOTS_COUNTED = 256;
    /** Of the heap, for one in the map. */
    private static final int SLOT_BYTES = 100;
    /** Files have two. */
    private static final int MAX_RELOCATION_SECTIONS = 16;
    /** Both architectures' stubs have 16 bytes, but the 8 of x86-64's {@code .plt.got} without IBT. */
    private static final int STUB_BYTES = 16;

    private static final int SHORT_STUB_BYTES = 8;

    private static final int R_X86_64_IRELATIVE = 37;
    private static final int R_AARCH64_IRELATIVE = 1032;

    private final ElfImage image;
    private final LongFunction<Symbol> functions;
    private final List<SectionHeader> sections;
    /** Per slot the symbol that it is bound to; or, all bits inverted, the resolver's address. */
    private @Nullable Map<Long, Long> bindings;

    /** {@code functions}: names a function of the file by its address. */
    PltStubs(ElfImage image, LongFunction<Symbol> functions) {
        this.image = image;
        this.functions = functions;
        this.sections = new ArrayList<>();
        for (SectionHeader section : image.sections()) {
            if (section.isAllocated()
                    && !section.isCompressed()
                    && section.name().startsWith(".plt")) {
                sections.add(section);
            }
        }
    }

    /** The stub at an address, or null if there is none that can be named. */
    @Nullable
    Symbol symbolise(long svma) {
        SectionHeader section = section(svma);
        if (section == null) {
            return null;
        }
        try {
            Bytes code = image.content(section);
            int stubBytes = section.entryBytes() == SHORT_STUB_BYTES ? SHORT_STUB_BYTES : STUB_BYTES;
            long start = (svma - section.svma()) / stubBytes * stubBytes;
            long slot = slot(code.slice(start, Math.min(stubBytes, code.size() - start)), section.svma() + start);
            String name = slot == 0 ? "" : name(bindings().get(slot));
            if (name.isEmpty()) {
                return null;
            }
            return new Symbol(Demangler.demangle(name) + "@plt", name + "@plt", svma - section.svma() - start, true);
        } catch (MalformedDataException damaged) {
            return null;
        }
    }

    private @Nullable SectionHeader section(long svma) {
        for (SectionHeader section : sections) {
            if (Long.compareUnsigned(svma - section.svma(), section.size()) < 0) {
                return section;
            }
        }
        return null;
    }

    /** Address of the slot that the stub jumps through; 0 if it is no such stub. */
    private long slot(Bytes stub, long svma) {
        return switch (image.header().machine()) {
            case EM_X86_64 -> slotOfX86(stub, svma);
            case EM_AARCH64 -> slotOfAArch64(stub, svma);
            default -> 0;
        };
    }

    /** {@code [endbr64] [bnd] jmp *disp32(%rip)}: FF 25 and the displacement from the next instruction. */
    private static long slotOfX86(Bytes stub, long svma) {
        for (int i = 0; i + 6 <= stub.size(); i++) {
            if (stub.u8(i) == 0xff && stub.u8(i + 1) == 0x25) {
                return svma + i + 6 + stub.s32(i + 2);
            }
        }
        return 0;
    }

    /** {@code [bti c;] adrp x16, page; ldr x17, [x16, #offset]}. */
    private static long slotOfAArch64(Bytes stub, long svma) {
        for (int i = 0; i + 8 <= stub.size(); i += 4) {
            int adrp = stub.s32(i);
            int ldr = stub.s32(i + 4);
            if ((adrp & 0x9f00_001f) == 0x9000_0010 && (ldr & 0xffc0_03ff) == 0xf940_0211) {
                long pages = ((long) ((adrp << 8) >> 13) << 2) | ((adrp >>> 29) & 3);
                return ((svma + i) & -0x1000L) + (pages << 12) + (((ldr >>> 10) & 0xfff) << 3);
            }
        }
        return 0;
    }

    private String name(@Nullable Long binding) {
        if (binding == null) {
            return "";
        }
        if (binding >= 0) {
            return SymbolTables.name(image.dynsym(), binding.intValue());
        }
        Symbol resolver = functions.apply(~binding);
        return resolver.offset() == 0 ? resolver.mangled() : "";
    }

    private Map<Long, Long> bindings() {
        if (bindings == null) {
            Map<Long, Long> read = new HashMap<>();
            int readSections = 0;
            for (SectionHeader section : image.sections()) {
                boolean loaded = section.isAllocated() && !section.isCompressed();
                if (section.type() == SHT_RELA && loaded && readSections++ < MAX_RELOCATION_SECTIONS) {
                    readSlots(section, read);
                }
            }
            bindings = read;
        }
        return bindings;
    }

    /** {@code Elf64_Rela}: r_offset 0, r_info 8 (symbol in its upper half), r_addend 16. */
    private void readSlots(SectionHeader section, Map<Long, Long> into) {
        Bytes relocations = image.content(section);
        ElfSymbols symbols = image.dynsym();
        for (long at = 0; at + RELA_BYTES <= relocations.size() && into.size() < MAX_SLOTS; at += RELA_BYTES) {
            if (at % (RELA_BYTES * SLOTS_COUNTED) == 0) {
                image.account().watch();
                image.account().take(SLOTS_COUNTED * (long) SLOT_BYTES, "relocations");
            }
            long symbol = relocations.u64(at + 8) >>> 32;
            if (symbol > 0 && symbol < symbols.count()) {
                into.putIfAbsent(relocations.u64(at), symbol);
            } else if (isIndirect(relocations.s32(at + 8)) && relocations.u64(at + 16) >= 0) {
                into.putIfAbsent(relocations.u64(at), ~relocations.u64(at + 16));
            }
        }
    }

    /** Calls within a file go by the resolver's address, which is where the IFUNC symbol stands. */
    private boolean isIndirect(int type) {
        int machine = image.header().machine();
        return machine == EM_X86_64 ? type == R_X86_64_IRELATIVE : type == R_AARCH64_IRELATIVE;
    }
}
