/* SPDX-License-Identifier: MIT
 *
 * Takes stack snapshots in the sample record's format at native leaves, and at the same point lets Java record what it
 * thinks the stack is: the ground truth for the walk.
 */
#define _GNU_SOURCE
#include <jni.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../main/native/sample.h"

#define LEAF __attribute__((noinline, visibility("default")))

void snapshot_entry(struct dwunw_allocation *record) __attribute__((visibility("hidden")));

static __thread char *stack_end;
static jclass truth_class;
static jmethodID record_truth;

/* The JavaThread whose frame anchor goes into the records, and where in it the anchor's parts are. */
static char *anchored_thread;
static int anchor_offsets[3];

/* The caller's frame starts right above our return address; everything below belongs to the copying. */
__attribute__((visibility("hidden"))) void snapshot_copy(struct dwunw_allocation *record)
{
    if (stack_end == NULL) {
        pthread_attr_t attributes;
        void *low;
        size_t size;
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_destroy(&attributes);
        stack_end = (char *) low + size;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char *sp = (char *) record->registers[7];
    size_t in_use = stack_end > sp ? (size_t) (stack_end - sp) : 0;
    size_t length = in_use < record->stack_capacity ? in_use : record->stack_capacity;
    record->head.kind = DWUNW_KIND_ALLOCATION;
    record->head.allocator = DWUNW_MALLOC;
    record->head.flags = length < in_use ? DWUNW_FLAG_STACK_CUT : 0;
    record->head.time_ns = (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
    record->head.interval = 1;
    record->stack_base = (uint64_t) sp;
    record->stack_length = (uint32_t) length;
    record->anchor_thread = (uint64_t) anchored_thread;
    if (anchored_thread != NULL) {
        record->head.flags |= DWUNW_FLAG_ANCHOR;
        memcpy(&record->anchor_sp, anchored_thread + anchor_offsets[0], sizeof(uint64_t));
        memcpy(&record->anchor_pc, anchored_thread + anchor_offsets[1], sizeof(uint64_t));
        memcpy(&record->anchor_fp, anchored_thread + anchor_offsets[2], sizeof(uint64_t));
    }
    memcpy(record->stack, sp, length);
}

JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_anchor(JNIEnv *env, jclass leaf, jlong java_thread, jint sp,
                                                             jint pc, jint fp)
{
    (void) env;
    (void) leaf;
    anchored_thread = (char *) (intptr_t) java_thread;
    anchor_offsets[0] = sp;
    anchor_offsets[1] = pc;
    anchor_offsets[2] = fp;
}

JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_bind(JNIEnv *env, jclass leaf, jclass truth)
{
    (void) leaf;
    truth_class = (*env)->NewGlobalRef(env, truth);
    record_truth = (*env)->GetStaticMethodID(env, truth, "record", "()V");
}

/* Three layers, so that there are native frames to walk. Nothing may be a tail call. */
LEAF void truth_leaf(JNIEnv *env, struct dwunw_allocation *record)
{
    snapshot_entry(record);
    (*env)->CallStaticVoidMethod(env, truth_class, record_truth);
    __asm__ volatile("" ::: "memory");
}

LEAF void truth_middle(JNIEnv *env, struct dwunw_allocation *record)
{
    truth_leaf(env, record);
    __asm__ volatile("" ::: "memory");
}

static struct dwunw_allocation *prepare(JNIEnv *env, jobject buffer)
{
    struct dwunw_allocation *record = (*env)->GetDirectBufferAddress(env, buffer);
    record->stack_capacity = (uint32_t) (*env)->GetDirectBufferCapacity(env, buffer) - DWUNW_ALLOCATION_HEADER_BYTES;
    return record;
}

JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_captureStatic(JNIEnv *env, jclass leaf, jobject buffer)
{
    (void) leaf;
    truth_middle(env, prepare(env, buffer));
    __asm__ volatile("" ::: "memory");
}

JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_captureInstance(JNIEnv *env, jobject leaf, jobject buffer)
{
    (void) leaf;
    truth_middle(env, prepare(env, buffer));
    __asm__ volatile("" ::: "memory");
}

JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_captureSynchronized(JNIEnv *env, jclass leaf, jobject buffer)
{
    (void) leaf;
    truth_middle(env, prepare(env, buffer));
    __asm__ volatile("" ::: "memory");
}

/* Many arguments, so that the wrapper has to pass some on the stack. */
JNIEXPORT jlong JNICALL Java_io_dwunw_agent_truth_Leaf_captureManyArguments(JNIEnv *env, jclass leaf, jobject buffer,
                                                                            jint a, jlong b, jdouble c, jint d, jlong e,
                                                                            jdouble f, jint g, jlong h, jobject i,
                                                                            jint j, jlong k)
{
    (void) leaf;
    (void) i;
    truth_middle(env, prepare(env, buffer));
    return (jlong) (a + b + (jlong) c + d + e + (jlong) f + g + h + j + k);
}

/* One allocation that is worth a sample, and its end. */
JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_allocate(JNIEnv *env, jclass leaf, jlong size)
{
    (void) env;
    (void) leaf;
    void *volatile block = malloc((size_t) size);
    free(block);
}

/* C to Java: the stack gets another native segment and another call stub. */
JNIEXPORT void JNICALL Java_io_dwunw_agent_truth_Leaf_callBack(JNIEnv *env, jclass leaf, jobject runnable)
{
    (void) leaf;
    jclass type = (*env)->GetObjectClass(env, runnable);
    jmethodID run = (*env)->GetMethodID(env, type, "run", "()V");
    (*env)->CallVoidMethod(env, runnable, run);
    __asm__ volatile("" ::: "memory");
}

/* The leaf of a foreign function call: the truth is recorded by an upcall. */
LEAF void truth_foreign_leaf(struct dwunw_allocation *record, uint32_t capacity, void (*record_truth_stub)(void))
{
    record->stack_capacity = capacity - DWUNW_ALLOCATION_HEADER_BYTES;
    snapshot_entry(record);
    record_truth_stub();
    __asm__ volatile("" ::: "memory");
}

/* Java to C to Java by the foreign function interface. */
LEAF void truth_foreign_call(void (*target)(void))
{
    target();
    __asm__ volatile("" ::: "memory");
}
