/* SPDX-License-Identifier: MIT
 *
 * What libc allocates and frees by itself is seen: a strdup'ed string, a buffer that getline takes over, a file's. What
 * it passes on from one function of the family to another counts once. And blocks that really are freed unseen: their
 * address is born again, and dies once. unseen [any word, if the allocator is not libc's]
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define MAX_RECORDS 256
#define KEYS 40

static struct dwunw_free records[MAX_RECORDS];
static unsigned count;
static void *volatile sink;
static volatile size_t hundred = 100;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    CHECK(count < MAX_RECORDS, "too many records");
    records[count++] = *record;
}

static void drain(void)
{
    count = 0;
    door_drain(keep, NULL);
}

/* What was born and is not dead, by the records since the last drain; nothing may die that was not born. */
static unsigned outstanding(const char *what)
{
    unsigned alive = 0;
    drain();
    for (unsigned i = 0; i < count; i++) {
        bool born = false;
        for (unsigned k = 0; k < i && records[i].kind == DWUNW_KIND_FREE; k++) {
            born |= records[k].address == records[i].address && records[k].kind != DWUNW_KIND_FREE;
        }
        CHECK(records[i].kind != DWUNW_KIND_FREE || born, "%s: %lx died unborn", what, records[i].address);
        bool grown = records[i].kind == DWUNW_KIND_ALLOCATION && records[i].flags & DWUNW_FLAG_GROWN;
        alive += records[i].kind == DWUNW_KIND_FREE ? -1u : !grown;
    }
    return alive;
}

static void strings(void)
{
    drain();
    sink = strdup("seven.");
    drain();
    CHECK(count == 1 && records[0].address == (uintptr_t) sink && records[0].size == 7
              && records[0].allocator == DWUNW_MALLOC,
          "strdup: %u records", count);
    free(sink);
    drain();
    char *text = NULL;
    CHECK(asprintf(&text, "%0*d", (int) hundred, 1) == 100, "asprintf");
    CHECK(outstanding("asprintf") == 0 || records[count - 1].address == (uintptr_t) text, "asprintf");
    free(text);
    drain();
    CHECK(count == 1 && records[0].kind == DWUNW_KIND_FREE && records[0].address == (uintptr_t) text, "free");
}

/* libc reallocates the block that it was given. */
static void taken_over(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL, "fopen");
    char *line = malloc(2);
    size_t size = 2;
    CHECK(getline(&line, &size, file) > 2, "getline");
    free(line);
    fclose(file);
    CHECK(outstanding("getline") == 0 && count >= 6, "%u records", count);
    bool reallocated = false;
    for (unsigned i = 0; i < count; i++) {
        reallocated |= records[i].kind == DWUNW_KIND_FREE && records[i].allocator == DWUNW_REALLOC;
    }
    CHECK(reallocated, "getline's realloc");
}

static void once(void)
{
    struct door_counters before, after;
    door_counters(&before);
    sink = reallocarray(NULL, hundred, 3);
    sink = reallocarray(sink, hundred, 30);
    free(sink);
    door_counters(&after);
    drain();
    CHECK(count == 5 && records[0].size == 300 && records[3].size == 3000 && records[3].allocator == DWUNW_REALLOCARRAY
              && records[2].kind == DWUNW_KIND_MOVE && records[1].allocator == DWUNW_REALLOCARRAY,
          "reallocarray: %u records", count);
    CHECK(after.calls[DWUNW_REALLOCARRAY] - before.calls[DWUNW_REALLOCARRAY] == 2
              && after.calls[DWUNW_REALLOC] == before.calls[DWUNW_REALLOC],
          "reallocarray called realloc");
}

/* Holds the lock of the thread's description while it reallocates: the hooks must not ask for that description then. */
static void *describes_itself(void *argument)
{
    pthread_attr_t attributes;
    CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0, "pthread_getattr_np");
    pthread_attr_destroy(&attributes);
    return argument;
}

/* Beyond the first 32 keys, libc allocates for each thread, and frees when it ends. */
static void *uses_keys(void *argument)
{
    const pthread_key_t *keys = argument;
    for (int i = 0; i < KEYS; i++) {
        CHECK(pthread_setspecific(keys[i], argument) == 0, "pthread_setspecific");
    }
    return NULL;
}

static void threads(void)
{
    pthread_key_t keys[KEYS];
    for (int i = 0; i < KEYS; i++) {
        CHECK(pthread_key_create(&keys[i], NULL) == 0, "key");
    }
    drain();
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, i % 2 == 0 ? describes_itself : uses_keys, keys) == 0, "thread");
        pthread_join(thread, NULL);
    }
    CHECK(outstanding("threads") == 0 && count >= 4, "%u records", count);
}

/* Through an address that was looked up before the hooks came. */
static void really_unseen(void (*release)(void *))
{
    CHECK(!door_is_stub((uintptr_t) release), "this free is seen");
    void *first = malloc(500);
    release(first);
    void *second = malloc(500);
    CHECK(first == second, "the case that this is about");
    free(second);
    drain();
    CHECK(count == 3 && records[0].kind == DWUNW_KIND_ALLOCATION && records[1].kind == DWUNW_KIND_ALLOCATION
              && records[2].kind == DWUNW_KIND_FREE,
          "%u records", count);

    /* The second birth finds the ring full: then at least the first block's death has to be recorded. */
    struct door_counters c;
    first = malloc(500);
    release(first);
    do {
        sink = malloc(16);
        door_counters(&c);
    } while (c.lost == 0);
    second = malloc(500);
    CHECK(first == second, "the case that this is about");
    free(second);
    unsigned births = 0, deaths = 0;
    for (bool more = true; more;) {
        drain();
        more = false;
        for (unsigned i = 0; i < count; i++) {
            births += records[i].address == (uintptr_t) first && records[i].kind == DWUNW_KIND_ALLOCATION;
            deaths += records[i].address == (uintptr_t) first && records[i].kind == DWUNW_KIND_FREE;
        }
    }
    CHECK(births == 1 && deaths == 1, "%u births, %u deaths", births, deaths);
}

int main(int argc, char **argv)
{
    (void) argv;
    void (*release)(void *) = dlsym(RTLD_DEFAULT, "free");
    CHECK(door_open(65536, 1024, 1) == 0 && door_attach(true) > 0, "attach");
    strings();
    taken_over();
    once();
    threads();
    if (argc == 1) { /* knows which address comes next */
        really_unseen(release);
    }
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}
