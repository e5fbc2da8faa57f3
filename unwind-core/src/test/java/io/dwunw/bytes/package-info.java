// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.bytes;

import org.jspecify.annotations.NullMarked;
