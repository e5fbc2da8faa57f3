// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** ELF files that this machine happens to have: material to compare with binutils over. */
public final class LocalBinaries {
    private LocalBinaries() {}

    /** libjvm.so of the JVM that runs the tests. */
    public static Path ownLibjvm() {
        return Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    }

    /** libjvm.so of all installed JDKs. */
    public static List<Path> libjvms() {
        return existing("/usr/lib/jvm", "*", "lib/server/libjvm.so", ownLibjvm());
    }

    /** The named system libraries that exist. */
    public static List<Path> systemLibraries(String... names) {
        List<Path> found = new ArrayList<>();
        for (String name : names) {
            for (String directory : List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64")) {
                Path path = Path.of(directory, name);
                if (Files.isReadable(path)) {
                    found.add(path);
                }
            }
        }
        return found;
    }

    /** Libraries of installed Rust toolchains. */
    public static List<Path> rustLibraries() {
        List<Path> found = new ArrayList<>();
        Path toolchains = Path.of(System.getProperty("user.home"), ".rustup", "toolchains");
        for (Path toolchain : list(toolchains, "*")) {
            found.addAll(list(toolchain.resolve("lib"), "librustc_driver-*.so"));
            for (Path target : list(toolchain.resolve("lib/rustlib"), "*-linux-*")) {
                found.addAll(list(target.resolve("lib"), "libstd-*.so"));
            }
        }
        return found;
    }

    private static List<Path> existing(String parent, String glob, String rest, Path first) {
        List<Path> found = new ArrayList<>(List.of(first));
        for (Path directory : list(Path.of(parent), glob)) {
            Path path = directory.resolve(rest);
            if (Files.isReadable(path) && !Files.isSymbolicLink(directory) && !path.equals(first)) {
                found.add(path);
            }
        }
        return found;
    }

    private static List<Path> list(Path directory, String glob) {
        List<Path> found = new ArrayList<>();
        if (Files.isReadable(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
                entries.forEach(found::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }

    /** A module as if the file were mapped, with a load bias of 0 or nearly so. */
    public static LoadedModule module(Path file) {
        ModuleMap map = new ModuleMap(module -> ElfImage.ofFile(FileBytes.open(Path.of(module.path()))));
        map.update("00010000-7f0000000000 r-xp 00000000 00:00 1 " + file + "\n");
        return map.modules().get(0);
    }
}
