/* SPDX-License-Identifier: MIT
 *
 * Attaches and detaches a hundred times while threads allocate, are born and die, a library is opened and closed, and
 * children are forked, which allocate, too: nothing crashes, and no mapping, file descriptor or thread is left over.
 * churn <library> [cycles]
 */
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 6
#define PER_LIFE 3000
/* Stacks of threads come and go. */
#define MOST_KIB_MORE (32 << 10)

static atomic_bool stop;
static atomic_ulong lives, openings, children;
static _Atomic(void *) shared[32];
static const char *library_path;

static void *live_once(void *argument)
{
    uint32_t random = (uint32_t) (uintptr_t) argument;
    for (int i = 0; i < PER_LIFE; i++) {
        random = random * 1664525u + 1013904223u;
        char *p = i % 3 == 0 ? calloc(1, 1 + random % 3000) : malloc(1 + random % 3000);
        p[0] = 42;
        if (i % 5 == 0) {
            p = realloc(p, 1 + (random >> 8) % 5000);
        }
        CHECK(p[0] == 42, "contents");
        free(atomic_exchange(&shared[random % 32], p));
        if (i % 50 == 0) {
            void *map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            munmap(map, 8192);
        }
    }
    lives++;
    return NULL;
}

static void *breed(void *argument)
{
    while (!stop) {
        pthread_t child;
        CHECK(pthread_create(&child, NULL, live_once, argument) == 0, "thread");
        pthread_join(child, NULL);
    }
    return NULL;
}

static void *open_and_close(void *argument)
{
    while (!stop) { /* dlopen is followed, or is not */
        void *library = dlopen(openings % 2 == 0 ? library_path : strrchr(library_path, '/') + 1, RTLD_LAZY);
        CHECK(library != NULL, "%s", dlerror());
        void *(*allocate)(size_t) = dlsym(library, "late_malloc");
        void (*release)(void *) = dlsym(library, "late_free");
        release(allocate(100));
        dlclose(library);
        openings++;
        usleep(200);
    }
    return argument;
}

/* Whatever the other threads were at when the child was made: it must neither hang nor crash. */
static void *fork_children(void *argument)
{
    while (!stop) {
        pid_t child = fork();
        CHECK(child >= 0, "fork");
        if (child == 0) {
            alarm(20);
            for (int i = 0; i < 100; i++) {
                char *p = realloc(strdup("a child's"), 5000);
                free(p);
                void *map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                munmap(map, 8192);
            }
            _exit(dlsym(RTLD_DEFAULT, "malloc") == NULL);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && status == 0, "a child ended with %x", (unsigned) status);
        children++;
    }
    return argument;
}

static int entries(const char *directory)
{
    DIR *d = opendir(directory);
    int count = 0;
    while (readdir(d) != NULL) {
        count++;
    }
    closedir(d);
    return count;
}

/* Mappings of the hooks: anonymous and large ones come and go with malloc's arenas, so only the growth is looked at. */
static int mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int count = 0;
    for (int c = getc(maps); c != EOF; c = getc(maps)) {
        count += c == '\n';
    }
    fclose(maps);
    return count;
}

/* Of address space: what is left over may lie beside a mapping that was there, and be one with it. */
static long mapped_kib(void)
{
    FILE *sizes = fopen("/proc/self/statm", "r");
    long pages = 0;
    CHECK(fscanf(sizes, "%ld", &pages) == 1, "statm");
    fclose(sizes);
    return pages * 4;
}

static void ignore(const struct dwunw_free *record, uint32_t length, void *context)
{
    CHECK(record->kind >= DWUNW_KIND_ALLOCATION && record->kind <= DWUNW_KIND_MOVE, "kind %u", record->kind);
    *(uint64_t *) context += length;
}

static void cycle(int i, uint64_t *bytes)
{
    door_interval(i % 2 == 0 ? 1 : 4096);
    int patched = door_attach(true);
    CHECK(patched > 0, "attach: %d", patched);
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 3000000};
    nanosleep(&pause, NULL);
    door_verify();
    door_drain(ignore, bytes);
    int restored = door_detach();
    CHECK(restored > 0, "detach: %d", restored);
    door_drain(ignore, bytes);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 2, "a library, please");
    int cycles = argc > 2 ? atoi(argv[2]) : 100;
    library_path = argv[1];
    mallopt(M_ARENA_MAX, 1); /* each further one takes 64 MiB of address space, now or later */
    CHECK(door_open(4 << 20, 2048, 1) == 0, "open");
    CHECK(door_exclude((uint32_t) syscall(SYS_gettid)) == 0, "exclude");
    int files_before = entries("/proc/self/fd");
    pthread_t threads[WORKERS + 2];
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, breed, (void *) (intptr_t) (i + 1)) == 0, "thread");
    }
    CHECK(pthread_create(&threads[WORKERS], NULL, open_and_close, NULL) == 0, "thread");
    CHECK(pthread_create(&threads[WORKERS + 1], NULL, fork_children, NULL) == 0, "thread");
    uint64_t bytes = 0;
    for (int i = 0; i < 10; i++) {
        cycle(i, &bytes);
    }
    int mappings_before = mappings();
    long kib_before = mapped_kib();
    for (int i = 0; i < cycles; i++) {
        cycle(i, &bytes);
    }
    int mappings_after = mappings();
    long kib_after = mapped_kib();
    stop = true;
    for (int i = 0; i < WORKERS + 2; i++) {
        pthread_join(threads[i], NULL);
    }
    int files_after = entries("/proc/self/fd");
    void *(*volatile pointer)(size_t) = malloc;
    CHECK(!door_is_stub((uintptr_t) pointer), "this program's slot is still patched");
    struct door_counters c;
    door_counters(&c);
    CHECK(bytes > 100000 && c.sampled > 1000, "nothing was sampled: %lu", c.sampled);
    CHECK(files_after == files_before, "%d files, %d before", files_after, files_before);
    CHECK(mappings_after < mappings_before + 20, "%d mappings, %d before", mappings_after, mappings_before);
    CHECK(kib_after < kib_before + MOST_KIB_MORE, "%ld KiB mapped, %ld before", kib_after, kib_before);
    CHECK(entries("/proc/self/task") == 3, "%d threads", entries("/proc/self/task") - 2);
    printf("ok: %lu lives, %lu openings, %lu children, %lu sampled, %lu freed, %lu lost; %d mappings before, %d after; "
           "%ld KiB, %ld\n",
           lives, openings, children, c.sampled, c.freed, c.lost, mappings_before, mappings_after, kib_before,
           kib_after);
    return 0;
}
