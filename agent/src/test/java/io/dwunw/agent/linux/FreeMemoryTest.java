// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeMemoryTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path root;

    @BeforeEach
    void machine() throws IOException {
        file("proc/meminfo", "MemTotal:  8388608 kB\nMemFree:  10240 kB\nMemAvailable:    4194304 kB\n");
        file(
                "proc/self/limits",
                "Limit       Soft Limit   Hard Limit   Units\nMax address space         unlimited "
                        + "           unlimited            bytes     \n");
        file("proc/self/statm", "1000 10 10 1 0 10 0\n");
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private long least() {
        return new FreeMemory(root).least();
    }

    @Test
    void whatTheMachineHasAvailable() {
        assertThat(least()).isEqualTo(4096 * MIB);
    }

    @Test
    void whatTheAddressSpaceMayGrowBy() throws IOException {
        file("proc/self/limits", "Max address space         104857600            unlimited            bytes\n");
        assertThat(least()).isEqualTo(100 * MIB - 1000 * 4096);
        file("proc/self/statm", "100000 10 10 1 0 10 0\n");
        assertThat(least()).isZero();
    }

    @Test
    void whatAControlGroupLeavesWithItsPageCache() throws IOException {
        file("proc/self/cgroup", "0::/\n");
        file("sys/fs/cgroup/memory.max", 512 * MIB + "\n");
        file("sys/fs/cgroup/memory.current", 200 * MIB + "\n");
        file("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file " + 50 * MIB + "\nactive_file 7\n");
        assertThat(least()).isEqualTo(362 * MIB);
        file("sys/fs/cgroup/memory.max", "max\n");
        assertThat(least()).isEqualTo(4096 * MIB);
    }

    @Test
    void theGroupsAroundCountToo() throws IOException {
        file("proc/self/cgroup", "1:name=systemd:/x\n0::/outer/inner\n");
        file("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        file("sys/fs/cgroup/outer/inner/memory.current", "0\n");
        file("sys/fs/cgroup/outer/memory.max", 64 * MIB + "\n");
        file("sys/fs/cgroup/outer/memory.current", 60 * MIB + "\n");
        assertThat(least()).isEqualTo(4 * MIB);
    }

    @Test
    void versionOneAndAPathThatIsTheHosts() throws IOException {
        file("proc/self/cgroup", "12:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", 128 * MIB + "\n");
        file("sys/fs/cgroup/memory/memory.usage_in_bytes", 28 * MIB + "\n");
        assertThat(least()).isEqualTo(100 * MIB);
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(least()).isEqualTo(4096 * MIB);
    }

    @Test
    void whatCannotBeReadIsNoLimit() throws IOException {
        Files.delete(root.resolve("proc/meminfo"));
        Files.delete(root.resolve("proc/self/limits"));
        Files.delete(root.resolve("proc/self/statm"));
        assertThat(least()).isEqualTo(Long.MAX_VALUE);
        assertThat(FreeMemory.bytes()).isPositive();
    }
}
