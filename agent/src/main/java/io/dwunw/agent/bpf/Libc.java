// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.bpf.ProbedFile.ProbePoint;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.ProgramHeader;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The glibc that this process has mapped, and where in it the allocator's functions can be probed. An allocator that
 * was put before libc's ({@code LD_PRELOAD}) is not looked at: its blocks are not seen, only its own mappings are.
 *
 * @param file with the functions to probe, at most one for an address
 * @param text libc's executable pages
 * @param threadText those of libpthread, where it is a library of its own; empty otherwise
 * @param allocatorText from the first to the last function of malloc's family; empty if they do not lie together
 */
record Libc(ProbedFile file, Range text, Range threadText, Range allocatorText) {
    /** Of the allocator's functions. */
    private static final String FIRST_LETTERS = "acfmprv";

    private static final long MOST_ALLOCATOR_BYTES = 256 << 10;

    /** Addresses {@code [low, low + bytes)}. */
    record Range(long low, long bytes) {
        static final Range EMPTY = new Range(0, 0);
    }

    /** Finds libc in the text of {@code /proc/self/maps}. */
    static Libc find(String maps) throws BpfUnavailableException {
        List<Mapping> mappings = Mapping.parse(maps);
        List<Mapping> libc = named(mappings, Library.LIBC);
        Mapping first = Mapping.firstExecutable(libc);
        if (first == null) {
            boolean musl = !named(mappings, Library.MUSL).isEmpty();
            throw new BpfUnavailableException(
                    Reason.NO_GLIBC,
                    (musl ? "this JVM runs on musl" : "this JVM has no libc.so.6 mapped")
                            + ": uprobes are set on glibc's allocator only, use a glibc-based JDK",
                    null);
        }
        checkUnchanged(first);
        try (FileInputStream in = new FileInputStream(first.path())) {
            return of(first, text(libc), text(named(mappings, Library.LIBPTHREAD)), in.readAllBytes());
        } catch (IOException | MalformedDataException e) {
            throw new BpfUnavailableException(
                    Reason.NO_GLIBC, first.path() + " cannot be read (" + e.getMessage() + "): uprobes need it", e);
        }
    }

    private static Libc of(Mapping first, Range text, Range threadText, byte[] file) throws BpfUnavailableException {
        ElfImage image = ElfImage.ofFile(Bytes.of(file, ByteOrder.LITTLE_ENDIAN));
        long loadBias = image.loadBias(first.low(), first.offset());
        Map<Allocator, Function> functions = functions(image);
        for (Allocator needed : List.of(Allocator.MALLOC, Allocator.CALLOC, Allocator.REALLOC, Allocator.FREE)) {
            if (!functions.containsKey(needed)) {
                throw new BpfUnavailableException(
                        Reason.NO_GLIBC,
                        first.path() + " exports no " + needed.functionName() + ": uprobes need glibc's allocator",
                        null);
            }
        }
        Map<Long, ProbePoint> points = new HashMap<>();
        // In enum order: where two names share an address (aligned_alloc and memalign do), the standard's name wins.
        for (Map.Entry<Allocator, Function> entry : functions.entrySet()) {
            ProbePoint point = point(image, entry.getKey(), entry.getValue(), loadBias);
            if (point != null) {
                points.putIfAbsent(point.avma(), point);
            }
        }
        ProbedFile probed = new ProbedFile(first.path(), List.copyOf(points.values()));
        return new Libc(probed, text, threadText, allocatorText(functions, loadBias));
    }

    private record Function(long svma, long bytes) {}

    private static Map<Allocator, Function> functions(ElfImage image) {
        Map<String, Allocator> wanted = new HashMap<>();
        for (Allocator allocator : Allocator.values()) {
            wanted.put(allocator.functionName(), allocator);
        }
        wanted.remove(Allocator.CUSTOM.functionName());
        Map<Allocator, Function> functions = new EnumMap<>(Allocator.class);
        ElfSymbols symbols = image.dynsym();
        Bytes strings = symbols.strings();
        for (int i = 0; i < symbols.count(); i++) {
            // Start-up runs in the interpreter: most of libc's 3000 names are passed over by their first letter.
            if (FIRST_LETTERS.indexOf(strings.u8(symbols.nameOffset(i))) >= 0
                    && symbols.type(i) == Elf.STT_FUNC
                    && symbols.isDefined(i)) {
                Allocator allocator = wanted.get(symbols.name(i));
                if (allocator != null) {
                    functions.put(allocator, new Function(symbols.svma(i), symbols.size(i)));
                }
            }
        }
        return functions;
    }

    private static @Nullable ProbePoint point(ElfImage image, Allocator allocator, Function function, long loadBias) {
        Bytes code = image.atSvma(function.svma());
        for (ProgramHeader segment : image.programHeaders()) {
            if (code != null && segment.type() == Elf.PT_LOAD && segment.containsSvma(function.svma())) {
                long svma = function.svma() + ProbeInstruction.offset(code);
                boolean returns = allocator != Allocator.FREE; // that is never waited for
                return new ProbePoint(
                        allocator.number(), returns, svma - segment.svma() + segment.offset(), svma + loadBias);
            }
        }
        return null;
    }

    private static Range allocatorText(Map<Allocator, Function> functions, long loadBias) {
        long low = Long.MAX_VALUE;
        long high = 0;
        for (Map.Entry<Allocator, Function> entry : functions.entrySet()) {
            // reallocarray is compiled by itself and only jumps to realloc.
            if (!entry.getKey().mapsPages() && entry.getKey() != Allocator.REALLOCARRAY) {
                low = Math.min(low, entry.getValue().svma());
                high = Math.max(high, entry.getValue().svma() + entry.getValue().bytes());
            }
        }
        return high - low > MOST_ALLOCATOR_BYTES ? Range.EMPTY : new Range(low + loadBias, high - low);
    }

    private enum Library {
        LIBC,
        LIBPTHREAD,
        MUSL;

        boolean is(String file) {
            return switch (this) {
                case LIBC -> file.equals("libc.so.6") || (file.startsWith("libc-2.") && file.endsWith(".so"));
                case LIBPTHREAD ->
                    file.equals("libpthread.so.0") || (file.startsWith("libpthread-2.") && file.endsWith(".so"));
                case MUSL -> file.startsWith("ld-musl-") || file.startsWith("libc.musl-");
            };
        }
    }

    private static List<Mapping> named(List<Mapping> mappings, Library library) {
        List<Mapping> found = new ArrayList<>();
        for (Mapping mapping : mappings) {
            if (library.is(mapping.fileName())) {
                found.add(mapping);
            }
        }
        return found;
    }

    private static Range text(List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (mapping.executable()) {
                return new Range(mapping.low(), mapping.high() - mapping.low());
            }
        }
        return Range.EMPTY;
    }

    /** A uprobe is set on a file: after an upgrade of libc that is no longer the one in memory. */
    private static void checkUnchanged(Mapping mapping) throws BpfUnavailableException {
        boolean same = false;
        if (!mapping.isDeleted()) {
            try {
                Object inode = Files.getAttribute(Path.of(mapping.path()), "unix:ino");
                same = inode instanceof Long number && number == mapping.inode();
            } catch (IOException gone) {
                same = false;
            }
        }
        if (!same) {
            throw new BpfUnavailableException(
                    Reason.LIBC_REPLACED,
                    mapping.fileName() + " was replaced since this JVM started: restart the JVM to trace it",
                    null);
        }
    }
}
