// SPDX-License-Identifier: MIT
/**
 * What every way of catching allocations has in common, so that the sidecar needs not know which one is at work.
 *
 * <p>Knows records and rings, not who produces them: engines are in {@code bpf} and {@code hooks}.
 */
@NullMarked
package io.dwunw.agent.engine;

import org.jspecify.annotations.NullMarked;
