// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/** Something that was taken in and is to be published, in the order in which it happened. */
sealed interface PendingEvent permits PendingAllocation, PendingFree {}
