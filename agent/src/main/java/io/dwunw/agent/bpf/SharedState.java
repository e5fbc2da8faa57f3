// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.SystemCall;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The settings, in memory shared with the BPF program, and its counters. Every setting is one word, written at once.
 * Callers exclude each other; not to be used after closing.
 */
final class SharedState implements AutoCloseable {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final String SETTINGS = ".bss.settings";
    private static final String COUNTERS = "counted";
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;

    private final BpfSystem bpf;
    private final long address;
    private final ByteBuffer settings;
    private final int countersMap;
    private final int cpus;
    private final ByteBuffer copies;

    private SharedState(BpfSystem bpf, long address, int countersMap, int cpus) {
        this.bpf = bpf;
        this.address = address;
        this.settings = Linux.memory(address, EngineLayout.PAGE).order(ByteOrder.LITTLE_ENDIAN);
        this.countersMap = countersMap;
        this.cpus = cpus;
        this.copies = BpfSystem.buffer(cpus * EngineLayout.COUNTERS_LENGTH);
    }

    static SharedState map(BpfSystem bpf, LoadedObject object) throws KernelCallException, IOException {
        long address = bpf.kernel()
                .call(
                        SystemCall.MMAP,
                        0,
                        EngineLayout.PAGE,
                        PROT_READ_WRITE,
                        MAP_SHARED,
                        object.ensureMap(SETTINGS),
                        0);
        BpfSystem.check("mmap of the BPF settings", address);
        int cpus = possibleCpus(ProcFiles.RUNNING.read("/sys/devices/system/cpu/possible"));
        return new SharedState(bpf, address, object.ensureMap(COUNTERS), cpus);
    }

    /** Numbers in a list such as {@code 0-3,8}: a per-CPU value has as many copies. */
    static int possibleCpus(String list) {
        int cpus = 0;
        for (String range : list.strip().split(",", -1)) {
            int dash = range.indexOf('-');
            cpus += dash < 0
                    ? 1
                    : Integer.parseInt(range.substring(dash + 1)) - Integer.parseInt(range.substring(0, dash)) + 1;
        }
        return cpus;
    }

    void setInterval(long bytes) {
        LONG.setRelease(settings, EngineLayout.SETTINGS_INTERVAL, bytes);
    }

    void setJavaThreadLayout(JavaThreadLayout offsets) {
        LONG.setRelease(settings, EngineLayout.SETTINGS_ANCHOR_PC_OFFSET, (long) offsets.anchorPc());
        LONG.setRelease(settings, EngineLayout.SETTINGS_ANCHOR_FP_OFFSET, (long) offsets.anchorFp());
        // Last: this one says that they are known.
        LONG.setRelease(settings, EngineLayout.SETTINGS_ANCHOR_SP_OFFSET, (long) offsets.anchorSp());
        LONG.setRelease(settings, EngineLayout.SETTINGS_STACK_BASE_OFFSET, (long) offsets.stackBase());
    }

    /** Without probes set, so that no call is counted meanwhile. */
    void forgetMappings() {
        LONG.setRelease(settings, EngineLayout.SETTINGS_MAPPINGS_SAMPLED, 0L);
        LONG.setRelease(settings, EngineLayout.SETTINGS_MAPPINGS_DEAD, 0L);
    }

    /** Number of the attachment whose probes are all set, 0 for none: libc's functions are sampled only then. */
    void attachment(long number) {
        LONG.setRelease(settings, EngineLayout.SETTINGS_ATTACHMENT, number);
    }

    void setUnmappedCount(long total) {
        LONG.setRelease(settings, EngineLayout.SETTINGS_MAPPINGS_DEAD, total);
    }

    void counters(BpfCounters into) {
        try {
            bpf.lookup(countersMap, BpfSystem.buffer(Integer.BYTES), copies);
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
        into.sum(copies, cpus);
    }

    @Override
    public void close() {
        bpf.kernel().call(SystemCall.MUNMAP, address, EngineLayout.PAGE, 0);
    }
}
