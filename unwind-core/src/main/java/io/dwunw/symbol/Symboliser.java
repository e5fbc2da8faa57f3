// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.LoadedModule;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Code addresses to names. Cold, but cheap once warm: a look into one bucket and one small object per call. Each
 * module's symbols are indexed when its first address is asked for, and forgotten with the module.
 *
 * <p>Thread-confined.
 */
public final class Symboliser implements AutoCloseable {
    private final DebugFiles debugFiles;
    /** Weak keys: a module that was unloaded takes its symbols along. An absent value: the file cannot be read. */
    private final Map<LoadedModule, @Nullable ModuleSymbols> modules = new WeakHashMap<>();
    /** By exported names only; as the other. */
    private final Map<LoadedModule, @Nullable ModuleSymbols> exports = new WeakHashMap<>();

    /** Finds separate debug files below {@code /usr/lib/debug}. */
    public Symboliser() {
        this(DebugFiles.ofSystem());
    }

    /** Finds separate debug files by {@code debugFiles}. */
    public Symboliser(DebugFiles debugFiles) {
        this.debugFiles = debugFiles;
    }

    /**
     * The symbol at or nearest below the address, never one of another section. Opens the module's file on the first
     * call.
     *
     * @param svma lookup address: of a frame that made a call, the return address less one
     * @return never null; {@link Symbol#isKnown()} is false if there is no name
     */
    public Symbol symbolise(LoadedModule module, long svma) {
        try {
            ModuleSymbols symbols = symbols(module);
            return symbols == null ? Symbol.unknown(svma) : symbols.symbolise(svma);
        } catch (MalformedDataException cutOff) {
            return Symbol.unknown(svma); // the file lost bytes since it was opened
        }
    }

    /**
     * The function that the module itself exports to others and that has the address within its stated size. It depends
     * on the module's file only, not on debug files nor on whether the file was stripped.
     *
     * @param svma as for {@link #symbolise}
     * @return never null; {@link Symbol#isKnown()} is false if no exported function has the address
     */
    public Symbol exported(LoadedModule module, long svma) {
        try {
            ModuleSymbols symbols = exports.get(module);
            if (symbols == null && !exports.containsKey(module)) {
                forgetClosed();
                symbols = openExports(module);
                exports.put(module, symbols);
            }
            return symbols == null ? Symbol.unknown(svma) : symbols.containing(svma);
        } catch (MalformedDataException cutOff) {
            return Symbol.unknown(svma);
        }
    }

    private static @Nullable ModuleSymbols openExports(LoadedModule module) {
        ElfImage image = module.image();
        try {
            return image == null ? null : new ModuleSymbols(image, SymbolTables.exports(image));
        } catch (MalformedDataException cutOff) {
            return null;
        }
    }

    private @Nullable ModuleSymbols symbols(LoadedModule module) {
        ModuleSymbols known = modules.get(module);
        if (known == null && !modules.containsKey(module)) {
            forgetClosed();
            known = open(module);
            modules.put(module, known);
        }
        return known;
    }

    /** Code that holds on to such a module must not keep its symbols and its debug file alive. */
    private void forgetClosed() {
        forgetClosed(modules);
        forgetClosed(exports);
    }

    private static void forgetClosed(Map<LoadedModule, @Nullable ModuleSymbols> symbols) {
        for (Iterator<LoadedModule> all = symbols.keySet().iterator(); all.hasNext(); ) {
            if (all.next().isClosed()) {
                all.remove();
            }
        }
    }

    private @Nullable ModuleSymbols open(LoadedModule module) {
        ElfImage image = module.image();
        if (image == null) {
            return null;
        }
        try {
            return new ModuleSymbols(image, SymbolTables.of(image, path(module), debugFiles));
        } catch (MalformedDataException cutOff) {
            return null;
        }
    }

    /** Serves to find a debug file: a path that this JVM's file name encoding cannot express has none. */
    private static Path path(LoadedModule module) {
        try {
            return Path.of(module.path());
        } catch (InvalidPathException unspeakable) {
            return Path.of("");
        }
    }

    /** Forgets all names; a later call opens the files again. */
    @Override
    public void close() {
        modules.clear();
        exports.clear();
    }
}
