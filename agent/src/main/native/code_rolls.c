/* SPDX-License-Identifier: MIT
 *
 * Rolls of the code cache: what code lay where, called whenever a collection begins, before it can free any. Who walks
 * a stack later than that, however much later, finds here whether the code that lies at an address is what lay there
 * when the stack was copied. io.dwunw.agent.hotspot.CodeRolls reads them, and says why they may be believed.
 *
 * A roll is called on the JVM's own thread, while all Java threads stand still (JVMTI, GarbageCollectionStart): no
 * locks, no allocation, no JNI, and nothing is read beyond what the code heaps have committed, which is never unmapped.
 * As long as no collection was one that frees code, only gaps between blocks that are known are looked at.
 */
#define _GNU_SOURCE
#include <jvmti.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "hooks.h"

#define MAX_HEAPS 16
#define MAX_COUNTERS 8
#define MAX_ENTRIES (1u << 17)
#define ROLLS 16u
/* One more: a roll takes the place of another only when it is complete. */
#define BUFFERS (ROLLS + 1)
#define BUFFERS_AT 4096u
#define FREE_SEGMENT 0xff
#define MAX_SHIFT 16
/* Blocks ahead whose first lines are fetched: each is a miss. */
#define AHEAD 8u
/* The reader has gone, or walks no stacks: then nothing is looked at. */
#define PATIENCE_NANOS 10000000000u
#define NANOS 1000000000u

struct entry {
    uint32_t segment;
    uint32_t length; /* in segments */
    int32_t id;      /* compile id, or the bytes that other blobs have in its place */
};

struct roll {
    uint64_t since; /* monotonic clock; what ran after that and */
    uint64_t until; /* before that is what stands here */
    uint32_t buffer;
    uint32_t valid;
    uint32_t starts[MAX_HEAPS + 1]; /* of each heap's entries */
};

struct rolls {
    uint64_t sequence; /* odd while rolls are written */
    uint64_t ticked;   /* when the reader was last there: written by it */
    uint64_t made;
    uint64_t pause; /* when the last collection began */
    struct roll roll[ROLLS];
};
_Static_assert(sizeof(struct entry) == 12, "an entry");
_Static_assert(sizeof(struct roll) == 96 && offsetof(struct rolls, roll) == 32, "a roll");
_Static_assert(offsetof(struct roll, buffer) == 16 && offsetof(struct roll, valid) == 20, "a roll");
_Static_assert(offsetof(struct roll, starts) == 24, "a roll");
_Static_assert(sizeof(struct rolls) <= BUFFERS_AT, "all rolls");

struct heap {
    uint64_t low;
    const uint64_t *high; /* where the JVM keeps it: grows */
    const uint8_t *map;   /* one byte a segment: steps back to the block's first */
    const uint64_t *map_high;
    uint32_t shift;
};

static struct heap heaps[MAX_HEAPS];
static uint32_t heap_count;
static const uint64_t *counters[MAX_COUNTERS];
static uint32_t counter_count;
static uint32_t header_bytes;
static uint32_t used_offset;
static uint32_t id_offset;
static struct rolls *rolls;
static uint32_t spare; /* the buffer that no roll is in */
static size_t rolls_bytes;
static uint64_t counted;
static bool freed; /* since the last roll code may have been freed */

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t) time.tv_sec * NANOS + (uint64_t) time.tv_nsec;
}

static struct entry *buffer(uint32_t number)
{
    return (struct entry *) ((char *) rolls + BUFFERS_AT) + (size_t) number * MAX_ENTRIES;
}

/* The JVM's counters of collections that may free code; where it has none, any does. */
static bool counts_more(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < counter_count; i++) {
        sum += *(const volatile uint64_t *) counters[i];
    }
    bool more = sum != counted || counter_count == 0;
    counted = sum;
    return more;
}

/* Segments that are committed, and have an entry in the map. */
static uint32_t committed(const struct heap *heap)
{
    uint64_t bytes = *(const volatile uint64_t *) heap->high - heap->low;
    uint64_t mapped = *(const volatile uint64_t *) heap->map_high - (uintptr_t) heap->map;
    uint64_t segments = bytes >> heap->shift;
    segments = segments < mapped ? segments : mapped;
    return segments < INT32_MAX ? (uint32_t) segments : 0;
}

static const uint8_t *block_at(const struct heap *heap, uint32_t segment)
{
    return (const uint8_t *) (uintptr_t) (heap->low + ((uint64_t) segment << heap->shift));
}

/* Segments of the block; 0 where none begins. */
static uint32_t block_length(const struct heap *heap, uint32_t segment, uint32_t end)
{
    const uint8_t *block = block_at(heap, segment);
    uint64_t length = 0;
    memcpy(&length, block, used_offset == sizeof(uint32_t) ? sizeof(uint32_t) : sizeof(uint64_t));
    return heap->map[segment] == 0 && length <= end - segment ? (uint32_t) length : 0;
}

static int32_t id_of(const struct heap *heap, uint32_t segment, uint32_t length)
{
    int32_t id = 0;
    uint64_t at = (uint64_t) header_bytes + id_offset;
    if (at + sizeof(id) <= (uint64_t) length << heap->shift) {
        memcpy(&id, block_at(heap, segment) + at, sizeof(id));
    }
    return id;
}

static void fetch_ahead(const struct heap *heap, const struct entry *known, const struct entry *end, uint32_t limit)
{
    if (known + AHEAD < end && known[AHEAD].segment < limit) {
        const uint8_t *block = block_at(heap, known[AHEAD].segment);
        __builtin_prefetch(block);
        __builtin_prefetch(block + header_bytes + id_offset);
    }
}

/* Writes the blocks of one heap behind `to`, or returns NULL. Those in `known` are believed to be still there, or are
 * only where to look next. */
static struct entry *call_heap(const struct heap *heap, const struct entry *known, const struct entry *known_end,
                               bool believed, struct entry *to, const struct entry *to_end)
{
    uint32_t end = committed(heap);
    uint32_t segment = 0;
    while (segment < end) {
        while (known < known_end && known->segment < segment) {
            known++;
        }
        bool is_known = known < known_end && known->segment == segment;
        if (to == to_end) {
            return NULL;
        }
        if (is_known && believed && known->length <= end - segment) {
            segment += known->length;
            *to++ = *known++;
            continue;
        }
        if (!believed) {
            fetch_ahead(heap, known, known_end, end);
        }
        if (heap->map[segment] == FREE_SEGMENT) {
            return to; /* nothing was ever beyond */
        }
        uint32_t length = block_length(heap, segment, end);
        if (length == 0) {
            return NULL;
        }
        if (block_at(heap, segment)[used_offset] != 0) {
            to->segment = segment;
            to->length = length;
            to->id = id_of(heap, segment, length);
            to++;
        }
        segment += length;
    }
    return to;
}

static bool call_all(struct roll *into, const struct roll *last, bool believed)
{
    struct entry *to = buffer(spare);
    const struct entry *end = to + MAX_ENTRIES;
    const struct entry *known = last == NULL ? NULL : buffer(last->buffer);
    struct entry *first = to;
    for (uint32_t i = 0; i < heap_count; i++) {
        const struct entry *from = last == NULL ? NULL : known + last->starts[i];
        const struct entry *from_end = last == NULL ? NULL : known + last->starts[i + 1];
        into->starts[i] = (uint32_t) (to - first);
        to = call_heap(&heaps[i], from, from_end, believed, to, end);
        if (to == NULL) {
            return false;
        }
    }
    into->starts[heap_count] = (uint32_t) (to - first);
    return true;
}

static struct roll *roll_number(uint64_t number)
{
    return &rolls->roll[number % ROLLS];
}

/* What a collection that frees no code has left as it was goes on; after any other another roll begins. */
static void call_roll(uint64_t time, bool goes_on)
{
    struct roll *last = rolls->made == 0 ? NULL : roll_number(rolls->made - 1);
    last = last != NULL && last->valid ? last : NULL;
    struct roll called;
    memset(&called, 0, sizeof(called));
    bool believed = goes_on && last != NULL;
    bool whole = call_all(&called, last, believed);
    if (!whole && believed) {
        believed = false;
        whole = call_all(&called, last, false);
    }
    struct roll *into = believed ? last : roll_number(rolls->made);
    called.since = believed ? last->since : rolls->pause;
    called.until = time;
    called.valid = whole;
    called.buffer = spare;
    uint32_t unused = into->buffer;
    __atomic_store_n(&rolls->sequence, rolls->sequence + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *into = called;
    rolls->made += believed ? 0 : 1;
    __atomic_store_n(&rolls->sequence, rolls->sequence + 1, __ATOMIC_RELEASE);
    spare = unused;
}

static void JNICALL collection_begins(jvmtiEnv *env)
{
    (void) env;
    uint64_t time = now();
    bool counted_more = counts_more();
    bool awaited = time - __atomic_load_n(&rolls->ticked, __ATOMIC_RELAXED) < PATIENCE_NANOS;
    if (awaited) {
        call_roll(time, !freed && !counted_more);
    }
    /* Some count before they say that they begin, some after; and what was not looked at is not known. */
    freed = counted_more || !awaited;
    __atomic_store_n(&rolls->pause, time, __ATOMIC_RELEASE);
}

static void JNICALL collection_ends(jvmtiEnv *env)
{
    (void) env;
    freed |= counts_more();
}

static bool watch_collections(JNIEnv *env)
{
    JavaVM *vm = NULL;
    jvmtiEnv *jvmti = NULL;
    if ((*env)->GetJavaVM(env, &vm) != JNI_OK || (*vm)->GetEnv(vm, (void **) &jvmti, JVMTI_VERSION_1_2) != JNI_OK) {
        return false;
    }
    jvmtiCapabilities wanted;
    memset(&wanted, 0, sizeof(wanted));
    wanted.can_generate_garbage_collection_events = 1;
    jvmtiEventCallbacks callbacks;
    memset(&callbacks, 0, sizeof(callbacks));
    callbacks.GarbageCollectionStart = collection_begins;
    callbacks.GarbageCollectionFinish = collection_ends;
    return (*jvmti)->AddCapabilities(jvmti, &wanted) == JVMTI_ERROR_NONE
        && (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof(callbacks)) == JVMTI_ERROR_NONE
        && (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_GARBAGE_COLLECTION_FINISH, NULL)
        == JVMTI_ERROR_NONE
        && (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_GARBAGE_COLLECTION_START, NULL)
        == JVMTI_ERROR_NONE;
}

static bool read_plan(const jlong *plan, jsize length)
{
    /* As CodeCache.plan writes it. */
    enum { HEADER = 5, HEAP = 5 };
    if (length < HEADER) {
        return false;
    }
    header_bytes = (uint32_t) plan[0];
    used_offset = (uint32_t) plan[1];
    id_offset = (uint32_t) plan[2];
    if (plan[3] < 0 || plan[3] > MAX_COUNTERS || plan[4] <= 0 || plan[4] > MAX_HEAPS
        || length != HEADER + plan[3] + HEAP * plan[4]) {
        return false;
    }
    counter_count = (uint32_t) plan[3];
    heap_count = (uint32_t) plan[4];
    const jlong *next = plan + HEADER;
    for (uint32_t i = 0; i < counter_count; i++) {
        counters[i] = (const uint64_t *) (uintptr_t) *next++;
    }
    for (uint32_t i = 0; i < heap_count; i++) {
        heaps[i].low = (uint64_t) *next++;
        heaps[i].high = (const uint64_t *) (uintptr_t) *next++;
        heaps[i].map = (const uint8_t *) (uintptr_t) *next++;
        heaps[i].map_high = (const uint64_t *) (uintptr_t) *next++;
        heaps[i].shift = (uint32_t) *next++;
        if (heaps[i].shift == 0 || heaps[i].shift > MAX_SHIFT) {
            return false;
        }
    }
    return true;
}

/* A buffer over the rolls, which are called from now on, or null if the JVM does not say when collections begin. */
JNIEXPORT jobject JNICALL Java_io_dwunw_agent_linux_Linux_codeRolls0(JNIEnv *env, jclass type, jlongArray planned)
{
    (void) type;
    jlong plan[5 + MAX_COUNTERS + 5 * MAX_HEAPS];
    jsize length = (*env)->GetArrayLength(env, planned);
    if (rolls_bytes != 0) {
        return (*env)->NewDirectByteBuffer(env, rolls, (jlong) rolls_bytes); /* there is one code cache */
    }
    if (length > (jsize) (sizeof(plan) / sizeof(plan[0]))) {
        return NULL;
    }
    (*env)->GetLongArrayRegion(env, planned, 0, length, plan);
    if (rolls != NULL || !read_plan(plan, length)) {
        return NULL;
    }
    size_t bytes = BUFFERS_AT + (size_t) BUFFERS * MAX_ENTRIES * sizeof(struct entry);
    rolls = hooks_map(bytes);
    if (rolls == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < ROLLS; i++) {
        rolls->roll[i].buffer = i;
    }
    spare = ROLLS;
    freed = counts_more();
    rolls->ticked = now();
    rolls->pause = freed ? now() : 0; /* as long as none was counted, none has freed code */
    /* The JVM calls for as long as it lives. */
    hooks_stay_loaded();
    if (!watch_collections(env)) {
        return NULL;
    }
    rolls_bytes = bytes;
    return (*env)->NewDirectByteBuffer(env, rolls, (jlong) bytes);
}
