// SPDX-License-Identifier: MIT
/**
 * From the compiled BPF program to probes on this process's allocator: reading the object file ({@code BpfObject},
 * without the kernel), making maps and loading programs ({@code BpfSystem}), choosing what the kernel offers and
 * attaching ({@code UprobeEngine}).
 *
 * <p>Must not know stacks' meaning, Java frames or events. Features are probed for, never derived from a version.
 * Every way to fail ends in a {@code BpfUnavailableException} that says in one line what is missing and what to do.
 * Methods of {@code UprobeEngine} may be called by any thread, its samples belong to one. Attaching allocates;
 * draining does not, except when a thread is seen for the first time.
 */
@NullMarked
package io.dwunw.agent.bpf;

import org.jspecify.annotations.NullMarked;
