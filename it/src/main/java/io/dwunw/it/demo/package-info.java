// SPDX-License-Identifier: MIT
/**
 * What {@code ./demo} runs: a small server-like program that leaks native memory through the JDK itself, and the
 * printer of its leaks. Needs nothing but the JDK; knows of the agent only the events.
 */
@NullMarked
package io.dwunw.it.demo;

import org.jspecify.annotations.NullMarked;
