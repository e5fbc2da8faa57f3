/* SPDX-License-Identifier: MIT
 *
 * The functions that the hooks stand in front of, by the names they are imported under.
 */
#define _GNU_SOURCE
#include <string.h>

#include "hooks_elf.h"

const struct hooks_name hooks_names[HOOKS_NAMES] = {
    {"malloc", DWUNW_MALLOC},
    {"calloc", DWUNW_CALLOC},
    {"realloc", DWUNW_REALLOC},
    {"reallocarray", DWUNW_REALLOCARRAY},
    {"posix_memalign", DWUNW_POSIX_MEMALIGN},
    {"aligned_alloc", DWUNW_ALIGNED_ALLOC},
    {"memalign", DWUNW_MEMALIGN},
    {"valloc", DWUNW_VALLOC},
    {"pvalloc", DWUNW_PVALLOC},
    {"mmap", DWUNW_MMAP},
    {"mmap64", DWUNW_MMAP},
    {"mremap", DWUNW_MREMAP},
    {"free", DWUNW_FREE},
    {"munmap", DWUNW_MUNMAP},
    {"dlopen", HOOKS_DLOPEN},
    {"dlmopen", HOOKS_DLMOPEN},
    {"dlsym", HOOKS_DLSYM},
    {"dlvsym", HOOKS_DLVSYM},
    /* operator new(size_t): plain, array, nothrow, aligned */
    {"_Znwm", HOOKS_NEW},
    {"_Znam", HOOKS_NEW + 1},
    {"_ZnwmRKSt9nothrow_t", HOOKS_NEW + 2},
    {"_ZnamRKSt9nothrow_t", HOOKS_NEW + 3},
    {"_ZnwmSt11align_val_t", HOOKS_NEW + 4},
    {"_ZnamSt11align_val_t", HOOKS_NEW + 5},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", HOOKS_NEW + 6},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", HOOKS_NEW + 7},
    /* operator delete(void *): also with the size */
    {"_ZdlPv", HOOKS_DELETE},
    {"_ZdaPv", HOOKS_DELETE + 1},
    {"_ZdlPvm", HOOKS_DELETE + 2},
    {"_ZdaPvm", HOOKS_DELETE + 3},
    {"_ZdlPvRKSt9nothrow_t", HOOKS_DELETE + 4},
    {"_ZdaPvRKSt9nothrow_t", HOOKS_DELETE + 5},
    {"_ZdlPvSt11align_val_t", HOOKS_DELETE + 6},
    {"_ZdaPvSt11align_val_t", HOOKS_DELETE + 7},
    {"_ZdlPvmSt11align_val_t", HOOKS_DELETE + 8},
    {"_ZdaPvmSt11align_val_t", HOOKS_DELETE + 9},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", HOOKS_DELETE + 10},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", HOOKS_DELETE + 11},
    /* C23 */
    {"free_sized", HOOKS_DELETE + 12},
    {"free_aligned_sized", HOOKS_DELETE + 13},
};

int hooks_name_index(const char *name)
{
    /* Nearly all symbols fail here. */
    if (strchr("_mcrpavfd", name[0]) == NULL
        || (name[0] == '_' && (name[1] != 'Z' || (name[2] != 'n' && name[2] != 'd')))) {
        return -1;
    }
    for (unsigned i = 0; i < HOOKS_NAMES; i++) {
        if (strcmp(name, hooks_names[i].name) == 0) {
            return (int) i;
        }
    }
    return -1;
}
