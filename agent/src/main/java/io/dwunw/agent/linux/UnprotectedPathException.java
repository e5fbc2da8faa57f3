// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.IOException;
import java.nio.file.Path;

/** A file or directory that another user could change or exchange; the message says which, and how. */
final class UnprotectedPathException extends IOException {
    private static final long serialVersionUID = 1;

    UnprotectedPathException(Path path, String why) {
        super(path + " " + why);
    }
}
