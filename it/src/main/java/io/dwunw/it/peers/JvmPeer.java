// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Nothing but options of the JVM.
 *
 * @param options in which {@code %s} stands for the run's directory
 * @param proof a file in that directory that must be there in the end, or a text that the program's output must
 *     contain;
 *     empty if there is nothing to prove
 * @param starts whether only starting is of interest
 */
record JvmPeer(String name, String label, List<String> options, String proof, boolean starts) implements Peer {
    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public boolean fits(Workload workload) {
        return starts ? workload.kind() == Workload.Kind.START : workload.kind() != Workload.Kind.PACED;
    }

    @Override
    public Launch launch(Path directory) {
        return new Launch(
                options.stream()
                        .map(option -> option.replace("%s", directory.toString()))
                        .toList(),
                Map.of());
    }

    @Override
    public Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException {
        boolean proved = proof.isEmpty()
                || Files.exists(run.directory().resolve(proof))
                || Files.readString(run.directory().resolve("stdout.txt")).contains(proof);
        if (!proved) {
            throw new InvalidRunException("no " + proof);
        }
        return Map.of();
    }
}
