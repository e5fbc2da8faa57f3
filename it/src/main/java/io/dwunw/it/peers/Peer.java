// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** One way to run a program: under a profiler, under an engine of ours, or under nothing. */
interface Peer {
    /** Short, for the command line. */
    String name();

    /** For the table. */
    String label();

    /** Why it cannot be had here; empty when it can. */
    Optional<String> missing();

    /** Whether this peer is of interest there. */
    boolean fits(Workload workload);

    /**
     * How to start a program.
     *
     * @param directory the run's own, empty
     */
    Launch launch(Path directory) throws IOException;

    /**
     * What the run has left behind: figures beside those that the program printed.
     *
     * @throws InvalidRunException if the peer did not do what it was started for
     */
    Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException;
}
