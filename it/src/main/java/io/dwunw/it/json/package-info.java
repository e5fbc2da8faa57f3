// SPDX-License-Identifier: MIT
/** Reads the JSON that {@code jfr print --json} writes. Knows nothing of events. Cold, single-threaded. */
@NullMarked
package io.dwunw.it.json;

import org.jspecify.annotations.NullMarked;
