// SPDX-License-Identifier: MIT
/** Integration tests against real JVMs: programs under test and the demonstration here, the tests beside them. */
@NullMarked
package io.dwunw.it;

import org.jspecify.annotations.NullMarked;
