/* SPDX-License-Identifier: MIT
 *
 * Functions that are looked up are handed out with the hooks in front of them: wherever they are looked for, but by
 * RTLD_NEXT, whose answer only the loader knows, and never to an allocator. What was handed out works for good, and
 * samples whenever the hooks do. lookup <library> [any word, if the allocator is not libc's]
 */
#define _GNU_SOURCE
#include "check.h"
#include "kept.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void *allocate(size_t);
typedef void release(void *);

struct pair {
    allocate *allocate;
    release *release;
};

static void *volatile sink;
static void *libc;

static struct pair look_up(void *handle)
{
    struct pair pair = {(allocate *) dlsym(handle, "malloc"), (release *) dlsym(handle, "free")};
    CHECK(pair.allocate != NULL && pair.release != NULL, "malloc and free");
    return pair;
}

static bool replaced(const struct pair *pair)
{
    bool first = door_is_stub((uintptr_t) pair->allocate);
    CHECK(first == door_is_stub((uintptr_t) pair->release), "only one of the two is replaced");
    return first;
}

/* A birth and a death, or none of both. */
static bool seen(const struct pair *pair)
{
    drain();
    void *block = pair->allocate(1234);
    memset(block, 1, 1234);
    pair->release(block);
    drain();
    CHECK(count == 0
              || (count == 2 && records[0].size == 1234 && records[0].address == (uintptr_t) block
                  && records[1].kind == DWUNW_KIND_FREE && records[1].address == (uintptr_t) block),
          "%u records", count);
    return count != 0;
}

static void wherever(const char *path)
{
    void *program = dlopen(NULL, RTLD_LAZY);
    void *library = dlopen(path, RTLD_LAZY);
    void *handles[] = {RTLD_DEFAULT, libc, program, library};
    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        errno = 77;
        struct pair pair = look_up(handles[i]);
        CHECK(errno == 77, "errno is %d", errno);
        CHECK(replaced(&pair) && seen(&pair), "handle %u", i);
        CHECK(dlerror() == NULL, "a message is left over");
    }
    struct pair versioned = {(allocate *) dlvsym(libc, "malloc", "GLIBC_2.2.5"),
                             (release *) dlvsym(libc, "free", "GLIBC_2.2.5")};
    CHECK(replaced(&versioned) && seen(&versioned), "dlvsym");
    CHECK(dlvsym(libc, "malloc", "GLIBC_1.0") == NULL, "no such version");
    const char *message = dlerror();
    CHECK(message != NULL && strstr(message, "GLIBC_1.0") != NULL, "message: %s", message);
    dlclose(program);
    dlclose(library);
}

/* All functions that the hooks stand in front of, not only the two that everybody knows. */
static void whatever(void)
{
    static const char *const names[] = {
        "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign", "valloc", "pvalloc",
        "mmap",   "mmap64",  "mremap",       "munmap",         "dlopen",        "dlmopen",  "dlsym",  "dlvsym"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CHECK(door_is_stub((uintptr_t) dlsym(libc, names[i])), "%s", names[i]);
    }
    CHECK(!door_is_stub((uintptr_t) dlsym(libc, "printf")), "printf");
    drain();
    void *(*map)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_DEFAULT, "mmap");
    int (*unmap)(void *, size_t) = dlsym(RTLD_DEFAULT, "munmap");
    sink = map(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(unmap(sink, 4096) == 0, "munmap");
    drain();
    CHECK(count == 2 && records[0].allocator == DWUNW_MMAP, "%u records", count);
    /* Found, a look-up still knows its caller. */
    void *(*look_up_by_pointer)(void *, const char *) = dlsym(libc, "dlsym");
    CHECK(look_up_by_pointer(RTLD_NEXT, "door_open") == (void *) door_open, "RTLD_NEXT");
}

static void next_is_the_loaders_own(void)
{
    struct pair next = look_up(RTLD_NEXT);
    CHECK(!replaced(&next) && !seen(&next), "RTLD_NEXT");
}

/* An allocator that looks for another behind itself must not come back to the hooks, which have seen the call. */
static void not_for_allocators(const char *path)
{
    void *other = dlopen(path, RTLD_LAZY);
    CHECK(other != NULL, "%s", dlerror());
    void *(*other_looks_up)(void *, const char *) = dlsym(other, "other_looks_up");
    CHECK(!door_is_stub((uintptr_t) other_looks_up(libc, "malloc")), "handed to an allocator");
    CHECK(!door_is_stub((uintptr_t) other_looks_up(RTLD_DEFAULT, "malloc")), "handed to an allocator");
    /* Its own functions are others than libc's, and theirs is the wrapper that calls them. */
    struct pair others = look_up(other);
    unsigned long *calls = dlsym(other, "other_calls");
    unsigned long before = *calls;
    CHECK(replaced(&others) && seen(&others), "the other allocator");
    CHECK(*calls == before + 1, "the wrapper called another allocator");
    before = *calls;
    struct pair libcs = look_up(libc);
    CHECK(replaced(&libcs) && seen(&libcs) && *calls == before, "the wrapper called another allocator");
}

/* Neither may memory that is another process's be changed, nor is there anybody to sample for. */
static void not_in_children(void)
{
    int status = -1;
    volatile bool stub = true;
    pid_t child = vfork();
    if (child == 0) {
        stub = door_is_stub((uintptr_t) dlsym(libc, "malloc"));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0 && !stub, "vfork: status %x", status);
    child = fork();
    if (child == 0) {
        _exit(door_is_stub((uintptr_t) dlsym(libc, "malloc")));
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0, "fork: status %x", status);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3, "two libraries, please");
    bool preloaded = argc > 3;
    libc = dlopen("libc.so.6", RTLD_LAZY);
    CHECK(libc != NULL, "%s", dlerror());
    struct pair before = look_up(libc);
    CHECK(door_open(1 << 20, 1024, 1) == 0, "open");
    struct pair unwatched = look_up(libc);
    CHECK(!replaced(&before) && !replaced(&unwatched), "nobody watches yet");

    CHECK(door_watch(true) > 0, "watch");
    void *library = dlopen(argv[1], RTLD_LAZY);
    CHECK(library != NULL, "%s", dlerror());
    allocate *late = (allocate *) dlsym(library, "late_malloc");
    struct pair watched = look_up(libc);
    CHECK(replaced(&watched) && !seen(&watched), "looked up before it is sampled");
    sink = late(10);
    free(sink);
    drain();
    CHECK(count == 0, "more than look-ups is patched");

    CHECK(door_attach(true) > 0, "attach");
    CHECK(seen(&watched), "looked up before");
    wherever(argv[1]);
    if (!preloaded) {
        whatever();
    }
    next_is_the_loaders_own();
    not_in_children();
    if (!preloaded) {
        not_for_allocators(argv[2]);
    }

    CHECK(door_detach() > 0, "detach");
    struct pair still = look_up(libc);
    CHECK(replaced(&still) && !seen(&still) && !seen(&watched), "detached, but watched");
    CHECK(door_watch(false) > 0, "watch");
    struct pair after = look_up(libc);
    CHECK(after.allocate == before.allocate && after.release == before.release, "nobody watches any more");
    CHECK(!seen(&watched), "handed out for good");
    CHECK(door_watch(false) == 0, "slots were left");
    CHECK(door_attach(true) > 0 && seen(&watched), "attached again");
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}
