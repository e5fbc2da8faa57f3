/* SPDX-License-Identifier: MIT
 *
 * A library that allocates in C++, and by a table of functions that is read-only once it is relocated. Built with
 * libstdc++ as a library, with a copy of its own, and (OWN_OPERATORS) with operators of its own, which it exports.
 */
#include <cstddef>
#include <cstdlib>
#include <new>

#define EXPORT extern "C" __attribute__((visibility("default")))

#ifdef OWN_OPERATORS
__attribute__((visibility("default"))) void *operator new(std::size_t size)
{
    return malloc(size + 1000);
}

__attribute__((visibility("default"))) void operator delete(void *p) noexcept
{
    free(p);
}

__attribute__((visibility("default"))) void operator delete(void *p, std::size_t) noexcept
{
    free(p);
}
#endif

struct functions {
    void *(*allocate)(std::size_t);
    void (*release)(void *);
};

EXPORT const functions ways_table[] = {{malloc, free}};

EXPORT void *ways_new(std::size_t size)
{
    return ::operator new(size);
}

EXPORT void ways_delete(void *p)
{
    ::operator delete(p);
}
