/* SPDX-License-Identifier: MIT
 *
 * What stands before dlopen and dlmopen (OPEN_STUB in gate_entry.S): libraries are patched before whoever opened them can
 * call them. Only their constructors run earlier. Where nobody may follow dlopen, they are patched before the first
 * function is looked up: what stands before dlsym and dlvsym (LOOKUP_STUB).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "gate_elf.h"

#pragma GCC visibility push(hidden)
int gate_open_depends_on_caller(const char *file, uintptr_t caller, int mode);
void *gate_dlopen(const char *file, int mode, uint64_t unused, void *(*original)(const char *, int) );
void *gate_dlmopen(Lmid_t names, const char *file, int mode, void *(*original)(Lmid_t, const char *, int) );
void gate_before_lookup(void);
#pragma GCC visibility pop

struct caller {
    uintptr_t address;
    bool searches; /* has a search path of its own */
};

static int look_for_caller(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct caller *caller = context;
    struct gate_module module;
    gate_module_locate(&module, info);
    if (caller->address < module.low || caller->address >= module.high) {
        return 0;
    }
    gate_module_parse(&module);
    caller->searches = module.has_rpath || module.has_runpath;
    return 1;
}

/* The loader looks at its caller for a library's own search path and for $ORIGIN. Our library has neither. */
int gate_open_depends_on_caller(const char *file, uintptr_t address, int mode)
{
    gate_slots_opening(mode);
    if (!gate_active() || file == NULL || strchr(file, '$') != NULL) {
        return 1;
    }
    if (strchr(file, '/') != NULL) {
        return 0;
    }
    struct caller caller = {.address = address, .searches = true};
    dl_iterate_phdr(look_for_caller, &caller);
    return caller.searches || gate_slots_any_rpath();
}

/* Calls of dlopen that will patch what they bring when they are done. */
static uint32_t under_way;

bool gate_opens_under_way(void)
{
    return __atomic_load_n(&under_way, __ATOMIC_ACQUIRE) != 0;
}

void *gate_dlopen(const char *file, int mode, uint64_t unused, void *(*original)(const char *, int) )
{
    (void) unused;
    __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQ_REL);
    void *handle = original(file, mode);
    __atomic_fetch_sub(&under_way, 1, __ATOMIC_ACQ_REL);
    if (handle != NULL && gate_active()) {
        gate_slots_opened();
    }
    return handle;
}

/* Libraries in a namespace of their own, with their own libc, are not listed by dl_iterate_phdr, and left alone. */
void *gate_dlmopen(Lmid_t names_id, const char *file, int mode, void *(*original)(Lmid_t, const char *, int) )
{
    __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQ_REL);
    void *handle = original(names_id, file, mode);
    __atomic_fetch_sub(&under_way, 1, __ATOMIC_ACQ_REL);
    if (handle != NULL && names_id == LM_ID_BASE && gate_active()) {
        gate_slots_opened();
    }
    return handle;
}

/* Not from within an allocator: the loader itself may have called that while it loads. */
void gate_before_lookup(void)
{
    int error = errno;
    if (gate_active() && (gate_thread == NULL || !gate_thread->inside)) {
        gate_slots_looking_up();
    }
    errno = error;
}
