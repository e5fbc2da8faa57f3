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

/** The kernel's half of a {@link BpfObject}: its maps, and those programs that were asked for. Not thread-safe. */
final class LoadedObject implements AutoCloseable {
    private final BpfObject object;
    private final BpfSystem bpf;
    private final Map<String, Integer> maps = new HashMap<>();
    private final List<Integer> programs = new ArrayList<>();

    private LoadedObject(BpfObject object, BpfSystem bpf) {
        this.object = object;
        this.bpf = bpf;
    }

    /**
     * Makes all maps and fills the read-only ones.
     *
     * @param maxEntries sizes that differ from what the object says, by map name
     * @param contents bytes for read-only sections that are to be filled at load time, by section name
     */
    static LoadedObject load(
            BpfObject object, BpfSystem bpf, Map<String, Integer> maxEntries, Map<String, Bytes> contents)
            throws KernelCallException {
        LoadedObject loaded = new LoadedObject(object, bpf);
        try {
            for (MapSpec spec : object.maps().values()) {
                loaded.createMap(
                        spec.withMaxEntries(maxEntries.getOrDefault(spec.name(), spec.maxEntries())),
                        contents.getOrDefault(spec.name(), spec.content()));
            }
            return loaded;
        } catch (KernelCallException e) {
            loaded.close();
            throw e;
        }
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
    private byte[] resolved(ProgramSpec spec) {
        byte[] code = spec.instructions().toArray(0, (int) spec.instructions().size());
        ByteBuffer instructions = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        for (Relocation relocation : spec.relocations()) {
            int at = relocation.instruction() * BpfAttr.INSTRUCTION_BYTES;
            int source = relocation.value() ? BpfAttr.PSEUDO_MAP_VALUE : BpfAttr.PSEUDO_MAP_FD;
            int offset = relocation.value() ? relocation.addend() + instructions.getInt(at + 4) : 0;
            instructions.put(at + 1, (byte) ((instructions.get(at + 1) & 0xf) | (source << 4)));
            instructions.putInt(at + 4, map(relocation.map()));
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
