/* SPDX-License-Identifier: MIT */
/* A JVM agent that takes its snapshot while it is being loaded: libjvm, libjli and the launcher are on the stack. */
#include "snapshot.h"

int Agent_OnLoad(void *vm, char *options, void *reserved)
{
    FILE *out = fopen(options, "w");
    if (out) {
        snapshot(out, "jvm");
        fclose(out);
    }
    return vm == reserved;
}
