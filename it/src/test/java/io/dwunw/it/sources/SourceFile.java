// SPDX-License-Identifier: MIT
package io.dwunw.it.sources;

import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A source file of the project, in whatever language, as lines. */
record SourceFile(String path, Kind kind, List<String> lines) {
    private static final Set<String> NOT_OURS = Set.of("target", ".git", ".idea", ".vscode", ".settings", "resources");

    /** A language, which decides how comments look. */
    enum Kind {
        JAVA,
        C,
        /** Shell or Python. */
        SCRIPT,
        MARKDOWN
    }

    /** Every source file of the tree. */
    static List<SourceFile> all() throws IOException {
        Path root = Project.root();
        List<SourceFile> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean skipped = !folder.equals(root)
                        && NOT_OURS.contains(folder.getFileName().toString());
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                SourceFile source = attributes.isRegularFile() ? read(root, file) : null;
                if (source != null) {
                    files.add(source);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    private static @Nullable SourceFile read(Path root, Path file) throws IOException {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        Kind kind = switch (name.substring(dot + 1)) {
            case "java" -> Kind.JAVA;
            case "c", "h", "cpp", "S" -> Kind.C;
            case "py", "sh" -> Kind.SCRIPT;
            case "md" -> Kind.MARKDOWN;
            default -> null;
        };
        if (kind == null && dot >= 0) {
            return null;
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException notText) {
            return null;
        }
        if (kind == null) {
            boolean script = !lines.isEmpty() && lines.get(0).startsWith("#!");
            return script ? new SourceFile(root.relativize(file).toString(), Kind.SCRIPT, lines) : null;
        }
        return new SourceFile(root.relativize(file).toString(), kind, lines);
    }
}
