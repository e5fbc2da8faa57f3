/* SPDX-License-Identifier: MIT
 *
 * An allocator to be preloaded in libc's place: counts, and marks its blocks, so that one handed to the wrong free is
 * noticed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK 0x0123456789abcdefu
#define HEADER 64

void *__libc_malloc(size_t size);
void __libc_free(void *block);

EXPORT unsigned long other_calls;
EXPORT size_t other_hold; /* a call for so many bytes does not return until this changes */
EXPORT unsigned other_held;

EXPORT void *malloc(size_t size)
{
    __atomic_fetch_add(&other_calls, 1, __ATOMIC_RELAXED);
    while (size == __atomic_load_n(&other_hold, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&other_held, 1, __ATOMIC_RELEASE);
        usleep(100);
    }
    if (size > PTRDIFF_MAX - HEADER) {
        errno = ENOMEM;
        return NULL;
    }
    uint64_t *block = __libc_malloc(size + HEADER);
    if (block == NULL) {
        return NULL;
    }
    block[0] = MARK;
    block[1] = size;
    return (char *) block + HEADER;
}

EXPORT void free(void *p)
{
    if (p == NULL) {
        return;
    }
    uint64_t *block = (uint64_t *) (void *) ((char *) p - HEADER);
    if (block[0] != MARK) {
        abort();
    }
    block[0] = 0;
    __libc_free(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = malloc(bytes);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

EXPORT void *realloc(void *p, size_t size)
{
    void *fresh = malloc(size);
    if (p != NULL && fresh != NULL) {
        size_t before = ((uint64_t *) (void *) ((char *) p - HEADER))[1];
        memcpy(fresh, p, before < size ? before : size);
        free(p);
    }
    return fresh;
}

EXPORT void *other_looks_up(void *handle, const char *name)
{
    return dlsym(handle, name);
}

/* C23's, which glibc has only of late. */
EXPORT void free_sized(void *p, size_t size)
{
    if (p != NULL && ((uint64_t *) (void *) ((char *) p - HEADER))[1] != size) {
        abort();
    }
    free(p);
}

/* C++'s operators new and delete, which such an allocator brings along. */
EXPORT void *_Znwm(size_t size)
{
    return malloc(size);
}

EXPORT void _ZdlPv(void *p)
{
    free(p);
}
