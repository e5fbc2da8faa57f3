// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.demo.LeakyServer;
import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** The commands of the README, on an application that leaks; all but {@code ./demo}, which {@code DemoIT} runs. */
final class ReadmeCommandsIT {
    private static final String APPLICATION = "app.jar";
    /** Longer than the option minage, so that there are leaks. */
    private static final int SECONDS = 12;

    @JvmTest(
            main = LeakyServer.class,
            needs = {})
    void theQuickStartShowsWhatLeaks(JvmCommand command) throws IOException {
        Path directory = command.directory();
        Files.copy(Project.agentJar(), directory.resolve("dwunw-agent.jar"));
        writeApplication(directory.resolve(APPLICATION));

        List<String> outputs = new ArrayList<>();
        for (String line : Page.of("README.md").commands()) {
            if (!line.startsWith("./demo")) {
                outputs.add(run(command, line));
            }
        }

        assertThat(outputs).hasSizeGreaterThan(1);
        assertThat(outputs.get(0)).contains("sessions left open").doesNotContain("dwunw: ");
        assertThat(outputs.get(1)).contains("dwunw.NativeLeak {", "LeakyServer.openUpload(");
    }

    private static String run(JvmCommand command, String line) {
        // The application wants to know how long it is to run.
        String whole = line.endsWith(APPLICATION) ? line + " " + SECONDS : line;
        String path = command.jdk().home().resolve("bin") + ":" + System.getenv("PATH");
        Tool.Result result =
                Tool.command(Map.of("PATH", path), "sh", "-c", "cd '" + command.directory() + "' && " + whole);
        assertThat(result.exitCode()).as(whole + "\n" + result.output()).isZero();
        return result.output();
    }

    private static void writeApplication(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, LeakyServer.class.getName());
        Path classes = Project.programs();
        String folder = LeakyServer.class.getPackageName().replace('.', '/');
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                Stream<Path> content = Files.list(classes.resolve(folder))) {
            for (Path path : content.sorted().toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                Files.copy(path, out);
                out.closeEntry();
            }
        }
    }
}
