// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ElfImageTest {
    private static final Path FIXTURES = Path.of("src", "test", "resources", "fixtures");

    @ParameterizedTest
    @CsvSource({
        "aarch64, 8, LITTLE_ENDIAN, 183",
        "mips, 4, BIG_ENDIAN, 8",
        "mipsel, 4, LITTLE_ENDIAN, 8",
    })
    void readsBothClassesAndBothByteOrders(String name, int word, String order, int machine) throws IOException {
        ElfImage image = fixture(name);
        assertThat(image.header().wordBytes()).isEqualTo(word);
        assertThat(image.header().order()).hasToString(order);
        assertThat(image.header().machine()).isEqualTo(machine);
        assertThat(image.section(".text")).isNotNull();
        assertThat(names(image.dynsym())).contains("_Unwind_Backtrace", "fopen");
        assertThat(names(image.symtab())).contains("fixture_main", "snapshot", "dynamic");
        int main = names(image.symtab()).indexOf("fixture_main");
        assertThat(image.symtab().type(main)).isEqualTo(Elf.STT_FUNC);
        assertThat(image.symtab().size(main)).isGreaterThan(16);
        assertThat(image.symtab().isCode(main)).isTrue();
    }

    @Test
    void buildIdIsWhatReadelfPrints() throws IOException {
        assertThat(fixture("mips").buildId()).isEqualTo(new BuildId("23991f84392f44258bcaeaeb94507b789e2b0ce5"));
    }

    @Test
    void dynamicSymbolsAreTheSameThroughSectionsAndThroughTheDynamicSegment() throws IOException {
        for (String name : List.of("mips", "mipsel")) {
            ElfImage image = fixture(name);
            assertThat(names(DynamicSymbols.find(image)))
                    .as(name)
                    .isEqualTo(names(image.dynsym()))
                    .isNotEmpty();
        }
    }

    /** A GNU hash table covers what can be found in it, the defined symbols; only they can name an address. */
    @Test
    void withAGnuHashTableAloneTheDefinedDynamicSymbolsAreFound() throws IOException {
        ElfImage library =
                ElfImage.ofFile(FileBytes.open(Path.of(System.getProperty("java.home"), "lib", "libjava.so")));
        assertThat(defined(DynamicSymbols.find(library)))
                .isEqualTo(defined(library.dynsym()))
                .hasSizeGreaterThan(100);
        assertThat(defined(DynamicSymbols.find(fixture("aarch64"))))
                .isEqualTo(defined(fixture("aarch64").dynsym()));
    }

    @Test
    void loadBiasFollowsFromTheSegmentThatTheOffsetLiesIn() throws IOException {
        ElfImage image = fixture("aarch64");
        ProgramHeader data = image.programHeaders().stream()
                .filter(segment -> segment.type() == Elf.PT_LOAD && !segment.isExecutable())
                .findFirst()
                .orElseThrow();
        long page = data.offset() & -4096;
        // The page is shared with the segment before, as of old linkers' and small files.
        assertThat(image.programHeaders())
                .anyMatch(segment -> segment.isExecutable() && segment.fileBytes() > page && segment.offset() < page);
        long mappedAt = 0x5500000000L + (data.svma() & -4096);
        assertThat(image.loadBias(mappedAt, page)).isEqualTo(0x5500000000L);
        assertThat(image.loadBias(0x5500000000L, 0)).isEqualTo(0x5500000000L);
    }

    @Test
    void moreSectionsThanTheHeaderCanCount() {
        int sections = 70_000;
        ByteBuffer file = ByteBuffer.allocate(64 + sections * 64 + 16).order(ByteOrder.LITTLE_ENDIAN);
        header(file, 64, 0, Elf.SHN_XINDEX);
        int names = 64 + sections * 64;
        file.putLong(64 + 32, sections).putInt(64 + 40, sections - 1); // sh_size, sh_link of section 0
        int last = 64 + (sections - 1) * 64;
        file.putInt(last, 1)
                .putInt(last + 4, Elf.SHT_STRTAB)
                .putLong(last + 24, names)
                .putLong(last + 32, 16);
        file.put(names + 1, ".shstrtab".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        ElfImage image = ElfImage.ofFile(Bytes.of(file));
        assertThat(image.sections()).hasSize(sections);
        assertThat(Objects.requireNonNull(image.section(".shstrtab")).index()).isEqualTo(sections - 1);
    }

    @Test
    void compressedSectionsInflateAndLiesAboutTheirSizeDoNot() {
        byte[] content = new byte[5000];
        content[4321] = 7;
        Deflater deflater = new Deflater();
        deflater.setInput(content);
        deflater.finish();
        byte[] deflated = new byte[1000];
        int length = deflater.deflate(deflated);
        deflater.end();
        ByteBuffer section = ByteBuffer.allocate(24 + length).order(ByteOrder.LITTLE_ENDIAN);
        section.putInt(0, Elf.ELFCOMPRESS_ZLIB).putLong(8, content.length).put(24, deflated, 0, length);
        Bytes inflated = CompressedSection.inflate(Bytes.of(section), 8);
        assertThat(inflated.size()).isEqualTo(5000);
        assertThat(inflated.u8(4321)).isEqualTo(7);
        section.putLong(8, content.length + 1);
        assertThatThrownBy(() -> CompressedSection.inflate(Bytes.of(section), 8))
                .isInstanceOf(MalformedDataException.class);
        section.putLong(8, 1L << 40);
        assertThatThrownBy(() -> CompressedSection.inflate(Bytes.of(section), 8))
                .isInstanceOf(MalformedDataException.class);
        section.putLong(8, content.length).put(30, (byte) ~section.get(30));
        assertThatThrownBy(() -> CompressedSection.inflate(Bytes.of(section), 8))
                .isInstanceOf(MalformedDataException.class);
    }

    /** No JDK has a decoder: such a section counts as absent, and says why. */
    @Test
    void sectionsPackedWithZstdAreRefused() {
        ByteBuffer section = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        section.putInt(0, Elf.ELFCOMPRESS_ZSTD).putLong(8, 100);
        assertThatThrownBy(() -> CompressedSection.inflate(Bytes.of(section), 8))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("zstd");
    }

    @Test
    void whatIsNoElfFileIsMalformed() {
        for (byte[] bytes : List.of(
                new byte[0],
                new byte[64],
                "#!/bin/sh\nexit 0\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
            assertThatThrownBy(() -> ElfImage.ofFile(Bytes.of(bytes, ByteOrder.LITTLE_ENDIAN)))
                    .isInstanceOf(MalformedDataException.class);
        }
        assertThatThrownBy(() -> ElfImage.ofMemory((avma, destination, offset, length) -> 0, 0x1000))
                .isInstanceOf(MalformedDataException.class);
    }

    /**
     * As binutils has it since notes of eight bytes' alignment exist: only a note's start and its description's are.
     */
    @Test
    void buildIdInNotesAlignedToEight() {
        ByteBuffer notes = ByteBuffer.allocate(32 + 36).order(ByteOrder.LITTLE_ENDIAN);
        notes.putInt(4).putInt(12).putInt(5).put(new byte[] {'G', 'N', 'U', 0}).position(32); // a property, padded
        notes.putInt(4).putInt(20).putInt(Elf.NT_GNU_BUILD_ID).put(new byte[] {'G', 'N', 'U', 0});
        for (int i = 0; i < 20; i++) {
            notes.put((byte) (0xa0 + i));
        }
        notes.flip();
        assertThat(BuildId.inNotes(Bytes.of(notes), 8))
                .isEqualTo(new BuildId("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"));
    }

    /** Each name would be a string of its own, of as many bytes as the file has. */
    @Test
    void sectionsThatShareOneEndlessNameCostNoMemory() {
        int sections = 40_000;
        int nameBytes = 1 << 20;
        ByteBuffer file = ByteBuffer.allocate(64 + sections * 64 + nameBytes).order(ByteOrder.LITTLE_ENDIAN);
        header(file, 64, sections, sections - 1);
        int names = 64 + sections * 64;
        file.putInt(names - 64 + 4, Elf.SHT_STRTAB)
                .putLong(names - 64 + 24, names)
                .putLong(names - 64 + 32, nameBytes);
        java.util.Arrays.fill(file.array(), names, file.capacity() - 1, (byte) 'n');
        ElfImage image = ElfImage.ofFile(Bytes.of(file));
        assertThat(image.sections())
                .hasSize(sections)
                .allMatch(section -> section.name().isEmpty());
    }

    /**
     * Memory of a hostile process: 60 segments of notes that claim a terabyte each, of which there is nothing, or zeros
     * forever.
     */
    @Test
    void segmentsOfMemoryThatClaimTooMuchCostWhatIsThere() {
        int segments = 60;
        ByteBuffer head = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        header(head, 0, 0, 0);
        head.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) segments);
        for (int i = 0; i < segments; i++) {
            int at = 64 + i * 56;
            head.putInt(at, Elf.PT_NOTE).putLong(at + 16, 4096L + i).putLong(at + 32, 1L << 40);
        }
        assertThat(readBytes(head, 0)).isLessThan(segments * (1L << 17));
        assertThat(readBytes(head, Integer.MAX_VALUE)).isLessThanOrEqualTo(ElfLimits.MAX_MEMORY_IMAGE_BYTES + 4096L);
    }

    /**
     * Bytes that a search for the build id asks the process for, of which there are {@code available} behind the
     * header.
     */
    private static long readBytes(ByteBuffer head, int available) {
        long[] asked = {0};
        ElfImage image = ElfImage.ofMemory(
                (avma, destination, offset, length) -> {
                    asked[0] += length;
                    if (avma == 0) {
                        head.get(0, destination, offset, length);
                        return length;
                    }
                    return Math.min(length, available);
                },
                0);
        assertThat(image.buildId()).isNull();
        return asked[0];
    }

    /** 30 KB that would inflate to 30 MB, named by thousands of sections. */
    @Test
    void compressedNotesAreNotInflated() {
        byte[] deflated = new byte[40_000];
        Deflater deflater = new Deflater();
        deflater.setInput(new byte[30_000_000]);
        deflater.finish();
        int length = deflater.deflate(deflated);
        deflater.end();
        int sections = 20_000;
        int at = 64 + sections * 64;
        ByteBuffer file = ByteBuffer.allocate(at + 24 + length).order(ByteOrder.LITTLE_ENDIAN);
        header(file, 64, sections, 0);
        for (int i = 1; i < sections; i++) {
            int section = 64 + i * 64;
            file.putInt(section + 4, Elf.SHT_NOTE).putLong(section + 8, Elf.SHF_COMPRESSED);
            file.putLong(section + 24, at).putLong(section + 32, 24L + length);
        }
        file.putInt(at, Elf.ELFCOMPRESS_ZLIB).putLong(at + 8, 30_000_000).put(at + 24, deflated, 0, length);
        ElfImage image = ElfImage.ofFile(Bytes.of(file));
        org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
                java.time.Duration.ofSeconds(60),
                () -> assertThat(image.buildId()).isNull());
    }

    private static void header(ByteBuffer file, long sectionHeaders, int count, int names) {
        file.put(0, new byte[] {0x7f, 'E', 'L', 'F', Elf.ELFCLASS64, Elf.ELFDATA2LSB, 1});
        file.putShort(16, (short) Elf.ET_DYN).putShort(18, (short) 62).putLong(40, sectionHeaders);
        file.putShort(58, (short) 64).putShort(60, (short) count).putShort(62, (short) names);
    }

    private static ElfImage fixture(String name) throws IOException {
        return ElfImage.ofFile(FileBytes.open(FIXTURES.resolve(name)));
    }

    private static List<String> defined(ElfSymbols symbols) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < symbols.count(); i++) {
            if (symbols.isCode(i)) {
                names.add(symbols.name(i));
            }
        }
        return names;
    }

    private static List<String> names(ElfSymbols symbols) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < symbols.count(); i++) {
            names.add(symbols.name(i));
        }
        return names;
    }
}
