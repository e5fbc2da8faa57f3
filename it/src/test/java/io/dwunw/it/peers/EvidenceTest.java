// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what peers leave behind, and what must not pass for it. */
final class EvidenceTest {
    private static final Workload STEADY = Workload.all(new Timing(1, 1)).get(0);

    @TempDir
    Path directory;

    @Test
    void tooFewSamplesAreNoSampling() {
        assertThatThrownBy(() -> Expectation.demand(0, Double.NaN, 512)).isInstanceOf(InvalidRunException.class);
        assertThatThrownBy(() -> Expectation.demand(49, 512 * 100, 512))
                .hasMessage("49 samples where 100 are expected");
        assertThatCode(() -> Expectation.demand(51, 512 * 100, 512)).doesNotThrowAnyException();
        assertThatCode(() -> Expectation.demand(1, 512 * 10, 512)).doesNotThrowAnyException();
    }

    @Test
    void jemallocsProfileSaysHowOftenItSampled() {
        assertThat(JemallocPeer.samples(
                        List.of("heap_v2/524288", "  t*: 12: 1031433 [14613: 936096]", "  t0: 2: 146305 [2: 146305]")))
                .isEqualTo(14613);
        assertThat(JemallocPeer.samples(List.of("heap_v2/524288"))).isZero();
    }

    @Test
    void heaptrackMustHaveSeenWhatTheProgramDid() throws IOException, InvalidRunException {
        Peer peer = new HeaptrackPeer("heaptrack", "heaptrack");
        assertThatThrownBy(() -> peer.evidence(run(4))).hasMessage("no output");
        Files.writeString(directory.resolve("heaptrack.raw"), "v 10400 3\n+ 40 1 7f0\n- 7f0\n+ 40 1 7f0\n- 7f0\n");
        assertThat(peer.evidence(run(4))).containsEntry(Figure.SAMPLES, 2.0);
        assertThatThrownBy(() -> peer.evidence(run(5))).hasMessage("2 of 5 allocations");
    }

    @Test
    void anOptionOfTheJvmMustHaveHadItsEffect() throws IOException {
        Peer peer = new JvmPeer("x", "x", List.of("-XX:Some=%s/x.jfr"), "Native Memory Tracking:", false);
        assertThat(launched(peer)).containsExactly("-XX:Some=" + directory + "/x.jfr");
        Files.writeString(directory.resolve("stdout.txt"), "nothing\n");
        assertThatThrownBy(() -> peer.evidence(run(1))).isInstanceOf(InvalidRunException.class);
        Files.writeString(directory.resolve("stdout.txt"), "Native Memory Tracking:\n");
        assertThatCode(() -> peer.evidence(run(1))).doesNotThrowAnyException();
    }

    private List<String> launched(Peer peer) throws IOException {
        return peer.launch(directory).jvm();
    }

    private FinishedRun run(double operations) {
        return new FinishedRun(STEADY, directory, Map.of("operations", operations), List.of(), 1);
    }
}
