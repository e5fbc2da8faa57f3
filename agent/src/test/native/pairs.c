/* SPDX-License-Identifier: MIT
 *
 * Allocators of an application's own, as it may have them: on malloc, on a pool, with the address in an argument,
 * recursive. A library of its own, so that a test may load it when it likes.
 */
#include <jni.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(type, name) JNIEXPORT type JNICALL Java_io_dwunw_agent_bpf_Pairs_##name
#define POINTER(address) ((void *) (uintptr_t) (address))
#define ADDRESS(pointer) ((jlong) (uintptr_t) (pointer))

void *ctx_new(size_t size)
{
    return malloc(size);
}

void ctx_free(void *block)
{
    free(block);
}

void *grid_new(void *owner, size_t rows, size_t columns)
{
    (void) owner;
    return calloc(rows, columns);
}

void grid_free(void *owner, void *grid)
{
    (void) owner;
    free(grid);
}

int box_make(void **out, size_t size)
{
    *out = size > 1000000 ? NULL : ctx_new(size);
    return *out == NULL ? -1 : 0;
}

/* Hands out what it has: more than was asked for; nothing for 0, and refuses much. */
long bag_fill(size_t least, void **out)
{
    long size = least > 1000000 ? -1 : (long) least * 2;
    if (size > 0) {
        *out = malloc((size_t) size);
    }
    return size;
}

void bag_empty(void *bag)
{
    free(bag);
}

void box_drop(void *box)
{
    ctx_free(box);
}

#define POOL 4096
static char pool[POOL][64];
static atomic_uint pool_next;

void *pool_get(void)
{
    return pool[atomic_fetch_add(&pool_next, 1) % POOL];
}

void pool_put(void *entry)
{
    (void) entry;
}

struct tree {
    struct tree *below;
};

/* May not return, as a function that throws. */
void *leap_new(size_t size, jmp_buf *leap)
{
    if (leap != NULL) {
        longjmp(*leap, 1);
    }
    return malloc(size);
}

/* Called for each level, not turned into a loop. */
extern struct tree *(*volatile next_tree)(size_t, int);
extern void (*volatile free_next_tree)(struct tree *);

struct tree *tree_new(size_t size, int depth)
{
    struct tree *tree = malloc(size);
    tree->below = depth == 0 ? NULL : next_tree(size + 8, depth - 1);
    return tree;
}

void tree_free(struct tree *tree)
{
    if (tree->below != NULL) {
        free_next_tree(tree->below);
    }
    free(tree);
}

struct tree *(*volatile next_tree)(size_t, int) = tree_new;
void (*volatile free_next_tree)(struct tree *) = tree_free;

EXPORT(jlong, leapNew)(JNIEnv *env, jclass type, jlong size, jboolean leaps)
{
    (void) env;
    (void) type;
    jmp_buf leap;
    if (setjmp(leap) != 0) {
        return 0;
    }
    return ADDRESS(leap_new((size_t) size, leaps ? &leap : NULL));
}

EXPORT(jlong, ctxNew)(JNIEnv *env, jclass type, jlong size)
{
    (void) env;
    (void) type;
    return ADDRESS(ctx_new((size_t) size));
}

EXPORT(void, ctxFree)(JNIEnv *env, jclass type, jlong block)
{
    (void) env;
    (void) type;
    ctx_free(POINTER(block));
}

EXPORT(jlong, gridNew)(JNIEnv *env, jclass type, jlong rows, jlong columns)
{
    (void) type;
    return ADDRESS(grid_new(env, (size_t) rows, (size_t) columns));
}

EXPORT(void, gridFree)(JNIEnv *env, jclass type, jlong grid)
{
    (void) type;
    grid_free(env, POINTER(grid));
}

EXPORT(jlong, boxMake)(JNIEnv *env, jclass type, jlong size)
{
    (void) env;
    (void) type;
    void *box = POINTER(1);
    return box_make(&box, (size_t) size) == 0 ? ADDRESS(box) : 0;
}

EXPORT(jlong, bagFill)(JNIEnv *env, jclass type, jlong least)
{
    (void) env;
    (void) type;
    void *bag = POINTER(1);
    return bag_fill((size_t) least, &bag) > 0 ? ADDRESS(bag) : 0;
}

EXPORT(void, bagEmpty)(JNIEnv *env, jclass type, jlong bag)
{
    (void) env;
    (void) type;
    bag_empty(POINTER(bag));
}

EXPORT(void, boxDrop)(JNIEnv *env, jclass type, jlong box)
{
    (void) env;
    (void) type;
    box_drop(POINTER(box));
}

EXPORT(jlong, poolGet)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    return ADDRESS(pool_get());
}

EXPORT(void, poolPut)(JNIEnv *env, jclass type, jlong entry)
{
    (void) env;
    (void) type;
    pool_put(POINTER(entry));
}

EXPORT(jlong, treeNew)(JNIEnv *env, jclass type, jlong size, jint depth)
{
    (void) env;
    (void) type;
    return ADDRESS(tree_new((size_t) size, depth));
}

EXPORT(void, treeFree)(JNIEnv *env, jclass type, jlong tree)
{
    (void) env;
    (void) type;
    tree_free(POINTER(tree));
}

EXPORT(void, pairs)(JNIEnv *env, jclass type, jint count, jlong size)
{
    (void) env;
    (void) type;
    for (jint i = 0; i < count; i++) {
        ctx_free(ctx_new((size_t) size + (size_t) i % 64));
    }
}
