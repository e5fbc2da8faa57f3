/* SPDX-License-Identifier: MIT */
/* A function whose unlikely part the compiler moves elsewhere (split.cold), with CFI of its own. Usage: cold OUTPUT */
#include "snapshot.h"

static FILE *out;

__attribute__((noinline, cold)) static void unlikely(volatile char *buffer)
{
    snapshot(out, "cold");
    buffer[0] = 1;
}

__attribute__((noinline)) static int split(int many)
{
    volatile char buffer[200];
    int sum = 0;
    for (int i = 0; i < many; i++) {
        buffer[i] = (char) i;
        sum += buffer[i];
    }
    if (many > 100) {
        unlikely(buffer);
        sum += buffer[0];
    }
    return sum;
}

int main(int count, char **arguments)
{
    out = fopen(arguments[1], "w");
    return split(100 + count) == 12345;
}
