// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.AgentMain;
import io.dwunw.it.harness.Jdk;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The artifact of the agent's coordinates, as Maven hands it to a project that depends on them. */
final class AgentArtifactIT {
    @Test
    void theArtifactIsTheAgentWithAllItsParts() throws IOException, URISyntaxException {
        Path artifact = Path.of(AgentMain.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        assertThat(Files.isSameFile(artifact, Project.agentJar()))
                .as("%s", artifact)
                .isTrue();
        // Alone on the class path, so that a part that is missing inside cannot come from elsewhere.
        Tool.Result result = Tool.command(
                Map.of(), Jdk.current().tool("java").toString(), "-javaagent:" + artifact + "=version", "-version");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("dwunw: version ");
    }
}
