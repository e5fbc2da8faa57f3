/* SPDX-License-Identifier: MIT
 *
 * Libraries that are opened while the hooks are attached are seen from their first call on, whatever they are bound by;
 * dlopen itself behaves as ever; closing and opening again, and detaching, leave no slot behind.
 * opening <lazy library> <library bound at once>, both also to be found by their names alone
 */
#define _GNU_SOURCE
#include "check.h"
#include "kept.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *function(void *library, const char *name)
{
    void *address = dlsym(library, name);
    CHECK(address != NULL, "%s", name);
    return address;
}

static void *open_library(const char *file, int mode)
{
    void *library = dlopen(file, mode);
    CHECK(library != NULL, "%s", dlerror());
    CHECK(dlerror() == NULL, "a message is left over");
    drain();
    return library;
}

/* Whether the library's calls are seen. */
static bool seen(void *library)
{
    void *(*allocate)(size_t) = function(library, "late_malloc");
    void *(*by_pointer)(size_t) = function(library, "late_by_pointer");
    void (*release)(void *) = function(library, "late_free");
    void *(*map)(size_t) = function(library, "late_map");
    int (*unmap)(void *, size_t) = function(library, "late_unmap");
    drain();
    release(allocate(1001));
    release(by_pointer(1002));
    void *p = map(4096);
    CHECK(unmap(p, 4096) == 0, "unmap");
    drain();
    if (count == 0) {
        return false;
    }
    CHECK(count == 6 && records[0].size == 1001 && records[2].size == 1002 && records[4].allocator == DWUNW_MMAP
              && records[5].kind == DWUNW_KIND_FREE,
          "%u records", count);
    return true;
}

static void *volatile *pointer_of(void *library)
{
    return function(library, "late_pointer");
}

static uintptr_t base_of(void *library)
{
    struct link_map *map = NULL;
    CHECK(dlinfo(library, RTLD_DI_LINKMAP, &map) == 0, "%s", dlerror());
    return map->l_addr;
}

static void by_path(const char *path)
{
    for (int i = 0; i < 3; i++) {
        void *library = open_library(path, RTLD_LAZY | RTLD_LOCAL);
        CHECK(seen(library), "%s", path);
        CHECK(dlclose(library) == 0, "dlclose");
        CHECK(door_verify() == 0, "a new slot out of nothing");
    }
    void *library = dlmopen(LM_ID_BASE, path, RTLD_NOW);
    CHECK(library != NULL && seen(library), "dlmopen: %s", path);
    CHECK(dlopen(path, RTLD_LAZY | RTLD_NOLOAD) == library, "opened twice");
    dlclose(library);
    dlclose(library);
}

/* This program has a search path, which the loader must get to see: so the library is patched when it is first asked
 * for a function. */
static void by_name(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    void *library = open_library(name, RTLD_LAZY);
    CHECK(seen(library), "%s", path);
    uintptr_t offset = (uintptr_t) pointer_of(library) - base_of(library);
    dlclose(library);

    library = open_library(name, RTLD_LAZY);
    volatile uintptr_t *pointer = (uintptr_t *) (base_of(library) + offset); /* without dlsym */
    CHECK(!door_is_stub(*pointer), "patched already");
    CHECK(dlvsym(RTLD_DEFAULT, "malloc", "GLIBC_2.2.5") != NULL, "%s", dlerror());
    CHECK(door_is_stub(*pointer), "not patched before dlvsym");
    dlclose(library);
}

/* A look-up of a function gives what it would without the hooks, also when there is something to patch before. */
static void looked_up(const char *path)
{
    void *library = open_library(strrchr(path, '/') + 1, RTLD_LAZY);
    errno = 77;
    /* Behind the caller, which is this program, not the hooks' library. */
    CHECK(dlsym(RTLD_NEXT, "door_open") == (void *) door_open, "RTLD_NEXT");
    CHECK(errno == 77, "errno is %d", errno);
    dlclose(library);

    library = open_library(strrchr(path, '/') + 1, RTLD_LAZY);
    CHECK(dlsym(library, "no_such_function") == NULL, "no such function");
    const char *message = dlerror();
    CHECK(message != NULL && strstr(message, "no_such_function") != NULL, "message: %s", message);
    CHECK(dlerror() == NULL, "two messages");
    dlclose(library);
}

/* They neither patch anything, nor hang. */
static void looked_up_in_children(const char *path)
{
    void *library = open_library(strrchr(path, '/') + 1, RTLD_LAZY);
    int status = -1;
    volatile bool patched = false;
    pid_t child = vfork();
    if (child == 0) {
        void *volatile *pointer = pointer_of(library);
        patched = door_is_stub((uintptr_t) *pointer);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0 && !patched, "vfork: status %x", status);
    child = fork();
    if (child == 0) {
        void *volatile *pointer = pointer_of(library);
        _exit(door_is_stub((uintptr_t) *pointer));
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0, "fork: status %x", status);
    CHECK(seen(library), "%s", path);
    dlclose(library);
}

static void *open_slowly(void *path)
{
    return open_library(path, RTLD_LAZY);
}

/* The thread that drains the ring must not wait for a library's constructors. */
static void slow(char *path)
{
    char file[] = "/tmp/dwunw-opening-XXXXXX";
    close(mkstemp(file));
    setenv("LATE_WAITS", file, 1);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, open_slowly, path) == 0, "thread");
    usleep(50000);
    for (int i = 0; i < 20; i++) {
        CHECK(door_verify() == 0, "the library is not there yet");
        usleep(1000);
    }
    unlink(file);
    void *library = NULL;
    pthread_join(thread, &library);
    unsetenv("LATE_WAITS");
    CHECK(seen(library), "the library is not patched");
    dlclose(library);
}

static void failing(void)
{
    CHECK(dlopen("/no/such/library.so", RTLD_LAZY) == NULL, "dlopen");
    const char *message = dlerror();
    CHECK(message != NULL && strstr(message, "/no/such/library.so") != NULL, "message: %s", message);
    void *program = dlopen(NULL, RTLD_LAZY);
    CHECK(program != NULL && dlsym(program, "malloc") != NULL, "dlopen(NULL)");
    dlclose(program);
}

/* From a constructor, with the loader's lock held. */
static void nested(const char *outer, const char *inner)
{
    setenv("LATE_OPENS", inner, 1);
    void *library = dlopen(outer, RTLD_LAZY);
    void *other = dlopen(inner, RTLD_LAZY | RTLD_NOLOAD);
    CHECK(library != NULL && other != NULL, "%s", dlerror());
    CHECK(seen(library) && seen(other), "%s opens %s", outer, inner);
    dlclose(library);
    dlclose(other);
    dlclose(other);
}

static void own_namespace(const char *path)
{
    void *library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
    CHECK(library != NULL, "%s", dlerror());
    CHECK(!seen(library), "it has its own libc");
    dlclose(library);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3, "two libraries, please");
    CHECK(door_open(1 << 20, 4096, 1) == 0, "open");
    void *early = open_library(argv[1], RTLD_LAZY);
    CHECK(!seen(early), "not attached yet");
    CHECK(door_attach(true) > 0, "attach");
    CHECK(seen(early), "opened before");
    dlclose(early);
    for (int i = 1; i < argc; i++) {
        by_path(argv[i]);
        by_name(argv[i]);
        looked_up(argv[i]);
        looked_up_in_children(argv[i]);
        own_namespace(argv[i]);
    }
    nested(argv[1], argv[2]);
    nested(argv[2], argv[1]);
    slow(argv[1]);
    failing();
    void *library = open_library(argv[1], RTLD_NOW);
    void *deep = open_library(argv[2], RTLD_NOW | RTLD_DEEPBIND);
    CHECK(door_detach() > 0, "detach");
    CHECK(!seen(library) && !seen(deep), "detached");
    void *volatile *pointer = pointer_of(library);
    CHECK(!door_is_stub((uintptr_t) *pointer), "a slot is left");
    CHECK(door_detach() == 0, "slots were left");
    CHECK(door_attach(true) > 0 && seen(library) && seen(deep), "attached again");
    struct door_counters c;
    door_counters(&c);
    CHECK(c.unpatched == 0 && c.lost == 0, "unpatched");
    printf("ok\n");
    return 0;
}
