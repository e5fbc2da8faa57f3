// SPDX-License-Identifier: MIT
package io.dwunw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Architectures;
import io.dwunw.arch.FrameRecord;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.bytes.Bytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ModuleStore.Outcome;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.Recordings;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import io.dwunw.unwind.StopReason;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
        assertThat(context.modules().acquire(libc()).outcome()).isEqualTo(Outcome.CLOSED);
    }

    @Test
    void allSlotsActiveMakesACaptureAnswerCacheFull() throws IOException {
        try (Dwunw small = Dwunw.open(1)) {
            assertThat(small.modules().acquire(Path.of("/proc/self/exe")).outcome())
                    .isEqualTo(Outcome.OK);
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
                + "500000-501000 r-xp 00000000 08:01 " + Files.getAttribute(text, "unix:ino") + " " + text + "\n";
        assertThat(captureAt(maps, 0x400010).status()).isEqualTo(Status.IO);
        assertThat(captureAt(maps, 0x500010).status()).isEqualTo(Status.BAD_FORMAT);
    }

    @Test
    void aPcWithoutFdeIsNoDebugData() {
        ModuleMap modules = modules();
        LoadedModule program = Objects.requireNonNull(modules.find(
                snapshot.expected().get(snapshot.expected().size() - 1).pc()));
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        // The start files' _init is assembled without CFI.
        registers.pc(program.loadBias() + svma(Objects.requireNonNull(program.image()), "_init"));
        Capture capture =
                context.capture(UnwindRequest.of(registers, modules).withMemory(new SnapshotMemory(snapshot.stack())));
        assertThat(capture.status()).isEqualTo(Status.NO_DEBUG_DATA);
        assertThat(capture.frames()).hasSize(1);
        assertThat(last(capture).stop()).isEqualTo(StopReason.NO_CFI);
    }

    @Test
    void aModuleOfASisterAbiIsNotImplemented(@TempDir Path directory) throws IOException {
        Path x32 = Files.write(directory.resolve("libx32.so"), elfHeader(4, ByteOrder.LITTLE_ENDIAN, 62));
        String maps = "400000-401000 r-xp 00000000 08:01 " + Files.getAttribute(x32, "unix:ino") + " " + x32 + "\n";
        Capture capture = captureAt(maps, 0x400010);
        assertThat(capture.status()).isEqualTo(Status.NOT_IMPLEMENTED);
        assertThat(capture.frames()).hasSize(1);
    }

    @Test
    void everyStatusDocumentsItsFallback() throws IOException {
        String source = Files.readString(Path.of("src/main/java/io/dwunw/Status.java"));
        for (Status status : Status.values()) {
            Matcher constant =
                    Pattern.compile("/\\*\\*([^/]*)\\*/\\s+" + status + "\\b").matcher(source);
            assertThat(constant.find()).as(status.name()).isTrue();
            assertThat(constant.group(1).contains("Fallback:"))
                    .as(status.name())
                    .isEqualTo(status != Status.OK);
        }
    }

    @Test
    void aRegisterSetHasPcSpAndThirtyTwoSlotsInDwarfNumbering() {
        for (Architecture architecture : List.of(X86_64.ARCHITECTURE, AArch64.ARCHITECTURE, Mips32.ARCHITECTURE)) {
            RegisterSet registers = RegisterSet.prepare(architecture);
            assertThat(registers.version()).isEqualTo(RegisterSet.VERSION);
            assertThat(registers.knownMask()).isZero();
            for (int slot = 0; slot < 32; slot++) {
                registers.set(slot, 100 + slot);
                assertThat(registers.get(slot)).isEqualTo(100 + slot);
            }
            assertThat(registers.sp()).isEqualTo(100 + architecture.stackPointer());
            registers.pc(7);
            assertThat(registers.pc()).isEqualTo(7);
            assertThat(architecture.registerNames().get(architecture.stackPointer()))
                    .contains("sp");
        }
    }

    @Test
    void x86AArch64AndMipsAreRegisteredAndAFourthCanJoin() {
        assertThat(Architectures.all().stream().map(Architecture::name)).contains("x86_64", "aarch64", "mips32");
        Architecture riscv = new Architecture("riscv64", 243, 8, 2, 8, 1, 0, FrameRecord.NONE, List.of());
        RegisterSet registers = RegisterSet.ofSample(riscv, 0x1000, 0x2000);
        Architectures.register(riscv);
        assertThat(Architectures.byName("riscv64")).isEqualTo(riscv);
        assertThat(context.capture(UnwindRequest.of(registers, modules())).status())
                .isEqualTo(Status.OK);
        Architecture other = new Architecture("other", 243, 8, 2, 8, 1, 0, FrameRecord.NONE, List.of());
        assertThatThrownBy(() -> Architectures.register(other)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void elf32AndElf64AreReadInBothByteOrders() {
        for (int word : new int[] {4, 8}) {
            for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                ElfImage image = ElfImage.ofFile(Bytes.of(elfHeader(word, order, 8), ByteOrder.LITTLE_ENDIAN));
                assertThat(image.header().wordBytes()).isEqualTo(word);
                assertThat(image.header().order()).isEqualTo(order);
                assertThat(image.header().machine()).isEqualTo(8);
            }
        }
    }

    @Test
    void closingLeavesNoFileOpen(@TempDir Path directory) throws Exception {
        Path copy = Files.copy(libc(), directory.resolve("libcopy.so"));
        StringBuilder maps = new StringBuilder();
        for (String line : snapshot.maps().split("\n", -1)) {
            String[] words = line.split(" +", 6);
            if (words.length == 6 && words[5].equals(libc().toString())) {
                words[4] = Files.getAttribute(copy, "unix:ino").toString();
                words[5] = copy.toString();
            }
            maps.append(String.join(" ", words)).append('\n');
        }
        try (Dwunw other = Dwunw.open()) {
            ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
            modules.update(maps);
            Capture capture = other.capture(
                    UnwindRequest.of(snapshot.registers(), modules).withMemory(new SnapshotMemory(snapshot.stack())));
            assertThat(capture.status()).isEqualTo(Status.OK);
            assertThat(openDescriptors(copy)).isPositive();
        }
        assertThat(openDescriptors(copy)).isZero();
    }

    private static long openDescriptors(Path file) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(descriptor -> leadsTo(descriptor, file)).count();
        }
    }

    private static boolean leadsTo(Path descriptor, Path file) {
        try {
            return Files.readSymbolicLink(descriptor).equals(file);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    private static byte[] elfHeader(int wordBytes, ByteOrder order, int machine) {
        java.nio.ByteBuffer header = java.nio.ByteBuffer.allocate(64).order(ByteOrder.BIG_ENDIAN);
        header.putInt(0x7f454c46).put((byte) (wordBytes / 4)).put((byte) (order == ByteOrder.BIG_ENDIAN ? 2 : 1));
        header.order(order).putShort(18, (short) machine);
        return header.array();
    }

    private static long svma(ElfImage image, String name) {
        for (int i = 1; i < image.symtab().count(); i++) {
            if (image.symtab().name(i).equals(name)) {
                return image.symtab().svma(i);
            }
        }
        throw new AssertionError("no symbol " + name);
    }

    /** Its path now leads to other code, whose CFI would yield wrong callers. */
    @Test
    void aReplacedFileIsNotTakenForTheMappedOne(@TempDir Path directory) throws IOException {
        Path library = Files.copy(libc(), directory.resolve("libc.so.6"));
        Object inode = Files.getAttribute(library, "unix:ino");
        String maps = "400000-600000 r-xp 00000000 08:01 " + inode + " " + library + "\n";
        assertThat(last(captureAt(maps, 0x400010)).stop()).isNotEqualTo(StopReason.NO_IMAGE);
        Path newer = Files.copy(libc(), directory.resolve("newer"));
        Files.move(newer, library, StandardCopyOption.REPLACE_EXISTING);
        assertThat(captureAt(maps, 0x400010).status()).isEqualTo(Status.IO);
    }

    /** A path may lead to another file below this process's root directory. */
    @Test
    void anotherProcessesFilesAreOpenedBelowItsOwnRoot() throws IOException {
        long pid = ProcessHandle.current().pid();
        ModuleMap modules = new ModuleMap(ProcessImages.of(pid, null));
        modules.update(snapshot.maps());
        Path library = libc();
        LoadedModule module = modules.modules().stream()
                .filter(candidate -> candidate.path().equals(library.toString()))
                .findFirst()
                .orElseThrow();
        assertThat(module.hostPath()).isEqualTo("/proc/" + pid + "/root" + library);
        Capture capture = context.capture(
                UnwindRequest.of(snapshot.registers(), modules).withMemory(new SnapshotMemory(snapshot.stack())));
        assertThat(capture.status()).isEqualTo(Status.OK);
        long misses = context.modules().counters().misses();
        assertThat(context.modules().acquire(Path.of(module.hostPath())).outcome())
                .isEqualTo(Outcome.OK);
        assertThat(context.modules().counters().misses())
                .as("it was cached under that path")
                .isEqualTo(misses);
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
