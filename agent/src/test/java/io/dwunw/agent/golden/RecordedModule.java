// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.module.LoadedModule;
import io.dwunw.module.Mapping;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** A module that a walk went through: where it was mapped, and a small file that stands for its own. */
final class RecordedModule {
    private static final int MAX_FILE = 1 << 24;

    private final String name;
    private final String buildId;
    private final String maps;
    private final byte[] file;

    private RecordedModule(String name, String buildId, String maps, byte[] file) {
        this.name = name;
        this.buildId = buildId;
        this.maps = maps;
        this.file = file;
    }

    /** @param inode distinct for each module of a recording */
    static RecordedModule of(LoadedModule module, String buildId, int inode, byte[] file) {
        StringBuilder maps = new StringBuilder();
        for (Mapping mapping : module.mappings()) {
            maps.append(String.format(
                    "%x-%x %c-%cp %08x 00:01 %d /%s%n",
                    mapping.lowAvma(),
                    mapping.highAvma(),
                    mapping.readable() ? 'r' : '-',
                    mapping.executable() ? 'x' : '-',
                    mapping.fileOffset(),
                    inode,
                    module.name()));
        }
        return new RecordedModule(module.name(), buildId, maps.toString(), file);
    }

    String name() {
        return name;
    }

    String buildId() {
        return buildId;
    }

    /** Its lines in the process's maps, with nothing of its path but the file's name. */
    String maps() {
        return maps;
    }

    /** An ELF file with the same build id, and of the rest what the walks need. */
    byte[] file() {
        return file.clone();
    }

    void write(DataOutputStream out) throws IOException {
        out.writeUTF(name);
        out.writeUTF(buildId);
        out.writeUTF(maps);
        out.writeInt(file.length);
        out.write(file);
    }

    static RecordedModule read(DataInputStream in) throws IOException {
        String name = in.readUTF();
        String buildId = in.readUTF();
        String maps = in.readUTF();
        byte[] file = new byte[Math.min(in.readInt(), MAX_FILE)];
        in.readFully(file);
        return new RecordedModule(name, buildId, maps, file);
    }
}
