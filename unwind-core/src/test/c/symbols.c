/* SPDX-License-Identifier: MIT */
/* Symbols of all kinds, for the symboliser: built as a shared library, then stripped in several ways. */
#include <stdlib.h>
#include <string.h>

int exported(int x)
{
    return x + 1;
}

__attribute__((noinline)) static int local_function(int x)
{
    return exported(x) * 3;
}

__attribute__((alias("exported"))) int __exported_alias(int x);
__attribute__((alias("exported"), weak)) int exported_weak(int x);

void *allocates(size_t n)
{
    char *p = malloc(n + local_function((int) n));
    return p == NULL ? NULL : memset(p, 0, n);
}

/* Assembly without .size, and a label inside a sized function. */
__asm__(".text\n"
        ".globl sizeless\n"
        ".type sizeless, @function\n"
        "sizeless:\n"
        "  nop\n  nop\n  nop\n  nop\n  ret\n"
        ".globl outer\n"
        ".type outer, @function\n"
        "outer:\n"
        "  nop\n  nop\n"
        "inner_label:\n"
        "  nop\n"
        ".type inner_function, @function\n"
        "inner_function:\n"
        "  nop\n  nop\n"
        ".size inner_function, . - inner_function\n"
        "  nop\n  nop\n"
        ".size outer, . - outer\n");

static int (*resolve(void))(int)
{
    return local_function;
}

int indirect(int x) __attribute__((ifunc("resolve")));

/* Code in a section of its own: no name of .text may reach into it. */
__asm__(".section .lonely, \"ax\", @progbits\n  nop\n  nop\n  nop\n  nop\n  .previous\n");
