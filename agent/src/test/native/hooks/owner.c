/* SPDX-License-Identifier: MIT
 *
 * What a sample says of its thread: the frame anchor of a JavaThread, whether it is surely the thread's own, may be
 * another's, or is gone; and the thread's name, also after it was changed.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul

enum { SP = 40, PC = 48, FP = 56 };

static struct dwunw_allocation header;
static unsigned seen;
static pthread_key_t key;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    if (record->kind == DWUNW_KIND_ALLOCATION && record->size == *(size_t *) context) {
        memcpy(&header, record, sizeof(header));
        seen++;
    }
}

static void sample(size_t size)
{
    void *volatile p = malloc(size);
    free(p);
    seen = 0;
    door_drain(keep, &size);
    CHECK(seen == 1, "%u samples", seen);
}

static uint64_t *new_java_thread(uint64_t number)
{
    uint64_t *thread = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(thread != MAP_FAILED, "mmap");
    thread[SP / 8] = number + 1;
    thread[PC / 8] = number + 2;
    thread[FP / 8] = number + 3;
    return thread;
}

static void tell(const uint64_t *thread)
{
    CHECK(door_java_thread((uint32_t) syscall(SYS_gettid), (uintptr_t) thread) == 0, "java thread");
}

static void expect_anchor(const char *what, const uint64_t *thread, uint64_t number)
{
    CHECK(header.anchor_thread == (uintptr_t) thread, "%s: thread %lx", what, header.anchor_thread);
    CHECK(header.head.flags & DWUNW_FLAG_ANCHOR, "%s: no anchor", what);
    CHECK(header.anchor_sp == number + 1 && header.anchor_pc == number + 2 && header.anchor_fp == number + 3,
          "%s: %lx %lx %lx", what, header.anchor_sp, header.anchor_pc, header.anchor_fp);
}

static void anchors(void)
{
    uint64_t *first = new_java_thread(100);
    tell(first);
    sample(1001);
    expect_anchor("not kept by the thread", first, 100);

    CHECK(pthread_key_create(&key, NULL) == 0 && pthread_setspecific(key, first) == 0, "key");
    tell(first);
    sample(1002);
    expect_anchor("its own", first, 100);

    /* As when a thread ends and another gets its number: what was announced is gone, and its memory with it. */
    uint64_t *second = new_java_thread(200);
    CHECK(pthread_setspecific(key, NULL) == 0 && munmap(first, PAGE) == 0, "munmap");
    sample(1003);
    CHECK((header.head.flags & DWUNW_FLAG_ANCHOR) == 0, "the anchor of a thread that is gone");
    CHECK(pthread_setspecific(key, second) == 0, "key");
    sample(1004);
    CHECK((header.head.flags & DWUNW_FLAG_ANCHOR) == 0, "the anchor of a thread that is gone, beside a new one");
    tell(NULL);
    tell(second);
    sample(1005);
    expect_anchor("the next", second, 200);
}

static void *other_thread(void *thread)
{
    tell(thread);
    sample(1006);
    expect_anchor("another thread without the key", thread, 300);
    return NULL;
}

static void names(void)
{
    CHECK(pthread_setname_np(pthread_self(), "before") == 0, "name");
    usleep(20000);
    sample(2001);
    CHECK(strcmp(header.comm, "before") == 0, "name %.16s", header.comm);
    CHECK(pthread_setname_np(pthread_self(), "fifteen letters") == 0, "name");
    usleep(20000);
    sample(2002);
    CHECK(memcmp(header.comm, "fifteen letters", 16) == 0, "name %.16s", header.comm);
}

int main(void)
{
    CHECK(door_open(1 << 20, 65536, 1) == 0, "open");
    door_anchor_offsets(SP, PC, FP);
    CHECK(door_attach(true) > 0, "attach");
    anchors();
    pthread_t other;
    CHECK(pthread_create(&other, NULL, other_thread, new_java_thread(300)) == 0, "thread");
    pthread_join(other, NULL);
    names();
    door_detach();
    printf("ok\n");
    return 0;
}
