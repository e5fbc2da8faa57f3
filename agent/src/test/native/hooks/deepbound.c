/* SPDX-License-Identifier: MIT
 *
 * A library opened with RTLD_DEEPBIND may use another allocator than the rest of the process. Its slots that are not
 * bound yet must not be bound to the usual one: what a library beside it has allocated could not be freed any more.
 * Once the loader has bound them, its calls are seen, too. deepbound <lazy library> <library that it needs, bound at
 * once> early|late|name [another lazy library]
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define LOOKS 60 /* at intervals of 100 ms, as the agent does */

static unsigned births, deaths;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    births += record->kind == DWUNW_KIND_ALLOCATION && record->size == 1001;
    deaths += record->kind == DWUNW_KIND_FREE;
}

static bool seen(void *(*allocate)(size_t), void (*release)(void *))
{
    door_drain(keep, NULL);
    births = deaths = 0;
    void *p = allocate(1001);
    door_verify();
    release(p);
    door_drain(keep, NULL);
    return births == 1 && deaths == 1;
}

static void seen_sooner_or_later(void *(*allocate)(size_t), void (*release)(void *))
{
    for (int i = 0; i < LOOKS && !seen(allocate, release); i++) {
        usleep(100000);
    }
    CHECK(seen(allocate, release), "%u births, %u deaths", births, deaths);
}

static void attach(void)
{
    CHECK(door_attach(true) > 0, "attach");
}

int main(int argc, char **argv)
{
    CHECK(argc >= 4, "two libraries and a word, please");
    const char *when = argv[3];
    CHECK(door_open(1 << 20, 256, 1) == 0, "open");
    if (strcmp(when, "early") != 0) {
        attach();
    }
    const char *file = strcmp(when, "name") == 0 ? strrchr(argv[1], '/') + 1 : argv[1];
    void *library = dlopen(file, RTLD_LAZY | RTLD_DEEPBIND);
    void *needed = dlopen(argv[2], RTLD_LAZY | RTLD_NOLOAD);
    CHECK(library != NULL && needed != NULL, "%s", dlerror());
    if (strcmp(when, "early") == 0) {
        attach();
    }
    door_verify();
    void *(*allocate)(size_t) = dlsym(library, "deep_malloc");
    void (*release)(void *) = dlsym(library, "deep_free");
    void *(*allocate_needed)(size_t) = dlsym(needed, "deep_malloc");
    void (*release_needed)(void *) = dlsym(needed, "deep_free");
    CHECK(allocate != allocate_needed && release != release_needed, "the libraries are one");
    seen(allocate_needed, release);
    seen(allocate, release_needed);
    seen_sooner_or_later(allocate_needed, release);
    seen_sooner_or_later(allocate, release_needed);
    if (argc > 4) { /* one that is opened as usual, beside them */
        void *usual = dlopen(argv[4], RTLD_LAZY);
        CHECK(usual != NULL, "%s", dlerror());
        seen_sooner_or_later(dlsym(usual, "late_malloc"), dlsym(usual, "late_free"));
    }
    CHECK(door_detach() > 0, "detach");
    release(allocate_needed(1));
    release_needed(allocate(1));
    printf("ok\n");
    return 0;
}
