// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Event;
import org.jspecify.annotations.Nullable;

/**
 * One event to be committed, and the stack that it is to carry.
 *
 * @param stack null if the event type has no stack trace
 */
public record Publication(Event event, @Nullable ReplayableStack stack) {}
