// SPDX-License-Identifier: MIT
/** A web application with a database, as a program under test. */
@NullMarked
package io.dwunw.it.spring;

import org.jspecify.annotations.NullMarked;
