/* SPDX-License-Identifier: MIT
 *
 * A program that is bound to its address and takes malloc's: then the dynamic linker gives the address of the program's
 * own PLT to everybody who asks, and what calls are bound to is another. Built with -no-pie -fno-pie.
 * canonical <lazy library>
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>

static void count(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    *(unsigned *) context += record->kind == DWUNW_KIND_ALLOCATION ? 1 : record->kind == DWUNW_KIND_FREE ? 100 : 10000;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "a library, please");
    /* In code, not in data: those could be relocated. */
    void *(*volatile allocate_here)(size_t) = malloc;
    void (*volatile release_here)(void *) = free;
    Dl_info where;
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &where) != 0 && where.dli_fbase == (void *) 0x400000
              && (void *) allocate_here == dlsym(RTLD_DEFAULT, "malloc"),
          "not the case that this is about");
    CHECK(door_open(1 << 20, 4096, 1) == 0 && door_attach(true) > 0, "attach");
    void *library = dlopen(argv[1], RTLD_LAZY);
    CHECK(library != NULL, "%s", dlerror());
    void *(*allocate)(size_t) = dlsym(library, "late_malloc");
    void (*release)(void *) = dlsym(library, "late_free");
    unsigned seen = 0;
    door_drain(count, &seen);
    seen = 0;
    release(allocate(50));
    release_here(allocate_here(50));
    door_drain(count, &seen);
    CHECK(seen == 202, "births + 100 deaths: %u", seen);
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}
