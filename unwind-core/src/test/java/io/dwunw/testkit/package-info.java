// SPDX-License-Identifier: MIT
/**
 * Test kit: recorded snapshots, assemblers for CFI and ELF, the "allocates nothing" assertion. Shipped as the module's
 * test-jar, so that other modules' tests can use it. Knows the public API only.
 */
@NullMarked
package io.dwunw.testkit;

import org.jspecify.annotations.NullMarked;
