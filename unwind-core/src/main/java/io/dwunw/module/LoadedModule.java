// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.BuildId;
import io.dwunw.elf.ElfImage;
import io.dwunw.memory.MemoryReader;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One ELF file in the process. It stays one object for as long as the file stays mapped at its place. Its image
 * is opened when first needed, once; a failure is remembered too. Not thread-safe.
 */
public final class LoadedModule {
    private final int id;
    private final ImageSource source;
    private List<Mapping> mappings;
    private boolean opened;
    private @Nullable OpenedImage data;
    private String problem = "";
    private boolean closed;
    private boolean biasKnown;
    private long loadBias;

    LoadedModule(int id, List<Mapping> mappings, ImageSource source) {
        this.id = id;
        this.mappings = List.copyOf(mappings);
        this.source = source;
    }

    /** Small, dense, never reused within a {@link ModuleMap}. */
    public int id() {
        return id;
    }

    /** Path as the kernel gives it, {@code [vdso]} for the vdso. */
    public String path() {
        return mappings.get(0).path();
    }

    /** Where this process finds the file, which may be one of another root directory. */
    public String hostPath() {
        return source.hostPath(path());
    }

    /** Whether the path still leads to the file that is mapped; asks the file system. */
    public boolean isFileUnchanged() {
        Mapping first = mappings.get(0);
        return first.hasFile() && !first.deleted() && FileIdentity.isInode(hostPath(), first.inode());
    }

    /** File name: the path's last part, for people; {@code [vdso]} for the vdso. */
    public String name() {
        return PathText.shown(path().substring(path().lastIndexOf('/') + 1));
    }

    /** The lines of maps that this module consists of, lowest first; at least one. */
    public List<Mapping> mappings() {
        return mappings;
    }

    public long lowAvma() {
        return mappings.get(0).lowAvma();
    }

    /** End of the last mapping of the file; memory between its mappings need not belong to it. */
    public long highAvma() {
        return mappings.get(mappings.size() - 1).highAvma();
    }

    /** AVMA − SVMA. Opens the file, because only its segments tell. */
    public long loadBias() {
        if (!biasKnown) {
            biasKnown = true;
            ElfImage elf = image();
            Mapping first = mappings.get(0);
            loadBias = elf == null ? first.lowAvma() - first.fileOffset() : loadBias(elf);
        }
        return loadBias;
    }

    /** AVMA − SVMA as this image of the module's file has it. */
    public long loadBias(ElfImage elf) {
        return elf.loadBias(lowAvma(), mappings.get(0).fileOffset());
    }

    /** The address in the file's own terms. */
    public long svma(long avma) {
        return avma - loadBias();
    }

    /** The build id, or null if the file has none or cannot be read. */
    public @Nullable BuildId buildId() {
        ElfImage elf = image();
        return elf == null ? null : elf.buildId();
    }

    /** The ELF image, opened by the first call; null when there is no way to it, see {@link #problem}. */
    public @Nullable ElfImage image() {
        ModuleData opened = data();
        return opened == null ? null : opened.image();
    }

    /** The image's call frame information, sought by the first call; null when there is none. */
    public @Nullable CallFrameInfo cfi() {
        ModuleData opened = data();
        return opened == null ? null : opened.cfi();
    }

    /** The image as it lies in the process: its segments only, and no debug file; null if its header is not there. */
    public @Nullable ModuleData inMemory(MemoryReader memory) {
        if (mappings.get(0).fileOffset() != 0) {
            return null;
        }
        try {
            return new OpenedImage(ElfImage.ofMemory(memory, lowAvma()), new NoDebugFile());
        } catch (MalformedDataException absent) {
            return null;
        }
    }

    @Nullable
    ModuleData data() {
        if (!opened) {
            opened = true;
            try {
                ElfImage elf = source.open(this);
                data = new OpenedImage(elf, new DebugFileOf(this, elf, source));
            } catch (IOException | MalformedDataException unusable) {
                problem = String.valueOf(unusable.getMessage());
            }
        }
        return data;
    }

    /** Whether files of it are open. */
    boolean isOpen() {
        return data != null;
    }

    /** Closes its files for good: it is not mapped any more. What was read of them stays. */
    void close() {
        if (data != null) {
            data.close();
            data = null;
        }
        opened = true;
        closed = true;
        problem = "unmapped a while ago";
    }

    /** Whether it was unmapped so long ago that there are no names of it any more. */
    public boolean isClosed() {
        return closed;
    }

    /** Why there is no image; "" if there is one, or it has not been asked for yet. */
    public String problem() {
        return problem;
    }

    // No lambda: see ARCHITECTURE.md about what the way to main must not use.
    private static final class NoDebugFile implements Supplier<@Nullable ElfImage> {
        @Override
        public @Nullable ElfImage get() {
            return null;
        }
    }

    /**
     * Whether the other is this file at this place; its mappings may have been split by a change of protection since.
     */
    boolean isSameAs(List<Mapping> other) {
        Mapping mine = mappings.get(0);
        Mapping first = other.get(0);
        return mine.lowAvma() == first.lowAvma() && mine.fileOffset() == first.fileOffset() && mine.isSameFile(first);
    }

    /** Takes over newer lines of maps; true if they differ. */
    boolean remap(List<Mapping> newer) {
        boolean differ = !mappings.equals(newer);
        mappings = List.copyOf(newer);
        return differ;
    }

    @Override
    public String toString() {
        return path() + "@" + Long.toHexString(lowAvma());
    }
}
