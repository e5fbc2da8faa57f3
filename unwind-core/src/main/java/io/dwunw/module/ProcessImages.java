// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.bytes.ReadBudget;
import io.dwunw.elf.BuildId;
import io.dwunw.elf.ElfImage;
import io.dwunw.memory.MemoryReader;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Opens the images of a live process. In this order: the file at its path, if it still is the one that is mapped; what
 * the kernel keeps of a deleted or replaced file ({@code map_files}, needs privileges); the image in the process's
 * memory.
 */
public final class ProcessImages implements ImageSource {
    private final String proc;
    private final String root;
    private final @Nullable MemoryReader memory;
    private final DebugFiles debugFiles;
    private final @Nullable PathOpener opener;

    private ProcessImages(String proc, String root, @Nullable MemoryReader memory, @Nullable PathOpener opener) {
        this.opener = opener;
        this.proc = proc;
        this.root = root;
        this.memory = memory;
        this.debugFiles = DebugFiles.below(root);
    }

    /** This process's images. Without a memory reader there is no vdso, and no replaced file without privileges. */
    public static ProcessImages ofSelf(@Nullable MemoryReader memory) {
        return ofSelf(memory, null);
    }

    /** As {@link #ofSelf(MemoryReader)}; {@code opener} opens what this JVM cannot name. */
    public static ProcessImages ofSelf(@Nullable MemoryReader memory, @Nullable PathOpener opener) {
        return new ProcessImages("/proc/self", "", memory, opener);
    }

    /** Another process's images, seen through its own root directory. */
    public static ProcessImages of(long pid, @Nullable MemoryReader memory) {
        return new ProcessImages("/proc/" + pid, "/proc/" + pid + "/root", memory, null);
    }

    @Override
    public ElfImage open(LoadedModule module) throws IOException {
        Mapping first = module.mappings().get(0);
        if (first.isVdso()) {
            return inMemory(first, "the vdso");
        }
        Bytes file = atItsPath(first);
        if (file != null) {
            return ElfImage.ofFile(file);
        }
        Path kept = Path.of(proc, "map_files", hex(first.lowAvma()) + "-" + hex(first.highAvma()));
        try {
            return ElfImage.ofFile(FileBytes.open(kept));
        } catch (IOException notPermitted) {
            ElfImage loaded = inMemory(first, "replaced or unreadable file " + root + first.path());
            ElfImage sameContents = first.deleted() ? null : withBuildId(root + first.path(), loaded.buildId());
            return sameContents != null ? sameContents : loaded;
        }
    }

    private @Nullable Bytes atItsPath(Mapping mapping) {
        String path = root + mapping.path();
        if (mapping.deleted()) {
            return null;
        }
        PathOpener byBytes = opener;
        int descriptor = byBytes == null || isSpeakable(path) ? -1 : byBytes.open(PathText.encode(path));
        try {
            String here = descriptor < 0 ? path : "/proc/self/fd/" + descriptor;
            return FileIdentity.isInode(here, mapping.inode()) ? open(here, path) : null;
        } catch (IOException unreadable) {
            return null; // a program may be executable and not readable
        } finally {
            if (byBytes != null && descriptor >= 0) {
                byBytes.close(descriptor);
            }
        }
    }

    private static Bytes open(String here, String path) throws IOException {
        return FileBytes.open(Path.of(here), PathText.shown(path), ReadBudget.ofProcess());
    }

    private static boolean isSpeakable(String path) {
        try {
            return Path.of(path).toString().equals(path);
        } catch (InvalidPathException unspeakable) {
            return false;
        }
    }

    @Override
    public String hostPath(String path) {
        return root + path;
    }

    /** Looks in the places that the process itself would look in. */
    @Override
    public @Nullable ElfImage debugFile(LoadedModule module, ElfImage image) {
        try {
            return debugFiles.find(Path.of(root + module.path()), image);
        } catch (InvalidPathException unspeakable) {
            return debugFiles.find(Path.of(""), image); // by its build id
        }
    }

    private ElfImage inMemory(Mapping first, String what) throws IOException {
        if (memory == null) {
            throw new IOException("no memory reader to read " + what + " with");
        }
        if (first.fileOffset() != 0) {
            throw new IOException("the ELF header of " + what + " is not mapped");
        }
        return ElfImage.ofMemory(memory, first.lowAvma());
    }

    /** Some file systems number inodes differently in maps and in stat: the build id then tells that it is the file. */
    private static @Nullable ElfImage withBuildId(String path, @Nullable BuildId wanted) {
        if (wanted == null) {
            return null;
        }
        try {
            ElfImage file = ElfImage.ofFile(FileBytes.open(Path.of(path)));
            return wanted.equals(file.buildId()) ? file : null;
        } catch (IOException | InvalidPathException | MalformedDataException differs) {
            return null;
        }
    }

    private static String hex(long avma) {
        return Long.toHexString(avma);
    }
}
