// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The registry of architectures. Thread-safe. */
public final class Architectures {
    private static final Map<Integer, Architecture> BY_MACHINE = new ConcurrentHashMap<>();

    static {
        register(X86_64.ARCHITECTURE);
        register(AArch64.ARCHITECTURE);
        register(Mips32.ARCHITECTURE);
    }

    private Architectures() {}

    /**
     * Adds an architecture.
     *
     * @throws IllegalArgumentException if another one has the same {@code e_machine}
     */
    public static void register(Architecture architecture) {
        Architecture known = BY_MACHINE.putIfAbsent(architecture.elfMachine(), architecture);
        if (known != null && !known.equals(architecture)) {
            throw new IllegalArgumentException("e_machine " + architecture.elfMachine() + " is " + known.name());
        }
    }

    /** The architecture of files with this {@code e_machine}, or null. */
    public static @Nullable Architecture byMachine(int elfMachine) {
        return BY_MACHINE.get(elfMachine);
    }

    /** The architecture with this name, or null. */
    public static @Nullable Architecture byName(String name) {
        for (Architecture candidate : BY_MACHINE.values()) {
            if (candidate.name().equals(name)) {
                return candidate;
            }
        }
        return null;
    }

    /** All that are registered. */
    public static Collection<Architecture> all() {
        return java.util.List.copyOf(BY_MACHINE.values());
    }

    /** The architecture this JVM runs on, or null if it is not registered. */
    public static @Nullable Architecture ofThisJvm() {
        return switch (System.getProperty("os.arch", "")) {
            case "amd64", "x86_64" -> X86_64.ARCHITECTURE;
            case "aarch64", "arm64" -> AArch64.ARCHITECTURE;
            case "mips", "mipsel" -> Mips32.ARCHITECTURE;
            default -> null;
        };
    }
}
