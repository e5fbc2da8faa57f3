// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.BuildId;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfLimits;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.elf.SectionHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the separate debug file of a stripped one, in GDB's places ("Debugging Information in Separate Files"): by
 * build id, then by {@code .gnu_debuglink}. A file is taken only if its build id, or the link's checksum, is right.
 * Thread-safe.
 */
public final class DebugFiles {
    private static final int MIN_BUILD_ID_DIGITS = 4;
    private static final String SYSTEM = "/usr/lib/debug";

    private final List<Path> roots;
    /** Where the files are seen below, but not what they are called: another process's root directory, or "". */
    private final String processRoot;

    /** Looks below these directories, of which {@code /usr/lib/debug} is the usual one. */
    public DebugFiles(List<Path> roots) {
        this(roots, "");
    }

    private DebugFiles(List<Path> roots, String processRoot) {
        this.roots = List.copyOf(roots);
        this.processRoot = processRoot;
    }

    /** Looks below {@code /usr/lib/debug}. */
    public static DebugFiles ofSystem() {
        return below("");
    }

    /** Looks below {@code /usr/lib/debug} of another root directory, for files that lie below it, too. */
    static DebugFiles below(String processRoot) {
        return new DebugFiles(List.of(Path.of(processRoot + SYSTEM)), processRoot);
    }

    /**
     * The debug file of {@code image}, or null if there is none or none that fits.
     *
     * @param file where {@code image} was loaded from: the link is relative to its directory
     */
    public @Nullable ElfImage find(Path file, ElfImage image) {
        BuildId buildId = image.buildId();
        if (buildId != null && buildId.hex().length() >= MIN_BUILD_ID_DIGITS) {
            ElfImage found = byBuildId(buildId);
            if (found != null) {
                return found;
            }
        }
        try {
            return byLink(file, image);
        } catch (MalformedDataException | InvalidPathException unusableLink) {
            return null;
        }
    }

    private @Nullable ElfImage byBuildId(BuildId buildId) {
        String hex = buildId.hex();
        String name = ".build-id/" + hex.substring(0, 2) + "/" + hex.substring(2) + ".debug";
        for (Path root : roots) {
            Bytes bytes = open(root.resolve(name));
            ElfImage image = bytes == null ? null : parse(bytes);
            if (image != null && buildId.equals(image.buildId())) {
                return image;
            }
        }
        return null;
    }

    /**
     * <pre>
     * .gnu_debuglink: file name, zero-terminated, padded to 4; CRC-32 of the file's contents
     * </pre>
     */
    private @Nullable ElfImage byLink(Path file, ElfImage image) {
        SectionHeader section = image.section(".gnu_debuglink");
        Path directory = file.getParent();
        if (section == null || directory == null) {
            return null;
        }
        Bytes link = image.content(section);
        String name = link.cString(0, ElfLimits.MAX_FILE_NAME_BYTES);
        long checksum = link.u32(((long) nameLength(link) + 1 + 3) & ~3L);
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            return null;
        }
        for (Path candidate : candidates(directory, name)) {
            Bytes bytes = candidate.equals(file) ? null : open(candidate);
            if (bytes != null && bytes.crc32() == checksum) {
                return parse(bytes);
            }
        }
        return null;
    }

    private static int nameLength(Bytes link) {
        int length = 0;
        while (link.u8(length) != 0) {
            length++;
        }
        return length;
    }

    private List<Path> candidates(Path directory, String name) {
        List<Path> candidates = new ArrayList<>();
        candidates.add(directory.resolve(name));
        candidates.add(directory.resolve(".debug").resolve(name));
        String absolute = directory.toAbsolutePath().toString();
        String known = absolute.startsWith(processRoot) ? absolute.substring(processRoot.length()) : absolute;
        for (Path root : roots) {
            candidates.add(Path.of(root + "/" + known, name));
        }
        return candidates;
    }

    /** SVMA of a file − SVMA of its debug file: prelinking moves a file, but not what was cut out of it before. */
    public static long shift(ElfImage image, ElfImage debugFile) {
        ProgramHeader here = firstLoaded(image);
        ProgramHeader there = firstLoaded(debugFile);
        return here == null || there == null ? 0 : here.svma() - there.svma();
    }

    private static @Nullable ProgramHeader firstLoaded(ElfImage image) {
        for (ProgramHeader segment : image.programHeaders()) {
            if (segment.type() == Elf.PT_LOAD) {
                return segment;
            }
        }
        return null;
    }

    private static @Nullable Bytes open(Path path) {
        try {
            return Files.isRegularFile(path) ? FileBytes.open(path) : null;
        } catch (IOException unreadable) {
            return null;
        }
    }

    private static @Nullable ElfImage parse(Bytes bytes) {
        try {
            return ElfImage.ofFile(bytes);
        } catch (MalformedDataException noElf) {
            return null;
        }
    }
}
