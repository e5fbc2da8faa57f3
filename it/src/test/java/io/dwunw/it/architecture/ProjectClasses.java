// SPDX-License-Identifier: MIT
package io.dwunw.it.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.dwunw.it.harness.Project;
import java.nio.file.Path;
import java.util.List;

/** The compiled classes of the product, read once. */
final class ProjectClasses {
    static final List<String> MODULES = List.of("unwind-core", "jfr-events", "agent");

    static final JavaClasses ALL = new ClassFileImporter()
            .importPaths(MODULES.stream().map(ProjectClasses::of).toList());

    private ProjectClasses() {}

    static Path of(String module) {
        return Project.root().resolve(module).resolve("target/classes");
    }
}
