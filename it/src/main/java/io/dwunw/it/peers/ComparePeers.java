// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command {@code it/compare-peers}. */
public final class ComparePeers {
    /** What {@code --quick} leaves out is distinguished by these only. */
    private static final Set<String> QUICK = Set.of("unsafe-1", "jni", "zip", "netty-unpooled", "start", "rate-100k");

    /** A start is over soon, and scatters. */
    private static final int STARTS = 3;

    private final Plan plan;
    private final Trial trial;
    private final List<Workload> workloads;
    private final List<Peer> peers;
    private final Results results = new Results();

    private ComparePeers(Plan plan, Trial trial, List<Workload> workloads, List<Peer> peers) {
        this.plan = plan;
        this.trial = trial;
        this.workloads = workloads;
        this.peers = peers;
    }

    /** Arguments: see {@link Plan#USAGE}. The system property {@code dwunw.project} is the source tree, built. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            Path project = Path.of(System.getProperty("dwunw.project", "")).toAbsolutePath();
            run(List.of(args), project, new PrintStream(System.out, true, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            System.err.println("compare-peers: " + e.getMessage() + System.lineSeparator() + Plan.USAGE);
            System.exit(2);
        }
    }

    /** Does what the arguments say, and prints the report. */
    static void run(List<String> args, Path project, PrintStream out) throws IOException, InterruptedException {
        if (args.contains("--help")) {
            out.println(Plan.USAGE);
            return;
        }
        boolean list = args.contains("--list");
        Plan plan =
                Plan.parse(args.stream().filter(arg -> !arg.equals("--list")).toList());
        Path target = project.resolve("it").resolve("target");
        Jvm jvm = Jvm.find(plan.jdk()).orElseThrow(() -> new IllegalArgumentException("no JDK " + plan.jdk()));
        AgentBuild agent = AgentBuild.of(project.resolve("agent/target/dwunw-agent.jar"), jvm);
        List<Workload> allWorkloads = Workload.all(plan.timing());
        List<Peer> allPeers = new Catalogue(jvm, target, agent).all();
        if (list) {
            allWorkloads.forEach(workload -> out.println("workload " + workload.name() + ": " + workload.title()));
            allPeers.forEach(peer -> out.println("peer " + peer.name() + ": " + peer.label()
                    + peer.missing().map(reason -> " (" + reason + ")").orElse("")));
            return;
        }
        checkNames(plan.names(), allWorkloads, allPeers);
        List<Workload> workloads = allWorkloads.stream()
                .filter(workload -> chosen(plan.names(), workload.name(), names(allWorkloads), plan.quick()))
                .toList();
        List<Peer> peers = allPeers.stream()
                .filter(peer -> peer.name().equals(Results.BASELINE)
                        || chosen(plan.names(), peer.name(), peerNames(allPeers), false))
                .toList();
        Trial trial = new Trial(jvm, target, programs(target));
        ComparePeers comparison = new ComparePeers(plan, trial, workloads, peers);
        String before = Machine.describe(jvm);
        int rounds = comparison.rounds();
        String report = new Report(workloads, peers, comparison.results)
                .markdown(before
                        + String.format(
                                Locale.ROOT,
                                ". Rounds: %d; %d ms measured in each run; median (min–max); ratios and differences to the run"
                                        + " without an agent in the same round, medians.",
                                rounds,
                                plan.timing().measuredMillis()));
        out.print(report);
        if (plan.markdown() != null) {
            Files.writeString(plan.markdown(), report);
        }
    }

    /** The programs and Netty alone: classes of the agent in the class path would be taken instead of its jar's. */
    private static String programs(Path target) throws IOException {
        return Stream.of(Files.readString(target.resolve("classpath")).split(File.pathSeparator, -1))
                .filter(entry -> Path.of(entry).equals(target.resolve("classes"))
                        || new File(entry).getName().startsWith("netty-"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static List<String> names(List<Workload> workloads) {
        return workloads.stream().map(Workload::name).toList();
    }

    private static List<String> peerNames(List<Peer> peers) {
        return peers.stream().map(Peer::name).toList();
    }

    private static void checkNames(List<String> names, List<Workload> workloads, List<Peer> peers) {
        List<String> known = Stream.concat(names(workloads).stream(), peerNames(peers).stream())
                .toList();
        names.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException(name + " is neither a workload nor a peer: " + known);
        });
    }

    /** Whether it was named, or none of its kind was. */
    private static boolean chosen(List<String> names, String name, List<String> kind, boolean quick) {
        return names.stream().noneMatch(kind::contains) ? !quick || QUICK.contains(name) : names.contains(name);
    }

    /** All rounds that there is time for; at least one. */
    private int rounds() throws IOException, InterruptedException {
        long start = System.nanoTime();
        double budget = plan.minutes() * 60e9;
        for (int round = 1; ; round++) {
            round(round);
            double elapsed = System.nanoTime() - start;
            System.err.printf(Locale.ROOT, "round %d done, %.0f s%n", round, elapsed / 1e9);
            if (round == plan.rounds() || elapsed / round * (round + 1) > budget) {
                return round;
            }
        }
    }

    private void round(int round) throws IOException, InterruptedException {
        for (Workload workload : workloads) {
            int repeats = workload.kind() == Workload.Kind.START ? STARTS : 1;
            for (int i = 0; i < repeats; i++) {
                for (Peer peer : peers) {
                    if (peer.missing().isEmpty() && peer.fits(workload)) {
                        one(round, workload, peer);
                    }
                }
            }
        }
    }

    private void one(int round, Workload workload, Peer peer) throws IOException, InterruptedException {
        Trial.Result result = trial.run(workload, peer);
        results.add(workload, peer, result);
        Figure figure = workload.figures().get(0);
        Double value = result.figures().get(figure);
        String text = value == null ? "invalid: " + result.invalid() : Figure.text(value) + " " + figure.label();
        System.err.printf(Locale.ROOT, "%d %s %s: %s%n", round, workload.name(), peer.name(), text);
    }
}
