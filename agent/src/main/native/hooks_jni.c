/* SPDX-License-Identifier: MIT
 *
 * The native half of io.dwunw.agent.hooks.HooksNative. Errors are -errno.
 */
#include <jni.h>

#include "hooks.h"

#define EXPORT(type, name) JNIEXPORT type JNICALL Java_io_dwunw_agent_hooks_HooksNative_##name

/* Order of the counters after the calls and bytes of each allocator; that of io.dwunw.agent.hooks.HooksCounters. */
enum { SAMPLED, FREED, LOST, LOST_FREES, CUT, UNTRACKED, UNPATCHED, BARE, COUNTERS };

EXPORT(jint, open)(JNIEnv *env, jclass type, jlong ring_bytes, jint stack_bytes, jlong interval)
{
    (void) env;
    (void) type;
    return hooks_open((uint64_t) ring_bytes, (uint32_t) stack_bytes, (uint64_t) interval);
}

EXPORT(jlong, queueAddress)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    return (jlong) hooks_queue_address();
}

EXPORT(jlong, bellAddress)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    return (jlong) hooks_bell_address();
}

EXPORT(jint, attach)(JNIEnv *env, jclass type, jboolean capture)
{
    (void) env;
    (void) type;
    return hooks_attach(capture);
}

EXPORT(jint, detach)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    return hooks_detach();
}

EXPORT(jint, watch)(JNIEnv *env, jclass type, jboolean on)
{
    (void) env;
    (void) type;
    return hooks_watch(on);
}

EXPORT(jint, verify)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    return hooks_verify();
}

EXPORT(void, interval)(JNIEnv *env, jclass type, jlong bytes)
{
    (void) env;
    (void) type;
    hooks_set_interval((uint64_t) bytes);
}

EXPORT(jint, excludeThread)(JNIEnv *env, jclass type, jint tid)
{
    (void) env;
    (void) type;
    return hooks_thread_exclude((uint32_t) tid);
}

EXPORT(jint, javaThread)(JNIEnv *env, jclass type, jint tid, jlong java_thread)
{
    (void) env;
    (void) type;
    return hooks_java_thread((uint32_t) tid, (uint64_t) java_thread);
}

EXPORT(void, anchorOffsets)(JNIEnv *env, jclass type, jint sp, jint pc, jint fp)
{
    (void) env;
    (void) type;
    hooks_set_anchor_offsets((uint32_t) sp, (uint32_t) pc, (uint32_t) fp);
}

EXPORT(jboolean, isLive)(JNIEnv *env, jclass type, jlong address)
{
    (void) env;
    (void) type;
    return hooks_live_contains((uint64_t) address);
}

EXPORT(jlong, heapInUse)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    uint64_t bytes = 0;
    return hooks_heap_in_use(&bytes) ? (jlong) bytes : -1;
}

EXPORT(jlong, probePoint)(JNIEnv *env, jclass type, jboolean allocation)
{
    (void) env;
    (void) type;
    return (jlong) (allocation ? (uintptr_t) hooks_probe_allocation : (uintptr_t) hooks_probe_free);
}

EXPORT(void, passProbePoint)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    struct dwunw_free none = {0};
    hooks_probe_free(&none, 0);
}

/* Fills `into` as far as it goes: calls and bytes for each of `allocators`, then the counters. */
EXPORT(void, counters)(JNIEnv *env, jclass type, jlongArray into, jint allocators)
{
    (void) type;
    struct hooks_seen seen[HOOKS_COUNTERS];
    hooks_thread_seen(seen);
    for (jint i = 0; i < allocators && i < HOOKS_COUNTERS; i++) {
        jlong pair[2] = {(jlong) seen[i].calls, (jlong) seen[i].bytes};
        (*env)->SetLongArrayRegion(env, into, 2 * i, 2, pair);
    }
    const struct hooks_statistics *s = &hooks_statistics;
    jlong counters[COUNTERS] = {
        [SAMPLED] = (jlong) s->sampled,       [FREED] = (jlong) s->freed, [LOST] = (jlong) s->lost,
        [LOST_FREES] = (jlong) s->lost_frees, [CUT] = (jlong) s->cut,     [UNTRACKED] = (jlong) s->untracked,
        [UNPATCHED] = (jlong) s->unpatched,   [BARE] = (jlong) s->bare,
    };
    (*env)->SetLongArrayRegion(env, into, 2 * allocators, COUNTERS, counters);
}
