// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

/**
 * {@code union bpf_attr} and the constants that go into it, in the spelling of {@code include/uapi/linux/bpf.h}.
 * Offsets in bytes, little endian.
 *
 * <pre>
 * BPF_MAP_CREATE   | map_type u32 0 | key_size 4 | value_size 8 | max_entries 12 | map_flags 16 |
 *                  | ... | map_name[16] 28 |
 * BPF_MAP_*_ELEM   | map_fd u32 0 | - | key u64 8 | value u64 16 | flags u64 24 |
 * BPF_MAP_*_BATCH  | in_batch u64 0 | out_batch u64 8 | keys u64 16 | values u64 24 | count u32 32 | map_fd u32 36 |
 * BPF_PROG_LOAD    | prog_type u32 0 | insn_cnt 4 | insns u64 8 | license u64 16 | log_level u32 24 | log_size 28 |
 *                  | log_buf u64 32 | kern_version 40 | prog_flags 44 | prog_name[16] 48 | ...
 *                  | expected_attach_type 68 |
 * BPF_LINK_CREATE  | prog_fd u32 0 | target_fd 4 | attach_type 8 | flags 12 | perf: bpf_cookie u64 16 |
 *                  | multi: path u64 16 | offsets u64 24 | ref_ctr_offsets 32 | cookies 40 | cnt u32 48 | flags 52
 *                  | pid 56 |
 * </pre>
 */
final class BpfAttr {
    /** More than any command needs; the kernel accepts zeros beyond what it knows. */
    static final int BYTES = 128;

    static final int INSTRUCTION_BYTES = 8;
    static final int NAME_BYTES = 16;

    static final int BPF_MAP_CREATE = 0;
    static final int BPF_MAP_LOOKUP_ELEM = 1;
    static final int BPF_MAP_UPDATE_ELEM = 2;
    static final int BPF_MAP_DELETE_ELEM = 3;
    static final int BPF_PROG_LOAD = 5;
    static final int BPF_MAP_FREEZE = 22;
    static final int BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25;
    static final int BPF_LINK_CREATE = 28;

    static final int MAP_TYPE_ARRAY = 2;
    static final int MAP_TYPE_PERCPU_ARRAY = 6;
    static final int MAP_TYPE_RINGBUF = 27;
    static final int BPF_F_RDONLY_PROG = 1 << 7;
    static final int BPF_F_MMAPABLE = 1 << 10;
    static final int PROG_TYPE_KPROBE = 2;

    /** {@code expected_attach_type} of programs for perf events. */
    static final int ATTACH_NONE = 0;

    static final int BPF_PERF_EVENT = 41;
    static final int BPF_TRACE_UPROBE_MULTI = 48;
    static final int BPF_TRACE_UPROBE_SESSION = 57;
    static final int BPF_F_UPROBE_MULTI_RETURN = 1;

    static final int PSEUDO_MAP_FD = 1;
    static final int PSEUDO_MAP_VALUE = 2;

    static final int MAP_TYPE = 0;
    static final int KEY_SIZE = 4;
    static final int VALUE_SIZE = 8;
    static final int MAX_ENTRIES = 12;
    static final int MAP_FLAGS = 16;
    static final int MAP_NAME = 28;

    static final int MAP_FD = 0;
    static final int KEY = 8;
    static final int VALUE = 16;

    static final int BATCH_IN = 0;
    static final int BATCH_OUT = 8;
    static final int BATCH_KEYS = 16;
    static final int BATCH_VALUES = 24;
    static final int BATCH_COUNT = 32;
    static final int BATCH_MAP_FD = 36;

    static final int PROG_TYPE = 0;
    static final int INSN_CNT = 4;
    static final int INSNS = 8;
    static final int LICENSE = 16;
    static final int LOG_LEVEL = 24;
    static final int LOG_SIZE = 28;
    static final int LOG_BUF = 32;
    static final int PROG_NAME = 48;
    static final int EXPECTED_ATTACH_TYPE = 68;

    static final int LINK_PROG_FD = 0;
    static final int LINK_TARGET_FD = 4;
    static final int LINK_ATTACH_TYPE = 8;
    static final int MULTI_PATH = 16;
    static final int MULTI_OFFSETS = 24;
    static final int MULTI_COOKIES = 40;
    static final int MULTI_CNT = 48;
    static final int MULTI_FLAGS = 52;
    static final int MULTI_PID = 56;

    private BpfAttr() {}
}
