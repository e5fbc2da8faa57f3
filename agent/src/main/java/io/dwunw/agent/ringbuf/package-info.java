// SPDX-License-Identifier: MIT
/**
 * Ring buffers of samples: who produces records and who is handed them.
 *
 * <p>Knows the record only as bytes with a {@code Sample} laid over them; must not know BPF, stacks or events. One
 * thread consumes. Draining allocates nothing.
 */
@NullMarked
package io.dwunw.agent.ringbuf;

import org.jspecify.annotations.NullMarked;
