/* SPDX-License-Identifier: MIT
 *
 * What the loader will bind a call of a function to. Not always what dlsym says: a program that is linked to a fixed
 * address and takes a function's address makes its own PLT entry that address, for everybody.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "hooks_elf.h"

struct search {
    const char *name;
    uintptr_t address;
    bool in_place;    /* the library at `address` defines the name */
    const char *file; /* the first library that defines it; the order is that of the loader's own search */
};

static int look_at(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct search *search = context;
    struct hooks_module module;
    hooks_module_locate(&module, info);
    bool here = search->address >= module.low && search->address < module.high;
    if (!here && search->file != NULL) {
        return 0;
    }
    hooks_module_parse(&module);
    if (search->file == NULL && hooks_module_defines(&module, search->name, 0)) {
        search->file = info->dlpi_name;
    }
    search->in_place |= here && hooks_module_defines(&module, search->name, 0);
    return search->in_place;
}

uintptr_t hooks_default(const char *name)
{
    struct search search = {.name = name, .address = (uintptr_t) dlsym(RTLD_DEFAULT, name)};
    if (search.address == 0) {
        return 0;
    }
    dl_iterate_phdr(look_at, &search);
    if (search.in_place || search.file == NULL || search.file[0] == '\0') {
        return search.address;
    }
    void *library = dlopen(search.file, RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL) {
        return search.address;
    }
    uintptr_t definition = (uintptr_t) dlsym(library, name);
    dlclose(library);
    return definition;
}
