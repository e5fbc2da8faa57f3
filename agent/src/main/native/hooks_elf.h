/* SPDX-License-Identifier: MIT
 *
 * What the hooks need to know of a loaded library. Valid under the lock of dl_iterate_phdr only.
 */
#ifndef DWUNW_HOOKS_ELF_H
#define DWUNW_HOOKS_ELF_H

#include <link.h>

#include "hooks.h"

#pragma GCC visibility push(hidden)

struct hooks_module {
    uintptr_t base; /* load bias */
    uintptr_t low;
    uintptr_t high;
    uintptr_t relro_low;
    uintptr_t relro_high;
    const ElfW(Phdr) *segments;
    unsigned segment_count;
    const ElfW(Dyn) *dynamic;
    const ElfW(Sym) *symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const uint32_t *hash;
    const ElfW(Rela) *relocations;
    size_t relocation_count;
    const ElfW(Rela) *jump_slots;
    size_t jump_slot_count;
    const char *soname;
    bool has_rpath; /* inherited by what the library loads */
    bool has_runpath;
    bool odd; /* binds to another allocator than most (hooks_slots.c) */
};

/* From the program headers only: safe while the library is still being relocated. */
void hooks_module_locate(struct hooks_module *module, const struct dl_phdr_info *info);
/* From the dynamic section: only once the library is completely loaded. */
void hooks_module_parse(struct hooks_module *module);
/* Whether it exports a definition of `name`; if `address` is not 0, one at that address. */
bool hooks_module_defines(const struct hooks_module *module, const char *name, uintptr_t address);
/* The function that it exports as `name`, 0 if there is none. */
uintptr_t hooks_module_function(const struct hooks_module *module, const char *name);

/* hooks_names.c: what may stand in a slot, and the column of stubs for it. */
struct hooks_name {
    const char *name;
    unsigned symbol;
};
#define HOOKS_NAMES 40
extern const struct hooks_name hooks_names[HOOKS_NAMES];
/* -1 for any other name. */
int hooks_name_index(const char *name);

/* hooks_default.c: the function that calls by this name are bound to, 0 if there is none. May leave an error text in
 * the thread. */
uintptr_t hooks_default(const char *name);

#pragma GCC visibility pop

#endif
