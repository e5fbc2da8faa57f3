// SPDX-License-Identifier: MIT
/**
 * The walk: the unwind row that covers a pc, compiled once to an unwind rule, cached, and applied to registers and
 * stack.
 *
 * <p>Hot. Does no I/O of its own: modules, registers and stack bytes come from the caller, so that a walk can be
 * replayed from a recording. Nothing is thrown on the way; a step says with a {@link io.dwunw.unwind.StopReason} why it
 * could not go on. Not thread-safe; allocates nothing once warm.
 */
@NullMarked
package io.dwunw.unwind;

import org.jspecify.annotations.NullMarked;
