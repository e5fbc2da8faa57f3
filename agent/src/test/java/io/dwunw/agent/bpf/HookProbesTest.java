// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.NativeLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The ways in which the hooks' probe points can be refused; without any kernel. */
class HookProbesTest {
    private static final byte NOP = 0x0f;
    private static final byte CALL = (byte) 0xe8;

    private final FakeKernel kernel = new FakeKernel();

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    /** A probe point that counts how often it was run through. */
    private static final class Point implements HookProbes.Target {
        private final byte first;
        int passes;

        Point(byte first) {
            this.first = first;
        }

        @Override
        public void pass() {
            passes++;
        }

        @Override
        public byte firstByte() {
            return first;
        }
    }

    private static Mapping library() throws Exception {
        for (Mapping mapping : Mapping.parse(Files.readString(Path.of("/proc/self/maps")))) {
            if (mapping.executable() && mapping.fileName().startsWith("libdwunw")) {
                return mapping;
            }
        }
        throw new AssertionError("the agent's library is not mapped");
    }

    private BpfUnavailableException refused(Path file, Point point) throws Exception {
        long[] addresses = {library().low() + 64, library().low() + 128};
        BpfUnavailableException e = catchThrowableOfType(
                BpfUnavailableException.class,
                () -> HookProbes.open(
                        UprobeConfig.of(1), kernel, ProcFiles.RUNNING, AttachMethods.BEST, file, addresses, point));
        assertThat(e).isNotNull();
        assertThat(e.getMessage()).doesNotContain("\n");
        assertThat(kernel.leaks()).isEmpty();
        return e;
    }

    @Test
    void theLibraryIsKeptOpenThoughItIsDeleted() throws Exception {
        Path file = NativeLibrary.file().orElseThrow();
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(library().inode());
        assertThat(Files.readSymbolicLink(file).toString()).endsWith(" (deleted)");
    }

    @Test
    void anotherFileIsNeverProbed() throws Exception {
        BpfUnavailableException e = refused(Path.of("/proc/self/exe"), new Point(CALL));
        assertThat(e.getMessage()).contains("another file");
    }

    @Test
    void aProbeThatIsNeverCalledIsNoneAtAll() throws Exception {
        Point point = new Point(CALL); // the fake kernel counts no hits
        BpfUnavailableException e = refused(NativeLibrary.file().orElseThrow(), point);
        assertThat(e.reason()).isEqualTo(Reason.REFUSED);
        assertThat(e.getMessage()).contains("never calls them");
        assertThat(point.passes).isEqualTo(1);
    }

    @Test
    void aNopThatIsNotReplacedByACallIsLeftForTheShortOne() throws Exception {
        Point point = new Point(NOP);
        refused(NativeLibrary.file().orElseThrow(), point);
        assertThat(point.passes).isEqualTo(2);
    }

    @Test
    void aRefusedLinkLeavesNothingBehind() throws Exception {
        kernel.failing("LINK_CREATE 48", Errno.EBADF);
        kernel.failing("perf_event_open", Errno.ENOMEM);
        BpfUnavailableException e = refused(NativeLibrary.file().orElseThrow(), new Point(CALL));
        assertThat(e.reason()).isEqualTo(Reason.RESOURCES);
    }
}
