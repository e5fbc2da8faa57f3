package io.dwunw.agent.linux;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Loads the agent's JNI library out of the jar. */
public final class NativeLibrary {
    /** Directories to try in turn: the first may be full, read-only or mounted {@code noexec}. */
    private static final List<String> FALLBACK_DIRECTORIES = List.of("/tmp", "/var/tmp", "/dev/shm", "/run");

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int MAX_ATTEMPTS = 100;

    private static final int O_RDONLY_CLOEXEC = 02000000;

    private static boolean loaded;
    private static int descriptor = -1;

    private NativeLibrary() {}

    /**
     * Extracts the library to a private temporary file, loads it, and deletes the file. Does nothing when it is loaded
     * already.
     *
     * @throws NativeLibraryException if this is not Linux on a supported processor, if no directory can hold the file,
     *     or if the dynamic linker refuses it (no glibc)
     */
    public static synchronized void load() throws NativeLibraryException {
        if (loaded) {
            return;
        }
        load(directories());
        loaded = true;
    }

    /** Tries the directories in order; the last failure is the one that is told. */
    static void load(List<Path> directories) throws NativeLibraryException {
        String name = resourceName(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        byte[] library = resource(name);
        @Nullable Throwable last = null;
        for (Path directory : directories) {
            try {
                loadFrom(directory, library);
                return;
            } catch (IOException | UnsatisfiedLinkError | UnsupportedOperationException e) {
                last = e;
            }
        }
        throw new NativeLibraryException("the agent's native library cannot be loaded: " + reason(last), last);
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
        try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new NativeLibraryException("the agent's jar has no " + name, null);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new NativeLibraryException("the agent's jar cannot be read: " + e.getMessage(), e);
        }
    }

    private static List<Path> directories() {
        List<Path> directories = new ArrayList<>();
        directories.add(Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
        for (String directory : FALLBACK_DIRECTORIES) {
            directories.add(Path.of(directory));
        }
        return directories;
    }

    private static void loadFrom(Path directory, byte[] library) throws IOException {
        Path own = createPrivateDirectory(directory);
        Path file = own.resolve("libdwunw.so");
        try {
            Files.createFile(file, OWNER_ONLY);
            Files.write(file, library);
            String path = file.toAbsolutePath().toString();
            System.load(path);
            descriptor = open(path);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(own);
        }
    }

    /**
     * Made with mode 0700 and only if the name is free, so nobody else can put a file in the way; the name needs not be
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
        ByteBuffer name = ByteBuffer.allocateDirect(bytes.length + 1).put(0, bytes);
        try {
            return (int) Linux.syscall(SystemCall.OPEN, Linux.address(name), O_RDONLY_CLOEXEC, 0, 0, 0, 0);
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    /**
     * The loaded file, which has no name any more, as a path for this process: only so can the kernel be told to probe it.
     * An application may have closed the descriptor behind it and reused its number: compare the inode before use.
     *
     * @return empty if it could not be kept open
     */
    public static synchronized Optional<Path> file() {
        return descriptor < 0 ? Optional.empty() : Optional.of(Path.of("/proc/self/fd/" + descriptor));
    }

    private static String reason(@Nullable Throwable last) {
        return last == null ? "no directory to put it into" : String.valueOf(last.getMessage());
    }
}
