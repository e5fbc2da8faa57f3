// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.bytes.Bytes;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.FdeIndex;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.elf.SectionHeader;
import io.dwunw.testkit.NativeProgram;
import io.dwunw.testkit.rows.RowComparison;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The CFI of one program as linkers, strippers and accidents leave it: always the same FDEs are to be found. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class FileVariantsTest {
    private static final int E_SHOFF = 40;
    private static final int E_SHNUM = 60;

    @Test
    void absentSearchTable() throws IOException {
        byte[] file = Files.readAllBytes(program());
        file[(int) header(file).offset()] = 0; // an unknown version
        assertSameFdes(file);
    }

    @Test
    void searchTableOutOfOrder() throws IOException {
        byte[] file = Files.readAllBytes(program());
        int table = (int) header(file).offset() + 12;
        byte[] first = java.util.Arrays.copyOfRange(file, table, table + 8);
        System.arraycopy(file, table + 16, file, table, 8);
        System.arraycopy(first, 0, file, table + 16, 8);
        assertSameFdes(file);
    }

    @Test
    void searchTableThatLeadsElsewhere() throws IOException {
        byte[] file = Files.readAllBytes(program());
        int table = (int) header(file).offset() + 12;
        for (int entry = 0; entry < 6; entry++) {
            file[table + 8 * entry + 4] ^= 0x14; // the address of the FDE
        }
        assertSameFdes(file);
    }

    @Test
    void searchTableThatClaimsTooMuch() throws IOException {
        byte[] file = Files.readAllBytes(program());
        int count = (int) header(file).offset() + 8;
        file[count + 3] = 0x7f;
        assertSameFdes(file);
    }

    @Test
    void searchTableThatListsAnEmptyFdeInsteadOfTheRealOne() throws IOException {
        byte[] file = Files.readAllBytes(program());
        ProgramHeader header = header(file);
        SectionHeader frames = Objects.requireNonNull(image(file).section(".eh_frame"));
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int table = (int) header.offset() + 12;
        int entry = table + 8 * (bytes.getInt(table - 4) / 2);
        long start = header.svma() + bytes.getInt(entry);
        Fde real = Objects.requireNonNull(cfi(image(file)).find(start));
        long emptySvma = header.svma() + bytes.getInt(entry - 8 + 4);
        int empty = (int) (frames.offset() + emptySvma - frames.svma());
        bytes.putInt(empty + 8, (int) (start - (emptySvma + 8))); // begins where the real one does
        bytes.putInt(empty + 12, 0);
        bytes.putInt(entry - 8, bytes.getInt(entry));
        bytes.putInt(entry + 4, bytes.getInt(entry - 8 + 4));
        CallFrameInfo changed = cfi(image(file));
        for (long svma : new long[] {start, start + real.bytes() - 1}) {
            assertThat(Objects.requireNonNull(changed.find(svma)).offset()).isEqualTo(real.offset());
        }
    }

    @Test
    void noSectionHeaders() throws IOException {
        byte[] file = Files.readAllBytes(program());
        ElfImage whole = image(file);
        java.util.Arrays.fill(file, E_SHOFF, E_SHOFF + 8, (byte) 0);
        java.util.Arrays.fill(file, E_SHNUM, E_SHNUM + 4, (byte) 0);
        ElfImage bare = image(file);
        assertThat(bare.sections()).isEmpty();
        assertThat(bare.buildId()).isEqualTo(whole.buildId()).isNotNull();
        assertThat(bare.dynsym().count()).isEqualTo(whole.dynsym().count()).isGreaterThan(10);
        for (int i = 1; i < whole.dynsym().count(); i++) {
            assertThat(bare.dynsym().name(i)).isEqualTo(whole.dynsym().name(i));
        }
        assertSameFdes(file);
    }

    @Test
    void compressedDebugFrameInsteadOfEhFrame() throws IOException {
        Path program = NativeProgram.compile(
                "walks.c",
                "walks-debug",
                "-O2",
                "-g",
                "-gz=zlib",
                "-fno-asynchronous-unwind-tables",
                "-fno-unwind-tables");
        ElfImage image = ElfImage.ofFile(io.dwunw.bytes.FileBytes.open(program));
        SectionHeader section = Objects.requireNonNull(image.section(".debug_frame"));
        assertThat(section.isCompressed()).isTrue();
        assertThat(image.content(section).size()).isGreaterThan(section.size());
        Fde main = Objects.requireNonNull(cfi(image).find(symbol(image, "recurse")));
        assertThat(main.section().format()).isEqualTo(CfiSection.Format.DEBUG_FRAME);
        RowComparison comparison = RowComparison.of(program);
        assertThat(comparison.report()).isEmpty();
        assertThat(comparison.rows()).isGreaterThan(30);
    }

    @Test
    void rangesWithoutFdeAreFoundToHaveNone() throws IOException {
        ElfImage image = image(Files.readAllBytes(program()));
        assertThat(cfi(image).find(0)).isNull();
        assertThat(cfi(image).find(-1)).isNull();
        assertThat(cfi(image).find(symbol(image, "_init"))).isNull();
        assertThat(cfi(image).find(symbol(image, "recurse"))).isNotNull();
    }

    private static void assertSameFdes(byte[] variant) throws IOException {
        CallFrameInfo original = cfi(image(Files.readAllBytes(program())));
        CallFrameInfo changed = cfi(image(variant));
        List<Fde> fdes = new ArrayList<>();
        FdeIndex.forEach(original.sections().get(0), fdes::add);
        assertThat(fdes).hasSizeGreaterThan(10);
        for (Fde fde : fdes) {
            for (long svma : new long[] {fde.startSvma(), fde.startSvma() + fde.bytes() - 1}) {
                Fde found = Objects.requireNonNull(changed.find(svma), Long.toHexString(svma));
                assertThat(found.offset()).isEqualTo(fde.offset());
                assertThat(found.bytes()).isEqualTo(fde.bytes());
            }
        }
    }

    private static Path program() throws IOException {
        return NativeProgram.compile("walks.c", "walks-variants", "-O2", "-fomit-frame-pointer");
    }

    private static ElfImage image(byte[] file) {
        return ElfImage.ofFile(Bytes.of(file.clone(), ByteOrder.LITTLE_ENDIAN));
    }

    private static CallFrameInfo cfi(ElfImage image) {
        return Objects.requireNonNull(ImageCfi.of(image));
    }

    private static ProgramHeader header(byte[] file) {
        return image(file).programHeaders().stream()
                .filter(segment -> segment.type() == Elf.PT_GNU_EH_FRAME)
                .findFirst()
                .orElseThrow();
    }

    private static long symbol(ElfImage image, String name) {
        for (int i = 1; i < image.symtab().count(); i++) {
            // Optimising compilers append to the names of local functions.
            String candidate = image.symtab().name(i);
            if (candidate.equals(name) || candidate.startsWith(name + ".")) {
                return image.symtab().svma(i);
            }
        }
        throw new IllegalStateException("no symbol " + name);
    }
}
