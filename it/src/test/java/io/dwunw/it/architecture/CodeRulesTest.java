// SPDX-License-Identifier: MIT
package io.dwunw.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules for how classes are written. */
final class CodeRulesTest {
    private static final int MAX_LINES = 500;

    /** Packages through which every sample goes. */
    private static final String[] HOT = {"io.dwunw.agent.ringbuf", "io.dwunw.agent.sample", "io.dwunw.unwind"};

    /** Classes through which every sample goes, of a package that also has those that name frames once. */
    private static final String HOT_OF_STACK = "io\\.dwunw\\.agent\\.stack\\."
            + "(Frame|FrameBuffer|MappedModules|MixedStackWalker|NativeFrameCache|SampleAnchor|StackTrace|StackTraces)";

    private static final Set<String> BOXES =
            Set.of("java.lang.Long", "java.lang.Integer", "java.lang.Short", "java.lang.Byte", "java.lang.Double");

    @Test
    void hotPackagesUseNeitherStreamsNorRegularExpressions() {
        noClasses()
                .that()
                .resideInAnyPackage(HOT)
                .or()
                .haveNameMatching(HOT_OF_STACK)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.stream..", "java.util.regex..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void hotPackagesNeitherFormatNorBox() {
        noClasses()
                .that()
                .resideInAnyPackage(HOT)
                .or()
                .haveNameMatching(HOT_OF_STACK)
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("formats or boxes") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        String owner = access.getTargetOwner().getName();
                        String name = access.getTarget().getName();
                        boolean formats =
                                owner.equals("java.lang.String") && (name.equals("format") || name.equals("formatted"));
                        return formats || (BOXES.contains(owner) && name.equals("valueOf"));
                    }
                })
                .check(ProjectClasses.ALL);
    }

    @Test
    void parsingAndUnwindingDoNoInputOrOutput() {
        // The one class that makes bytes of a file is the caller's, who hands the bytes in.
        String files = "io.dwunw.bytes.FileBytes";
        noClasses()
                .that()
                .resideInAnyPackage("io.dwunw.bytes..", "io.dwunw.elf..", "io.dwunw.dwarf..", "io.dwunw.unwind..")
                .and()
                .doNotHaveFullyQualifiedName(files)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName(files)
                .check(ProjectClasses.ALL);
    }

    @Test
    void classesAreFinalOrMadeToBeExtended() {
        classes()
                .that(new DescribedPredicate<JavaClass>("are named classes of their own") {
                    @Override
                    public boolean test(JavaClass type) {
                        return !type.isInterface()
                                && !type.isEnum()
                                && !type.isAnonymousClass()
                                && !type.isAssignableTo(Throwable.class)
                                && !type.getModifiers().contains(JavaModifier.SYNTHETIC)
                                && !type.getSimpleName().equals("package-info");
                    }
                })
                .should()
                .haveModifier(JavaModifier.FINAL)
                .orShould()
                .haveModifier(JavaModifier.ABSTRACT)
                .check(ProjectClasses.ALL);
    }

    @Test
    void everyPackageSaysWhereNullMayBe() {
        Set<String> packages = new java.util.TreeSet<>();
        Set<String> marked = new java.util.TreeSet<>();
        for (JavaClass type : ProjectClasses.ALL) {
            packages.add(type.getPackageName());
            if (type.getSimpleName().equals("package-info")
                    && type.isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
                marked.add(type.getPackageName());
            }
        }
        assertThat(marked).hasSizeGreaterThan(10).isEqualTo(packages);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .check(ProjectClasses.ALL);
    }

    /**
     * Direct buffers count against the application's limit; channels leave one behind for each thread that reads with
     * them.
     */
    @Test
    void noDirectBufferIsMade() {
        Set<String> byChannel = Set.of(
                "readAllBytes",
                "readString",
                "readAllLines",
                "lines",
                "write",
                "writeString",
                "newByteChannel",
                "newBufferedReader",
                "newBufferedWriter",
                "newInputStream",
                "newOutputStream");
        noClasses()
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("makes a direct buffer") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        String owner = access.getTargetOwner().getName();
                        String name = access.getTarget().getName();
                        return (owner.equals("java.nio.ByteBuffer") && name.equals("allocateDirect"))
                                || (owner.equals("java.nio.file.Files") && byChannel.contains(name))
                                || owner.startsWith("java.nio.channels.");
                    }
                })
                .check(ProjectClasses.ALL);
    }

    @Test
    void noMutableStaticFields() {
        // Loading a library is something that a process does once.
        fields().that()
                .areDeclaredInClassesThat()
                .resideOutsideOfPackage("io.dwunw.agent.linux")
                .and()
                .areStatic()
                .and(new DescribedPredicate<>("are not of the compiler's making") {
                    @Override
                    public boolean test(com.tngtech.archunit.core.domain.JavaField field) {
                        return !field.getModifiers().contains(JavaModifier.SYNTHETIC);
                    }
                })
                .should()
                .beFinal()
                .check(ProjectClasses.ALL);
    }

    @Test
    void filesStayShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (String module : List.of("unwind-core", "jfr-events", "agent", "it")) {
            try (Stream<Path> files = Files.walk(Project.root().resolve(module).resolve("src"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    int lines = Files.readAllLines(file, StandardCharsets.UTF_8).size();
                    if (lines > MAX_LINES) {
                        tooLong.add(file + ": " + lines);
                    }
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }
}
