/* SPDX-License-Identifier: MIT
 *
 * Detaching leaves no trace in the import slots: of every loaded library, each word that a relocation by symbol names
 * is byte for byte what it was, or what the lazy binder would have put there; and every page of a library is as
 * writable as it was. slots <library>...
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define MAX_SLOTS 100000

struct slot {
    const uintptr_t *address;
    uintptr_t value;
    bool unbound;
};

static struct slot slots[MAX_SLOTS];
static unsigned slot_count;
static char protections[2][1 << 20];

static bool in_library(const struct dl_phdr_info *info, uintptr_t address)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && address >= start && address < start + info->dlpi_phdr[i].p_memsz) {
            return true;
        }
    }
    return false;
}

static void note(const struct dl_phdr_info *info, const ElfW(Rela) *relocations, size_t bytes)
{
    for (size_t i = 0; relocations != NULL && i < bytes / sizeof(*relocations); i++) {
        unsigned type = (unsigned) ELF64_R_TYPE(relocations[i].r_info);
        uintptr_t address = info->dlpi_addr + relocations[i].r_offset;
        if ((type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64)
            && address % sizeof(uintptr_t) == 0) {
            CHECK(slot_count < MAX_SLOTS, "too many slots");
            struct slot *slot = &slots[slot_count++];
            slot->address = (const uintptr_t *) address;
            slot->value = *slot->address;
            slot->unbound = type == R_X86_64_JUMP_SLOT && in_library(info, slot->value);
        }
    }
}

static int note_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    const ElfW(Rela) *relocations[2] = {NULL, NULL};
    size_t bytes[2] = {0, 0};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *) (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; info->dlpi_phdr[i].p_type == PT_DYNAMIC && entry->d_tag != DT_NULL; entry++) {
            int which = entry->d_tag == DT_JMPREL || entry->d_tag == DT_PLTRELSZ;
            if (entry->d_tag == DT_RELA || entry->d_tag == DT_JMPREL) {
                relocations[which] = (const ElfW(Rela) *) entry->d_un.d_ptr;
            } else if (entry->d_tag == DT_RELASZ || entry->d_tag == DT_PLTRELSZ) {
                bytes[which] = entry->d_un.d_val;
            }
        }
    }
    note(info, relocations[0], bytes[0]);
    note(info, relocations[1], bytes[1]);
    (*(unsigned *) context)++;
    return 0;
}

/* Of everything that comes from a file. */
static void note_protections(char *to, size_t room)
{
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "r");
    to[0] = '\0';
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (strchr(line, '/') != NULL && strlen(to) + strlen(line) < room) {
            strcat(to, line);
        }
    }
    fclose(maps);
}

static unsigned changed(bool count_stubs)
{
    unsigned different = 0;
    for (unsigned i = 0; i < slot_count; i++) {
        uintptr_t now = *slots[i].address;
        if (now != slots[i].value) {
            different++;
            CHECK(count_stubs || slots[i].unbound, "slot %p was %lx and is %lx", (const void *) slots[i].address,
                  slots[i].value, now);
        }
        CHECK(count_stubs || !door_is_stub(now), "slot %p still leads to a stub", (const void *) slots[i].address);
    }
    return different;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        CHECK(dlopen(argv[i], RTLD_LAZY) != NULL, "%s", dlerror());
    }
    CHECK(door_open(1 << 20, 256, 1 << 20) == 0, "open");
    free(malloc(1));
    dlerror();
    note_protections(protections[1], sizeof(protections[1])); /* binds what this needs */
    unsigned libraries = 0;
    dl_iterate_phdr(note_library, &libraries);
    for (int round = 0; round < 3; round++) {
        note_protections(protections[0], sizeof(protections[0]));
        int patched = door_attach(true);
        CHECK(patched > 3, "%d slots patched", patched);
        CHECK(changed(true) >= (unsigned) patched, "%u slots changed, %d patched", changed(true), patched);
        note_protections(protections[1], sizeof(protections[1]));
        CHECK(strcmp(protections[0], protections[1]) == 0, "attached:\n%s\n%s", protections[0], protections[1]);
        CHECK(door_detach() == patched, "not as many restored as patched");
        changed(false);
        note_protections(protections[1], sizeof(protections[1]));
        CHECK(strcmp(protections[0], protections[1]) == 0, "detached:\n%s\n%s", protections[0], protections[1]);
    }
    printf("ok: %u slots of %u libraries\n", slot_count, libraries);
    return 0;
}
