@NullMarked
package io.dwunw.it;

import org.jspecify.annotations.NullMarked;
