/* SPDX-License-Identifier: MIT
 *
 * What libc has in use grows by what is allocated, in whatever way, and only while no other allocator is there.
 * heap [any word, if the allocator is not libc's]
 */
#include "check.h"

#include <pthread.h>

#define SLACK 4096

static void *blocks[1000];

static void *allocate(void *size)
{
    for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        blocks[i] = malloc(*(const size_t *) size);
    }
    return NULL;
}

static void release(void)
{
    for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        free(blocks[i]);
    }
}

static int64_t in_use(void)
{
    uint64_t bytes = 0;
    CHECK(door_heap_in_use(&bytes), "libc does not tell");
    return (int64_t) bytes;
}

/* By a thread, as it may be given an arena of its own. */
static void grows_by(size_t size, int64_t chunk)
{
    int64_t before = in_use();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, allocate, &size) == 0 && pthread_join(thread, NULL) == 0, "thread");
    int64_t grown = in_use() - before;
    CHECK(grown >= 1000 * chunk - SLACK && grown <= 1000 * chunk + SLACK, "%zu bytes: grown by %ld", size, grown);
    release();
}

int main(int argc, char **argv)
{
    (void) argv;
    uint64_t bytes = 0;
    CHECK(door_open(1 << 20, 1024, 1 << 20) == 0, "open");
    CHECK(!door_heap_in_use(&bytes), "nothing is known before slots are patched");
    CHECK(door_attach(true) > 0, "attach");
    if (argc > 1) {
        CHECK(!door_heap_in_use(&bytes), "another allocator's blocks are not in libc's account");
    } else {
        grows_by(3000, 3008);
        grows_by(2000, 2008 + 8);
        grows_by(1 << 20, (1 << 20) + 4096);
    }
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}
