// SPDX-License-Identifier: MIT
/**
 * Reads the agent's events out of a recording with every reader that users have, into one form.
 *
 * <p>Knows nothing of JVMs and processes, except that {@code jfr} is one.
 */
@NullMarked
package io.dwunw.it.recording;

import org.jspecify.annotations.NullMarked;
