// SPDX-License-Identifier: MIT
/**
 * What tracing may cost, and what follows from what it does cost.
 *
 * <p>Knows counters and clocks, not how allocations are caught: an engine says what its calls cost. Confined to the
 * sidecar thread. Allocates nothing after construction.
 */
@NullMarked
package io.dwunw.agent.budget;

import org.jspecify.annotations.NullMarked;
