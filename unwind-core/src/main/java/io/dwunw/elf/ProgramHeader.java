// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;

/**
 * A segment (gABI, figure 5-1).
 *
 * <pre>
 * ELF32: p_type 0, p_offset 4, p_vaddr 8, p_paddr 12, p_filesz 16, p_memsz 20, p_flags 24, p_align 28
 * ELF64: p_type 0, p_flags 4, p_offset 8, p_vaddr 16, p_paddr 24, p_filesz 32, p_memsz 40, p_align 48
 * </pre>
 */
public record ProgramHeader(int type, int flags, long offset, long svma, long fileBytes, long memoryBytes, long align) {
    static int bytes(int wordBytes) {
        return wordBytes == 4 ? 32 : 56;
    }

    static ProgramHeader parse(Bytes file, long at, int wordBytes) {
        if (wordBytes == 4) {
            return new ProgramHeader(
                    file.s32(at),
                    file.s32(at + 24),
                    file.u32(at + 4),
                    file.u32(at + 8),
                    file.u32(at + 16),
                    file.u32(at + 20),
                    file.u32(at + 28));
        }
        return new ProgramHeader(
                file.s32(at),
                file.s32(at + 4),
                file.u64(at + 8),
                file.u64(at + 16),
                file.u64(at + 32),
                file.u64(at + 40),
                file.u64(at + 48));
    }

    /** Whether this address lies in the segment's memory. */
    public boolean containsSvma(long address) {
        return Long.compareUnsigned(address - svma, memoryBytes) < 0;
    }

    public boolean isExecutable() {
        return (flags & Elf.PF_X) != 0;
    }
}
