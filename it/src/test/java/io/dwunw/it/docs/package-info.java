// SPDX-License-Identifier: MIT
/** Checks that the documentation says what the code does: options, events, messages, commands, links. */
@NullMarked
package io.dwunw.it.docs;

import org.jspecify.annotations.NullMarked;
