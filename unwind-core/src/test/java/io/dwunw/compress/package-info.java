@NullMarked
package io.dwunw.compress;

import org.jspecify.annotations.NullMarked;
