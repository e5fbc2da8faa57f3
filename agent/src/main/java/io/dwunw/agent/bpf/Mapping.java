// SPDX-License-Identifier: MIT
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
    private static final int RADIX = 16;
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

    /**
     * The first with code. A file may be mapped more than once: a reader of it, like this agent's own unwinder,
     * has it mapped as data, and perhaps below where it was loaded.
     */
    static @Nullable Mapping firstExecutable(List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (mapping.executable()) {
                return mapping;
            }
        }
        return null;
    }

    /** By hand: at start-up a regular expression costs more than all the rest. */
    private static @Nullable Mapping parseLine(String line) {
        int dash = line.indexOf('-');
        int perms = line.indexOf(' ') + 1;
        int offset = line.indexOf(' ', perms) + 1;
        int device = line.indexOf(' ', offset) + 1;
        int inode = line.indexOf(' ', device) + 1;
        if (dash < 0 || perms == 0 || offset == 0 || device == 0 || inode == 0) {
            return null;
        }
        int inodeEnd = line.indexOf(' ', inode);
        int path = inodeEnd < 0 ? line.length() : inodeEnd;
        while (path < line.length() && line.charAt(path) == ' ') {
            path++;
        }
        try {
            return new Mapping(
                    Long.parseUnsignedLong(line, 0, dash, RADIX),
                    Long.parseUnsignedLong(line, dash + 1, perms - 1, RADIX),
                    line.substring(perms, offset - 1).indexOf('x') >= 0,
                    Long.parseUnsignedLong(line, offset, device - 1, RADIX),
                    Long.parseUnsignedLong(line, inode, inodeEnd < 0 ? line.length() : inodeEnd, 10),
                    line.substring(path));
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
