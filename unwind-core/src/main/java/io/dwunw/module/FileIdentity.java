// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/** Identity that distinguishes a file from another one that took its path. Two absent files are equal. */
record FileIdentity(Object device, Object inode, Object modified, Object size) {
    private static final FileIdentity ABSENT = new FileIdentity("", "", "", "");

    static FileIdentity of(Path path) {
        try {
            Map<String, Object> all = Files.readAttributes(path, "unix:dev,ino,lastModifiedTime,size");
            return new FileIdentity(
                    attribute(all, "dev"),
                    attribute(all, "ino"),
                    attribute(all, "lastModifiedTime"),
                    attribute(all, "size"));
        } catch (IOException | UnsupportedOperationException | SecurityException absent) {
            return ABSENT;
        }
    }

    /** Whether a path leads to this inode. False for a path that this JVM's file name encoding cannot express. */
    static boolean isInode(String path, long inode) {
        try {
            return Files.getAttribute(Path.of(path), "unix:ino") instanceof Long found && found == inode;
        } catch (IOException | InvalidPathException | UnsupportedOperationException | SecurityException unknown) {
            return false;
        }
    }

    private static Object attribute(Map<String, Object> all, String name) {
        Object value = all.get(name);
        return value == null ? "" : value;
    }
}
