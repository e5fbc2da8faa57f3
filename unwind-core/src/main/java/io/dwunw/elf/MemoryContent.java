// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileAccount;
import io.dwunw.bytes.ReadBudget;
import io.dwunw.memory.MemoryReader;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** An image as it lies in a process: segments are copied when first asked for. */
final class MemoryContent implements ElfContent {
    private static final int HEAD_BYTES = 4096;
    /** What a segment claims to have is allocated as far as memory has it. */
    private static final int FIRST_BYTES = 1 << 16;

    private static final String SEGMENT = "segment";

    private final MemoryReader memory;
    private final Bytes head;
    private final long bias;
    private final Map<ProgramHeader, Bytes> segments = new HashMap<>();
    private final FileAccount account;
    private int allowance = ElfLimits.MAX_MEMORY_IMAGE_BYTES;

    private MemoryContent(MemoryReader memory, Bytes head, long bias) {
        this.memory = memory;
        this.head = head;
        this.bias = bias;
        this.account = ReadBudget.ofProcess().account("the image at 0x" + Long.toHexString(bias) + " in memory", this);
    }

    /** The image whose ELF header lies at {@code headerAvma}. */
    static MemoryContent at(MemoryReader memory, long headerAvma) {
        byte[] head = new byte[HEAD_BYTES];
        int got = memory.read(headerAvma, head, 0, HEAD_BYTES);
        Bytes bytes = Bytes.of(Arrays.copyOf(head, Math.max(got, 0)), ByteOrder.LITTLE_ENDIAN);
        ElfHeader header = ElfHeader.parse(bytes);
        bytes = bytes.order(header.order());
        // The header is file offset 0, so the segment that holds that offset says where it thinks it is.
        long bias = headerAvma;
        for (ProgramHeader segment : ElfImage.programHeaders(header, bytes)) {
            if (segment.type() == Elf.PT_LOAD && segment.offset() == 0) {
                bias = headerAvma - segment.svma();
                break;
            }
        }
        return new MemoryContent(memory, bytes, bias);
    }

    long bias() {
        return bias;
    }

    @Override
    public Bytes head() {
        return head;
    }

    @Override
    public Bytes segment(ProgramHeader segment) {
        return segments.computeIfAbsent(segment, this::read);
    }

    @Override
    public boolean hasSections() {
        return false;
    }

    private Bytes read(ProgramHeader segment) {
        int wanted = (int) Math.max(0, Math.min(segment.fileBytes(), allowance));
        if (wanted == 0) {
            return Bytes.empty();
        }
        byte[] copy = new byte[Math.min(wanted, FIRST_BYTES)];
        int got = 0;
        account.take(copy.length, SEGMENT);
        while (true) {
            got += Math.max(0, memory.read(bias + segment.svma() + got, copy, got, copy.length - got));
            if (got < copy.length || got == wanted) {
                break;
            }
            int more = (int) Math.min(wanted, 2L * copy.length);
            account.take(more, SEGMENT);
            account.give(copy.length);
            copy = Arrays.copyOf(copy, more);
        }
        allowance -= got;
        return Bytes.of(got == copy.length ? copy : Arrays.copyOf(copy, got), head.order());
    }
}
