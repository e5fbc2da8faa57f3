// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtectedPathsTest {
    /** Whose the files are that this test creates, unless root runs it. */
    private int owner;

    private Path directory;
    private Path file;

    @BeforeEach
    void create(@TempDir Path temporary) throws IOException {
        Path real = temporary.toRealPath();
        directory = Files.createDirectory(real.resolve("directory"));
        file = Files.createFile(directory.resolve("file"));
        Files.setAttribute(file, "unix:mode", 0644);
        owner = (Integer) Files.getAttribute(file, "unix:uid");
    }

    @Test
    void theUserIsTheOneWhomFilesAreCreatedFor() throws IOException {
        assertThat(ProtectedPaths.user("Name:\tjava\nUid:\t1\t2\t3\t4000000000\nGid:\t5\t6\t7\t8\n"))
                .isEqualTo((int) 4_000_000_000L);
        assertThatThrownBy(() -> ProtectedPaths.user("Name:\tjava\n")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> ProtectedPaths.user("Name:\tjava\nUid:\t1\tx\n"))
                .isInstanceOf(IOException.class);
        assertThatCode(() -> ProtectedPaths.ofThisProcess().requireFile(file)).doesNotThrowAnyException();
    }

    @Test
    void aFileThatOthersMayWriteToIsUnprotected() throws IOException {
        Files.setAttribute(file, "unix:mode", 0620);
        assertUnprotected(file, "mode 620");
        Files.setAttribute(file, "unix:mode", 01602);
        assertUnprotected(file, "mode 1602");
    }

    @Test
    void anyDirectoryAboveThatOthersMayWriteToMakesItUnprotected() throws IOException {
        Files.setAttribute(directory, "unix:mode", 0770);
        assertUnprotected(directory, "mode 770");
        Files.setAttribute(directory, "unix:mode", 01777);
        assertThatCode(() -> own().requireFile(file)).doesNotThrowAnyException();
    }

    /** Another user is one that is neither root nor the user of this process, so root's own files are no example. */
    @Test
    void whatBelongsToAnotherUserIsUnprotected() throws IOException {
        if (owner == 0) {
            Files.setAttribute(file, "unix:uid", 65534);
            assertUnprotected(file, "belongs to another user (65534)");
            Files.setAttribute(file, "unix:uid", 0);
            Files.setAttribute(directory, "unix:uid", 65534);
            assertUnprotected(directory, "belongs to another user (65534)");
        } else {
            assertThatThrownBy(() -> new ProtectedPaths(owner + 1).requireFile(file))
                    .isInstanceOf(UnprotectedPathException.class)
                    .hasMessageContaining("belongs to another user (" + owner + ")");
        }
    }

    @Test
    void aLinkIsNoFile() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThatThrownBy(() -> own().requireFile(link)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> own().requireFile(directory)).isInstanceOf(IOException.class);
    }

    private ProtectedPaths own() {
        return new ProtectedPaths(owner);
    }

    private void assertUnprotected(Path cause, String why) {
        assertThatThrownBy(() -> own().requireFile(file))
                .isInstanceOf(UnprotectedPathException.class)
                .hasMessageContainingAll(cause.toString(), why);
    }
}
