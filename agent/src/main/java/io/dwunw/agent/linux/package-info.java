// SPDX-License-Identifier: MIT
/**
 * The one door to the kernel and to raw memory: system calls, addresses of buffers, reading the process's own memory
 * without being able to fault, and loading the small JNI library behind all that.
 *
 * <p>Must not know BPF, samples or HotSpot. Every method may be called from any thread; nothing here keeps state after
 * the library has been loaded. Calls allocate nothing on the Java heap but what they return.
 */
@NullMarked
package io.dwunw.agent.linux;

import org.jspecify.annotations.NullMarked;
