// SPDX-License-Identifier: MIT
/**
 * What is still alive: sampled blocks by address, gathered into allocation sites, and which of those look like leaks.
 *
 * <p>Knows nothing of JFR, BPF or ELF: a site is a number, a stack is an opaque reference. Used by the sidecar thread
 * alone. {@link io.dwunw.agent.leak.LiveAllocations} allocates only when it grows; reports are cold.
 */
@NullMarked
package io.dwunw.agent.leak;

import org.jspecify.annotations.NullMarked;
