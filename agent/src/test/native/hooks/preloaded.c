/* SPDX-License-Identifier: MIT
 *
 * With an allocator preloaded, the wrappers call it and not libc's; mappings still come from libc. To be run with
 * other.c's library in LD_PRELOAD. preloaded <lazy library>
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned births, deaths;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    births += record->kind == DWUNW_KIND_ALLOCATION;
    deaths += record->kind == DWUNW_KIND_FREE;
}

static void *volatile sink;

static void *allocate_777(void *argument)
{
    free(malloc(777));
    return argument;
}

/* A thread that was in the allocator when the hooks were detached: the death of its block would go unseen. */
static void who_was_inside_is_not_recorded(void)
{
    size_t *hold = dlsym(RTLD_DEFAULT, "other_hold");
    unsigned *held = dlsym(RTLD_DEFAULT, "other_held");
    CHECK(door_attach(true) > 0, "attach");
    *hold = 777;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, allocate_777, NULL) == 0, "thread");
    while (__atomic_load_n(held, __ATOMIC_ACQUIRE) == 0) {
        usleep(100);
    }
    CHECK(door_detach() > 0, "detach");
    door_drain(keep, NULL);
    births = deaths = 0;
    __atomic_store_n(hold, 0, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    door_drain(keep, NULL);
    CHECK(births == 0 && deaths == 0, "after detaching: %u births, %u deaths", births, deaths);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "a library, please");
    unsigned long *calls = dlsym(RTLD_DEFAULT, "other_calls");
    CHECK(calls != NULL, "nothing is preloaded");
    CHECK(door_open(1 << 20, 4096, 1) == 0 && door_attach(true) > 0, "attach");
    void *library = dlopen(argv[1], RTLD_LAZY);
    void *deep = dlmopen(LM_ID_BASE, argv[1], RTLD_LAZY);
    CHECK(library != NULL && deep == library, "%s", dlerror());
    void *(*allocate)(size_t) = dlsym(library, "late_malloc");
    void (*release)(void *) = dlsym(library, "late_free");
    door_drain(keep, NULL);
    births = deaths = 0;
    unsigned long before = *calls;
    sink = malloc(100);
    strcpy(sink, "preloaded");
    sink = realloc(sink, 5000);
    CHECK(strcmp(sink, "preloaded") == 0, "contents");
    free(sink);
    sink = calloc(10, 10);
    free(sink);
    sink = allocate(50);
    release(sink);
    sink = allocate(50);
    free(sink); /* across libraries */
    CHECK(*calls - before == 5, "the preloaded allocator got %lu calls", *calls - before);
    void *(*new)(size_t) = dlsym(library, "late_new");
    void (*delete)(void *) = dlsym(library, "late_delete");
    delete (new (77));
    CHECK(*calls - before == 6, "operator new did not get to the preloaded allocator");
    void (*release_sized)(void *, size_t) = dlsym(library, "late_free_sized");
    release_sized(allocate(88), 88);
    sink = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(sink, 4096);
    door_drain(keep, NULL);
    CHECK(births == 8 && deaths == 8, "%u births, %u deaths", births, deaths);
    CHECK(door_detach() > 0, "detach");
    who_was_inside_is_not_recorded();
    printf("ok\n");
    return 0;
}
