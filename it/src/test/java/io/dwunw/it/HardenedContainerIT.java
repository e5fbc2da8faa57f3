// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.PublicCopy;
import io.dwunw.it.program.UnsafeLeak;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;

/**
 * As a user without privileges, where nothing that can be written to can be executed; and where other users can write.
 */
final class HardenedContainerIT {
    /** Outside of all that is hidden by mounts. */
    private static final Path PLACE = Path.of("/opt");

    private static final int OTHER_USER = 65534;
    private static final String LIBRARY = "libdwunw-x86_64.so";
    private static final String TEMPORARY =
            "for d in /tmp /var/tmp /dev/shm /run; do mount -t tmpfs -o noexec,mode=1777 tmpfs $d || exit 99; done; ";
    private static final String WORKING_DIRECTORY =
            "mount --bind . . && mount -o remount,bind,noexec . && cd \"$PWD\" || exit 99; ";
    private static final String RUN =
            "exec setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \"$@\"";

    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            agent = "maxoverhead=off,interval=4k,minage=1ms",
            needs = Need.MOUNTS)
    void theWorkingDirectoryHelpsOut(JvmCommand command) throws IOException {
        assumeFalse(command.jdk().isUnpacked(), "this JDK runs only where it was unpacked");
        try (PublicCopy copy = PublicCopy.of(command, PLACE)) {
            Path work = copy.command().directory();
            Files.setAttribute(work, "unix:uid", OTHER_USER);
            Files.setAttribute(work, "unix:mode", 0755);
            assertTraced(in(copy, TEMPORARY).run());
            try (var left = Files.list(copy.command().directory())) {
                assertThat(left).noneMatch(file -> file.getFileName().toString().startsWith("dwunw-"));
            }
        }
    }

    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            agent = "maxoverhead=off,interval=4k,minage=1ms",
            needs = Need.MOUNTS)
    void oneLineSaysWhatToDo(JvmCommand command) throws IOException {
        assumeFalse(command.jdk().isUnpacked(), "this JDK runs only where it was unpacked");
        try (PublicCopy copy = PublicCopy.of(command, PLACE)) {
            JvmOutcome jvm = in(copy, TEMPORARY + WORKING_DIRECTORY).run().expectExit(0);
            assertThat(jvm.out()).contains("allocated=true");
            assertThat(ofTheAgent(jvm)).hasSize(1);
            assertThat(ofTheAgent(jvm).get(0))
                    .startsWith("dwunw: not tracing: the agent's native library cannot be loaded: /tmp/")
                    .contains("-Djava.io.tmpdir", "unzip -j dwunw-agent.jar '*/" + LIBRARY + "'");

            unpack(copy.command().agentJar(), 0);
            assertTraced(in(copy, TEMPORARY + WORKING_DIRECTORY).run());
        }
    }

    private static JvmCommand in(PublicCopy copy, String mounts) {
        return copy.command().prefix("unshare", "-m", "sh", "-c", mounts + RUN, "sh");
    }

    /** Between the agent's look at it and its use its owner could have overwritten it. */
    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            agent = "maxoverhead=off,interval=4k,minage=1ms",
            needs = Need.SETPRIV)
    void aLibraryOfAnotherUsersBesideTheJarIsNotLoaded(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            Path jar = copy.command().agentJar();
            Files.setAttribute(jar.getParent(), "unix:mode", 01777);
            Path library = unpack(jar, OTHER_USER);
            JvmOutcome jvm = copy.command().run();
            assertTraced(jvm, library.toRealPath() + " belongs to another user (" + OTHER_USER + ")");
        }
    }

    /** Another user could rename the directory that the library is unpacked into, and put his own in its place. */
    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            agent = "maxoverhead=off,interval=4k,minage=1ms",
            needs = Need.SETPRIV)
    void nothingIsUnpackedWhereOtherUsersMayRenameIt(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            Path shared = copy.command().directory();
            JvmOutcome jvm = copy.command().jvm("-Djava.io.tmpdir=" + shared).run();
            assertTraced(jvm, shared.toRealPath() + " may be written to by other users (mode 777)");
        }
    }

    /** As the line says. */
    private static Path unpack(Path jar, int owner) throws IOException {
        Path unpacked = jar.resolveSibling(LIBRARY);
        try (JarFile file = new JarFile(jar.toFile());
                InputStream in = file.getInputStream(file.getEntry("io/dwunw/agent/linux/" + LIBRARY))) {
            Files.copy(in, unpacked);
        }
        Files.setPosixFilePermissions(unpacked, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setAttribute(unpacked, "unix:uid", owner);
        return unpacked;
    }

    private static void assertTraced(JvmOutcome jvm, String... said) throws IOException {
        jvm.expectExit(0);
        assertThat(ofTheAgent(jvm)).hasSameSizeAs(said);
        for (String part : said) {
            assertThat(ofTheAgent(jvm)).anyMatch(line -> line.contains(part));
        }
        assertThat(Leaks.atEnd(jvm.recording()))
                .anyMatch(leak -> leak.names().contains(UnsafeLeak.class.getName() + ".forget"));
    }

    private static List<String> ofTheAgent(JvmOutcome jvm) {
        List<String> lines = new ArrayList<>(jvm.err());
        lines.removeIf(line -> !line.startsWith("dwunw: "));
        return lines;
    }
}
