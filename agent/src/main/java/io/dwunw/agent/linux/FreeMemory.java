// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Memory that this process may still take: the least of what the machine has available, its control groups (version
 * 1 and 2, and those around them) leave, and its address space may grow by. Cold; never throws: a limit that cannot be
 * read counts as no limit.
 */
public final class FreeMemory {
    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final int PAGE = 4096;
    private static final int KIB = 1024;
    /** Most levels of control groups that are looked at. */
    private static final int MAX_LEVELS = 32;

    private static final int CONTROLLERS = 1;
    private static final int GROUP = 2;

    private final Path root;

    FreeMemory(Path root) {
        this.root = root;
    }

    /** Bytes that this process may still take; {@link Long#MAX_VALUE} if nothing limits it as far as can be seen. */
    public static long bytes() {
        return new FreeMemory(Path.of("/")).least();
    }

    long least() {
        return Math.max(0, Math.min(ofMachine(), Math.min(ofControlGroups(), ofAddressSpace())));
    }

    private String read(Path file) {
        // Not by Files, whose channels leave a direct buffer behind that counts against the application's.
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException absent) {
            return "";
        }
    }

    private String read(String file) {
        return read(root.resolve(file));
    }

    private long ofMachine() {
        long kib = field(read("proc/meminfo"), "MemAvailable:");
        return kib == NO_LIMIT ? NO_LIMIT : kib * KIB;
    }

    private long ofAddressSpace() {
        long limit = field(read("proc/self/limits"), "Max address space");
        long pages = number(read("proc/self/statm").split(" ", 2)[0]);
        return limit == NO_LIMIT || pages == NO_LIMIT ? NO_LIMIT : limit - pages * PAGE;
    }

    private long ofControlGroups() {
        long least = NO_LIMIT;
        for (String line : read("proc/self/cgroup").split("\n", -1)) {
            String[] parts = line.split(":", GROUP + 1);
            if (parts.length <= GROUP) {
                continue;
            }
            if (parts[CONTROLLERS].isEmpty()) {
                least = Math.min(
                        least,
                        along("sys/fs/cgroup", parts[GROUP], "memory.max", "memory.current", "\ninactive_file "));
            } else if (("," + parts[CONTROLLERS] + ",").contains(",memory,")) {
                least = Math.min(
                        least,
                        along(
                                "sys/fs/cgroup/memory",
                                parts[GROUP],
                                "memory.limit_in_bytes",
                                "memory.usage_in_bytes",
                                "\ntotal_inactive_file "));
            }
        }
        return least;
    }

    /**
     * The least of a group and those around it. In a container the group's path may be the host's, and not be there.
     */
    private long along(String mount, String group, String limitFile, String usageFile, String inactive) {
        Path top = root.resolve(mount);
        Path directory =
                top.resolve(group.substring(Math.min(1, group.length()))).normalize();
        long least = NO_LIMIT;
        for (int level = 0; level < MAX_LEVELS && directory != null && directory.startsWith(top); level++) {
            long limit = number(read(directory.resolve(limitFile)).strip());
            long usage = number(read(directory.resolve(usageFile)).strip());
            if (limit != NO_LIMIT && usage != NO_LIMIT) {
                // What was only read from files gives way.
                long cache = field('\n' + read(directory.resolve("memory.stat")), inactive);
                least = Math.min(least, limit - usage + (cache == NO_LIMIT ? 0 : cache));
            }
            directory = directory.getParent();
        }
        return least;
    }

    /** The first number behind a name. */
    private static long field(String text, String name) {
        int at = text.indexOf(name);
        if (at < 0) {
            return NO_LIMIT;
        }
        int from = at + name.length();
        while (from < text.length() && text.charAt(from) == ' ') {
            from++;
        }
        int to = from;
        while (to < text.length() && text.charAt(to) > ' ') {
            to++;
        }
        return number(text.substring(from, to));
    }

    /** No limit for words such as {@code max} and {@code unlimited}. */
    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return NO_LIMIT;
        }
    }
}
