/* SPDX-License-Identifier: MIT
 *
 * Allocations at the end of known native frames, and ways from C back into Java, for recording walks.
 */
#include <jni.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORTED __attribute__((noinline, visibility("default")))
/* Whatever comes before it is no tail call. */
#define KEEP_FRAME __asm__ volatile("" ::: "memory")
#define METHOD(type, name) JNIEXPORT type JNICALL Java_io_dwunw_agent_golden_Natives_##name

EXPORTED void *golden_leaf(size_t size)
{
    void *block = malloc(size);
    KEEP_FRAME;
    return block;
}

EXPORTED void *golden_allocate(size_t size)
{
    void *block = golden_leaf(size);
    KEEP_FRAME;
    return block;
}

EXPORTED void golden_call(void (*target)(void))
{
    target();
    KEEP_FRAME;
}

METHOD(jlong, allocate)(JNIEnv *env, jclass type, jlong size)
{
    (void) env;
    (void) type;
    jlong block = (jlong) (intptr_t) golden_allocate((size_t) size);
    KEEP_FRAME;
    return block;
}

METHOD(void, release)(JNIEnv *env, jclass type, jlong block)
{
    (void) env;
    (void) type;
    free((void *) (intptr_t) block);
}

METHOD(void, callBack)(JNIEnv *env, jclass type, jobject runnable)
{
    (void) type;
    jclass runnable_class = (*env)->GetObjectClass(env, runnable);
    jmethodID run = (*env)->GetMethodID(env, runnable_class, "run", "()V");
    (*env)->CallVoidMethod(env, runnable, run);
    KEEP_FRAME;
}
