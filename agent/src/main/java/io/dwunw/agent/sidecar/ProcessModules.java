package io.dwunw.agent.sidecar;

import io.dwunw.module.ModuleMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps the module map up to date with this process's mappings: when a pc lies in no known module, and now and then,
 * because an address may belong to another library than a moment ago.
 */
public final class ProcessModules {
    private static final Path MAPS = Path.of("/proc/self/maps");
    /** A pc in generated code asks for a refresh each time; the kernel needs about a millisecond to print a JVM's map. */
    private static final long MIN_NANOS_BETWEEN_MISSES = 20_000_000;

    private static final long NANOS_BETWEEN_LOOKS = 1_000_000_000;

    private final ModuleMap modules;
    private final DistinctErrors errors;
    private long readAt = System.nanoTime() - NANOS_BETWEEN_LOOKS;

    /** Over a map that nobody else updates. */
    public ProcessModules(ModuleMap modules, DistinctErrors errors) {
        this.modules = modules;
        this.errors = errors;
    }

    /** An address belongs to no module: looks again, unless that was done a moment ago; whether something changed. */
    public boolean refreshAfterMiss() {
        return System.nanoTime() - readAt >= MIN_NANOS_BETWEEN_MISSES && read();
    }

    /** To be called often: looks again when the last look is old; whether it did. */
    public boolean refreshIfOld() {
        boolean old = System.nanoTime() - readAt >= NANOS_BETWEEN_LOOKS;
        if (old) {
            read();
        }
        return old;
    }

    private boolean read() {
        try {
            return modules.update(Files.readString(MAPS, StandardCharsets.ISO_8859_1));
        } catch (IOException | RuntimeException e) {
            errors.record("reading " + MAPS, e);
            return false;
        } finally {
            readAt = System.nanoTime();
        }
    }
}
