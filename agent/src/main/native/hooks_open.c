/* SPDX-License-Identifier: MIT
 *
 * What stands before dlopen and dlmopen (OPEN_STUB in hooks_entry.S): libraries are patched before the code that opened
 * them can call them. Only their constructors run earlier. Where no stub may follow dlopen, they are patched before the
 * first function is looked up: what stands before dlsym and dlvsym (LOOKUP_STUB), which also hands out stubs for the
 * functions that the hooks stand in front of. They work as those functions do also while the hooks are off, so they
 * may be kept for good.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "hooks_elf.h"

/* A call of dlsym or dlvsym, as LOOKUP_STUB pushes it. */
struct lookup {
    uint64_t symbol; /* which of the two */
    uintptr_t original;
    const char *version; /* of dlvsym only */
    const char *name;
    void *handle;
    uintptr_t caller;
};

#pragma GCC visibility push(hidden)
int hooks_open_depends_on_caller(const char *file, uintptr_t caller, int mode);
void *hooks_dlopen(const char *file, int mode, uint64_t unused, void *(*original)(const char *, int) );
void *hooks_dlmopen(Lmid_t names, const char *file, int mode, void *(*original)(Lmid_t, const char *, int) );
uintptr_t hooks_before_lookup(const struct lookup *lookup);
#pragma GCC visibility pop

typedef void *look_up(void *handle, const char *name);
typedef void *look_up_version(void *handle, const char *name, const char *version);

struct caller {
    uintptr_t address;
    bool searches; /* has a search path of its own */
};

static int look_for_caller(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct caller *caller = context;
    struct hooks_module module;
    hooks_module_locate(&module, info);
    if (caller->address < module.low || caller->address >= module.high) {
        return 0;
    }
    hooks_module_parse(&module);
    caller->searches = module.has_rpath || module.has_runpath;
    return 1;
}

/* The loader looks at its caller for a library's own search path and for $ORIGIN. Our library has neither. */
int hooks_open_depends_on_caller(const char *file, uintptr_t address, int mode)
{
    hooks_slots_before_open(mode);
    if (!(hooks_active() || hooks_watching()) || file == NULL || strchr(file, '$') != NULL) {
        return 1;
    }
    if (strchr(file, '/') != NULL) {
        return 0;
    }
    struct caller caller = {.address = address, .searches = true};
    dl_iterate_phdr(look_for_caller, &caller);
    return caller.searches || hooks_slots_any_rpath();
}

/* Calls of dlopen that will patch what they bring when they are done. */
static uint32_t under_way;

bool hooks_opens_under_way(void)
{
    return __atomic_load_n(&under_way, __ATOMIC_ACQUIRE) != 0;
}

void *hooks_dlopen(const char *file, int mode, uint64_t unused, void *(*original)(const char *, int) )
{
    (void) unused;
    __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQ_REL);
    void *handle = original(file, mode);
    __atomic_fetch_sub(&under_way, 1, __ATOMIC_ACQ_REL);
    if (handle != NULL && (hooks_active() || hooks_watching())) {
        hooks_slots_after_open();
    }
    return handle;
}

/* Libraries in a namespace of their own, with their own libc, are not listed by dl_iterate_phdr, and left alone. */
void *hooks_dlmopen(Lmid_t names_id, const char *file, int mode, void *(*original)(Lmid_t, const char *, int) )
{
    __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQ_REL);
    void *handle = original(names_id, file, mode);
    __atomic_fetch_sub(&under_way, 1, __ATOMIC_ACQ_REL);
    if (handle != NULL && names_id == LM_ID_BASE && (hooks_active() || hooks_watching())) {
        hooks_slots_after_open();
    }
    return handle;
}

/* The stub to hand out for a function that is found; 0 = the look-up goes on as it would without the hooks. RTLD_NEXT
 * goes on, too: only the loader knows what is next to a caller. */
static uintptr_t stand_in(const struct lookup *lookup)
{
    int name = lookup->name == NULL || lookup->handle == RTLD_NEXT ? -1 : hooks_name_index(lookup->name);
    if (name < 0) {
        return 0;
    }
    void *found = lookup->symbol == HOOKS_DLVSYM
        ? ((look_up_version *) lookup->original)(lookup->handle, lookup->name, lookup->version)
        : ((look_up *) lookup->original)(lookup->handle, lookup->name);
    return found == NULL
        ? 0
        : hooks_slots_stub((unsigned) name, (uintptr_t) found, lookup->caller, lookup->handle == RTLD_DEFAULT);
}

/* Not from within an allocator: the loader itself may have called that while it loads. */
uintptr_t hooks_before_lookup(const struct lookup *lookup)
{
    int error = errno;
    uintptr_t stub = 0;
    bool on = hooks_active() || hooks_watching();
    if (on && (hooks_thread == NULL || hooks_thread->frame == 0) && !hooks_in_other_process()) {
        hooks_slots_before_lookup();
        stub = stand_in(lookup);
    }
    errno = error;
    return stub;
}
