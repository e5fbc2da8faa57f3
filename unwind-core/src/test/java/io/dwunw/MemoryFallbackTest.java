// SPDX-License-Identifier: MIT
package io.dwunw;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.memory.CachedPages;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.Mapping;
import io.dwunw.module.ModuleCache;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests what a capture takes from the reader when the files say nothing. */
final class MemoryFallbackTest {
    private static final Path FIXTURES = Path.of("src", "test", "resources", "fixtures");

    private final Dwunw context = Dwunw.open();

    @Test
    void aFileThatIsGoneIsReadFromMemory() throws IOException {
        assertWalksFromMemory("/nowhere/aarch64", 1);
    }

    /** A directory stands for a file that is there and cannot be read. */
    @Test
    void aFileThatCannotBeReadIsReadFromMemory(@TempDir Path directory) throws IOException {
        assertWalksFromMemory(directory.toString(), (long) Files.getAttribute(directory, "unix:ino"));
    }

    private void assertWalksFromMemory(String path, long inode) throws IOException {
        Snapshot snapshot = snapshots("aarch64", AArch64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN)
                .get(1);
        ModuleMap modules =
                modules(snapshot.maps().replaceAll(" \\d+ +/\\S*/aarch64\n", " " + inode + " " + path + "\n"));
        UnwindRequest request = UnwindRequest.of(snapshot.registers(), modules);
        Capture without = context.capture(request.withMemory(new SnapshotMemory(snapshot.stack())));
        assertThat(without.status()).isEqualTo(Status.IO);
        assertThat(without.frames()).hasSize(1);
        Capture capture = context.capture(request.withMemory(new SnapshotMemory(loaded(modules, snapshot))));
        assertThat(capture.status()).isEqualTo(Status.OK);
        assertThat(capture.frames().stream().skip(1).map(Frame::pc).toList())
                .isEqualTo(
                        snapshot.expected().stream().map(Snapshot.Expected::pc).toList());
    }

    @Test
    void onlySoManyImagesOfAWalkAreReadFromMemory() throws IOException {
        byte[] file = Files.readAllBytes(FIXTURES.resolve("aarch64"));
        StringBuilder maps = new StringBuilder();
        for (int i = 1; i <= 2 * CacheAccess.MAX_IN_MEMORY; i++) {
            maps.append(String.format("%x000000-%x100000 r-xp 00000000 00:01 %d /nowhere/%d%n", i, i, i, i));
        }
        CacheAccess access = new CacheAccess(new ModuleCache(1), (avma, destination, offset, length) -> {
            int from = (int) (avma & 0xff_ffff);
            int count = Math.max(0, Math.min(length, file.length - from));
            System.arraycopy(file, Math.min(from, file.length), destination, offset, count);
            return count;
        });
        int found = 0;
        for (LoadedModule module : modules(maps.toString()).modules()) {
            found += access.acquire(module) == null ? 0 : 1;
        }
        assertThat(found).isEqualTo(CacheAccess.MAX_IN_MEMORY);
        assertThat(access.failure()).isEqualTo(Status.IO);
    }

    /** The fixture as it lay in the process, and its stack. */
    private static List<StackSnapshot> loaded(ModuleMap modules, Snapshot snapshot) throws IOException {
        byte[] file = Files.readAllBytes(FIXTURES.resolve("aarch64"));
        ElfImage image = ElfImage.ofFile(FileBytes.open(FIXTURES.resolve("aarch64")));
        Mapping first = modules.modules().get(0).mappings().get(0);
        long bias = image.loadBias(first.lowAvma(), first.fileOffset());
        List<StackSnapshot> blocks = new ArrayList<>(List.of(snapshot.stack()));
        for (ProgramHeader segment : image.programHeaders()) {
            if (segment.type() == Elf.PT_LOAD) {
                byte[] bytes = java.util.Arrays.copyOfRange(
                        file, (int) segment.offset(), (int) (segment.offset() + segment.fileBytes()));
                blocks.add(new StackSnapshot(bias + segment.svma(), bytes, ByteOrder.LITTLE_ENDIAN));
            }
        }
        return blocks;
    }

    /** A pc outside of all modules does not tell the byte order; other modules of the process do. */
    @ParameterizedTest
    @CsvSource({"mips,BIG", "mipsel,LITTLE"})
    void theByteOrderIsThatOfAnyModule(String name, String order) throws IOException {
        ByteOrder bytes = order.equals("BIG") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        Snapshot snapshot = snapshots(name, Mips32.ARCHITECTURE, bytes).get(2);
        ModuleMap modules = new ModuleMap(module -> {
            if (!module.name().equals(name)) {
                throw new IOException("not recorded: " + module.path());
            }
            return ElfImage.ofFile(FileBytes.open(FIXTURES.resolve(name)));
        });
        modules.update(snapshot.maps());
        RegisterSet registers = snapshot.registers();
        NativeUnwinder unwinder = new NativeUnwinder(modules);
        CachedPages stack = new CachedPages(new SnapshotMemory(snapshot.stack()), bytes);
        int walked = 0;
        for (boolean returns = false;
                unwinder.step(registers, stack, returns) == StopReason.STEPPED;
                returns = !unwinder.leftSignalFrame()) {
            walked++;
        }
        assertThat(modules.find(registers.pc()))
                .as("the trampoline lies in no file")
                .isNull();
        Capture capture = context.capture(UnwindRequest.of(registers, modules).withMemory(SnapshotMemory.of(snapshot)));
        assertThat(capture.status()).isEqualTo(Status.OK);
        assertThat(capture.frames().stream().skip(1).map(Frame::pc).toList())
                .isEqualTo(snapshot.expected().stream()
                        .skip(walked)
                        .map(Snapshot.Expected::pc)
                        .toList());
    }

    private static List<Snapshot> snapshots(String name, Architecture architecture, ByteOrder order)
            throws IOException {
        return Snapshot.parse(Files.readAllLines(FIXTURES.resolve(name + ".txt")), architecture, order);
    }

    private static ModuleMap modules(String maps) {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(maps);
        return modules;
    }
}
