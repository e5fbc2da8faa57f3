package io.dwunw;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.FrameRecord;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.Recordings;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import io.dwunw.unwind.StopReason;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** libdwunw's contract about contexts and captures, one test for each line of it. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class DwunwContractTest {
    private final Dwunw context = Dwunw.open();
    private Snapshot snapshot = new Snapshot(
            "none",
            RegisterSet.prepare(X86_64.ARCHITECTURE),
            new StackSnapshot(0, new byte[0], ByteOrder.LITTLE_ENDIAN),
            "",
            List.of(),
            List.of());

    @BeforeEach
    void record() throws IOException {
        snapshot = Recordings.named("qsort");
    }

    @AfterEach
    void close() {
        context.close();
    }

    @Test
    void aContextIsCreatedUsedAndClosed() {
        Capture capture = context.capture(request());
        assertThat(capture.status()).isEqualTo(Status.OK);
        assertThat(capture.frames()).hasSize(snapshot.expected().size() + 1);
    }

    @Test
    void closingFlushesTheModuleCacheAndReleasesEveryHandle() {
        context.capture(request());
        assertThat(context.modules().counters().warm()).isPositive();
        context.close();
        assertThat(context.modules().counters().warm()).isZero();
        assertThat(context.modules().counters().active()).isZero();
        context.close();
    }

    @Test
    void theCallerCanAskWhetherTheModuleCacheIsReady() throws IOException {
        assertThat(context.isReady()).isTrue();
        try (Dwunw small = Dwunw.open(1)) {
            var held = small.modules().acquire(libc()).module();
            assertThat(small.isReady()).isFalse();
            assertThat(held).isNotNull();
            if (held != null) {
                small.modules().release(held);
            }
            assertThat(small.isReady()).isTrue();
        }
    }

    @Test
    void aClosedContextAnswersInvalidArgAndDoesNotThrow() throws IOException {
        context.close();
        assertThat(context.isReady()).isFalse();
        assertThat(context.capture(request())).isEqualTo(new Capture(Status.INVALID_ARG, List.of()));
        assertThat(context.modules().acquire(libc()).status()).isEqualTo(Status.INVALID_ARG);
    }

    @Test
    void allSlotsActiveMakesACaptureAnswerCacheFull() throws IOException {
        try (Dwunw small = Dwunw.open(1)) {
            assertThat(small.modules().acquire(Path.of("/proc/self/exe")).status())
                    .isEqualTo(Status.OK);
            Capture capture = small.capture(request());
            assertThat(capture.status()).isEqualTo(Status.CACHE_FULL);
            assertThat(capture.frames()).hasSize(1);
        }
    }

    @Test
    void aRegisterSetOfAnotherVersionIsAnUnsupportedArchitecture() {
        RegisterSet older = RegisterSet.prepare(X86_64.ARCHITECTURE, RegisterSet.VERSION + 1);
        older.copyFrom(snapshot.registers());
        assertThat(context.capture(UnwindRequest.of(older, modules())).status()).isEqualTo(Status.UNSUPPORTED_ARCH);
    }

    @Test
    void anUnregisteredArchitectureIsUnsupported() {
        Architecture sparc = new Architecture("sparc", 2, 4, 14, 30, 15, 0, FrameRecord.NONE, List.of());
        RegisterSet registers = RegisterSet.prepare(sparc);
        assertThat(context.capture(UnwindRequest.of(registers, modules())).status())
                .isEqualTo(Status.UNSUPPORTED_ARCH);
    }

    @Test
    void aModuleOfAnotherArchitectureThanTheRegistersIsUnsupported() {
        RegisterSet foreign = RegisterSet.prepare(AArch64.ARCHITECTURE);
        foreign.pc(snapshot.registers().pc());
        UnwindRequest request = UnwindRequest.of(foreign, modules()).withMemory(new SnapshotMemory(snapshot.stack()));
        assertThat(context.capture(request).status()).isEqualTo(Status.UNSUPPORTED_ARCH);
    }

    @Test
    void oneHelperConvertsASampleIntoARegisterSet() {
        RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, 0x1000, 0x2000, 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(registers.pc()).isEqualTo(0x1000);
        assertThat(registers.sp()).isEqualTo(0x2000);
        assertThat(registers.get(X86_64.RSP)).isEqualTo(0x2000);
        assertThat(registers.get(X86_64.RETURN_ADDRESS)).isEqualTo(0x1000);
        assertThat(registers.get(X86_64.RBX)).isEqualTo(4);
        assertThat(registers.known(X86_64.R8)).isFalse();
    }

    @Test
    void withoutAMemoryReaderThereIsExactlyOneFrameFlaggedPartial() {
        Capture capture = context.capture(UnwindRequest.of(snapshot.registers(), modules()));
        assertThat(capture.status()).isEqualTo(Status.OK);
        assertThat(capture.frames()).hasSize(1);
        Frame only = capture.frames().get(0);
        assertThat(only.flags()).contains(FrameFlag.PARTIAL);
        assertThat(only.pc()).isEqualTo(snapshot.registers().pc());
        assertThat(only.sp()).isEqualTo(snapshot.registers().sp());
    }

    @Test
    void theWalkGoesOnAcrossModulesUntilTheEndOfTheStack() {
        Capture capture = context.capture(request());
        assertThat(capture.frames().stream().skip(1).map(Frame::pc))
                .isEqualTo(
                        snapshot.expected().stream().map(Snapshot.Expected::pc).toList());
        assertThat(capture.frames().stream().map(frame -> frame.module()).distinct())
                .hasSizeGreaterThanOrEqualTo(2);
        assertThat(last(capture).stop()).isEqualTo(StopReason.END_OF_STACK);
    }

    @Test
    void framesCarryPcSpCfaReturnAddressModuleAndFlags() {
        List<Frame> frames = context.capture(request()).frames();
        for (int i = 0; i + 1 < frames.size(); i++) {
            assertThat(frames.get(i).returnAddress())
                    .isEqualTo(frames.get(i + 1).pc());
            assertThat(frames.get(i).cfa()).isEqualTo(frames.get(i + 1).sp());
            assertThat(frames.get(i).module()).isNotNull();
            assertThat(frames.get(i).stop()).isEqualTo(StopReason.STEPPED);
        }
        assertThat(frames.get(0).flags()).containsExactly(FrameFlag.EXACT_PC);
        assertThat(frames.get(0).lookupAvma()).isEqualTo(frames.get(0).pc());
        assertThat(frames.get(1).lookupAvma()).isEqualTo(frames.get(1).pc() - 1);
    }

    @Test
    void aSignalFrameIsFlaggedAndTheInterruptedPcIsExact() throws IOException {
        snapshot = Recordings.named("signal");
        List<Frame> frames = context.capture(request()).frames();
        int signal = -1;
        for (int i = 0; i < frames.size(); i++) {
            signal = frames.get(i).flags().contains(FrameFlag.SIGNAL) ? i : signal;
        }
        assertThat(signal).isPositive();
        assertThat(frames.get(signal + 1).flags()).containsExactly(FrameFlag.EXACT_PC);
    }

    @Test
    void theWalkEndsAtMaxFrames() {
        Capture capture = context.capture(request().withMaxFrames(3));
        assertThat(capture.status()).isEqualTo(Status.OK);
        assertThat(capture.frames()).hasSize(3);
        assertThat(last(capture).stop()).isEqualTo(StopReason.MAX_FRAMES);
        assertThat(context.capture(request().withMaxFrames(0)).status()).isEqualTo(Status.INVALID_ARG);
    }

    @Test
    void outOfTheReadersRangeIsInvalidArgAndTheFramesBeforeAreKept() {
        long limit = snapshot.stack().lowAvma() + 2000;
        MemoryReader shortReader = (avma, destination, offset, length) -> new SnapshotMemory(snapshot.stack())
                .read(avma, destination, offset, (int) Math.max(0, Math.min(length, limit - avma)));
        Capture capture = context.capture(
                UnwindRequest.of(snapshot.registers(), modules()).withMemory(shortReader));
        assertThat(capture.status()).isEqualTo(Status.INVALID_ARG);
        assertThat(last(capture).stop()).isEqualTo(StopReason.STACK_CUT);
        assertThat(capture.frames()).hasSizeBetween(2, snapshot.expected().size());
        for (int i = 1; i < capture.frames().size(); i++) {
            assertThat(capture.frames().get(i).pc())
                    .isEqualTo(snapshot.expected().get(i - 1).pc());
        }
    }

    @Test
    void aMissingFdeIsNoDebugDataAndKeepsTheFramesBefore() {
        Capture capture = context.capture(new UnwindRequest(
                snapshot.registers(), withoutLibc(), new SnapshotMemory(snapshot.stack()), 100, false));
        assertThat(capture.status()).isEqualTo(Status.NO_DEBUG_DATA);
        assertThat(capture.frames()).hasSizeGreaterThan(1);
        assertThat(last(capture).stop()).isEqualTo(StopReason.NO_MODULE);
    }

    @Test
    void onNoDebugDataTheFramePointerUnwinderTakesOverIfAllowedAndSaysSo() {
        byte[] stack = new byte[64];
        long base = 0x7000_0000_0000L;
        // At base + 16 a frame record: the caller's rbp, and a return address into the program.
        long caller = snapshot.expected().get(snapshot.expected().size() - 1).pc();
        java.nio.ByteBuffer.wrap(stack)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(16, 0)
                .putLong(24, caller);
        RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, 0x1234, base, 0, 0, 0, 0, 0, 0, base + 16);
        SnapshotMemory memory = new SnapshotMemory(new StackSnapshot(base, stack, ByteOrder.LITTLE_ENDIAN));
        UnwindRequest byCfiOnly = UnwindRequest.of(registers, modules()).withMemory(memory);
        assertThat(context.capture(byCfiOnly).status()).isEqualTo(Status.NO_DEBUG_DATA);
        Capture capture = context.capture(byCfiOnly.withFramePointers());
        assertThat(capture.frames()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(capture.frames().get(0).flags()).contains(FrameFlag.FRAME_POINTER);
        assertThat(capture.frames().get(0).stop()).isEqualTo(StopReason.STEPPED);
        assertThat(capture.frames().get(1).pc()).isEqualTo(caller);
    }

    @Test
    void anUnreadableModuleIsIoAndOneThatIsNoElfIsBadFormat(@TempDir Path directory) throws IOException {
        Path text = Files.writeString(directory.resolve("libtext.so"), "not an ELF file");
        String maps = "400000-401000 r-xp 00000000 08:01 11 " + directory.resolve("libgone.so") + "\n"
                + "500000-501000 r-xp 00000000 08:01 12 " + text + "\n";
        assertThat(captureAt(maps, 0x400010).status()).isEqualTo(Status.IO);
        assertThat(captureAt(maps, 0x500010).status()).isEqualTo(Status.BAD_FORMAT);
    }

    private Capture captureAt(String maps, long pc) {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(maps);
        RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, pc, 0x1000);
        return context.capture(UnwindRequest.of(registers, modules).withMemory(new SnapshotMemory(snapshot.stack())));
    }

    private UnwindRequest request() {
        return UnwindRequest.of(snapshot.registers(), modules()).withMemory(new SnapshotMemory(snapshot.stack()));
    }

    private ModuleMap modules() {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(snapshot.maps());
        return modules;
    }

    private ModuleMap withoutLibc() {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(String.join(
                "\n",
                snapshot.maps()
                        .lines()
                        .filter(line -> !line.contains("libc.so"))
                        .toList()));
        return modules;
    }

    private Path libc() {
        return Path.of(snapshot.maps()
                .lines()
                .filter(line -> line.contains("libc.so"))
                .map(line -> line.substring(line.indexOf('/')))
                .findFirst()
                .orElseThrow());
    }

    private static Frame last(Capture capture) {
        return capture.frames().get(capture.frames().size() - 1);
    }
}
