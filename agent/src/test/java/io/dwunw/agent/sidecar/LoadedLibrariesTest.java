// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.Linux;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Libraries are letters here; each has an inode of its own, and lies where the test says. */
class LoadedLibrariesTest {
    private static final long PAGES = 0x10_0000L;

    private final ModuleMap modules = new ModuleMap(module -> {
        throw new IOException("no files here");
    });
    private final LoadedLibraries loaded = new LoadedLibraries(modules);

    /** The loader's list as of {@code now}: letters and places in turns, as in {@code "a1b2"}. */
    private void list(long added, long removed, String libraries, long now) {
        long[] list = new long[Linux.LIBRARIES_HEADER + LoadedLibraries.MAX_LIBRARIES];
        list[0] = added;
        list[1] = removed;
        int count = Linux.LIBRARIES_HEADER;
        for (int i = 0; i < libraries.length(); i += 2) {
            long low = address(libraries.charAt(i + 1));
            list[count++] = low;
            list[2] = libraries.charAt(i) == 'o' ? low : list[2];
        }
        loaded.changed(list, count, now);
    }

    private static long address(char place) {
        return (place - '0') * PAGES;
    }

    /** Reads the map, in which the places rise. */
    private void read(String libraries, long from) {
        StringBuilder maps = new StringBuilder();
        for (int i = 0; i < libraries.length(); i += 2) {
            long low = address(libraries.charAt(i + 1));
            maps.append(Long.toHexString(low)).append('-').append(Long.toHexString(low + PAGES));
            maps.append(" r-xp 00000000 00:01 ")
                    .append((int) libraries.charAt(i))
                    .append(" /");
            maps.append(libraries.charAt(i)).append(".so\n");
        }
        modules.update(maps);
        loaded.read(from);
    }

    private boolean wasMapped(char place, long nanos) {
        LoadedModule module = modules.find(address(place));
        boolean was = module != null && loaded.wasMapped(module.id(), nanos);
        assertThat(was || !loaded.allWereMapped(nanos)).isTrue();
        return was;
    }

    @Test
    void whatWasThereAtTheFirstReadingIsBelievedOfAllStacks() {
        list(2, 0, "a1b2", 100);
        read("a1b2", 101);

        assertThat(wasMapped('1', 1)).isTrue();
        assertThat(loaded.allWereMapped(1)).isTrue();
    }

    @Test
    void whereNothingWasUnloadedALibraryIsBelievedFromTheReadingBeforeOn() {
        list(1, 0, "a1", 100);
        read("a1", 101);
        list(2, 0, "a1b2", 200);
        read("a1b2", 201);

        assertThat(wasMapped('2', 101)).isTrue();
        assertThat(wasMapped('2', 100)).isFalse();
        assertThat(wasMapped('1', 100)).isTrue();
        assertThat(loaded.unloadedSince(100)).isFalse();
    }

    @Test
    void anUnloadedLibrarysPlaceIsNotTakenForItsSuccessors() {
        list(2, 0, "a1b2", 100);
        read("a1b2", 101);
        list(3, 1, "a1c2", 200);
        read("a1c2", 201);

        assertThat(wasMapped('2', 199)).isFalse();
        assertThat(wasMapped('2', 200)).isTrue();
        assertThat(wasMapped('1', 150)).isTrue();
        assertThat(loaded.unloadedSince(199)).isTrue();
        assertThat(loaded.unloadedSince(200)).isFalse();
    }

    /** The list and the map read as before, but something else may have been there for a while. */
    @Test
    void aLibraryThatMayHaveBeenAwayIsNotBelieved() {
        list(3, 0, "a1b2c3", 100);
        read("a1b2c3", 101);
        list(5, 2, "a1b2c3", 200);
        read("a1b2c3", 201);

        assertThat(wasMapped('3', 199)).isFalse();
        assertThat(wasMapped('2', 199)).isFalse();
        assertThat(wasMapped('3', 200)).isTrue();
        assertThat(wasMapped('1', 1)).isTrue();
    }

    @Test
    void whatStandsBeforeThoseThatMayHaveBeenAwayWasNot() {
        list(3, 0, "a1b2c3", 100);
        read("a1b2c3", 101);
        list(6, 2, "a1b2c3d4", 200);
        read("a1b2c3d4", 201);

        assertThat(wasMapped('1', 1)).isTrue();
        assertThat(wasMapped('2', 199)).isFalse();
        assertThat(wasMapped('3', 199)).isFalse();
        assertThat(wasMapped('4', 199)).isFalse();
    }

    @Test
    void whereTheListsShowAllThatWasUnloadedNoOtherLibraryIsInDoubt() {
        list(3, 0, "a1b2c3", 100);
        read("a1b2c3", 101);
        list(4, 1, "a1c3d4", 200);
        read("a1c3d4", 201);

        assertThat(wasMapped('1', 1)).isTrue();
        assertThat(wasMapped('3', 1)).isTrue();
        assertThat(wasMapped('4', 199)).isFalse();
    }

    /** The agent's own library is {@code o} in all lists. */
    @Test
    void whatStandsBeforeTheAgentsOwnLibraryWasNeverAway() {
        list(4, 0, "a1b2o3d4", 100);
        read("a1b2o3d4", 101);
        list(24, 20, "a1b2o3d4", 200);
        read("a1b2o3d4", 201);

        assertThat(wasMapped('2', 1)).isTrue();
        assertThat(wasMapped('3', 1)).isTrue();
        assertThat(wasMapped('4', 199)).isFalse();
    }

    @Test
    void untilTheMapIsReadAgainNothingIsBelievedThatMayBeGone() {
        list(2, 0, "a1b2", 100);
        read("a1b2", 101);
        list(2, 1, "a1", 200);

        assertThat(wasMapped('2', 1000)).isFalse();
        assertThat(wasMapped('1', 1000)).isTrue();
    }

    /** Several changes, of which only the last is followed by a reading. */
    @Test
    void anUnloadingBeforeTheLastChangeIsNotForgotten() {
        list(2, 0, "a1b2", 100);
        read("a1b2", 101);
        list(3, 1, "a1c2", 200);
        list(4, 1, "a1c2d3", 300);
        read("a1c2d3", 301);

        assertThat(wasMapped('2', 199)).isFalse();
        assertThat(wasMapped('3', 199)).isFalse();
        assertThat(wasMapped('3', 200)).isTrue();
    }

    /** Code that is mapped by other means than the loader's may have come and gone with an unloading as well. */
    @Test
    void aModuleThatTheLoaderDoesNotListIsBelievedAsLongAsNothingIsUnloaded() {
        list(1, 0, "a1", 100);
        read("a1x5", 101);
        list(2, 0, "a1b2", 200);
        read("a1b2x5", 201);
        assertThat(wasMapped('5', 150)).isTrue();

        list(2, 1, "a1", 300);
        read("a1x5", 301);
        assertThat(wasMapped('5', 299)).isFalse();
        assertThat(wasMapped('5', 300)).isTrue();
    }
}
