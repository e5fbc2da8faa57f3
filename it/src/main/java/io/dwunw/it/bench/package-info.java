// SPDX-License-Identifier: MIT
/**
 * The programs that {@code it/compare-peers} measures: each warms up, measures, prints one line of {@code key=value}
 * words on standard output and ends. They know nothing of agents and profilers.
 *
 * <p>Keys: {@code cpu}, {@code wall} (ns of the working threads per operation), {@code process} (ns of CPU time of the
 * whole process per operation, so that an agent's own threads count), {@code operations}, {@code bytes} (asked for in
 * the measured time, where the program knows), {@code from}, {@code until} (the measured time, in milliseconds of the
 * epoch), {@code rss} (the highest resident memory so far, KiB).
 */
@NullMarked
package io.dwunw.it.bench;

import org.jspecify.annotations.NullMarked;
