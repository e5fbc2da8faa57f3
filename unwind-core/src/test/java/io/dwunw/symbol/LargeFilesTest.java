// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.bytes.ReadBudget;
import io.dwunw.compress.Xz;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.ImageCfi;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.testkit.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that would take more than their budget: parts look absent, and are reported. */
class LargeFilesTest {
    private static final Path LIBJVM = Path.of(System.getProperty("java.home"), "lib/server/libjvm.so");
    private static final long PLENTY = 1L << 40;

    private final List<String> leftOut = new ArrayList<>();

    @TempDir
    private Path directory = Path.of("");

    private Bytes libjvm(ReadBudget budget) throws Exception {
        budget.tell((file, why) -> leftOut.add(file + ": " + why));
        return FileBytes.open(LIBJVM, "libjvm", budget);
    }

    private boolean isNamed(ReadBudget budget) throws Exception {
        Bytes file = libjvm(budget);
        long function = 0;
        ElfImage image = ElfImage.ofFile(FileBytes.open(LIBJVM));
        for (int i = 0; i < image.dynsym().count(); i++) {
            function = image.dynsym().name(i).startsWith("JNI_CreateJavaVM")
                    ? image.dynsym().svma(i)
                    : function;
        }
        ModuleMap map = new ModuleMap(module -> ElfImage.ofFile(file));
        map.update("10000000-20000000 r-xp 00000000 00:01 42   /libjvm.so\n");
        LoadedModule module = map.modules().get(0);
        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            return symboliser.symbolise(module, function).isKnown();
        }
    }

    @Test
    void symbolsThatFitAreNamed() throws Exception {
        assertThat(isNamed(new ReadBudget(PLENTY, PLENTY))).isTrue();
        assertThat(leftOut).isEmpty();
    }

    @Test
    void symbolsThatDoNotFitAreNotIndexed() throws Exception {
        ReadBudget budget = new ReadBudget(20_000, PLENTY);
        assertThat(isNamed(budget)).isFalse();
        assertThat(leftOut).singleElement().asString().contains("libjvm: its symbols would take more");
        assertThat(budget.taken()).isLessThanOrEqualTo(20_000);
    }

    @Test
    void symbolsThatTakeTooLongAreNotIndexed() throws Exception {
        assertThat(isNamed(new ReadBudget(PLENTY, -1))).isFalse();
        assertThat(leftOut).singleElement().asString().contains("takes longer to read");
    }

    @Test
    void callFrameInformationThatDoesNotFitIsNotIndexed() throws Exception {
        Bytes file = libjvm(new ReadBudget(40_000, PLENTY));
        CallFrameInfo sound = Objects.requireNonNull(ImageCfi.of(ElfImage.ofFile(file)));
        CallFrameInfo withoutTable = new CallFrameInfo(sound.sections(), null);
        assertThatThrownBy(() -> withoutTable.find(1 << 22)).isInstanceOf(MalformedDataException.class);
        assertThat(leftOut).singleElement().asString().contains("its call frame information");
    }

    @Test
    void whatIsPackedExpandsToNoMoreThanFits() throws Exception {
        Tool.assumeInstalled("xz", "xz-utils");
        Path zeros = directory.resolve("zeros");
        Files.write(zeros, new byte[8 << 20]);
        assertThat(new ProcessBuilder("xz", zeros.toString()).start().waitFor()).isZero();
        ReadBudget budget = new ReadBudget(4 << 20, PLENTY);
        budget.tell((file, why) -> leftOut.add(file + ": " + why));
        Bytes packed = FileBytes.open(directory.resolve("zeros.xz"), "bomb", budget);
        assertThatThrownBy(() -> Xz.decode(packed, 1 << 26)).isInstanceOf(MalformedDataException.class);
        assertThat(budget.taken()).isZero();
        assertThat(leftOut).singleElement().asString().contains("bomb: its compressed part");

        ReadBudget enough = new ReadBudget(40 << 20, PLENTY);
        Bytes again = FileBytes.open(directory.resolve("zeros.xz"), "bomb", enough);
        assertThat(Xz.decode(again, 1 << 26)).hasSize(8 << 20);
        assertThat(enough.taken()).isEqualTo(8 << 20);
    }
}
