// SPDX-License-Identifier: MIT
/**
 * libdwunw's contract for Java programs. A context ({@link io.dwunw.Dwunw}) captures a thread's native stack from
 * registers, the process's maps and a memory reader ({@link io.dwunw.UnwindRequest}), and answers with frames ({@link
 * io.dwunw.Frame}) and a {@link io.dwunw.Status}, never with an exception.
 *
 * <p>This facade is for occasional captures: it allocates per frame. A hot loop uses {@link
 * io.dwunw.unwind.NativeUnwinder} itself, which shares {@link io.dwunw.arch.RegisterSet} with it. Not thread-safe. The
 * example program {@code io.dwunw.example.SnapshotStack} in the tests prints a stack from a recorded snapshot.
 */
@NullMarked
package io.dwunw;

import org.jspecify.annotations.NullMarked;
