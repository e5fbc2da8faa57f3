// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * Needs that a test may have of the machine. Where it is missing the test is skipped with the reason; with {@code
 * DWUNW_REQUIRE_BPF=1} in the environment it fails.
 */
public enum Need {
    /** May load BPF programs and attach them to its own functions. */
    BPF {
        @Override
        Optional<String> missing() {
            if (!System.getProperty("os.name").equals("Linux")) {
                return Optional.of("not Linux");
            }
            if (kernel() < MIN_KERNEL) {
                return Optional.of("Linux " + System.getProperty("os.version") + " is older than 5.8");
            }
            long capabilities = Long.parseUnsignedLong(status("CapEff"), 16);
            boolean admin = (capabilities >> SYS_ADMIN & 1) != 0;
            boolean bpf = (capabilities >> CAP_BPF & 1) != 0 && (capabilities >> PERFMON & 1) != 0;
            if (!admin && !bpf) {
                return Optional.of("neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON");
            }
            return Optional.empty();
        }
    },
    /** May become another user with {@code setpriv}. */
    SETPRIV {
        @Override
        Optional<String> missing() {
            if (!Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
                return Optional.of("no setpriv (package util-linux)");
            }
            boolean root = status("Uid").startsWith("0");
            return root ? Optional.empty() : Optional.of("only root can drop privileges with setpriv");
        }
    },
    /** May make a mount namespace of its own with {@code unshare}, and become another user in it. */
    MOUNTS {
        @Override
        Optional<String> missing() {
            Optional<String> setpriv = SETPRIV.missing();
            if (setpriv.isPresent()) {
                return setpriv;
            }
            int code = Tool.command(Map.of(), "unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
                    .exitCode();
            return code == 0 ? Optional.empty() : Optional.of("may not mount in a namespace of its own");
        }
    },
    /** The newest JDK that the agent promises to run on. */
    JDK_25 {
        @Override
        Optional<String> missing() {
            boolean installed =
                    Jdk.ONLY_UNPACKED || Jdk.installed().stream().anyMatch(jdk -> jdk.feature() == NEWEST_JDK);
            return installed ? Optional.empty() : Optional.of("no JDK 25 under /usr/lib/jvm");
        }
    };

    static final int NEWEST_JDK = 25;

    private static final int MIN_KERNEL = 5 << 8 | 8;
    // linux/capability.h
    private static final int SYS_ADMIN = 21;
    private static final int PERFMON = 38;
    private static final int CAP_BPF = 39;

    private static final boolean REQUIRED = "1".equals(System.getenv("DWUNW_REQUIRE_BPF"));

    /** Why this need is not met; empty when it is. */
    abstract Optional<String> missing();

    /** Returns when the need is met; ends the test otherwise. */
    public void demand() {
        Optional<String> reason = missing();
        if (reason.isEmpty()) {
            return;
        }
        String text = "needs " + name() + ": " + reason.get();
        if (REQUIRED) {
            throw new AssertionFailedError(text + " (DWUNW_REQUIRE_BPF=1 forbids to skip)");
        }
        throw new TestAbortedException(text);
    }

    private static int kernel() {
        String[] parts = System.getProperty("os.version").split("\\D+", 3);
        return Integer.parseInt(parts[0]) << 8 | Integer.parseInt(parts[1]);
    }

    private static String status(String key) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(key + ":"))
                    .map(line -> line.substring(key.length() + 1).strip())
                    .findFirst()
                    .orElse("0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
