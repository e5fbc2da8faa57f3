// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Check that no other user can change or exchange a file between this look at it and a later use. Root and the user of
 * this process count as trusted: either could replace the JVM itself.
 *
 * <p>A path without symbolic links is looked at from the root downwards. Each component has to belong to a trusted
 * user, and no one else may write to it; except that directories with the sticky bit may be writable, since there an
 * entry can be renamed or removed only by the owner of the entry or of the directory (inode(7)), who are both trusted.
 * When a component is looked at, all above it have passed already and stay what they are, so it cannot be exchanged
 * either. The result holds until a trusted user changes something, and it needs no second look.
 *
 * <p>An access control list that lets somebody write shows in the mode: its mask takes the place of the group's
 * permissions (acl(5)). File systems are believed: one whose server lies about owners could as well give other bytes at
 * each reading.
 */
final class ProtectedPaths {
    private static final String STATUS = "/proc/self/status";
    private static final String USERS_LINE = "\nUid:";
    private static final int ROOT = 0;

    // inode(7)
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR_FILE = 0100000;
    private static final int STICKY = 01000;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int PERMISSIONS = 07777;

    private final int user;

    /** With a user that is trusted beside root. */
    ProtectedPaths(int user) {
        this.user = user;
    }

    /**
     * With the user that files of this process are created for.
     *
     * @throws IOException if {@code /proc} does not tell
     */
    static ProtectedPaths ofThisProcess() throws IOException {
        try (FileInputStream in = new FileInputStream(STATUS)) {
            return new ProtectedPaths(user(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)));
        }
    }

    /** Of four users (real, effective, saved, for files) the last one. */
    static int user(String status) throws IOException {
        int line = status.indexOf(USERS_LINE);
        int end = status.indexOf('\n', line + 1);
        if (line < 0 || end < 0) {
            throw new IOException(STATUS + " does not say whose this process is");
        }
        try {
            return Integer.parseUnsignedInt(status, status.lastIndexOf('\t', end) + 1, end, 10);
        } catch (NumberFormatException e) {
            throw new IOException(STATUS + " does not say whose this process is", e);
        }
    }

    /**
     * Returns if no one else can exchange the directory, or an entry in it that belongs to a trusted user.
     *
     * @param real absolute, without symbolic links (see {@link Path#toRealPath})
     * @throws UnprotectedPathException if somebody could
     * @throws IOException if it cannot be looked at, or is no directory
     */
    void requireDirectory(Path real) throws IOException {
        Path at = real.getRoot();
        requireOne(at, DIRECTORY);
        for (Path name : real) {
            at = at.resolve(name);
            requireOne(at, DIRECTORY);
        }
    }

    /**
     * Returns if no one else can exchange the file or write to it.
     *
     * @param real absolute, without symbolic links
     * @throws UnprotectedPathException if somebody could
     * @throws IOException if it cannot be looked at, or is no regular file
     */
    void requireFile(Path real) throws IOException {
        Path directory = real.getParent();
        if (directory == null) {
            throw new IOException(real + " is not a file");
        }
        requireDirectory(directory);
        requireOne(real, REGULAR_FILE);
    }

    /** As the last component of a path all others of which have passed. */
    void requireEntry(Path entry) throws IOException {
        requireOne(entry, Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) ? DIRECTORY : REGULAR_FILE);
    }

    private void requireOne(Path path, int type) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
        if (!(attributes.get("mode") instanceof Integer mode) || !(attributes.get("uid") instanceof Integer owner)) {
            throw new IOException(path + " has neither mode nor owner");
        }
        if ((mode & TYPE) != type) {
            throw type == DIRECTORY
                    ? new NotDirectoryException(path.toString())
                    : new IOException(path + " is no regular file");
        }
        if (owner != ROOT && owner != user) {
            throw new UnprotectedPathException(
                    path, "belongs to another user (" + Integer.toUnsignedString(owner) + ")");
        }
        boolean sticky = type == DIRECTORY && (mode & STICKY) != 0;
        if ((mode & WRITABLE_BY_OTHERS) != 0 && !sticky) {
            throw new UnprotectedPathException(
                    path, "may be written to by other users (mode " + Integer.toOctalString(mode & PERMISSIONS) + ")");
        }
    }
}
