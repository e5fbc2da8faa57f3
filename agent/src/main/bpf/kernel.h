/* SPDX-License-Identifier: MIT
 *
 * What the program needs from the kernel: helper functions by number (include/uapi/linux/bpf.h), the user registers
 * of x86-64 (arch/x86/include/uapi/asm/ptrace.h; clang's BPF target would pick the 32-bit layout), and how this
 * project's loader learns of maps. No libbpf, no BTF: the object must compile with clang alone.
 */
#ifndef DWUNW_KERNEL_H
#define DWUNW_KERNEL_H

#ifdef __bpf__
#define SEC(name) __attribute__((section(name), used))
#else /* the layout test looks at the declarations with the host's compiler */
#define SEC(name)
#endif
#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

/* The loader makes one map of each; it may replace max_entries by what is configured. Same field order in MapSpec. */
struct map_definition {
    u32 type;
    u32 key_size;
    u32 value_size;
    u32 max_entries;
    u32 flags;
};

enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_PERCPU_ARRAY = 6, MAP_LRU_HASH = 9, MAP_RINGBUF = 27 };
enum { BPF_ANY = 0, BPF_RB_NO_WAKEUP = 1, BPF_RB_AVAIL_DATA = 0 };

struct registers {
    u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u64 orig_rax, rip, cs, eflags, rsp, ss;
};

/* Keeps the compiler from choosing between two registers' addresses and loading afterwards: the verifier allows
 * constant offsets into the registers only. */
#define PINNED(value) asm volatile("" : "+r"(value))

struct pid_namespace_ids {
    u32 pid; /* of the thread, despite its name in the kernel's struct bpf_pidns_info */
    u32 tgid;
};

static void *(*const map_lookup)(void *map, const void *key) = (void *) 1;
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) = (void *) 2;
static long (*const map_delete)(void *map, const void *key) = (void *) 3;
static u64 (*const monotonic_nanos)(void) = (void *) 5;
static u32 (*const random_u32)(void) = (void *) 7;
static long (*const current_comm)(void *buffer, u32 size) = (void *) 16;
static long (*const read_user)(void *to, u32 size, const void *from) = (void *) 112;
static long (*const pid_tgid_in_namespace)(u64 dev, u64 ino, struct pid_namespace_ids *ids, u32 size) = (void *) 120;
static void *(*const ring_reserve)(void *ring, u64 size, u64 flags) = (void *) 131;
static void (*const ring_submit)(void *record, u64 flags) = (void *) 132;
static void (*const ring_discard)(void *record, u64 flags) = (void *) 133;
static u64 (*const ring_query)(void *ring, u64 what) = (void *) 134;
static u64 (*const attach_cookie)(void *context) = (void *) 174;

#endif
