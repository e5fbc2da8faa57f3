// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Contents of a sample, as far as its stack goes, apart from how records are laid out. */
final class RecordedSample {
    /** A time at which a sample was always taken just now, whenever it is walked. */
    static final long FRESH = Long.MAX_VALUE / 2;

    private static final int MAX_STACK = 1 << 20;

    private final String name;
    private final int allocator;
    private final int flags;
    /** In DWARF numbering, the pc last. */
    private final long[] registers;
    /** Its sp, pc and fp. */
    private final long[] anchor;

    private final long stackBase;
    private final byte[] stack;

    private RecordedSample(
            String name, int allocator, int flags, long[] registers, long[] anchor, long stackBase, byte[] stack) {
        this.name = name;
        this.allocator = allocator;
        this.flags = flags;
        this.registers = registers;
        this.anchor = anchor;
        this.stackBase = stackBase;
        this.stack = stack;
    }

    String name() {
        return name;
    }

    boolean hasAnchor() {
        return anchor[0] != 0;
    }

    /** A copy of the stack's bytes. */
    byte[] stack() {
        return stack.clone();
    }

    static RecordedSample of(String name, Sample sample) {
        long[] registers = new long[SampleDescriptor.REGISTER_COUNT];
        Arrays.setAll(registers, sample::register);
        long[] anchor = {sample.anchorSp(), sample.anchorPc(), sample.anchorFp()};
        long base = sample.stack().lowAvma();
        byte[] stack = new byte[(int) (sample.stack().highAvma() - base)];
        for (int i = 0; i + Long.BYTES <= stack.length; i += Long.BYTES) {
            ByteBuffer.wrap(stack)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(i, sample.stack().word(base + i));
        }
        return new RecordedSample(name, sample.allocator().number(), sample.flags(), registers, anchor, base, stack);
    }

    /** A copy of this sample with less stack. */
    RecordedSample cut(int stackBytes) {
        return new RecordedSample(
                name, allocator, flags, registers, anchor, stackBase, Arrays.copyOf(stack, stackBytes));
    }

    /** A copy of this sample with other stack bytes. */
    RecordedSample withStack(byte[] bytes) {
        return new RecordedSample(name, allocator, flags, registers, anchor, stackBase, bytes);
    }

    /** The sample as a producer would write it today, taken at that time. */
    ByteBuffer record(long timeNanos) {
        int bytes = SampleDescriptor.ALLOCATION_HEADER_BYTES + stack.length;
        ByteBuffer record = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        record.putShort(SampleDescriptor.KIND, (short) SampleDescriptor.KIND_ALLOCATION);
        record.putShort(SampleDescriptor.ALLOCATOR, (short) allocator);
        record.putInt(SampleDescriptor.FLAGS, flags);
        record.putLong(SampleDescriptor.TIME_NS, timeNanos);
        record.putLong(SampleDescriptor.ANCHOR_SP, anchor[0]);
        record.putLong(SampleDescriptor.ANCHOR_PC, anchor[1]);
        record.putLong(SampleDescriptor.ANCHOR_FP, anchor[2]);
        record.putLong(SampleDescriptor.STACK_BASE, stackBase);
        record.putInt(SampleDescriptor.STACK_LENGTH, stack.length);
        record.putInt(SampleDescriptor.STACK_CAPACITY, stack.length);
        for (int i = 0; i < registers.length; i++) {
            record.putLong(SampleDescriptor.REGISTERS + i * Long.BYTES, registers[i]);
        }
        record.put(SampleDescriptor.STACK, stack);
        return record;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeUTF(name);
        out.writeInt(allocator);
        out.writeInt(flags);
        for (long register : registers) {
            out.writeLong(register);
        }
        for (long part : anchor) {
            out.writeLong(part);
        }
        out.writeLong(stackBase);
        out.writeInt(stack.length);
        out.write(stack);
    }

    static RecordedSample read(DataInputStream in) throws IOException {
        String name = in.readUTF();
        int allocator = in.readInt();
        int flags = in.readInt();
        long[] registers = new long[SampleDescriptor.REGISTER_COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = in.readLong();
        }
        long[] anchor = {in.readLong(), in.readLong(), in.readLong()};
        long base = in.readLong();
        byte[] stack = new byte[Math.min(in.readInt(), MAX_STACK)];
        in.readFully(stack);
        return new RecordedSample(name, allocator, flags, registers, anchor, base, stack);
    }
}
