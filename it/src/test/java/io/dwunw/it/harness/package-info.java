// SPDX-License-Identifier: MIT
/**
 * Starts real JVMs with the agent and a recording, and keeps what they leave behind: exit code, output, recording.
 *
 * <p>Knows nothing of events. A JVM that does not end in time is asked for its threads' stacks and killed.
 */
@NullMarked
package io.dwunw.it.harness;

import org.jspecify.annotations.NullMarked;
