// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw;

import org.jspecify.annotations.NullMarked;
