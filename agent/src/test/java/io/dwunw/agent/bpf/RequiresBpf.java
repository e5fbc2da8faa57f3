// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips a test where uprobes cannot be had, saying why; with {@code DWUNW_REQUIRE_BPF=1} it runs, and fails. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresBpf.Condition.class)
public @interface RequiresBpf {
    /** Opens an engine to see. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if ("1".equals(System.getenv("DWUNW_REQUIRE_BPF"))) {
                return ConditionEvaluationResult.enabled("required by DWUNW_REQUIRE_BPF");
            }
            try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1 << 20))) {
                return ConditionEvaluationResult.enabled(engine.description());
            } catch (BpfUnavailableException e) {
                return ConditionEvaluationResult.disabled(e.reason() + ": " + e.getMessage());
            }
        }
    }
}
