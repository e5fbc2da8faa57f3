/* SPDX-License-Identifier: MIT
 *
 * However a library comes by malloc, each of its blocks is born once and dies once: through C++'s operators, whichever
 * library defines these; by a table of functions; by an indirect function (IFUNC), if a preloaded allocator has that.
 * ways early|late <library>...: opened before or after the hooks are attached
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <string.h>

struct functions {
    void *(*allocate)(size_t);
    void (*release)(void *);
};

static struct dwunw_free records[16];
static unsigned count;
static void *volatile sink;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    CHECK(count < 16, "too many records");
    records[count++] = *record;
}

/* Called only: the address of malloc itself would be known to this program before the hooks are. */
static void *allocate(size_t size)
{
    return malloc(size);
}

static void release(void *p)
{
    free(p);
}

static void *open_library(const char *path)
{
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    CHECK(library != NULL, "%s", dlerror());
    return library;
}

static void check(const char *what, const struct functions *functions, size_t more)
{
    count = 0;
    door_drain(keep, NULL);
    count = 0;
    sink = functions->allocate(4321);
    functions->release(sink);
    door_drain(keep, NULL);
    CHECK(count == 2 && records[0].size == 4321 + more && records[0].address == (uintptr_t) sink
              && records[1].kind == DWUNW_KIND_FREE && records[1].address == (uintptr_t) sink,
          "%s: %u records", what, count);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3, "libraries, please");
    void *libraries[8] = {NULL};
    bool early = strcmp(argv[1], "early") == 0;
    for (int i = 2; i < argc && early; i++) {
        libraries[i] = open_library(argv[i]);
    }
    CHECK(door_open(1 << 20, 1024, 1) == 0 && door_attach(true) > 0, "attach");
    for (int i = 2; i < argc; i++) {
        void *library = early ? libraries[i] : open_library(argv[i]);
        struct functions operators = {(void *(*) (size_t)) dlsym(library, "ways_new"),
                                      (void (*)(void *)) dlsym(library, "ways_delete")};
        CHECK(operators.allocate != NULL && operators.release != NULL, "%s", dlerror());
        check(argv[i], &operators, strstr(argv[i], "own") != NULL ? 1000 : 0);
        check(argv[i], (const struct functions *) dlsym(library, "ways_table"), 0);
    }
    struct functions own = {allocate, release};
    check("this program", &own, 0);
    unsigned long *calls = dlsym(RTLD_DEFAULT, "ifunc_calls");
    CHECK(calls == NULL || *calls > 0, "the indirect function was not called");
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}
