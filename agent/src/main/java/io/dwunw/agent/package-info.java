// SPDX-License-Identifier: MIT
/**
 * The Java agent's entry: options, what must be there before anything starts, and the session that owns
 * every other part and shuts it down in order.
 *
 * <p>{@link io.dwunw.agent.AgentMain} and {@link io.dwunw.agent.Agent} must not link against {@code jdk.jfr}: they
 * decide whether that module is there.
 * Nothing in here may let an exception reach the application.
 */
@NullMarked
package io.dwunw.agent;

import org.jspecify.annotations.NullMarked;
