// SPDX-License-Identifier: MIT
/** Rules that every source file keeps: its licence, and the language of its comments. */
@NullMarked
package io.dwunw.it.sources;

import org.jspecify.annotations.NullMarked;
