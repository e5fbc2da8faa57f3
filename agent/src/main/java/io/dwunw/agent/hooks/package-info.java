// SPDX-License-Identifier: MIT
/**
 * The in-process hooks: samples allocations by wrappers in the import slots of the loaded libraries, without a trap and
 * without any privilege.
 *
 * <p>This side opens, attaches, drains and counts; all the rest is C and assembly in {@code src/main/native/hooks_*},
 * since application threads run through it. Records are those of {@code sample.h}, with the caller's registers just
 * after the allocator returned ({@code FLAG_AT_RETURN}), so that a walk starts in the allocator's caller.
 *
 * <p>Not seen: mappings that libc makes for itself (stacks of threads), calls of addresses got from {@code dlsym}
 * before the hooks were opened, or with {@code RTLD_NEXT}, or by a library that defines an allocator, calls of a
 * library's constructors while it is being opened, and libraries in link namespaces of their own. A library that is
 * opened by a name without a path, where a search path is in force (as in every {@code java}), is not seen until the
 * next call of {@code dlsym} or the next look. Where the loader may mean another allocator than the usual one by a slot
 * that is not bound yet, calls through it are not seen until the next look after it has bound the slot. Allocators that
 * are linked statically, or do not export {@code malloc} by name, are left alone.
 *
 * <p>Uses {@code agent.bpf} to load a program at its probe points, where that is possible. Must not know how stacks are
 * walked, nor events. One thread at a time drives an engine; draining allocates nothing.
 */
@NullMarked
package io.dwunw.agent.hooks;

import org.jspecify.annotations.NullMarked;
