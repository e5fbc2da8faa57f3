// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.module.ModuleStore.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract's lines about the module cache. */
final class ModuleCacheTest {
    @TempDir
    Path directory = Path.of("");

    private final ModuleCache cache = new ModuleCache(3);

    @Test
    void sixteenSlotsByDefault() throws IOException {
        ModuleCache byDefault = new ModuleCache();
        for (int i = 0; i < 16; i++) {
            assertThat(byDefault.acquire(elf("lib" + i + ".so")).outcome()).isEqualTo(Outcome.OK);
        }
        assertThat(byDefault.isReady()).isFalse();
        assertThat(byDefault.acquire(elf("one-too-many.so")).outcome()).isEqualTo(Outcome.FULL);
    }

    @Test
    void theCapacityIsConfigurable() throws IOException {
        ModuleCache one = new ModuleCache(1);
        assertThat(one.acquire(elf("a.so")).outcome()).isEqualTo(Outcome.OK);
        assertThat(one.acquire(elf("b.so")).outcome()).isEqualTo(Outcome.FULL);
        assertThatThrownBy(() -> new ModuleCache(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whenAllSlotsAreActiveTheAnswerIsCacheFull() throws IOException {
        for (String name : List.of("a.so", "b.so", "c.so")) {
            acquire(elf(name));
        }
        assertThat(cache.acquire(elf("d.so")).outcome()).isEqualTo(Outcome.FULL);
        assertThat(cache.counters().evictions()).isZero();
        assertThat(cache.acquire(elf("a.so")).outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void hitsMissesAndEvictionsAreCounted() throws IOException {
        for (String name : List.of("a.so", "b.so", "c.so", "d.so", "d.so", "a.so")) {
            cache.release(acquire(elf(name)));
        }
        assertThat(cache.counters()).isEqualTo(new ModuleStore.Counters(1, 5, 2, 0, 3));
    }

    @Test
    void aReleasedModuleStaysWarmAndIsReusedWithoutReopening() throws IOException {
        CachedModule first = acquire(elf("a.so"));
        assertThat(cache.release(first)).isTrue();
        assertThat(cache.counters()).isEqualTo(new ModuleStore.Counters(0, 1, 0, 0, 1));
        assertThat(acquire(elf("a.so"))).isSameAs(first);
        assertThat(cache.counters()).isEqualTo(new ModuleStore.Counters(1, 1, 0, 1, 0));
    }

    @Test
    void referencesAreCounted() throws IOException {
        CachedModule first = acquire(elf("a.so"));
        assertThat(acquire(elf("a.so"))).isSameAs(first);
        assertThat(first.references()).isEqualTo(2);
        cache.release(first);
        assertThat(cache.counters().active()).isEqualTo(1);
        cache.release(first);
        assertThat(cache.counters().active()).isZero();
        assertThat(cache.release(first)).isFalse();
    }

    @Test
    void theOldestWarmModuleIsEvictedOnlyUnderPressure() throws IOException {
        CachedModule a = acquire(elf("a.so"));
        CachedModule b = acquire(elf("b.so"));
        CachedModule c = acquire(elf("c.so"));
        cache.release(b);
        cache.release(a);
        assertThat(cache.counters().evictions()).isZero();
        acquire(elf("d.so"));
        assertThat(cache.counters().evictions()).isEqualTo(1);
        assertThat(acquire(elf("a.so"))).isSameAs(a);
        assertThat(acquire(elf("c.so"))).isSameAs(c);
        assertThat(cache.acquire(elf("b.so")).outcome()).isEqualTo(Outcome.FULL);
    }

    @Test
    void flushForgetsWarmModulesAndServesActiveOnesNoMore() throws IOException {
        CachedModule warm = acquire(elf("a.so"));
        cache.release(warm);
        CachedModule active = acquire(elf("b.so"));
        cache.flush();
        assertThat(cache.counters().warm()).isZero();
        assertThat(acquire(elf("a.so"))).isNotSameAs(warm);
        assertThat(acquire(elf("b.so"))).isNotSameAs(active);
        assertThat(active.image().sections()).isNotEmpty();
        assertThat(cache.release(active)).isTrue();
        assertThat(cache.counters().active()).isEqualTo(2);
    }

    @Test
    void aFileWithAnotherInodeIsNeverServedFromTheCache() throws IOException {
        Path path = elf("a.so");
        CachedModule old = acquire(path);
        cache.release(old);
        FileTime time = Files.getLastModifiedTime(path);
        Path other = directory.resolve("other.so");
        Files.copy(path, other);
        Files.setLastModifiedTime(other, time);
        Files.move(other, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        assertThat(acquire(path)).isNotSameAs(old);
        assertThat(cache.counters().misses()).isEqualTo(2);
    }

    @Test
    void aFileWithAnotherModificationTimeIsNeverServedFromTheCache() throws IOException {
        Path path = elf("a.so");
        CachedModule old = acquire(path);
        cache.release(old);
        Files.setLastModifiedTime(path, FileTime.fromMillis(1));
        assertThat(acquire(path)).isNotSameAs(old);
    }

    @Test
    void aFileRewrittenInPlaceWithAnotherBuildIdIsNeverServedFromTheCache() throws IOException {
        Path path = elf("a.so");
        FileTime time = Files.getLastModifiedTime(path);
        CachedModule old = acquire(path);
        cache.release(old);
        byte[] bytes = Files.readAllBytes(path);
        String id = Objects.requireNonNull(old.buildId()).hex();
        int at = indexOf(bytes, java.util.HexFormat.of().parseHex(id));
        bytes[at] ^= 1;
        Files.write(path, bytes, java.nio.file.StandardOpenOption.WRITE);
        Files.setLastModifiedTime(path, time);
        CachedModule fresh = acquire(path);
        assertThat(fresh).isNotSameAs(old);
        assertThat(fresh.buildId()).isNotEqualTo(old.buildId());
    }

    @Test
    void failuresAreCachedToo() throws IOException {
        Path missing = directory.resolve("missing.so");
        assertThat(cache.acquire(missing).outcome()).isEqualTo(Outcome.UNREADABLE);
        assertThat(cache.acquire(missing).outcome()).isEqualTo(Outcome.UNREADABLE);
        Path text = Files.writeString(directory.resolve("text.so"), "text");
        assertThat(cache.acquire(text).outcome()).isEqualTo(Outcome.NOT_ELF);
        assertThat(cache.acquire(text).outcome()).isEqualTo(Outcome.NOT_ELF);
        assertThat(cache.counters()).isEqualTo(new ModuleStore.Counters(2, 2, 0, 0, 2));
        Files.copy(self(), missing);
        assertThat(cache.acquire(missing).outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void aClosedCacheAnswersInvalidArg() throws IOException {
        CachedModule module = acquire(elf("a.so"));
        cache.close();
        assertThat(cache.isReady()).isFalse();
        assertThat(cache.acquire(elf("a.so")).outcome()).isEqualTo(Outcome.CLOSED);
        assertThat(cache.release(module)).isTrue();
        assertThat(cache.counters().warm()).isZero();
    }

    @Test
    void closingAndEvictingLeaveNoFileOpen() throws IOException {
        CachedModule held = acquire(elf("held.so"));
        cache.acquire(Files.writeString(directory.resolve("text.so"), "text"));
        cache.release(acquire(elf("warm.so")));
        assertThat(openFiles()).containsExactlyInAnyOrder("held.so", "warm.so");
        cache.release(acquire(elf("another.so")));
        assertThat(openFiles()).containsExactlyInAnyOrder("held.so", "warm.so", "another.so");
        acquire(elf("one-more.so"));
        assertThat(openFiles()).containsExactlyInAnyOrder("held.so", "another.so", "one-more.so");
        cache.close();
        assertThat(openFiles()).containsExactlyInAnyOrder("held.so", "one-more.so");
        assertThat(held.image().section(".eh_frame")).isNotNull();
        cache.release(held);
        assertThat(openFiles()).containsExactly("one-more.so");
    }

    private List<String> openFiles() throws IOException {
        List<String> names = new ArrayList<>();
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                Path target = Files.exists(descriptor) ? Files.readSymbolicLink(descriptor) : descriptor;
                if (target.startsWith(directory.toRealPath())) {
                    names.add(String.valueOf(target.getFileName()));
                }
            }
        }
        return names;
    }

    @Test
    void theSerialisingWrapperMayBeShared() throws Exception {
        List<Path> paths = List.of(elf("a.so"), elf("b.so"), elf("c.so"), elf("d.so"), elf("e.so"));
        ModuleStore shared = new ModuleCache(8).synchronizedView();
        assertThat(shared.synchronizedView()).isSameAs(shared);
        Set<CachedModule> held = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                runs.add(threads.submit(() -> acquireAndRelease(shared, paths, held)));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }
        ModuleStore.Counters counters = shared.counters();
        assertThat(counters.hits() + counters.misses()).isEqualTo(4 * 200);
        assertThat(counters.misses()).isGreaterThanOrEqualTo(5);
        assertThat(counters.active()).isZero();
        assertThat(counters.warm()).isBetween(5, 8);
    }

    private static void acquireAndRelease(ModuleStore shared, List<Path> paths, Set<CachedModule> held) {
        for (int i = 0; i < 200; i++) {
            CachedModule module = Objects.requireNonNull(
                    shared.acquire(paths.get(i % paths.size())).module());
            assertThat(held.add(module)).as("no one else holds it").isTrue();
            assertThat(module.cfi()).isNotNull();
            assertThat(held.remove(module)).isTrue();
            assertThat(shared.release(module)).isTrue();
        }
    }

    @Test
    void theSerialisingWrapperLendsAModuleToOneThreadAtATime() throws Exception {
        Path path = elf("a.so");
        ModuleStore shared = new ModuleCache(2).synchronizedView();
        CachedModule mine = Objects.requireNonNull(shared.acquire(path).module());
        assertThat(shared.acquire(path).module()).isSameAs(mine);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            CachedModule theirs =
                    other.submit(() -> shared.acquire(path).module()).get();
            assertThat(theirs).isNotNull().isNotSameAs(mine);
            assertThat(other.submit(() -> shared.release(mine)).get()).isFalse();
            assertThat(shared.release(mine)).isTrue();
            assertThat(shared.release(mine)).isTrue();
            assertThat(shared.release(mine)).isFalse();
            assertThat(other.submit(() -> shared.acquire(path).module()).get()).isIn(mine, theirs);
        } finally {
            other.shutdown();
        }
        assertThat(shared.counters().misses()).isEqualTo(2);
    }

    private CachedModule acquire(Path path) {
        ModuleStore.Acquisition acquisition = cache.acquire(path);
        assertThat(acquisition.outcome()).isEqualTo(Outcome.OK);
        return Objects.requireNonNull(acquisition.module());
    }

    private Path elf(String name) throws IOException {
        Path path = directory.resolve(name);
        if (!Files.exists(path)) {
            Files.copy(self(), path);
        }
        return path;
    }

    private static Path self() throws IOException {
        return Path.of("/proc/self/exe").toRealPath();
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new IllegalStateException("not there");
    }
}
