// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfObject.MapSpec;
import io.dwunw.agent.bpf.BpfObject.ProgramSpec;
import io.dwunw.agent.bpf.BpfObject.Relocation;
import io.dwunw.bytes.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kernel's half of a {@link BpfObject}: those programs that were asked for, and their maps. Not thread-safe. */
final class LoadedObject implements AutoCloseable {
    private final BpfObject object;
    private final BpfSystem bpf;
    private final Map<String, Integer> maxEntries;
    private final Map<String, Bytes> contents;
    private final Map<String, Integer> maps = new HashMap<>();
    private final List<Integer> programs = new ArrayList<>();

    /**
     * Nothing is made yet.
     *
     * @param maxEntries sizes that differ from what the object says, by map name
     * @param contents bytes for read-only sections that are to be filled at load time, by section name
     */
    LoadedObject(BpfObject object, BpfSystem bpf, Map<String, Integer> maxEntries, Map<String, Bytes> contents) {
        this.object = object;
        this.bpf = bpf;
        this.maxEntries = maxEntries;
        this.contents = contents;
    }

    /** Makes a map unless it is there: what no program refers to is not made, since the kernel reserves its memory. */
    int ensureMap(String name) throws KernelCallException {
        if (!maps.containsKey(name)) {
            MapSpec spec = mapSpec(name);
            createMap(
                    spec.withMaxEntries(maxEntries.getOrDefault(name, spec.maxEntries())),
                    contents.getOrDefault(name, spec.content()));
        }
        return map(name);
    }

    private void createMap(MapSpec spec, Bytes content) throws KernelCallException {
        int fd = bpf.createMap(spec);
        maps.put(spec.name(), fd);
        if ((spec.flags() & BpfAttr.BPF_F_RDONLY_PROG) != 0) {
            if (content.size() != spec.valueBytes()) {
                throw new IllegalArgumentException(spec.name() + " has " + spec.valueBytes() + " bytes");
            }
            bpf.update(
                    fd,
                    BpfSystem.buffer(Integer.BYTES),
                    BpfSystem.buffer(spec.valueBytes()).put(0, content.toArray(0, spec.valueBytes())));
            bpf.freeze(fd);
        }
    }

    /** One that was made. */
    int map(String name) {
        return present(maps.get(name), name);
    }

    MapSpec mapSpec(String name) {
        return present(object.maps().get(name), name);
    }

    /** Loads a program for a way to attach it; it stays loaded until {@link #close}. */
    int program(String name, int attachType) throws KernelCallException {
        ProgramSpec spec = present(object.programs().get(name), name);
        int fd = bpf.loadProgram("dwunw_" + name, resolved(spec), object.license(), attachType);
        programs.add(fd);
        return fd;
    }

    /** Instruction: opcode u8, dst and src u4 each, off s16, imm s32; a double-width load has two immediates. */
    private byte[] resolved(ProgramSpec spec) throws KernelCallException {
        byte[] code = spec.instructions().toArray(0, (int) spec.instructions().size());
        ByteBuffer instructions = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        for (Relocation relocation : spec.relocations()) {
            int at = relocation.instruction() * BpfAttr.INSTRUCTION_BYTES;
            int source = relocation.value() ? BpfAttr.PSEUDO_MAP_VALUE : BpfAttr.PSEUDO_MAP_FD;
            int offset = relocation.value() ? relocation.addend() + instructions.getInt(at + 4) : 0;
            instructions.put(at + 1, (byte) ((instructions.get(at + 1) & 0xf) | (source << 4)));
            instructions.putInt(at + 4, ensureMap(relocation.map()));
            instructions.putInt(at + 12, offset);
        }
        return code;
    }

    private static <T> T present(@Nullable T found, String name) {
        if (found == null) {
            throw new IllegalArgumentException("the BPF object has no " + name);
        }
        return found;
    }

    @Override
    public void close() {
        programs.forEach(bpf::close);
        programs.clear();
        maps.values().forEach(bpf::close);
        maps.clear();
    }
}
