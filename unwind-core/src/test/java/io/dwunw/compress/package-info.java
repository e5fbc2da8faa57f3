// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.compress;

import org.jspecify.annotations.NullMarked;
