/* SPDX-License-Identifier: MIT
 *
 * What belongs to others: a page of slots that another tool has made writable stays so, through patching and
 * restoring; pages that no tool has touched end up read-only again; and a program that asked for strict floating
 * point, or looks at its flags, finds them as they were. Built with relro and bound at once.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fenv.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul

static void *(*const table[2])(size_t) = {malloc, malloc}; /* in relro */

static uintptr_t page_of(const volatile void *p)
{
    return (uintptr_t) p & ~(PAGE - 1);
}

static bool writable(const volatile void *p)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long low = 0, high = 0;
    char rights[8] = "";
    bool found = false;
    while (!found && fscanf(maps, "%lx-%lx %7s%*[^\n]", &low, &high, rights) == 3) {
        found = (uintptr_t) p >= low && (uintptr_t) p < high;
    }
    fclose(maps);
    CHECK(found, "%p is not mapped", (void *) (uintptr_t) p);
    return rights[1] == 'w';
}

static bool patched(void)
{
    void *(*const volatile *now)(size_t) = table;
    return door_is_stub((uintptr_t) now[0]) && door_is_stub((uintptr_t) now[1]);
}

int main(void)
{
    CHECK(!writable(&table[0]), "this program was to be linked with relro");
    CHECK(door_open(1 << 20, 256, 1) == 0, "open");
    for (int round = 0; round < 2; round++) {
        CHECK(door_attach(true) > 0 && patched(), "attach");
        CHECK(writable(&table[0]) == (round == 1), "attaching changed the protection of a page");
        CHECK(door_detach() > 0 && !patched(), "detach");
        CHECK(writable(&table[0]) == (round == 1), "detaching changed the protection of a page");
        CHECK(mprotect((void *) page_of(&table[0]), PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    }

    door_interval(100000);
    CHECK(door_attach(true) > 0, "attach");
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_INEXACT | FE_DIVBYZERO | FE_INVALID);
    fesetround(FE_UPWARD);
    for (int i = 0; i < 1000; i++) {
        void *volatile p = malloc(5000);
        free(p);
    }
    CHECK(fetestexcept(FE_ALL_EXCEPT) == 0 && fegetround() == FE_UPWARD, "floating-point state");
    printf("ok\n");
    return 0;
}
