// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.SampleDescriptor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every offset in Java against what a C compiler makes of the same declarations. */
class LayoutTest {
    /** Indices of DWARF numbering, which no structure states. */
    private static final Set<String> JAVA_ONLY = Set.of("SampleDescriptor.REGISTER_SP", "SampleDescriptor.REGISTER_PC");

    @Test
    void javaAndCAgree() throws Exception {
        Map<String, Long> c = layoutOfC();
        Map<String, Long> java = new TreeMap<>();
        constants(SampleDescriptor.class, java);
        constants(EngineLayout.class, java);
        for (Allocator allocator : Allocator.values()) {
            java.put("Allocator." + allocator, (long) allocator.number());
        }
        java.keySet().removeAll(JAVA_ONLY);
        assertThat(java).isEqualTo(c);
    }

    @Test
    void theCommittedObjectHasTheSameSizes() throws Exception {
        BpfObject object;
        try (var in = UprobeEngine.class.getResourceAsStream("dwunw.bpf.o")) {
            object = BpfObject.read(in.readAllBytes());
        }
        assertThat(object.maps())
                .hasEntrySatisfying("calls", m -> assertThat(m.valueBytes()).isEqualTo(EngineLayout.CALL_LENGTH));
        assertThat(object.maps())
                .hasEntrySatisfying("stacks", m -> assertThat(m.valueBytes()).isEqualTo(EngineLayout.BOUNDS_LENGTH));
        assertThat(object.maps())
                .hasEntrySatisfying("counted", m -> assertThat(m.valueBytes()).isEqualTo(EngineLayout.COUNTERS_LENGTH));
        assertThat(object.maps())
                .hasEntrySatisfying(
                        ".rodata.config", m -> assertThat(m.valueBytes()).isEqualTo(EngineLayout.CONFIG_LENGTH));
        assertThat(object.maps())
                .hasEntrySatisfying(
                        ".bss.settings", m -> assertThat(m.valueBytes()).isEqualTo(EngineLayout.SETTINGS_LENGTH));
        assertThat(new TreeSet<>(object.programs().keySet()))
                .containsExactly(
                        "custom_entry",
                        "custom_leave",
                        "custom_session",
                        "entry",
                        "entry_by_pc",
                        "hooks",
                        "leave",
                        "session");
        assertThat(object.license()).isEqualTo("Dual MIT/GPL");
    }

    private static Map<String, Long> layoutOfC() throws Exception {
        Path program = Path.of(LayoutTest.class.getResource("/native/layout").toURI());
        Process process = new ProcessBuilder(program.toString()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        Map<String, Long> values = new TreeMap<>();
        for (String line : output.split("\n", -1)) {
            if (!line.isEmpty()) {
                values.put(line.substring(0, line.indexOf(' ')), Long.parseLong(line.substring(line.indexOf(' ') + 1)));
            }
        }
        return values;
    }

    private static void constants(Class<?> type, Map<String, Long> into) throws IllegalAccessException {
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                field.setAccessible(true);
                into.put(type.getSimpleName() + "." + field.getName(), (long) field.getInt(null));
            }
        }
    }
}
