// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * One code heap, read straight: its committed part is never unmapped. What lies in it may be freed and overwritten at
 * any moment, so that everything read is only a claim. Hot: allocates nothing.
 */
final class CodeHeap {
    private static final int MAX_SEGMENT_SHIFT = 16;
    private static final int FREE_SEGMENT = 0xff;
    /** A segment's tag steps back by up to 254 segments; blocks are smaller than that many steps. */
    private static final int MAX_STEPS = 1 << 16;

    private final CodeCacheLayout layout;
    private final long address;
    private final StableMemory descriptor;
    private final StableMemory code;
    private final StableMemory segments;
    private final long low;
    private final long segmentsLow;
    private final int shift;

    /**
     * @param address of HotSpot's {@code CodeHeap}, which lives as long as the process
     * @throws JavaFramesUnavailableException if what is found there is not plausible
     */
    CodeHeap(long address, CodeCacheLayout layout, MemoryWindow memory) throws JavaFramesUnavailableException {
        this.layout = layout;
        this.address = address;
        int lastWord = layout.heapBytes() - Long.BYTES;
        int lastField = Math.max(
                Math.max(layout.memory(), layout.segmentMap())
                        + Math.max(Math.max(layout.low(), layout.high()), layout.highBoundary()),
                layout.log2SegmentSize());
        if (lastField > lastWord) {
            throw new JavaFramesUnavailableException("a code heap of this JVM is smaller than what it holds");
        }
        descriptor = memory.stable(address, layout.heapBytes());
        low = descriptor.word(layout.memory() + layout.low());
        shift = descriptor.s4(layout.log2SegmentSize());
        long reserved = descriptor.word(layout.memory() + layout.highBoundary()) - low;
        segmentsLow = descriptor.word(layout.segmentMap() + layout.low());
        long segmentsReserved = descriptor.word(layout.segmentMap() + layout.highBoundary()) - segmentsLow;
        if (reserved <= 0 || segmentsReserved <= 0 || shift <= 0 || shift > MAX_SEGMENT_SHIFT) {
            throw new JavaFramesUnavailableException("a code heap of this JVM is not plausible");
        }
        code = window(memory, low, reserved);
        segments = window(memory, segmentsLow, segmentsReserved);
    }

    /** Words that {@link #describe} writes. */
    static final int DESCRIPTION = 5;

    /** Writes where the heap is: what others need to look at it. */
    void describe(long[] into, int at) {
        into[at] = low;
        into[at + 1] = address + layout.memory() + layout.high();
        into[at + 2] = segmentsLow;
        into[at + 3] = address + layout.segmentMap() + layout.high();
        into[at + 4] = shift;
    }

    private static StableMemory window(MemoryWindow memory, long address, long length) {
        return memory.stable(address, Math.min(length, Integer.MAX_VALUE));
    }

    /** Bytes in use from the start; grows as the JVM commits more. */
    private int committed() {
        long high = descriptor.word(layout.memory() + layout.high());
        return (int) Math.max(0, Math.min(high - low, code.bytes()));
    }

    /** Entries of the segment map that may be read: a heap that grows commits them after the code that they are for. */
    private int mapped() {
        long high = descriptor.word(layout.segmentMap() + layout.high());
        return (int) Math.max(0, Math.min(high - segmentsLow, segments.bytes()));
    }

    boolean contains(long avma) {
        long offset = avma - low;
        return offset >= 0 && offset < committed();
    }

    /** Whether {@code bytes} bytes from {@code avma} on may be read. */
    boolean contains(long avma, int bytes) {
        long offset = avma - low;
        return offset >= 0 && offset <= committed() - (long) bytes;
    }

    int u1(long avma) {
        return contains(avma, 1) ? code.u1((int) (avma - low)) : 0;
    }

    int s2(long avma) {
        return contains(avma, Short.BYTES) ? code.s2((int) (avma - low)) : 0;
    }

    int s4(long avma) {
        return contains(avma, Integer.BYTES) ? code.s4((int) (avma - low)) : 0;
    }

    long word(long avma) {
        return contains(avma, Long.BYTES) ? code.word((int) (avma - low)) : 0;
    }

    /** The segment at which the block of a blob begins. */
    int blockOf(long blob) {
        return (int) ((blob - layout.blockHeaderBytes() - low) >>> shift);
    }

    /** The number at an offset in the blob in a block of that many segments; 0 if the block ends before. */
    int s4(int segment, int length, int offset) {
        long end = (long) layout.blockHeaderBytes() + offset + Integer.BYTES;
        return end <= (long) length << shift ? s4(blobOf(segment) + offset) : 0;
    }

    /** The blob in the block that begins at {@code segment}. */
    long blobOf(int segment) {
        return low + ((long) segment << shift) + layout.blockHeaderBytes();
    }

    boolean isBlockUsed(int segment) {
        return u1(low + ((long) segment << shift) + layout.blockUsed()) != 0;
    }

    /** Segments of the block that begins at {@code segment}; 0 behind the last block, negative where none begins. */
    int blockLength(int segment) {
        long block = low + ((long) segment << shift);
        if (!contains(block, layout.blockHeaderBytes()) || segment >= mapped()) {
            return 0;
        }
        int tag = segments.u1(segment);
        if (tag != 0) {
            return tag == FREE_SEGMENT ? 0 : -1;
        }
        return statedLength(block);
    }

    /** The length in segments that a block's header states; negative if it is not plausible. */
    private int statedLength(long block) {
        // The header is the length in segments, and behind it whether the block is in use.
        long length = layout.blockUsed() == Integer.BYTES ? s4(block) : word(block);
        return length <= 0 || length > code.bytes() >>> shift ? -1 : (int) length;
    }

    /** The blob, in use or not, in the first block. */
    long firstBlob() {
        return blobOf(0);
    }

    /** The blob, in use or not, in the block behind that of {@code blob}; 0 if there is none. Cold. */
    long blobAfter(long blob) {
        int length = statedLength(blob - layout.blockHeaderBytes());
        int next = blockOf(blob) + length;
        boolean isBlock = length > 0
                && next < mapped()
                && contains(blobOf(next) - layout.blockHeaderBytes(), layout.blockHeaderBytes())
                && segments.u1(next) != FREE_SEGMENT;
        return isBlock ? blobOf(next) : 0;
    }

    /** The blob whose block covers {@code pc}; 0 if that part of the heap is free. */
    long blobAt(long pc) {
        int segment = (int) ((pc - low) >>> shift);
        for (int steps = 0; steps < MAX_STEPS; steps++) {
            if (segment < 0 || segment >= mapped()) {
                return 0;
            }
            int tag = segments.u1(segment);
            if (tag == FREE_SEGMENT) {
                return 0;
            }
            if (tag == 0) {
                long block = low + ((long) segment << shift);
                return u1(block + layout.blockUsed()) == 0 ? 0 : block + layout.blockHeaderBytes();
            }
            segment -= tag;
        }
        return 0;
    }
}
