/* SPDX-License-Identifier: MIT */
/* The native methods of io.dwunw.it.program.NativeBlocks. */
#define _GNU_SOURCE
#include "blocks.h"

#include <dlfcn.h>
#include <jni.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void (*late_outer)(size_t, int);

JNIEXPORT void JNICALL Java_io_dwunw_it_program_NativeBlocks_cLayers(JNIEnv *env, jclass type, jlong size, jint count)
{
    (void) env, (void) type;
    dwunwit_c_layers(size, count);
}

JNIEXPORT void JNICALL Java_io_dwunw_it_program_NativeBlocks_cppLayers(JNIEnv *env, jclass type, jlong size, jint count)
{
    (void) env, (void) type;
    dwunwit_cpp_layers(size, count);
}

JNIEXPORT jboolean JNICALL Java_io_dwunw_it_program_NativeBlocks_probed(JNIEnv *env, jclass type)
{
    (void) env, (void) type;
    return dwunwit_probed() != 0;
}

JNIEXPORT jboolean JNICALL Java_io_dwunw_it_program_NativeBlocks_openLate(JNIEnv *env, jclass type, jstring path)
{
    (void) type;
    const char *name = (*env)->GetStringUTFChars(env, path, NULL);
    if (name == NULL) {
        return JNI_FALSE;
    }
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    (*env)->ReleaseStringUTFChars(env, path, name);
    if (library == NULL) {
        return JNI_FALSE;
    }
    late_outer = (void (*)(size_t, int))(uintptr_t) dlsym(library, "dwunwlate_outer");
    return late_outer != NULL;
}

JNIEXPORT void JNICALL Java_io_dwunw_it_program_NativeBlocks_lateLayers(JNIEnv *env, jclass type, jlong size,
                                                                        jint count)
{
    (void) env, (void) type;
    late_outer(size, count);
}

JNIEXPORT jboolean JNICALL Java_io_dwunw_it_program_NativeBlocks_openAndAllocate(JNIEnv *env, jclass type, jstring path,
                                                                                 jlong size, jint count, jboolean close)
{
    (void) type;
    const char *name = (*env)->GetStringUTFChars(env, path, NULL);
    if (name == NULL) {
        return JNI_FALSE;
    }
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    (*env)->ReleaseStringUTFChars(env, path, name);
    if (library == NULL) {
        return JNI_FALSE;
    }
    void (*outer)(size_t, int) = (void (*)(size_t, int))(uintptr_t) dlsym(library, "dwunwlate_outer");
    if (outer != NULL) {
        outer(size, count);
    }
    if (close) {
        dlclose(library);
    }
    return outer != NULL;
}

JNIEXPORT jlong JNICALL Java_io_dwunw_it_program_NativeBlocks_burst(JNIEnv *env, jclass type, jint count)
{
    (void) env, (void) type;
    return dwunwit_burst(count);
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_workers(JNIEnv *env, jclass type, jint threads,
                                                                     jint rounds, jint kept, jint pause_micros)
{
    (void) env, (void) type;
    return dwunwit_workers(threads, rounds, kept, pause_micros);
}

JNIEXPORT jlong JNICALL Java_io_dwunw_it_program_NativeBlocks_allocate(JNIEnv *env, jclass type, jint family,
                                                                       jlong size)
{
    (void) env, (void) type;
    return (jlong) (uintptr_t) dwunwit_allocate(family, size);
}

JNIEXPORT void JNICALL Java_io_dwunw_it_program_NativeBlocks_release(JNIEnv *env, jclass type, jint family,
                                                                     jlong address, jlong size)
{
    (void) env, (void) type;
    dwunwit_release(family, (void *) (uintptr_t) address, size);
}

JNIEXPORT jlong JNICALL Java_io_dwunw_it_program_NativeBlocks_reallocate(JNIEnv *env, jclass type, jlong address,
                                                                         jlong size)
{
    (void) env, (void) type;
    return (jlong) (uintptr_t) dwunwit_used(realloc((void *) (uintptr_t) address, size));
}

JNIEXPORT jboolean JNICALL Java_io_dwunw_it_program_NativeBlocks_traced(JNIEnv *env, jclass type)
{
    (void) env, (void) type;
    return dwunwit_traced() ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_threadId(JNIEnv *env, jclass type)
{
    (void) env, (void) type;
    return gettid();
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_mix(JNIEnv *env, jclass type, jint threads, jint rounds)
{
    (void) env, (void) type;
    return dwunwit_mix(threads, rounds);
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_churnStart(JNIEnv *env, jclass type, jstring copies,
                                                                        jint count)
{
    (void) type;
    const char *directory = (*env)->GetStringUTFChars(env, copies, NULL);
    if (directory == NULL) {
        return -1;
    }
    int result = dwunwit_churn_start(directory, count);
    (*env)->ReleaseStringUTFChars(env, copies, directory);
    return result;
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_churnStop(JNIEnv *env, jclass type)
{
    (void) env, (void) type;
    return dwunwit_churn_stop();
}

JNIEXPORT jint JNICALL Java_io_dwunw_it_program_NativeBlocks_churnCounted(JNIEnv *env, jclass type, jint threads,
                                                                          jint rounds, jint kept, jlong size)
{
    (void) env, (void) type;
    return dwunwit_churn_counted(threads, rounds, kept, size);
}

JNIEXPORT void JNICALL Java_io_dwunw_it_program_NativeBlocks_churnRelease(JNIEnv *env, jclass type)
{
    (void) env, (void) type;
    dwunwit_churn_release();
}

/* By a pointer that the agent cannot replace: only the loader knows what is next to this library. */
JNIEXPORT jboolean JNICALL Java_io_dwunw_it_program_NativeBlocks_allocateNext(JNIEnv *env, jclass type, jlong size)
{
    (void) env, (void) type;
    void *(*next)(size_t) = (void *(*) (size_t))(uintptr_t) dlsym(RTLD_NEXT, "malloc");
    return next != NULL && next((size_t) size) != NULL;
}
