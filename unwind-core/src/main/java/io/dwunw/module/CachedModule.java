// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.BuildId;
import io.dwunw.elf.ElfImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file in a slot of the {@link ModuleCache}: opened, or known not to open. */
public final class CachedModule implements ModuleData {
    private final Path path;
    private final FileIdentity identity;
    private final ModuleStore.Outcome outcome;
    private final @Nullable Bytes file;
    private final @Nullable OpenedImage opened;
    private final @Nullable BuildId buildId;
    private int references;
    private boolean retired;

    CachedModule(
            Path path,
            FileIdentity identity,
            ModuleStore.Outcome outcome,
            @Nullable Bytes file,
            @Nullable OpenedImage opened) {
        this.path = path;
        this.identity = identity;
        this.outcome = outcome;
        this.file = file;
        this.opened = opened;
        this.buildId = opened == null ? null : opened.image().buildId();
    }

    public Path path() {
        return path;
    }

    public @Nullable BuildId buildId() {
        return buildId;
    }

    /** How often it is acquired and not yet released. */
    public int references() {
        return references;
    }

    @Override
    public ElfImage image() {
        return Objects.requireNonNull(opened, "a module that failed to open is never handed out")
                .image();
    }

    @Override
    public @Nullable CallFrameInfo cfi() {
        return opened == null ? null : opened.cfi();
    }

    @Override
    public List<SeparateCfi> separateCfi() {
        return opened == null ? List.of() : opened.separateCfi();
    }

    ModuleStore.Outcome outcome() {
        return outcome;
    }

    /** Whether the path still leads to the file that was opened, with the contents that it had. */
    boolean isCurrent(FileIdentity now) {
        return identity.equals(now) && (file == null || Objects.equals(buildId, buildIdToday(file)));
    }

    /** A rewrite in place may leave all attributes as they were, but not the build id. */
    private static @Nullable BuildId buildIdToday(Bytes file) {
        try {
            return ElfImage.ofFile(file.reread()).buildId();
        } catch (MalformedDataException noElfAnyMore) {
            return null;
        }
    }

    /** Lets go of the files, once it has no holder and will get no other. */
    void close() {
        if (opened != null) {
            opened.close();
        }
    }

    void acquired() {
        references++;
    }

    boolean released() {
        if (references == 0) {
            return false;
        }
        references--;
        return true;
    }

    /** No longer to be served; stays usable for those who hold it. */
    void retire() {
        retired = true;
    }

    boolean isRetired() {
        return retired;
    }
}
