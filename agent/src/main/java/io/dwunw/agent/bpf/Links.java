// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;
import java.util.List;

/** Probes that are set, until closed. */
interface Links extends AutoCloseable {
    @Override
    void close();

    /** Sets probes on all points of a file. */
    interface Method {
        Links attach(ProbedFile file) throws KernelCallException;

        /** Fails as {@link #attach} would for want of a privilege, without leaving anything behind. */
        default void tryOut(ProbedFile file) throws KernelCallException {}

        /** For people, for example {@code uprobe_multi, session}. */
        String description();
    }

    /** Whether a refusal only means that this kernel lacks the method, so that an older one is worth trying. */
    static boolean isUnsupported(KernelCallException e) {
        return e.error() == Errno.EINVAL || e.error() == Errno.EOPNOTSUPP || e.error() == Errno.E2BIG;
    }

    /** Closes descriptors in reverse order: links before what they hang on. */
    static Links of(BpfSystem bpf, List<Integer> descriptors) {
        return new Links() {
            @Override
            public void close() {
                for (int i = descriptors.size() - 1; i >= 0; i--) {
                    bpf.close(descriptors.get(i));
                }
                descriptors.clear();
            }
        };
    }
}
