// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampleTest {
    private static final int AT = 24;
    private static final int HEADER = SampleDescriptor.ALLOCATION_HEADER_BYTES;

    private final Sample sample = new Sample();

    private static ByteBuffer allocation(int stackBytes) {
        ByteBuffer b = ByteBuffer.allocateDirect(AT + HEADER + stackBytes).order(ByteOrder.LITTLE_ENDIAN);
        b.putShort(AT, (short) 1).putShort(AT + 2, (short) 4);
        b.putInt(AT + 4, SampleDescriptor.FLAG_AT_RETURN | SampleDescriptor.FLAG_STACK_CUT);
        b.putLong(AT + 8, 11).putLong(AT + 16, 22).putLong(AT + 24, 33).putLong(AT + 32, 44);
        b.putInt(AT + 40, 55).putInt(AT + 44, 66);
        byte[] name = "worker-ä".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < name.length; i++) {
            b.put(AT + 48 + i, name[i]);
        }
        b.putLong(AT + 64, 77).putLong(AT + 72, 88).putLong(AT + 80, 99).putLong(AT + 88, 111);
        b.putLong(AT + 96, 0x7000).putInt(AT + 104, stackBytes).putInt(AT + 108, 4096);
        for (int i = 0; i < 17; i++) {
            b.putLong(AT + 112 + 8 * i, 1000 + i);
        }
        b.putLong(AT + 248, 2000).putLong(AT + SampleDescriptor.DRAWN, 21);
        for (int i = 0; i < stackBytes; i++) {
            b.put(AT + HEADER + i, (byte) i);
        }
        return b;
    }

    @Test
    void everyFieldOfAnAllocationIsReadFromItsPlace() {
        assertThat(sample.wrap(allocation(32), AT, HEADER + 32)).isTrue();
        assertThat(sample.isAllocation()).isTrue();
        assertThat(sample.allocator()).isEqualTo(Allocator.POSIX_MEMALIGN);
        assertThat(sample.allocator().functionName()).isEqualTo("posix_memalign");
        assertThat(new long[] {sample.timeNanos(), sample.address(), sample.size(), sample.interval()})
                .containsExactly(11, 22, 33, 44);
        assertThat(sample.tid()).isEqualTo(55);
        assertThat(sample.pid()).isEqualTo(66);
        assertThat(sample.comm()).isEqualTo("worker-ä");
        assertThat(new long[] {sample.anchorThread(), sample.anchorSp(), sample.anchorPc(), sample.anchorFp()})
                .containsExactly(77, 88, 99, 111);
        assertThat(sample.atReturn()).isTrue();
        assertThat(sample.stackCut()).isTrue();
        assertThat(sample.stackFault()).isFalse();
        assertThat(sample.hasAnchor()).isFalse();
        assertThat(sample.stackCapacity()).isEqualTo(4096);
        assertThat(sample.returnAddress()).isEqualTo(2000);
        assertThat(sample.drawn()).isEqualTo(21);
        assertThat(sample.hasGrown()).isFalse();
        assertThat(sample.pc()).isEqualTo(1016);
        assertThat(sample.sp()).isEqualTo(1007);
    }

    @Test
    void registersAndStackAreReadyForAWalk() {
        sample.wrap(allocation(32), AT, HEADER + 32);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        sample.registers(registers);
        assertThat(registers.sp()).isEqualTo(1007);
        assertThat(registers.pc()).isEqualTo(1016);
        assertThat(registers.get(3)).isEqualTo(1003);
        assertThat(registers.known(15)).isTrue();
        StackMemory stack = sample.stack();
        assertThat(stack.lowAvma()).isEqualTo(0x7000);
        assertThat(stack.highAvma()).isEqualTo(0x7020);
        assertThat(stack.word(0x7018)).isEqualTo(0x1f1e1d1c1b1a1918L);
        assertThat(stack.contains(0x7018, 8)).isTrue();
        assertThat(stack.contains(0x7019, 8)).isFalse();
        assertThat(stack.contains(0x6fff, 8)).isFalse();
        assertThat(stack.contains(-8, 8)).isFalse();
        assertThat(stack.contains(Long.MAX_VALUE, 8)).isFalse();
    }

    @Test
    void anAllocationWithoutItsStackHasWhatSumsNeed() {
        ByteBuffer b = allocation(32);
        b.putShort(AT, (short) SampleDescriptor.KIND_BARE);
        assertThat(sample.wrap(b, AT, 47)).isFalse();
        assertThat(sample.wrap(b, AT, 48)).isTrue();
        assertThat(sample.isBare()).isTrue();
        assertThat(sample.isAllocation()).isTrue();
        assertThat(sample.isFree()).isFalse();
        assertThat(sample.weight()).isGreaterThanOrEqualTo(sample.size());
        // What lies behind is another record.
        assertThat(sample.comm()).isEmpty();
        assertThat(sample.anchorThread()).isZero();
        assertThat(sample.stack().contains(0x7000, 1)).isFalse();
        assertThat(sample.drawn()).isEqualTo(33);
        b.putLong(AT + SampleDescriptor.BARE_DRAWN, 12);
        assertThat(sample.wrap(b, AT, SampleDescriptor.BARE_BYTES)).isTrue();
        assertThat(sample.drawn()).isEqualTo(12);
    }

    @Test
    void aRecordIsNotBelievedBeyondItsBytes() {
        ByteBuffer b = allocation(32);
        assertThat(sample.wrap(b, AT, HEADER - 1)).isFalse();
        assertThat(sample.wrap(b, AT, 47)).isFalse();
        assertThat(sample.wrap(b, AT + 1, HEADER + 32)).isFalse();
        b.putInt(AT + 104, 1 << 30);
        assertThat(sample.wrap(b, AT, HEADER + 16)).isTrue();
        assertThat(sample.stack().highAvma()).isEqualTo(0x7010);
        b.putInt(AT + 104, -1);
        assertThat(sample.wrap(b, AT, HEADER + 16)).isTrue();
        assertThat(sample.stack().contains(0x7000, 1)).isFalse();
        b.putShort(AT, (short) 6);
        assertThat(sample.wrap(b, AT, HEADER + 16)).isFalse();
        b.putShort(AT, (short) 2).putShort(AT + 2, (short) 99);
        assertThat(sample.wrap(b, AT, 48)).isTrue();
        assertThat(sample.isFree()).isTrue();
        assertThat(sample.allocator()).isEqualTo(Allocator.CUSTOM);
    }

    @Test
    void aMoveTellsBothPlaces() {
        ByteBuffer b = allocation(0);
        b.putShort(AT, (short) SampleDescriptor.KIND_MOVE);
        b.putLong(AT + SampleDescriptor.OLD_ADDRESS, 7).putLong(AT + SampleDescriptor.KEPT, 30);
        assertThat(sample.wrap(b, AT, SampleDescriptor.FREE_BYTES)).isFalse();
        assertThat(sample.wrap(b, AT, SampleDescriptor.MOVE_BYTES)).isTrue();
        assertThat(sample.isMove()).isTrue();
        assertThat(new long[] {sample.oldAddress(), sample.address(), sample.kept(), sample.size()})
                .containsExactly(7, 22, 30, 33);
        assertThat(sample.stack().contains(0x7000, 1)).isFalse();
    }

    @Test
    void weightsAddUpToTheBytesTheyStandFor() {
        long interval = 512 * 1024;
        Random random = new Random(42);
        for (int size : new int[] {16, 4096, 300_000, 1 << 24}) {
            ByteBuffer b = allocation(0);
            b.putLong(AT + SampleDescriptor.DRAWN, size).putLong(AT + 32, interval);
            sample.wrap(b, AT, HEADER);
            double probability = 1 - Math.exp(-(double) size / interval);
            int blocks = 2_000_000;
            int sampled = 0;
            for (int i = 0; i < blocks; i++) {
                if (random.nextDouble() < probability) {
                    sampled++;
                }
            }
            double error = 6 * Math.sqrt(blocks * probability * (1 - probability)) + 1;
            double estimate = (double) sampled * sample.weight() / size;
            assertThat(estimate)
                    .as("size %d", size)
                    .isBetween(blocks - error / probability, blocks + error / probability);
        }
        ByteBuffer b = allocation(0);
        b.putLong(AT + SampleDescriptor.DRAWN, 48).putLong(AT + 32, 1);
        sample.wrap(b, AT, HEADER);
        assertThat(sample.weight()).isEqualTo(48);
    }
}
