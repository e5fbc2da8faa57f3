// SPDX-License-Identifier: MIT
/**
 * Ground truth for the mixed walk: programs that take snapshots at native leaves and let Java say, at the same point,
 * what the stack is. They run in JVMs of their own, under many flags; {@link io.dwunw.agent.truth.WalkTruthTest} starts
 * them.
 */
@NullMarked
package io.dwunw.agent.truth;

import org.jspecify.annotations.NullMarked;
