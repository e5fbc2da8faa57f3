package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Linux;
import io.dwunw.module.ModuleMap;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the module map up to date with this process's mappings: when a pc lies in no known module, and now and then,
 * because an address may belong to another library than a moment ago.
 */
public final class ProcessModules {
    private static final String MAPS = "/proc/self/maps";
    /** What the JDK reads without a buffer of its own from the C heap; the kernel gives less. */
    private static final int MOST_READ_AT_ONCE = 8192;

    private static final int INITIAL_BYTES = 1 << 16;
    /** A pc in generated code asks for a refresh each time; the kernel needs about a millisecond to print a JVM's map. */
    private static final long MIN_NANOS_BETWEEN_MISSES = 20_000_000;

    private static final long NANOS_BETWEEN_LOOKS = 1_000_000_000;
    /** Where the loader says that nothing has changed: somebody may map a library without it. */
    private static final long NANOS_BETWEEN_READS = 10_000_000_000L;

    private final ModuleMap modules;
    private final DistinctErrors errors;
    private byte[] text = {};
    private int length;
    private byte[] fresh = new byte[INITIAL_BYTES];
    private long libraryChanges;
    private long lookedAt = System.nanoTime() - NANOS_BETWEEN_LOOKS;
    private long readAt = lookedAt - NANOS_BETWEEN_READS;

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
        long now = System.nanoTime();
        if (now - lookedAt < NANOS_BETWEEN_LOOKS) {
            return false;
        }
        lookedAt = now;
        if (now - readAt >= NANOS_BETWEEN_READS || Linux.libraryChanges() != libraryChanges) {
            read();
        }
        return true;
    }

    /**
     * Looks again, and shows all that is mapped: low and high addresses in turns, rising, without the kernel's half. Null if
     * it cannot be read.
     */
    public long @Nullable [] mapped() {
        try {
            update();
            return ranges();
        } catch (IOException | RuntimeException e) {
            errors.record("reading " + MAPS, e);
            return null;
        }
    }

    private boolean read() {
        try {
            return update();
        } catch (IOException | RuntimeException e) {
            errors.record("reading " + MAPS, e);
            return false;
        }
    }

    private boolean update() throws IOException {
        libraryChanges = Linux.libraryChanges(); // before: what changes meanwhile is read once more
        try {
            return readText() && modules.update(new String(text, 0, length, StandardCharsets.ISO_8859_1));
        } finally {
            readAt = System.nanoTime();
        }
    }

    private long[] ranges() {
        long[] ranges = new long[INITIAL_BYTES / Long.BYTES];
        int count = 0;
        String[] lines = new String(text, 0, length, StandardCharsets.ISO_8859_1).split("\n", -1);
        for (String line : lines) {
            int dash = line.indexOf('-');
            int end = line.indexOf(' ');
            if (dash > 0 && end > dash) {
                long high = Long.parseUnsignedLong(line, dash + 1, end, 16);
                if (high > 0) {
                    ranges = count == ranges.length ? Arrays.copyOf(ranges, 2 * count) : ranges;
                    ranges[count++] = Long.parseUnsignedLong(line, 0, dash, 16);
                    ranges[count++] = high;
                }
            }
        }
        return Arrays.copyOf(ranges, count);
    }

    /** Reads the map; whether it is another than the last. Again and again for ever: leaves nothing to the collector. */
    private boolean readText() throws IOException {
        int read = 0;
        try (FileInputStream in = new FileInputStream(MAPS)) {
            for (int count = 0;
                    count >= 0;
                    count = in.read(fresh, read, Math.min(fresh.length - read, MOST_READ_AT_ONCE))) {
                read += count;
                if (read == fresh.length) {
                    fresh = Arrays.copyOf(fresh, 2 * read);
                }
            }
        }
        if (Arrays.equals(fresh, 0, read, text, 0, length)) {
            return false;
        }
        byte[] former = text;
        text = fresh;
        length = read;
        fresh = former.length < read ? new byte[text.length] : former;
        return true;
    }
}
