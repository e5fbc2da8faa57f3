// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.jfr.StackReplay;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentLoaderTest {
    private static final String CONSOLE = "io.dwunw.agent.Console";

    private final Path directory;
    private final AgentLoader loader;

    AgentLoaderTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        byte[] noClass = "no class".getBytes(StandardCharsets.UTF_8);
        loader = open(jar(
                "agent.jar",
                Map.of(
                        "io/dwunw/agent/Console.class",
                        classFile(Console.class),
                        "io/dwunw/agent/AgentMain.class",
                        noClass,
                        "io/dwunw/agent/Damaged.class",
                        noClass,
                        "io/dwunw/jfr/StackReplay.class",
                        classFile(StackReplay.class),
                        "io/dwunw/agent/linux/library.so",
                        new byte[] {1, 2, 3})));
    }

    @Test
    void theAgentsClassesAreThoseOfItsJar() throws ReflectiveOperationException {
        Class<?> console = loader.loadClass(CONSOLE);
        assertThat(console).isNotSameAs(Console.class);
        assertThat(console.getClassLoader()).isSameAs(loader);
        assertThat(console.getProtectionDomain()).isSameAs(AgentLoaderTest.class.getProtectionDomain());
        assertThat(Class.forName(CONSOLE, true, loader)).isSameAs(console);
        assertThat(console.getMethod("describe", Throwable.class).invoke(null, new IOException("gone")))
                .isEqualTo("IOException: gone");
    }

    @Test
    void thereIsOneOfEachDoor() throws ClassNotFoundException {
        assertThat(loader.loadClass(AgentMain.class.getName())).isSameAs(AgentMain.class);
        assertThat(loader.loadClass(AgentLoader.class.getName())).isSameAs(AgentLoader.class);
    }

    @Test
    void theJdksClassesAreTheJvms() throws ClassNotFoundException {
        assertThat(loader.loadClass("jdk.jfr.Event")).isSameAs(jdk.jfr.Event.class);
        assertThat(loader.loadClass("java.util.zip.ZipFile")).isSameAs(java.util.zip.ZipFile.class);
    }

    @Test
    void noOtherClassIsSeen() {
        for (String name : new String[] {
            Agent.class.getName(), AgentLoaderTest.class.getName(), Test.class.getName(), "io.dwunw", ""
        }) {
            assertThatThrownBy(() -> loader.loadClass(name)).as(name).isInstanceOf(ClassNotFoundException.class);
        }
        assertThatThrownBy(() -> loader.loadClass("io.dwunw.agent.Damaged")).isInstanceOf(ClassFormatError.class);
    }

    @Test
    void resourcesAreThoseOfItsJar() throws IOException {
        assertThat(loader.getResourceAsStream("io/dwunw/agent/linux/library.so"))
                .hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(loader.getResourceAsStream("io/dwunw/agent/Agent.class")).isNull();
        assertThat(loader.getResourceAsStream("java/lang/Object.class")).isNull();
    }

    @Test
    void whatIsNoJarIsToldApart() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "no jar");
        assertThatThrownBy(() -> open(text)).isInstanceOf(ZipException.class);
        assertThatThrownBy(() -> open(directory)).isInstanceOf(IOException.class);
    }

    @Test
    void aPartOfTheAgentIsToldApart() throws IOException {
        Path part = jar("part.jar", Map.of("io/dwunw/agent/Console.class", classFile(Console.class)));
        assertThatThrownBy(() -> open(part)).isInstanceOf(IOException.class);
    }

    private static AgentLoader open(Path jar) throws IOException {
        return new AgentLoader(jar.toFile(), AgentLoaderTest.class.getProtectionDomain(), null);
    }

    private Path jar(String name, Map<String, byte[]> entries) throws IOException {
        Path jar = directory.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
        return jar;
    }

    private static byte[] classFile(Class<?> type) throws IOException {
        try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }
}
