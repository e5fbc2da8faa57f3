// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Loads the agent's JNI library out of the jar.
 *
 * <p>What is loaded runs as this process's user, so no other user may have a hand in it: files and directories that one
 * could change are passed over (see {@link ProtectedPaths}, also for why there is no window between that check and the
 * load). The library is written to a file in a directory of its own, which only this user may enter.
 */
public final class NativeLibrary {
    /** Directories to try in turn: the first may be full, read-only or mounted {@code noexec}. */
    private static final List<String> FALLBACK_DIRECTORIES = List.of("/tmp", "/var/tmp", "/dev/shm", "/run");

    private static final String ADVICE = "; put libdwunw-x86_64.so beside the agent's jar (unzip -j dwunw-agent.jar"
            + " '*/libdwunw-x86_64.so'), or let -Djava.io.tmpdir name a directory that is writable, not mounted noexec, and"
            + " not writable by other users (unless sticky)";

    /**
     * What glibc says when the libraries loaded so far have used up what it keeps for later ones' thread-local storage.
     */
    private static final String NO_STATIC_TLS = "static TLS block";

    private static final String PACKAGE = "io/dwunw/agent/linux/";

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int MAX_ATTEMPTS = 100;

    private static final int O_RDONLY_CLOEXEC = 02000000;

    private static boolean loaded;
    private static int descriptor = -1;
    private static @Nullable String passedOver;

    private NativeLibrary() {}

    /**
     * Extracts the library to a private temporary file, loads it, and deletes the file; or, where the same file lies
     * beside the jar, loads that. Does nothing when it is loaded already.
     *
     * @throws NativeLibraryException if this is not Linux on a supported processor, if no directory can hold the file,
     *     or if the dynamic linker refuses it (no glibc)
     */
    public static synchronized void load() throws NativeLibraryException {
        if (loaded) {
            return;
        }
        try {
            load(besideTheJar(), directories(), ProtectedPaths.ofThisProcess());
        } catch (IOException e) {
            throw new NativeLibraryException("the agent's native library cannot be loaded: " + reason(e), e);
        }
        loaded = true;
    }

    /**
     * Why the library was loaded from another place than the first: because another user could have exchanged it there.
     *
     * @return one line fit for a user; empty if no place was passed over for that reason
     */
    public static synchronized Optional<String> passedOver() {
        return passedOver == null
                ? Optional.empty()
                : Optional.of("the agent's native library is not loaded from where other users could exchange it: "
                        + passedOver);
    }

    /**
     * Tries the file, if it has the right contents, then the directories in order. The failure of the first directory
     * is the one that is reported: it is the one that the user knows of.
     */
    static void load(@Nullable Path unpacked, List<Path> directories, ProtectedPaths paths)
            throws NativeLibraryException {
        String name = resourceName(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        byte[] library = resource(name);
        passedOver = null;
        @Nullable Throwable first = null;
        if (unpacked != null) {
            try {
                if (Files.isRegularFile(unpacked) && loadUnpacked(unpacked.toRealPath(), library, paths)) {
                    return;
                }
            } catch (IOException | UnsatisfiedLinkError e) {
                first = e;
                note(e);
            }
        }
        for (Path directory : directories) {
            try {
                Path real = directory.toRealPath();
                paths.requireDirectory(real);
                loadFrom(real, library, paths);
                return;
            } catch (IOException | UnsatisfiedLinkError | UnsupportedOperationException e) {
                first = first == null ? e : first;
                note(e);
            }
        }
        String reason = reason(first);
        if (passedOver != null && !reason.equals(passedOver)) {
            reason += "; " + passedOver;
        }
        throw new NativeLibraryException(
                "the agent's native library cannot be loaded: " + advised(reason, directories), first);
    }

    private static void note(Throwable failure) {
        if (passedOver == null && failure instanceof UnprotectedPathException unprotected) {
            passedOver = unprotected.getMessage();
        }
    }

    /** Whether the file is the library. */
    private static boolean loadUnpacked(Path file, byte[] library, ProtectedPaths paths) throws IOException {
        paths.requireFile(file);
        if (Files.size(file) != library.length || !Arrays.equals(read(file), library)) {
            return false;
        }
        loadFile(file);
        return true;
    }

    /** Not by {@code Files}, whose channels leave a direct buffer behind that counts against the application's. */
    private static byte[] read(Path file) throws IOException {
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            return in.readAllBytes();
        }
    }

    /** A reason, with what the user may do about it. */
    static String advised(String reason, List<Path> directories) {
        if (reason.contains(NO_STATIC_TLS)) {
            return reason + "; set GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096 in the JVM's environment";
        }
        return reason + "; nor from any of "
                + directories.stream().skip(1).map(Path::toString).collect(Collectors.joining(", ")) + ADVICE;
    }

    static String resourceName(String system, String processor) throws NativeLibraryException {
        if (!system.equals("Linux")) {
            throw new NativeLibraryException(
                    "this is " + system + "; native allocations are traced on Linux only", null);
        }
        return switch (processor.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "libdwunw-x86_64.so";
            default -> throw new NativeLibraryException("no native library for processor " + processor, null);
        };
    }

    private static byte[] resource(String name) throws NativeLibraryException {
        // Not by the class: of a named module's it would ask for a URL, which the agent's loader has none of.
        ClassLoader loader = NativeLibrary.class.getClassLoader();
        try (InputStream in = loader.getResourceAsStream(PACKAGE + name)) {
            if (in == null) {
                throw new NativeLibraryException("the agent's jar has no " + name, null);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new NativeLibraryException("the agent's jar cannot be read: " + e.getMessage(), e);
        }
    }

    /** Where a user may have unpacked the library, as where no directory is both writable and executable. */
    private static @Nullable Path besideTheJar() {
        CodeSource source = NativeLibrary.class.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return null;
        }
        try {
            return Path.of(source.getLocation().toURI()).resolveSibling("libdwunw-x86_64.so");
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return null;
        }
    }

    private static List<Path> directories() {
        Set<Path> directories = new LinkedHashSet<>();
        add(directories, System.getProperty("java.io.tmpdir"));
        for (String directory : FALLBACK_DIRECTORIES) {
            add(directories, directory);
        }
        add(directories, System.getenv("XDG_RUNTIME_DIR"));
        add(directories, System.getProperty("user.home"));
        add(directories, System.getProperty("user.dir"));
        return List.copyOf(directories);
    }

    private static void add(Set<Path> directories, @Nullable String directory) {
        // An unknown home is called "?", and "" would be the working directory under another name.
        if (directory != null && directory.startsWith("/")) {
            directories.add(Path.of(directory));
        }
    }

    private static void loadFrom(Path directory, byte[] library, ProtectedPaths paths) throws IOException {
        Path own = createPrivateDirectory(directory);
        Path file = own.resolve("libdwunw.so");
        try {
            // Some file systems give what is created on them to another user, or know no permissions.
            paths.requireEntry(own);
            Files.createFile(file, OWNER_ONLY);
            paths.requireEntry(file);
            try (FileOutputStream out = new FileOutputStream(file.toFile())) {
                out.write(library);
            }
            loadFile(file);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(own);
        }
    }

    private static void loadFile(Path file) {
        String path = file.toString();
        System.load(path);
        descriptor = open(path);
    }

    /**
     * Made with mode 0700 and only if the name is free, so no one else can put a file in the way; the name needs not be
     * secret. (JDK's own temporary directories draw theirs from SecureRandom, which costs 20 ms at start-up.)
     */
    private static Path createPrivateDirectory(Path directory) throws IOException {
        long name = System.nanoTime();
        for (int attempt = 0; ; attempt++) {
            try {
                return Files.createDirectory(
                        directory.resolve("dwunw-" + Long.toHexString(name + attempt)), OWNER_ONLY);
            } catch (FileAlreadyExistsException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static int open(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        long size = bytes.length + 1L;
        long name = NativeMemory.map(size);
        try {
            Linux.memory(name, size).put(0, bytes);
            return (int) Linux.syscall(SystemCall.OPEN, name, O_RDONLY_CLOEXEC, 0, 0, 0, 0);
        } finally {
            NativeMemory.unmap(name, size);
        }
    }

    /**
     * The loaded file, which has no name any more, as a path for this process: the kernel can only be asked to probe it
     * by such a path. An application may have closed the descriptor behind it and reused its number: compare the inode
     * before use.
     *
     * @return empty if it could not be kept open
     */
    public static synchronized Optional<Path> file() {
        return descriptor < 0 ? Optional.empty() : Optional.of(Path.of("/proc/self/fd/" + descriptor));
    }

    private static String reason(@Nullable Throwable failure) {
        if (failure == null) {
            return "no directory to put it into";
        }
        // The messages of some are no more than the file's name.
        boolean bare = failure instanceof FileSystemException e && e.getReason() == null;
        return failure.getMessage() + (bare ? " (" + failure.getClass().getSimpleName() + ")" : "");
    }
}
