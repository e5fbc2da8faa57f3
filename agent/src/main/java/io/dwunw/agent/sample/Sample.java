// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

import static io.dwunw.agent.sample.SampleDescriptor.ADDRESS;
import static io.dwunw.agent.sample.SampleDescriptor.ALLOCATION_HEADER_BYTES;
import static io.dwunw.agent.sample.SampleDescriptor.ALLOCATOR;
import static io.dwunw.agent.sample.SampleDescriptor.ANCHOR_FP;
import static io.dwunw.agent.sample.SampleDescriptor.ANCHOR_PC;
import static io.dwunw.agent.sample.SampleDescriptor.ANCHOR_SP;
import static io.dwunw.agent.sample.SampleDescriptor.ANCHOR_THREAD;
import static io.dwunw.agent.sample.SampleDescriptor.BARE_BYTES;
import static io.dwunw.agent.sample.SampleDescriptor.BARE_DRAWN;
import static io.dwunw.agent.sample.SampleDescriptor.COMM;
import static io.dwunw.agent.sample.SampleDescriptor.COMM_BYTES;
import static io.dwunw.agent.sample.SampleDescriptor.DRAWN;
import static io.dwunw.agent.sample.SampleDescriptor.FLAGS;
import static io.dwunw.agent.sample.SampleDescriptor.FREE_BYTES;
import static io.dwunw.agent.sample.SampleDescriptor.INTERVAL;
import static io.dwunw.agent.sample.SampleDescriptor.KEPT;
import static io.dwunw.agent.sample.SampleDescriptor.KIND;
import static io.dwunw.agent.sample.SampleDescriptor.MOVE_BYTES;
import static io.dwunw.agent.sample.SampleDescriptor.OLD_ADDRESS;
import static io.dwunw.agent.sample.SampleDescriptor.PID;
import static io.dwunw.agent.sample.SampleDescriptor.REGISTERS;
import static io.dwunw.agent.sample.SampleDescriptor.REGISTER_COUNT;
import static io.dwunw.agent.sample.SampleDescriptor.REGISTER_PC;
import static io.dwunw.agent.sample.SampleDescriptor.REGISTER_SP;
import static io.dwunw.agent.sample.SampleDescriptor.RETURN_ADDRESS;
import static io.dwunw.agent.sample.SampleDescriptor.SIZE;
import static io.dwunw.agent.sample.SampleDescriptor.STACK;
import static io.dwunw.agent.sample.SampleDescriptor.STACK_BASE;
import static io.dwunw.agent.sample.SampleDescriptor.STACK_CAPACITY;
import static io.dwunw.agent.sample.SampleDescriptor.STACK_LENGTH;
import static io.dwunw.agent.sample.SampleDescriptor.TID;
import static io.dwunw.agent.sample.SampleDescriptor.TIME_NS;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Hot: a flyweight over one record. {@link #wrap} moves it; nothing is copied and nothing allocated, except by
 * {@link #comm()}. What a record says of itself is not believed beyond the bytes it has. Not thread-safe.
 */
public final class Sample {
    /** User addresses have no more (five-level paging). */
    private static final int KEY_ADDRESS_BITS = 56;

    private static final ByteBuffer EMPTY =
            ByteBuffer.allocate(ALLOCATION_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private final SampledStack stack = new SampledStack(EMPTY);
    private ByteBuffer buffer = EMPTY;
    private int offset;
    private int length;

    /**
     * Lays the flyweight over a record.
     *
     * @param records little endian; its position is neither used nor changed
     * @return whether there is a record of a known kind, with all its fields within {@code length}; the flyweight must
     *     not be read otherwise
     */
    public boolean wrap(ByteBuffer records, int offset, int length) {
        if (length < FREE_BYTES || offset < 0 || records.capacity() - offset < length) {
            return false;
        }
        buffer = records;
        this.offset = offset;
        this.length = length;
        int stackBytes = 0;
        switch (kind()) {
            case SampleDescriptor.KIND_FREE, SampleDescriptor.KIND_UNFREE, SampleDescriptor.KIND_BARE -> {}
            case SampleDescriptor.KIND_MOVE -> {
                if (length < MOVE_BYTES) {
                    return false;
                }
            }
            case SampleDescriptor.KIND_ALLOCATION -> {
                if (length < ALLOCATION_HEADER_BYTES) {
                    return false;
                }
                int stated = records.getInt(offset + STACK_LENGTH);
                stackBytes = Math.max(0, Math.min(stated, length - ALLOCATION_HEADER_BYTES));
            }
            default -> {
                return false;
            }
        }
        long base = stackBytes == 0 ? 0 : records.getLong(offset + STACK_BASE);
        stack.wrap(records, offset + STACK, base, stackBytes);
        return true;
    }

    /** One of {@code SampleDescriptor.KIND_*}. */
    public int kind() {
        return buffer.getShort(offset + KIND) & 0xffff;
    }

    /** With a stack or without. */
    public boolean isAllocation() {
        return kind() == SampleDescriptor.KIND_ALLOCATION || isBare();
    }

    /**
     * An allocation whose stack there was no room for: it has neither registers, nor an anchor, nor a thread's name.
     */
    public boolean isBare() {
        return kind() == SampleDescriptor.KIND_BARE;
    }

    public boolean isFree() {
        return kind() == SampleDescriptor.KIND_FREE;
    }

    /** The free before, of the same address by the same thread, did not happen. */
    public boolean isFreeUndone() {
        return kind() == SampleDescriptor.KIND_UNFREE;
    }

    /** The free before, of {@link #oldAddress} by the same thread, was the first half of a reallocation. */
    public boolean isMove() {
        return kind() == SampleDescriptor.KIND_MOVE;
    }

    /** As the record numbers it: an {@link Allocator}'s number, or beyond for functions of the user's. */
    public int allocatorNumber() {
        return buffer.getShort(offset + ALLOCATOR) & 0xffff;
    }

    /**
     * What identifies a heap block: its address, with a mark of the user's function that handed it out, because such a
     * function may pass on what malloc gave it, and both are blocks.
     */
    public long blockKey() {
        int custom = allocatorNumber() - Allocator.CUSTOM.number();
        return custom < 0 ? address() : address() | (long) (custom + 1) << KEY_ADDRESS_BITS;
    }

    /** Whether a {@link #blockKey} is that of a function of the user's. */
    public static boolean isCustom(long blockKey) {
        return blockKey >>> KEY_ADDRESS_BITS != 0;
    }

    /** The address in a {@link #blockKey}. */
    public static long addressOf(long blockKey) {
        return blockKey & ((1L << KEY_ADDRESS_BITS) - 1);
    }

    public Allocator allocator() {
        return Allocator.of(allocatorNumber());
    }

    /** Bits {@code SampleDescriptor.FLAG_*}. */
    public int flags() {
        return buffer.getInt(offset + FLAGS);
    }

    /** When, on {@code CLOCK_MONOTONIC}: the clock of {@link System#nanoTime()}. */
    public long timeNanos() {
        return buffer.getLong(offset + TIME_NS);
    }

    /** Of the block, as the application sees it. */
    public long address() {
        return buffer.getLong(offset + ADDRESS);
    }

    /** Bytes asked for, also of a block that has grown or moved; of a free 0, unless pages were unmapped. */
    public long size() {
        return buffer.getLong(offset + SIZE);
    }

    /**
     * Of an allocation: the bytes that the sample was drawn for, the last of its {@link #size}. All of them, or what a
     * reallocation has added.
     */
    public long drawn() {
        if (isBare()) {
            return length < BARE_BYTES ? size() : buffer.getLong(offset + BARE_DRAWN);
        }
        return buffer.getLong(offset + DRAWN);
    }

    /**
     * Of an allocation of which less than all is {@link #drawn}: the heap block was sampled before and has grown; the
     * thread's move before says where it is.
     */
    public boolean hasGrown() {
        return (flags() & SampleDescriptor.FLAG_GROWN) != 0;
    }

    /** Of a free: the same thread will say where the block has moved to, or that it has stayed. */
    public boolean moves() {
        return (flags() & SampleDescriptor.FLAG_MOVES) != 0;
    }

    /** Of a move: where the block was. */
    public long oldAddress() {
        return buffer.getLong(offset + OLD_ADDRESS);
    }

    /** Of a move: bytes of the new block that are the old one's; the others are new. */
    public long kept() {
        return buffer.getLong(offset + KEPT);
    }

    /** Mean bytes between two samples when this one was taken; 1 = every allocation is one. */
    public long interval() {
        return buffer.getLong(offset + INTERVAL);
    }

    /** The OS thread, in the process's own PID namespace. */
    public int tid() {
        return buffer.getInt(offset + TID);
    }

    public int pid() {
        return buffer.getInt(offset + PID);
    }

    /**
     * The bytes that this sample stands for: {@code drawn / (1 - exp(-drawn / interval))}. A block is sampled with just
     * the probability in the divisor, so that sums of weights are unbiased.
     */
    public long weight() {
        long size = drawn();
        long interval = interval();
        if (interval <= 1 || size <= 0) {
            return size;
        }
        double probability = -Math.expm1(-(double) size / interval);
        return Math.round(size / probability);
    }

    /** The OS thread's name. Allocates; see {@link #copyComm} for the bytes. */
    public String comm() {
        byte[] name = new byte[SampleDescriptor.COMM_BYTES];
        int length = copyComm(name, 0);
        return new String(name, 0, length, StandardCharsets.UTF_8);
    }

    /**
     * Copies the OS thread's name.
     *
     * @param destination with room for {@link SampleDescriptor#COMM_BYTES} from {@code at} on
     * @return bytes before the first NUL
     */
    public int copyComm(byte[] destination, int at) {
        int length = 0;
        while (length < COMM_BYTES && !isBare()) {
            byte b = buffer.get(offset + COMM + length);
            if (b == 0) {
                break;
            }
            destination[at + length] = b;
            length++;
        }
        return length;
    }

    /** Whether the {@code anchor} fields were filled. */
    public boolean hasAnchor() {
        return (flags() & SampleDescriptor.FLAG_ANCHOR) != 0;
    }

    /** {@code JavaThread*}, 0 if this is no Java thread or it is not known as one. */
    public long anchorThread() {
        return isBare() ? 0 : buffer.getLong(offset + ANCHOR_THREAD);
    }

    /** {@code JavaFrameAnchor::_last_Java_sp}. */
    public long anchorSp() {
        return buffer.getLong(offset + ANCHOR_SP);
    }

    /** {@code JavaFrameAnchor::_last_Java_pc}. */
    public long anchorPc() {
        return buffer.getLong(offset + ANCHOR_PC);
    }

    /** {@code JavaFrameAnchor::_last_Java_fp}. */
    public long anchorFp() {
        return buffer.getLong(offset + ANCHOR_FP);
    }

    /** Sets all general registers, sp and pc. */
    public void registers(RegisterSet into) {
        int base = offset + REGISTERS;
        for (int i = 0; i < REGISTER_COUNT; i++) {
            into.set(i, buffer.getLong(base + i * Long.BYTES));
        }
    }

    /** One register in DWARF numbering; 16 is the pc. */
    public long register(int dwarfRegister) {
        return buffer.getLong(offset + REGISTERS + dwarfRegister * Long.BYTES);
    }

    public long pc() {
        return register(REGISTER_PC);
    }

    public long sp() {
        return register(REGISTER_SP);
    }

    /** Where the allocator returns to, 0 if the producer did not know. */
    public long returnAddress() {
        return buffer.getLong(offset + RETURN_ADDRESS);
    }

    /** The copied part of the stack: the same object each time, over this record. Empty for a free. */
    public StackMemory stack() {
        return stack;
    }

    /** Bytes of stack that the record has room for. */
    public int stackCapacity() {
        return buffer.getInt(offset + STACK_CAPACITY);
    }

    /** The registers are the caller's, just after the allocator returned: {@link #pc()} is a return address. */
    public boolean atReturn() {
        return (flags() & SampleDescriptor.FLAG_AT_RETURN) != 0;
    }

    /** The stack goes on beyond what was copied. */
    public boolean stackCut() {
        return (flags() & SampleDescriptor.FLAG_STACK_CUT) != 0;
    }

    /** A page of the stack could not be read, often simply because the stack ends there. */
    public boolean stackFault() {
        return (flags() & SampleDescriptor.FLAG_STACK_FAULT) != 0;
    }
}
