// SPDX-License-Identifier: MIT
package io.dwunw.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

/** Rules for which package may depend on which. */
final class ModuleDependenciesTest {
    private static final String[] UNWIND_CORE = {
        "io.dwunw",
        "io.dwunw.arch..",
        "io.dwunw.bytes..",
        "io.dwunw.compress..",
        "io.dwunw.dwarf..",
        "io.dwunw.elf..",
        "io.dwunw.memory..",
        "io.dwunw.module..",
        "io.dwunw.symbol..",
        "io.dwunw.unwind.."
    };

    @Test
    void theUnwinderNeedsNothingButTheJdk() {
        classes()
                .that()
                .resideInAnyPackage(UNWIND_CORE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(and(UNWIND_CORE, "java..", "org.jspecify.."))
                .check(ProjectClasses.ALL);
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching("(**)").should().beFreeOfCycles().check(ProjectClasses.ALL);
    }

    @Test
    void theEventsKnowNeitherElfNorBpf() {
        classes()
                .that()
                .resideInAPackage("io.dwunw.jfr..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.dwunw.jfr..", "java..", "javax.management..", "jdk.jfr..", "org.jspecify..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void onlyTheEventsTouchJdkJfr() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.dwunw.jfr..", "io.dwunw.agent.sidecar..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.jfr..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void theDoorsIntoTheAgentLinkNothingThatNeedsJdkJfr() {
        // Where the module is missing, these still have to say so.
        noClasses()
                .that()
                .haveNameMatching(
                        "io\\.dwunw\\.agent\\.(AgentMain|AgentLoader|Agent|Preconditions|Console|AgentOptions|OptionValues)")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jdk.jfr..", "io.dwunw.jfr..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void elfAndDwarfDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.elf..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.dwunw.dwarf..")
                .check(ProjectClasses.ALL);
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.dwarf..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.dwunw.elf..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void bytesKnowNothingAboveThem() {
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.bytes..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.dwunw.elf..",
                        "io.dwunw.dwarf..",
                        "io.dwunw.module..",
                        "io.dwunw.unwind..",
                        "io.dwunw.symbol..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void elfAndDwarfKnowNoModules() {
        noClasses()
                .that()
                .resideInAnyPackage("io.dwunw.elf..", "io.dwunw.dwarf..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.dwunw.module..", "io.dwunw.unwind..", "io.dwunw.symbol..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void modulesKnowNeitherUnwinderNorSymboliser() {
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.module..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.dwunw.unwind..", "io.dwunw.symbol..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void unwinderAndSymboliserDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.unwind..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.dwunw.symbol..")
                .check(ProjectClasses.ALL);
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.symbol..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.dwunw.unwind..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void theDoorToTheKernelKnowsNobodyInTheAgent() {
        noClasses()
                .that()
                .resideInAPackage("io.dwunw.agent.linux..")
                .should()
                .dependOnClassesThat(residesInTheAgentOutside("io.dwunw.agent.linux"))
                .check(ProjectClasses.ALL);
    }

    @Test
    void oneDoorToTheKernelAndOneToTheHooks() {
        ArchRuleDefinition.methods()
                .that(new DescribedPredicate<JavaMethod>("are native") {
                    @Override
                    public boolean test(JavaMethod method) {
                        return method.getModifiers().contains(JavaModifier.NATIVE);
                    }
                })
                .should()
                .beDeclaredInClassesThat()
                .resideInAPackage("io.dwunw.agent.linux")
                .orShould()
                .beDeclaredIn("io.dwunw.agent.hooks.HooksNative")
                .check(ProjectClasses.ALL);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.dwunw.agent.linux")
                .should()
                .callMethod(System.class, "load", String.class)
                .orShould()
                .callMethod(System.class, "loadLibrary", String.class)
                .check(ProjectClasses.ALL);
    }

    private static DescribedPredicate<JavaClass> residesInTheAgentOutside(String ownPackage) {
        return new DescribedPredicate<>("reside in the agent outside " + ownPackage) {
            @Override
            public boolean test(JavaClass type) {
                String name = type.getPackageName();
                return name.startsWith("io.dwunw.agent") && !name.startsWith(ownPackage);
            }
        };
    }

    private static String[] and(String[] some, String... more) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(some), java.util.Arrays.stream(more))
                .toArray(String[]::new);
    }
}
