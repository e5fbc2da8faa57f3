// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.ProbedFile.ProbePoint;
import io.dwunw.agent.engine.Spelling;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.ProgramHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds a pair's functions in a library that is mapped. Cold. */
final class PairFunctions {
    private static final int SHOWN_CANDIDATES = 3;
    /** Among which the candidates are looked for. */
    private static final int MOST_NAMES = 1 << 16;

    private final Map<String, Long> found = new HashMap<>();
    private final ElfImage image;

    private PairFunctions(ElfImage image, AllocatorPair pair) {
        this.image = image;
        look(image.dynsym(), pair);
        look(image.symtab(), pair);
    }

    /** Obstacle that prevents a pair from being probed, in words for the user. */
    static final class MissingFunctionException extends Exception {
        private static final long serialVersionUID = 1;

        MissingFunctionException(String message) {
            super(message);
        }
    }

    /**
     * Where the functions are to be probed.
     *
     * @param number of the pair
     * @param first of the library's mappings that have code
     * @throws IOException if the file cannot be read
     * @throws io.dwunw.bytes.MalformedDataException if it is no ELF file
     */
    static ProbedFile find(AllocatorPair pair, int number, Mapping first) throws IOException, MissingFunctionException {
        Bytes file = FileBytes.open(Path.of(first.path()));
        try {
            return find(ElfImage.ofFile(file), pair, number, first);
        } finally {
            file.close();
        }
    }

    private static ProbedFile find(ElfImage image, AllocatorPair pair, int number, Mapping first)
            throws MissingFunctionException {
        PairFunctions functions = new PairFunctions(image, pair);
        long loadBias = image.loadBias(first.low(), first.offset());
        ProbePoint allocate = functions.point(pair, pair.allocate(), 2 * number, loadBias);
        ProbePoint free = functions.point(pair, pair.free(), 2 * number + EngineLayout.CUSTOM_FREES, loadBias);
        // In this order, so that no block is sampled while its free would not be seen.
        return new ProbedFile(first.path(), List.of(free, allocate));
    }

    private void look(@Nullable ElfSymbols symbols, AllocatorPair pair) {
        for (int i = 0; symbols != null && i < symbols.count(); i++) {
            if (isFunction(symbols, i)) {
                String name = symbols.name(i);
                if (name.equals(pair.allocate()) || name.equals(pair.free())) {
                    found.putIfAbsent(name, symbols.svma(i));
                }
            }
        }
    }

    private static boolean isFunction(ElfSymbols symbols, int i) {
        return symbols.isDefined(i) && symbols.type(i) == Elf.STT_FUNC;
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (ElfSymbols symbols : Arrays.asList(image.dynsym(), image.symtab())) {
            for (int i = 0; symbols != null && i < symbols.count() && names.size() < MOST_NAMES; i++) {
                if (isFunction(symbols, i)) {
                    names.add(symbols.name(i));
                }
            }
        }
        return names;
    }

    private ProbePoint point(AllocatorPair pair, String name, int function, long loadBias)
            throws MissingFunctionException {
        Long start = found.get(name);
        if (start == null) {
            List<String> near = Spelling.nearest(name, names(), SHOWN_CANDIDATES);
            throw new MissingFunctionException(pair.file() + " has no function " + name
                    + (near.isEmpty() ? "; it is stripped of all names" : "; did you mean " + String.join(", ", near)));
        }
        Bytes code = image.atSvma(start);
        for (ProgramHeader segment : image.programHeaders()) {
            if (code != null && segment.type() == Elf.PT_LOAD && segment.containsSvma(start)) {
                long svma = start + ProbeInstruction.entryOffset(code);
                boolean returns = function % 2 == 0;
                return new ProbePoint(function, returns, svma - segment.svma() + segment.offset(), svma + loadBias);
            }
        }
        throw new MissingFunctionException(pair.file() + " has no code for " + name);
    }
}
