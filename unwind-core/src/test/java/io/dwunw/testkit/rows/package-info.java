// SPDX-License-Identifier: MIT
/**
 * Compares our unwind rows, one by one, with those that {@code readelf --debug-dump=frames-interp} prints. Behind
 * {@code it/compare-rows} and {@code RowsTest}.
 */
@NullMarked
package io.dwunw.testkit.rows;

import org.jspecify.annotations.NullMarked;
