/* SPDX-License-Identifier: MIT
 *
 * Every allocator function of libc, callable from a test one at a time, and loops of them. Compiled with -fno-builtin,
 * so that the compiler neither removes nor merges any call; by way of import slots, so that the hooks see them, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jni.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EXPORT(type, name) JNIEXPORT type JNICALL Java_io_dwunw_agent_bpf_Allocations_##name
#define POINTER(address) ((void *) (uintptr_t) (address))
#define ADDRESS(pointer) ((jlong) (uintptr_t) (pointer))
#define UNUSED(x) ((void) (x))

EXPORT(jlong, malloc)(JNIEnv *env, jclass type, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(malloc((size_t) size));
}

EXPORT(jlong, calloc)(JNIEnv *env, jclass type, jlong count, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(calloc((size_t) count, (size_t) size));
}

EXPORT(jlong, realloc)(JNIEnv *env, jclass type, jlong old, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(realloc(POINTER(old), (size_t) size));
}

EXPORT(jlong, reallocarray)(JNIEnv *env, jclass type, jlong old, jlong count, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(reallocarray(POINTER(old), (size_t) count, (size_t) size));
}

EXPORT(jlong, posixMemalign)(JNIEnv *env, jclass type, jlong alignment, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    void *block = NULL;
    int error = posix_memalign(&block, (size_t) alignment, (size_t) size);
    return error == 0 ? ADDRESS(block) : -error;
}

EXPORT(jlong, alignedAlloc)(JNIEnv *env, jclass type, jlong alignment, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(aligned_alloc((size_t) alignment, (size_t) size));
}

EXPORT(jlong, valloc)(JNIEnv *env, jclass type, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(valloc((size_t) size));
}

EXPORT(jlong, pvalloc)(JNIEnv *env, jclass type, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return ADDRESS(pvalloc((size_t) size));
}

EXPORT(jlong, strdup)(JNIEnv *env, jclass type, jlong length)
{
    UNUSED(env);
    UNUSED(type);
    char text[40960];
    memset(text, 'x', sizeof(text));
    text[length < 40959 ? length : 40959] = 0;
    char *(*volatile strdup_now)(const char *) = strdup;
    return ADDRESS(strdup_now(text));
}

EXPORT(void, free)(JNIEnv *env, jclass type, jlong block)
{
    UNUSED(env);
    UNUSED(type);
    free(POINTER(block));
}

EXPORT(jlong, mmap)(JNIEnv *env, jclass type, jlong at, jlong size, jint protection, jint flags)
{
    UNUSED(env);
    UNUSED(type);
    void *mapping = mmap(POINTER(at), (size_t) size, protection, flags, -1, 0);
    return mapping == MAP_FAILED ? -errno : ADDRESS(mapping);
}

EXPORT(jlong, mremap)(JNIEnv *env, jclass type, jlong old, jlong old_size, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    void *mapping = mremap(POINTER(old), (size_t) old_size, (size_t) size, MREMAP_MAYMOVE);
    return mapping == MAP_FAILED ? -errno : ADDRESS(mapping);
}

EXPORT(jint, munmap)(JNIEnv *env, jclass type, jlong at, jlong size)
{
    UNUSED(env);
    UNUSED(type);
    return munmap(POINTER(at), (size_t) size) == 0 ? 0 : -errno;
}

/* count times: malloc(size + i % spread), then free. */
EXPORT(void, pairs)(JNIEnv *env, jclass type, jint count, jint size, jint spread)
{
    UNUSED(env);
    UNUSED(type);
    for (jint i = 0; i < count; i++) {
        free(malloc((size_t) (size + i % spread)));
    }
}

/* A copy of malloc/free whose stack goes at least `bytes` deeper, all of it touched. */
EXPORT(void, deepPair)(JNIEnv *env, jclass type, jint size, jint bytes)
{
    UNUSED(env);
    UNUSED(type);
    volatile char room[bytes];
    for (jint i = 0; i < bytes; i += 512) {
        room[i] = 1;
    }
    free(malloc((size_t) size + (size_t) room[0] - 1));
}

/* As a vfork child, in the parent's memory: allocations that are the child's. */
EXPORT(jint, childPairs)(JNIEnv *env, jclass type, jint count, jint size)
{
    UNUSED(env);
    UNUSED(type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    pid_t child = vfork();
#pragma GCC diagnostic pop
    if (child == 0) {
        for (volatile jint i = 0; i < count; i++) {
            free(malloc((size_t) size));
        }
        _exit(0);
    }
    return (jint) child;
}

EXPORT(jlong, nanosPerPair)(JNIEnv *env, jclass type, jint count, jint size)
{
    UNUSED(env);
    UNUSED(type);
    struct timespec start;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (jint i = 0; i < count; i++) {
        free(malloc((size_t) size));
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec) / count;
}
