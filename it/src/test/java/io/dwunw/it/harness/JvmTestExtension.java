// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** Runs a {@link JvmTest} once for every installed JDK, and once more to say that JDK 25 is missing, where it is. */
final class JvmTestExtension implements TestTemplateInvocationContextProvider {
    private static final List<String> ENGINES = List.of("hooks-bpf", "uprobe", "hooks-self");
    /** Engines that need no privileges. */
    private static final Set<String> UNPRIVILEGED = Set.of("hooks-self");

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return annotation(context) != null;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        JvmTest test = annotation(context);
        List<TestTemplateInvocationContext> invocations = new ArrayList<>();
        List<Jdk> jdks = Jdk.installed().stream()
                .filter(jdk -> test != null && jdk.feature() >= test.since())
                .toList();
        List<String> engines = test != null && test.everyEngine() ? ENGINES : List.of("");
        for (int i = 0; test != null && i < engines.size(); i++) {
            String engine = engines.get(i);
            for (Jdk jdk :
                    i == 0 ? jdks : one(jdks, context.getRequiredTestMethod().getName(), i)) {
                String name = engine.isEmpty() ? jdk.toString() : jdk + ", " + engine;
                invocations.add(new Invocation(name, new OnJdk(test, jdk, engine)));
            }
        }
        if (Need.JDK_25.missing().isPresent()) {
            invocations.add(new Invocation("JDK 25", new Missing()));
        }
        return invocations.stream();
    }

    /** Another one for every method and engine, the same in every run. */
    private static List<Jdk> one(List<Jdk> jdks, String method, int engine) {
        int index = Math.floorMod(method.hashCode() + engine, Math.max(1, jdks.size()));
        return jdks.isEmpty() ? jdks : List.of(jdks.get(index));
    }

    private static @Nullable JvmTest annotation(ExtensionContext context) {
        return context.getRequiredTestMethod().getAnnotation(JvmTest.class);
    }

    private record Invocation(String name, Extension extension) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int index) {
            return name;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(extension);
        }
    }

    private static final class Missing implements BeforeEachCallback, ParameterResolver {
        @Override
        public void beforeEach(ExtensionContext context) {
            Need.JDK_25.demand();
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return true;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            throw new IllegalStateException("skipped");
        }
    }

    private static final class OnJdk implements BeforeEachCallback, AfterTestExecutionCallback, ParameterResolver {
        private final JvmTest test;
        private final Jdk jdk;
        private final String engine;
        private @Nullable RunningJvm running;

        /** {@code engine} is empty for none in particular. */
        OnJdk(JvmTest test, Jdk jdk, String engine) {
            this.test = test;
            this.jdk = jdk;
            this.engine = engine;
        }

        @Override
        public void beforeEach(ExtensionContext context) {
            for (Need need : test.needs()) {
                if (need != Need.BPF || !UNPRIVILEGED.contains(engine)) {
                    need.demand();
                }
            }
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            Class<?> type = parameter.getParameter().getType();
            return type == JvmCommand.class || type == RunningJvm.class || type == JvmOutcome.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            JvmCommand command = JvmCommand.of(jdk, test, directory(context)).engine(engine);
            Class<?> type = parameter.getParameter().getType();
            if (type == JvmCommand.class) {
                return command;
            }
            RunningJvm jvm = command.start();
            if (type == RunningJvm.class) {
                running = jvm;
                return jvm;
            }
            return jvm.join().expectExit(test.exit());
        }

        @Override
        public void afterTestExecution(ExtensionContext context) {
            RunningJvm jvm = running;
            if (jvm != null) {
                Optional<Throwable> failure = context.getExecutionException();
                failure.ifPresent(f -> f.addSuppressed(new RuntimeException(jvm.describe())));
                jvm.close();
            }
        }

        private Path directory(ExtensionContext context) {
            Path directory = Project.runs()
                    .resolve(context.getRequiredTestClass().getSimpleName())
                    .resolve(context.getRequiredTestMethod().getName() + "-" + jdk.feature()
                            + (engine.isEmpty() ? "" : "-" + engine));
            try {
                deleteTree(directory);
                return Files.createDirectories(directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void deleteTree(Path directory) throws IOException {
            if (!Files.exists(directory)) {
                return;
            }
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
