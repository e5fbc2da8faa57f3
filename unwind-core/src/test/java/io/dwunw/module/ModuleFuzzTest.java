// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dwunw.bytes.Bytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Any bytes as the text of maps, as the name of a debug file, as minidebuginfo: an answer, no exception. */
final class ModuleFuzzTest {
    private static final Path LIBRARY = Path.of("/nonexistent/lib.so");

    @FuzzTest(maxDuration = "5m")
    void maps(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        ModuleMap map = new ModuleMap(module -> {
            throw new IOException("no files here");
        });
        map.update(text);
        assertThat(map.update(text)).isFalse();
        for (LoadedModule module : map.modules()) {
            assertThat(module.mappings()).isNotEmpty();
            assertThat(module.name()).doesNotContain("/");
            assertThat(module.image()).isNull();
            map.find(module.lowAvma());
            module.svma(module.highAvma());
            module.isFileUnchanged();
        }
    }

    @FuzzTest(maxDuration = "5m")
    void debugLink(byte[] data) {
        assertThat(new DebugFiles(List.of(Path.of("/nonexistent"))).find(LIBRARY, with(".gnu_debuglink", data)))
                .isNull();
    }

    @FuzzTest(maxDuration = "5m")
    void miniDebugInfo(byte[] data) {
        ElfImage image = MiniDebugInfo.of(with(".gnu_debugdata", data));
        if (image != null) {
            assertThat(image.symtab().count()).isNotNegative();
        }
    }

    /** An ELF file with one section of this name. */
    private static ElfImage with(String name, byte[] content) {
        byte[] names = ('\0' + name + '\0').getBytes(StandardCharsets.US_ASCII);
        int contentAt = 64 + 3 * 64 + names.length;
        ByteBuffer file = ByteBuffer.allocate(contentAt + content.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0, new byte[] {0x7f, 'E', 'L', 'F', Elf.ELFCLASS64, Elf.ELFDATA2LSB, 1});
        file.putShort(16, (short) Elf.ET_DYN).putLong(40, 64).putShort(58, (short) 64);
        file.putShort(60, (short) 3).putShort(62, (short) 1);
        section(file, 1, 0, Elf.SHT_STRTAB, 64 + 3 * 64, names.length);
        section(file, 2, 1, Elf.SHT_PROGBITS, contentAt, content.length);
        file.put(64 + 3 * 64, names).put(contentAt, content);
        return ElfImage.ofFile(Bytes.of(file));
    }

    private static void section(ByteBuffer file, int index, int name, int type, long offset, long size) {
        int at = 64 + 64 * index;
        file.putInt(at, name).putInt(at + 4, type).putLong(at + 24, offset).putLong(at + 32, size);
    }
}
