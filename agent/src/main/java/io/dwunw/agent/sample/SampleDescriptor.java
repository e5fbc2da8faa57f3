// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

/**
 * Offsets in bytes of a record's fields; {@code agent/src/main/native/sample.h} draws the picture and is the other half
 * of the contract. Little endian.
 */
public final class SampleDescriptor {
    public static final int KIND = 0;
    public static final int ALLOCATOR = 2;
    public static final int FLAGS = 4;
    public static final int TIME_NS = 8;
    public static final int ADDRESS = 16;
    public static final int SIZE = 24;
    public static final int INTERVAL = 32;
    public static final int TID = 40;
    public static final int PID = 44;

    /** Length of a record about a free, or an allocation without its stack; one with a stack goes on. */
    public static final int FREE_BYTES = 48;

    /** Of a move: where the block was. */
    public static final int OLD_ADDRESS = 48;

    /** Of a move: bytes of the new block that are the old one's. */
    public static final int KEPT = 56;

    /** Length of a record about a move. */
    public static final int MOVE_BYTES = 64;

    /** Of an allocation without its stack of which not all bytes were drawn. */
    public static final int BARE_DRAWN = 48;

    /** Length of a record about such a one. */
    public static final int BARE_BYTES = 56;

    public static final int COMM = 48;
    public static final int COMM_BYTES = 16;
    public static final int ANCHOR_THREAD = 64;
    public static final int ANCHOR_SP = 72;
    public static final int ANCHOR_PC = 80;
    public static final int ANCHOR_FP = 88;
    public static final int STACK_BASE = 96;
    public static final int STACK_LENGTH = 104;
    public static final int STACK_CAPACITY = 108;
    public static final int REGISTERS = 112;
    public static final int RETURN_ADDRESS = 248;
    public static final int DRAWN = 256;
    public static final int STACK = 264;

    /** Length of an allocation's record without its stack. */
    public static final int ALLOCATION_HEADER_BYTES = 264;

    /** rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, pc: numbered as in the psABI, figure 3.36. */
    public static final int REGISTER_COUNT = 17;

    static final int REGISTER_SP = 7;
    static final int REGISTER_PC = 16;

    public static final int KIND_ALLOCATION = 1;
    public static final int KIND_FREE = 2;
    public static final int KIND_UNFREE = 3;
    public static final int KIND_BARE = 4;
    public static final int KIND_MOVE = 5;

    public static final int FLAG_AT_RETURN = 1;
    public static final int FLAG_STACK_CUT = 1 << 1;
    public static final int FLAG_STACK_FAULT = 1 << 2;
    public static final int FLAG_ANCHOR = 1 << 3;
    public static final int FLAG_MOVES = 1 << 4;
    public static final int FLAG_GROWN = 1 << 5;

    private SampleDescriptor() {}
}
