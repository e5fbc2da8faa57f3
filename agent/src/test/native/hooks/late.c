/* SPDX-License-Identifier: MIT
 *
 * A library that comes late, built twice: bound lazily, and bound at once with its slots made read-only.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* C++'s operators and C23's free, where there is a library that has them. */
void free_sized(void *p, size_t size) __attribute__((weak));
void *_Znwm(size_t size) __attribute__((weak));
void _ZdlPv(void *p) __attribute__((weak));

EXPORT void *(*volatile late_pointer)(size_t) = malloc; /* a function pointer in data */

/* While it is being opened, opens another library, or waits until a file is gone, if the environment says so. */
__attribute__((constructor)) static void open_another(void)
{
    const char *waits = getenv("LATE_WAITS");
    while (waits != NULL && access(waits, F_OK) == 0) {
        usleep(1000);
    }
    const char *path = getenv("LATE_OPENS");
    if (path != NULL) {
        unsetenv("LATE_OPENS");
        dlopen(path, RTLD_LAZY);
    }
}

EXPORT void *late_malloc(size_t size)
{
    return malloc(size);
}

EXPORT void *late_by_pointer(size_t size)
{
    return late_pointer(size);
}

EXPORT void late_free(void *p)
{
    free(p);
}

EXPORT void *late_map(size_t size)
{
    return mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

EXPORT int late_unmap(void *p, size_t size)
{
    return munmap(p, size);
}

EXPORT void late_free_sized(void *p, size_t size)
{
    free_sized(p, size);
}

EXPORT void *late_new(size_t size)
{
    return _Znwm(size);
}

EXPORT void late_delete(void *p)
{
    _ZdlPv(p);
}
