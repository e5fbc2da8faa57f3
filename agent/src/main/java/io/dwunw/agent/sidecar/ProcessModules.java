// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.stack.MappedModules;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.PathText;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the module map up to date with this process's mappings. Before a stack is walked the loader is asked whether
 * libraries have come or gone since the last reading: if so the mappings are read again, as the stack may lead through
 * them. They are also read when a pc lies in no known module, and now and then, since a program may map code without
 * the loader.
 */
public final class ProcessModules implements MappedModules {
    private static final String MAPS = "/proc/self/maps";
    /** What the JDK reads without a buffer of its own from the C heap; the kernel gives less. */
    private static final int MOST_READ_AT_ONCE = 8192;

    private static final int INITIAL_BYTES = 1 << 16;
    /**
     * Between two readings for pcs in no module while the loader has nothing new: code that was generated into
     * anonymous memory asks each time, and the kernel needs about a millisecond to print a JVM's map.
     */
    private static final long MIN_NANOS_BETWEEN_MISSES = 20_000_000;

    private static final long NANOS_BETWEEN_LOOKS = 1_000_000_000;
    /** Where the loader says that nothing has changed: somebody may map a library without it. */
    private static final long NANOS_BETWEEN_READS = 10_000_000_000L;
    /** Readings in a row while libraries keep coming and going. */
    private static final int MAX_ATTEMPTS = 3;
    /** Time that readings may take at once, enough for some hundred libraries that are opened one after the other. */
    private static final long MAX_CREDIT_NANOS = 500_000_000;
    /** One part in so many of all time may go into readings, while a program opens libraries without end. */
    private static final long CREDIT_SHARE = 5;

    private final ModuleMap modules;
    private final DistinctErrors errors;
    private final LoadedLibraries loaded;
    private byte[] text = {};
    private int length;
    private byte[] fresh = new byte[INITIAL_BYTES];
    private long lookedAt = System.nanoTime() - NANOS_BETWEEN_LOOKS;
    /** When the last reading began, and when it ended. */
    private long readFrom = lookedAt - NANOS_BETWEEN_READS;

    private long readAt = readFrom;
    /**
     * As of when the loader is known to have nothing that the map does not have, or that is not known to be missing.
     */
    private long checkedAt = readFrom;
    /** Whether libraries have come or gone since the last reading. */
    private boolean stale;

    private long credit = MAX_CREDIT_NANOS;
    private long creditedAt = lookedAt;

    /** Over a map that no other code updates. */
    public ProcessModules(ModuleMap modules, DistinctErrors errors) {
        this.modules = modules;
        this.errors = errors;
        this.loaded = new LoadedLibraries(modules);
    }

    @Override
    public void begin(long sampleNanos) {
        if (sampleNanos > checkedAt) {
            check();
        }
    }

    @Override
    public boolean refreshAfterMiss(long sampleNanos) {
        // What was read after the stack was copied would have had it.
        return sampleNanos > readFrom
                && System.nanoTime() - readAt >= MIN_NANOS_BETWEEN_MISSES
                && hasCredit()
                && read();
    }

    @Override
    public boolean allWereMapped(long sampleNanos) {
        return loaded.allWereMapped(sampleNanos);
    }

    @Override
    public boolean wasMapped(int moduleId, long sampleNanos) {
        return loaded.wasMapped(moduleId, sampleNanos);
    }

    @Override
    public boolean unloadedSince(long sampleNanos) {
        return loaded.unloadedSince(sampleNanos);
    }

    /**
     * Compares the loader's counts with those of the last list, and takes its list again if they differ. To be called
     * often: the fewer libraries have come and gone between two lists, the fewer can have been away in between. Takes a
     * microsecond where nothing has changed.
     */
    public void watch() {
        stale |= takeList(System.nanoTime());
    }

    /** Takes the loader's list as of now if its counts have changed; whether they have. */
    private boolean takeList(long now) {
        if (Linux.libraryChanges() == loaded.changes()) {
            return false;
        }
        loaded.changed(now);
        return true;
    }

    /** Reads the mappings again if libraries have come or gone. To be called before samples are taken. */
    public void refresh() {
        lookedAt = System.nanoTime();
        check();
    }

    /** To be called often: looks again when the last look is old; whether it did. */
    public boolean refreshIfOld() {
        long now = System.nanoTime();
        if (now - lookedAt < NANOS_BETWEEN_LOOKS) {
            return false;
        }
        lookedAt = now;
        check();
        if (now - readAt >= NANOS_BETWEEN_READS) {
            read();
        }
        return true;
    }

    /** Reads again if libraries have come or gone. */
    private void check() {
        long now = System.nanoTime();
        watch();
        checkedAt = now;
        if (stale && hasCredit()) {
            read();
        }
    }

    private boolean hasCredit() {
        long now = System.nanoTime();
        credit = Math.min(MAX_CREDIT_NANOS, credit + (now - creditedAt) / CREDIT_SHARE);
        creditedAt = now;
        return credit > 0;
    }

    /**
     * Looks again, and shows all that is mapped: low and high addresses in turns, rising, without the kernel's half.
     * Null if it cannot be read.
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
        long begun = System.nanoTime();
        boolean changed = false;
        try {
            stale = true;
            for (int attempt = 0; stale && attempt < MAX_ATTEMPTS; attempt++) {
                readFrom = System.nanoTime();
                takeList(readFrom);
                changed |= readText() && modules.update(PathText.decode(text, length));
                long now = System.nanoTime();
                stale = Linux.libraryChanges() != loaded.changes();
                if (!stale) {
                    loaded.read(readFrom);
                    checkedAt = now;
                }
            }
            return changed;
        } finally {
            readAt = System.nanoTime();
            credit -= readAt - begun;
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

    /**
     * Reads the map; whether it is another than the last. Runs again and again while the agent lives: leaves nothing to
     * the collector.
     */
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
