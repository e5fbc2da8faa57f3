package io.dwunw.agent.bpf;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code /proc/<pid>/maps} (proc(5)): {@code low-high perms offset dev inode path}.
 *
 * @param path "" for anonymous memory
 */
record Mapping(long low, long high, boolean executable, long offset, long inode, String path) {
    private static final int FIELDS = 6;
    private static final String DELETED = " (deleted)";

    /** All lines that can be understood. */
    static List<Mapping> parse(String maps) {
        List<Mapping> mappings = new ArrayList<>();
        for (String line : maps.split("\n", -1)) {
            Mapping mapping = parseLine(line);
            if (mapping != null) {
                mappings.add(mapping);
            }
        }
        return mappings;
    }

    private static @Nullable Mapping parseLine(String line) {
        String[] fields = line.split(" +", FIELDS);
        int dash = line.indexOf('-');
        if (fields.length < FIELDS - 1 || dash < 0) {
            return null;
        }
        try {
            return new Mapping(
                    Long.parseUnsignedLong(fields[0].substring(0, dash), 16),
                    Long.parseUnsignedLong(fields[0].substring(dash + 1), 16),
                    fields[1].contains("x"),
                    Long.parseUnsignedLong(fields[2], 16),
                    Long.parseUnsignedLong(fields[4]),
                    fields.length == FIELDS ? fields[5] : "");
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    boolean contains(long avma) {
        return Long.compareUnsigned(avma, low) >= 0 && Long.compareUnsigned(avma, high) < 0;
    }

    boolean isDeleted() {
        return path.endsWith(DELETED);
    }

    /** Without directories and without the kernel's note that the file is gone. */
    String fileName() {
        String file = isDeleted() ? path.substring(0, path.length() - DELETED.length()) : path;
        return file.substring(file.lastIndexOf('/') + 1);
    }
}
