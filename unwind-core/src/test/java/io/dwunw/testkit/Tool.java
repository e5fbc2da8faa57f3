// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Programs that tests compare with or work with. Where one is absent they are skipped; but not in CI, which installs
 * them.
 */
public final class Tool {
    private static final boolean REQUIRED = "1".equals(System.getenv("DWUNW_REQUIRE_TOOLS"));

    private Tool() {}

    /**
     * Skips the test if a program is absent, or fails it with {@code DWUNW_REQUIRE_TOOLS=1}.
     *
     * @param debianPackage what to install
     */
    public static void assumeInstalled(String name, String debianPackage) {
        boolean installed = Files.isExecutable(Path.of("/usr/bin", name));
        String message = name + " is not installed (Debian's " + debianPackage + ")";
        if (REQUIRED && !installed) {
            throw new AssertionError(message);
        }
        assumeTrue(installed, message);
    }
}
