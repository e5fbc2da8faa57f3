// SPDX-License-Identifier: MIT
/**
 * The walk of one sample's stack, native and Java frames together, and what a walked stack is afterwards: a row of
 * frames as longs, interned, named once per frame.
 *
 * <p>Must not know where samples come from, nor what becomes of a stack (events, leak sites).
 *
 * <p>Threading: nothing here is thread-safe; the sidecar owns it all. {@link io.dwunw.agent.stack.StackTrace} is
 * immutable.
 *
 * <p>Allocation: {@link io.dwunw.agent.stack.MixedStackWalker} and {@link io.dwunw.agent.stack.StackTraces} allocate
 * nothing for a stack that was seen before; {@link io.dwunw.agent.stack.FrameResolver} allocates once per new frame.
 */
@NullMarked
package io.dwunw.agent.stack;

import org.jspecify.annotations.NullMarked;
