// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LinuxTest {
    private static final int PAGE = 4096;
    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MPROTECT = 10;

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    @Test
    void aFailedCallGivesItsErrorNumber() {
        assertThat(Kernel.RUNNING.call(SystemCall.CLOSE, -1)).isEqualTo(-Errno.EBADF);
        assertThat(Errno.name(Errno.EBADF)).isEqualTo("EBADF");
        assertThat(Errno.name(74)).isEqualTo("errno 74");
    }

    @Test
    void theThreadIdIsATaskOfThisProcess() {
        assertThat(Path.of("/proc/self/task/" + Linux.threadId())).isDirectory();
        assertThat(Kernel.RUNNING.call(SystemCall.GETPID, 0))
                .isEqualTo(ProcessHandle.current().pid());
    }

    @Test
    void memoryAndAddressAreInverse() {
        ByteBuffer direct = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
        direct.putLong(8, 0x1122334455667788L);
        ByteBuffer view = Linux.memory(Linux.address(direct), 64);
        assertThat(view.getLong(8)).isEqualTo(0x1122334455667788L);
        view.putLong(16, 42);
        assertThat(direct.getLong(16)).isEqualTo(42);
        assertThatThrownBy(() -> Linux.address(ByteBuffer.allocate(8))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Linux.memory(0, 8)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readingStopsAtAHole() {
        long pages = 70; // more than one batch of the native loop
        long base =
                Kernel.RUNNING.call(SystemCall.MMAP, 0, pages * PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        assertThat(base).isPositive();
        try {
            Linux.memory(base, pages * PAGE).putLong(0, 7).putLong(69 * PAGE - 8, 9);
            long last = base + (pages - 1) * PAGE;
            assertThat(Kernel.RUNNING.call(MPROTECT, last, PAGE, PROT_NONE)).isZero();
            byte[] bytes = new byte[(int) pages * PAGE];
            assertThat(Linux.readMemory(base + 8, bytes, 0, bytes.length - 8)).isEqualTo(69 * PAGE - 8);
            ByteBuffer read = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            assertThat(read.getLong(69 * PAGE - 16)).isEqualTo(9);
            ByteBuffer direct = ByteBuffer.allocateDirect((int) pages * PAGE).order(ByteOrder.nativeOrder());
            assertThat(Linux.readMemory(base, direct, 0, direct.capacity())).isEqualTo(69L * PAGE);
            assertThat(direct.getLong(0)).isEqualTo(7);
            assertThat(Linux.readMemory(last, bytes, 0, 8)).isZero();
        } finally {
            Kernel.RUNNING.call(SystemCall.MUNMAP, base, pages * PAGE, 0);
        }
    }

    @Test
    void nothingIsReadWhereNothingIs() {
        byte[] bytes = new byte[16];
        assertThat(Linux.readMemory(0, bytes, 0, 16)).isZero();
        assertThat(Linux.readMemory(0xdead_0000_0000_0000L, bytes, 0, 16)).isZero();
        assertThatThrownBy(() -> Linux.readMemory(0, bytes, 8, 16)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
