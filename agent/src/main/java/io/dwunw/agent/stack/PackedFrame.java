// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.agent.hotspot.JavaFrameSink;

/**
 * One frame as a long: what is needed to name it later, and nothing that moves while the process runs.
 *
 * <pre>
 *   63 62 61      60 .. 46     45 .. 0
 *   0  0  pc (an address that belongs to no module), 0 for a gap
 *   0  1  return  module id    pc as an SVMA
 *   1  0  approx  -            48 .. 32 bci     31 .. 0 method id
 *   1  1  0       -            31 .. 0 stub id
 *   1  1  1       0            31 .. 0 allocator's number
 *   1  1  1       bit 60       stands for a whole stack that was not recorded
 * </pre>
 */
public final class PackedFrame {
    /** Kind of a frame. */
    public enum Kind {
        /** No frame: stands for those that could not be found. */
        GAP,
        /** A pc that belongs to no module. */
        RAW,
        NATIVE,
        JAVA,
        /** Code that HotSpot generated for itself. */
        STUB,
        /** The allocator itself, known by name only: the sample was taken after it had returned. */
        ALLOCATOR,
        /** No frame: there was no room for the stack. */
        NOT_RECORDED
    }

    private static final int KIND_SHIFT = 62;
    private static final long NATIVE_BITS = 1L << KIND_SHIFT;
    private static final long JAVA_BITS = 2L << KIND_SHIFT;
    private static final long STUB_BITS = 3L << KIND_SHIFT;
    private static final long FLAG = 1L << 61;
    private static final long WHOLE_STACK = 1L << 60;
    private static final long RAW_MASK = (1L << KIND_SHIFT) - 1;
    private static final int MODULE_SHIFT = 46;
    private static final int MODULE_MASK = (1 << 15) - 1;
    private static final long SVMA_MASK = (1L << MODULE_SHIFT) - 1;
    private static final int BCI_SHIFT = 32;
    private static final int BCI_MASK = (1 << 17) - 1;
    private static final int BCI_NATIVE = BCI_MASK - 1;

    /** The one frame of kind {@link Kind#GAP}. */
    static final long GAP = 0;

    private PackedFrame() {}

    static long raw(long pc) {
        return pc & RAW_MASK;
    }

    /**
     * @param pcSvma the pc as the file states it; with {@code returnAddress} it is looked up one byte lower
     */
    static long nativeFrame(int moduleId, long pcSvma, long pcAvma, boolean returnAddress) {
        if ((moduleId & ~MODULE_MASK) != 0 || (pcSvma & ~SVMA_MASK) != 0) {
            return raw(pcAvma);
        }
        return NATIVE_BITS | (returnAddress ? FLAG : 0) | (long) moduleId << MODULE_SHIFT | pcSvma;
    }

    static long java(int methodId, int bci, boolean approximate) {
        long encoded = BCI_MASK;
        if (bci == JavaFrameSink.BCI_NATIVE) {
            encoded = BCI_NATIVE;
        } else if (bci >= 0 && bci < BCI_NATIVE) {
            encoded = bci;
        }
        return JAVA_BITS | (approximate ? FLAG : 0) | encoded << BCI_SHIFT | (methodId & 0xffff_ffffL);
    }

    static long stub(int stubId) {
        return STUB_BITS | (stubId & 0xffff_ffffL);
    }

    static long allocator(int number) {
        return STUB_BITS | FLAG | (number & 0xffff_ffffL);
    }

    /** Stands for all frames of a stack. */
    static long notRecorded() {
        return STUB_BITS | FLAG | WHOLE_STACK;
    }

    public static Kind kind(long frame) {
        return switch ((int) (frame >>> KIND_SHIFT)) {
            case 0 -> frame == GAP ? Kind.GAP : Kind.RAW;
            case 1 -> Kind.NATIVE;
            case 2 -> Kind.JAVA;
            default -> markedKind(frame);
        };
    }

    private static Kind markedKind(long frame) {
        if ((frame & FLAG) == 0) {
            return Kind.STUB;
        }
        return (frame & WHOLE_STACK) == 0 ? Kind.ALLOCATOR : Kind.NOT_RECORDED;
    }

    /** The pc of a raw frame. */
    public static long pc(long frame) {
        return frame & RAW_MASK;
    }

    public static int moduleId(long frame) {
        return (int) (frame >>> MODULE_SHIFT) & MODULE_MASK;
    }

    /** The pc of a native frame in its file's own addresses. */
    public static long svma(long frame) {
        return frame & SVMA_MASK;
    }

    /** Whether the pc of a native frame is a return address, so that the call lies before it. */
    public static boolean isReturnAddress(long frame) {
        return (frame & FLAG) != 0;
    }

    public static int methodId(long frame) {
        return (int) frame;
    }

    /** Bytecode index, {@link JavaFrameSink#BCI_UNKNOWN} or {@link JavaFrameSink#BCI_NATIVE}. */
    public static int bci(long frame) {
        int encoded = (int) (frame >>> BCI_SHIFT) & BCI_MASK;
        if (encoded == BCI_NATIVE) {
            return JavaFrameSink.BCI_NATIVE;
        }
        return encoded == BCI_MASK ? JavaFrameSink.BCI_UNKNOWN : encoded;
    }

    /** Whether the bytecode index of a Java frame is that of a neighbouring instruction. */
    public static boolean isApproximate(long frame) {
        return (frame & FLAG) != 0;
    }

    /** The stub id of a stub frame, the number of an allocator frame. */
    public static int ordinal(long frame) {
        return (int) frame;
    }
}
