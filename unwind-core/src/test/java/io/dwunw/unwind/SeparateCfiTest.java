// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.Capture;
import io.dwunw.Dwunw;
import io.dwunw.Frame;
import io.dwunw.Status;
import io.dwunw.UnwindRequest;
import io.dwunw.arch.X86_64;
import io.dwunw.bytes.FileBytes;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.FdeIndex;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.SectionHeader;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.ImageCfi;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.NativeProgram;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import io.dwunw.testkit.Tool;
import io.dwunw.testkit.rows.RowComparison;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A program with the same CFI in {@code .eh_frame} and {@code .debug_frame} records its stacks. It is then stripped of
 * all CFI: the walk has to find the same frames by the debug file that was made of it.
 */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class SeparateCfiTest {
    private static final String NO_COMPRESSION = "none";
    private static final int RANGE_OFFSET = 12;
    private static final int E_PHOFF = 32;
    private static final int E_PHNUM = 56;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int P_VADDR = 16;
    private static final long PRELINKED_BY = 0x4000_0000L;

    @TempDir
    static Path built = Path.of("");

    @TempDir
    Path directory = Path.of("");

    private static Path program = Path.of("");
    private static List<Snapshot> snapshots = List.of();

    @BeforeAll
    static void recordAndStrip() throws IOException {
        Tool.assumeInstalled("objcopy", "binutils");
        program = NativeProgram.compile(
                "walks.c",
                "walks-separate",
                "-O2",
                "-g",
                "-fomit-frame-pointer",
                "-DDEBUG_FRAME_TOO",
                "-Wl,--build-id");
        Path recording = built.resolve("recording.txt");
        NativeProgram.run(List.of(program.toString(), recording.toString()));
        snapshots = Snapshot.parse(Files.readAllLines(recording), X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN);
        assertThat(snapshots).hasSizeGreaterThanOrEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {NO_COMPRESSION, "zlib-gabi", "zlib-gnu"})
    void aDebugFileIsFoundByBuildId(String compression) throws IOException {
        Path stripped = stripped("--strip-all");
        String id = Objects.requireNonNull(image(stripped).buildId()).hex();
        Path debug = directory.resolve(".build-id/" + id.substring(0, 2) + "/" + id.substring(2) + ".debug");
        Files.createDirectories(debug.getParent());
        keepDebug(debug, compression);
        assertWalks(stripped, new DebugFiles(List.of(directory)));
        assertNoCfiWithout(stripped);
    }

    @ParameterizedTest
    @ValueSource(strings = {NO_COMPRESSION, "zlib-gabi", "zlib-gnu"})
    void aDebugFileIsFoundByItsLink(String compression) throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), compression);
        Path stripped = stripped("--remove-section=.note.gnu.build-id", "--strip-all", "--add-gnu-debuglink=" + debug);
        assertThat(image(stripped).buildId()).isNull();
        assertWalks(stripped, new DebugFiles(List.of()));
        Files.createDirectories(directory.resolve(".debug"));
        Files.move(debug, directory.resolve(".debug/walks.debug"));
        assertWalks(stripped, new DebugFiles(List.of()));
    }

    @Test
    void aLinkedFileWithAnotherChecksumIsNotUsed() throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), NO_COMPRESSION);
        Path stripped = stripped("--remove-section=.note.gnu.build-id", "--strip-all", "--add-gnu-debuglink=" + debug);
        byte[] changed = Files.readAllBytes(debug);
        changed[changed.length - 1] ^= 1;
        Files.write(debug, changed);
        assertNoCfiWithout(stripped);
    }

    @Test
    void aDebugFileOfAnotherBuildIsNotUsed() throws IOException {
        Path stripped = stripped("--strip-all");
        String id = Objects.requireNonNull(image(stripped).buildId()).hex();
        Path debug = directory.resolve(".build-id/" + id.substring(0, 2) + "/" + id.substring(2) + ".debug");
        Files.createDirectories(debug.getParent());
        Path another =
                NativeProgram.compile("walks.c", "walks-another", "-O1", "-g", "-DDEBUG_FRAME_TOO", "-Wl,--build-id");
        NativeProgram.run(List.of("objcopy", "--only-keep-debug", another.toString(), debug.toString()));
        assertThat(walk(snapshots.get(0), stripped, new DebugFiles(List.of(directory)))
                        .status())
                .isEqualTo(Status.NO_DEBUG_DATA);
    }

    @Test
    void miniDebugInfoMayHaveCfi() throws IOException {
        Tool.assumeInstalled("xz", "xz-utils");
        Path mini = directory.resolve("mini");
        keepDebug(mini, NO_COMPRESSION);
        NativeProgram.run(List.of("xz", mini.toString()));
        assertWalks(stripped("--strip-all", "--add-section=.gnu_debugdata=" + mini + ".xz"), new DebugFiles(List.of()));
    }

    @Test
    void theDebugFileCoversWhatTheFilesOwnCfiDoesNot() throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), NO_COMPRESSION);
        Path stripped = directory.resolve("walks");
        NativeProgram.run(List.of(
                "objcopy",
                "--remove-section=.note.gnu.build-id",
                "--strip-all",
                "--add-gnu-debuglink=" + debug,
                program.toString(),
                stripped.toString()));
        Files.write(stripped, withoutFdesOf(debug, stripped));
        assertWalks(stripped, new DebugFiles(List.of()));
        Files.delete(debug);
        assertNoCfiWithout(stripped);
    }

    @Test
    void aPrelinkedFileFindsItsRowsInADebugFileThatWasNot() throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), NO_COMPRESSION);
        Path stripped = stripped("--strip-all", "--add-gnu-debuglink=" + debug);
        byte[] bytes = Files.readAllBytes(stripped);
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < file.getShort(E_PHNUM); i++) {
            int address = (int) file.getLong(E_PHOFF) + i * PROGRAM_HEADER_BYTES + P_VADDR;
            file.putLong(address, file.getLong(address) + PRELINKED_BY);
        }
        Files.write(stripped, bytes);
        assertThat(DebugFiles.shift(image(stripped), image(debug))).isEqualTo(PRELINKED_BY);
        assertWalks(stripped, new DebugFiles(List.of()));
    }

    @Test
    void theModuleMapsOwnImagesFindTheirDebugFiles() throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), "zlib-gabi");
        Path stripped = stripped("--strip-all", "--add-gnu-debuglink=" + debug);
        for (Snapshot snapshot : snapshots) {
            ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
            modules.update(maps(snapshot, stripped));
            NativeUnwinder unwinder = new NativeUnwinder(modules);
            boolean returnAddress = false;
            List<Snapshot.Expected> walked = new ArrayList<>();
            var registers = io.dwunw.arch.RegisterSet.prepare(X86_64.ARCHITECTURE);
            registers.copyFrom(snapshot.registers());
            while (unwinder.step(registers, snapshot.stack(), returnAddress) == StopReason.STEPPED) {
                returnAddress = !unwinder.leftSignalFrame();
                walked.add(new Snapshot.Expected(registers.pc(), returnAddress));
            }
            assertThat(walked).isEqualTo(snapshot.expected());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {NO_COMPRESSION, "zlib-gabi", "zlib-gnu"})
    void rowsOfDebugFilesEqualReadelfs(String compression) throws IOException {
        Path debug = keepDebug(directory.resolve("walks.debug"), compression);
        RowComparison comparison = RowComparison.of(debug);
        assertThat(comparison.report()).isEmpty();
        assertThat(comparison.rows()).isGreaterThan(30);
    }

    private static void assertWalks(Path stripped, DebugFiles debugFiles) throws IOException {
        for (Snapshot snapshot : snapshots) {
            Capture capture = walk(snapshot, stripped, debugFiles);
            assertThat(capture.frames().stream().skip(1).map(Frame::pc))
                    .as(snapshot.name())
                    .isEqualTo(snapshot.expected().stream()
                            .map(Snapshot.Expected::pc)
                            .toList());
            // The start files of the C library come with .eh_frame only: there the walk may end for want of CFI.
            assertThat(capture.frames().get(capture.frames().size() - 1).stop())
                    .isIn(StopReason.END_OF_STACK, StopReason.NO_CFI);
        }
    }

    private static void assertNoCfiWithout(Path stripped) throws IOException {
        for (Snapshot snapshot : snapshots) {
            Capture capture = walk(snapshot, stripped, new DebugFiles(List.of()));
            assertThat(capture.status()).as(snapshot.name()).isEqualTo(Status.NO_DEBUG_DATA);
            assertThat(capture.frames())
                    .hasSizeLessThanOrEqualTo(snapshot.expected().size());
        }
    }

    /** What would have been mapped had the stripped file been run. */
    private static String maps(Snapshot snapshot, Path stripped) throws IOException {
        long inode = (Long) Files.getAttribute(stripped, "unix:ino");
        StringBuilder maps = new StringBuilder();
        for (String line : snapshot.maps().split("\n", -1)) {
            String[] words = line.split(" +", 6);
            boolean ours = words.length == 6 && words[5].equals(program.toString());
            maps.append(ours ? String.join(" ", words[0], words[1], words[2], words[3], inode + "", "") : line);
            maps.append(ours ? stripped.toString() : "").append('\n');
        }
        return maps.toString();
    }

    private static Capture walk(Snapshot snapshot, Path stripped, DebugFiles debugFiles) throws IOException {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(maps(snapshot, stripped));
        try (Dwunw dwunw = Dwunw.open(8, debugFiles)) {
            return dwunw.capture(
                    UnwindRequest.of(snapshot.registers(), modules).withMemory(new SnapshotMemory(snapshot.stack())));
        }
    }

    /** A copy without any CFI. */
    private Path stripped(String... options) throws IOException {
        Path stripped = directory.resolve("walks");
        List<String> command =
                new ArrayList<>(List.of("objcopy", "--remove-section=.eh_frame", "--remove-section=.eh_frame_hdr"));
        command.addAll(List.of(options));
        command.addAll(List.of(program.toString(), stripped.toString()));
        NativeProgram.run(command);
        assertThat(ImageCfi.of(image(stripped))).isNull();
        return stripped;
    }

    private static Path keepDebug(Path debug, String compression) throws IOException {
        NativeProgram.run(List.of(
                "objcopy",
                "--only-keep-debug",
                "--compress-debug-sections=" + compression,
                program.toString(),
                debug.toString()));
        ElfImage image = image(debug);
        SectionHeader plain = image.section(".debug_frame");
        assertThat(plain != null && !plain.isCompressed()).isEqualTo(compression.equals(NO_COMPRESSION));
        return debug;
    }

    /** The file with no length in those FDEs that the debug file has too, and no search table. */
    private static byte[] withoutFdesOf(Path debug, Path file) throws IOException {
        ElfImage image = image(file);
        SectionHeader frames = Objects.requireNonNull(image.section(".eh_frame"));
        CfiSection section =
                Objects.requireNonNull(ImageCfi.of(image)).sections().get(0);
        List<Fde> fdes = new ArrayList<>();
        FdeIndex.forEach(section, fdes::add);
        CallFrameInfo cut = Objects.requireNonNull(ImageCfi.ofDebugFile(image(debug)));
        byte[] bytes = Files.readAllBytes(file);
        int kept = 0;
        for (Fde fde : fdes) {
            if (cut.find(fde.startSvma()) == null) {
                kept++;
            } else {
                int range = (int) (frames.offset() + fde.offset()) + RANGE_OFFSET;
                java.util.Arrays.fill(bytes, range, range + Integer.BYTES, (byte) 0);
            }
        }
        assertThat(kept).isBetween(1, fdes.size() - 10);
        bytes[(int) Objects.requireNonNull(image.section(".eh_frame_hdr")).offset()] = 0;
        return bytes;
    }

    private static ElfImage image(Path file) throws IOException {
        return ElfImage.ofFile(FileBytes.open(file));
    }
}
