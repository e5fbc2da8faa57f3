/* SPDX-License-Identifier: MIT
 *
 * Dynamic sections and hash tables of loaded libraries: System V gABI chapter 5, GNU hash section.
 */
#define _GNU_SOURCE
#include "hooks_elf.h"

#include <string.h>

/* Chains are walked to their end marker; a damaged one must not hold the loader's lock forever. */
#define MAX_CHAIN 4096

void hooks_module_locate(struct hooks_module *module, const struct dl_phdr_info *info)
{
    memset(module, 0, sizeof(*module));
    module->base = info->dlpi_addr;
    module->segments = info->dlpi_phdr;
    module->segment_count = info->dlpi_phnum;
    module->low = UINTPTR_MAX;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = module->base + segment->p_vaddr;
        uintptr_t end = start + segment->p_memsz;
        if (segment->p_type == PT_LOAD) {
            module->low = start < module->low ? start : module->low;
            module->high = end > module->high ? end : module->high;
        } else if (segment->p_type == PT_DYNAMIC) {
            module->dynamic = (const ElfW(Dyn) *) start;
        } else if (segment->p_type == PT_GNU_RELRO) {
            /* The loader protects whole pages only, and rounds both ends down. */
            module->relro_low = start & ~(uintptr_t) (HOOKS_PAGE - 1);
            module->relro_high = end & ~(uintptr_t) (HOOKS_PAGE - 1);
        }
    }
}

/* glibc relocates these entries in place, except where the section is read-only (the vDSO). */
static uintptr_t pointer(const struct hooks_module *module, const ElfW(Dyn) *entry)
{
    return entry->d_un.d_ptr < module->base ? module->base + entry->d_un.d_ptr : entry->d_un.d_ptr;
}

void hooks_module_parse(struct hooks_module *module)
{
    size_t relative = 0;
    size_t soname = 0;
    if (module->dynamic == NULL) {
        return;
    }
    for (const ElfW(Dyn) *entry = module->dynamic; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            module->symbols = (const ElfW(Sym) *) pointer(module, entry);
            break;
        case DT_STRTAB:
            module->strings = (const char *) pointer(module, entry);
            break;
        case DT_GNU_HASH:
            module->gnu_hash = (const uint32_t *) pointer(module, entry);
            break;
        case DT_HASH:
            module->hash = (const uint32_t *) pointer(module, entry);
            break;
        case DT_RELA:
            module->relocations = (const ElfW(Rela) *) pointer(module, entry);
            break;
        case DT_RELASZ:
            module->relocation_count = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_RELACOUNT:
            relative = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            module->jump_slots = (const ElfW(Rela) *) pointer(module, entry);
            break;
        case DT_PLTRELSZ:
            module->jump_slot_count = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_SONAME:
            soname = entry->d_un.d_val;
            break;
        case DT_RPATH:
            module->has_rpath = true;
            break;
        case DT_RUNPATH:
            module->has_runpath = true;
            break;
        default:
            break;
        }
    }
    /* The relative relocations, by far the most, come first and name no symbol. */
    if (module->relocations != NULL && relative <= module->relocation_count) {
        module->relocations += relative;
        module->relocation_count -= relative;
    }
    module->soname = soname != 0 && module->strings != NULL ? module->strings + soname : "";
}

static bool matches(const struct hooks_module *module, uint32_t index, const char *name, uintptr_t address)
{
    const ElfW(Sym) *symbol = &module->symbols[index];
    if (symbol->st_shndx == SHN_UNDEF || strcmp(module->strings + symbol->st_name, name) != 0) {
        return false;
    }
    /* What an IFUNC resolves to is not written anywhere. */
    return address == 0 || ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC
        || module->base + symbol->st_value == address;
}

static const ElfW(Sym) *gnu_find(const struct hooks_module *module, const char *name, uintptr_t address)
{
    uint32_t hash = 5381;
    for (const char *c = name; *c != '\0'; c++) {
        hash = hash * 33 + (uint8_t) *c;
    }
    uint32_t bucket_count = module->gnu_hash[0];
    uint32_t first = module->gnu_hash[1];
    uint32_t bloom_words = module->gnu_hash[2];
    const uint32_t *buckets = module->gnu_hash + 4 + bloom_words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = buckets + bucket_count;
    uint32_t index = bucket_count == 0 ? 0 : buckets[hash % bucket_count];
    for (int steps = 0; index >= first && index != 0 && steps < MAX_CHAIN; index++, steps++) {
        uint32_t value = chain[index - first];
        if ((value | 1) == (hash | 1) && matches(module, index, name, address)) {
            return &module->symbols[index];
        }
        if (value & 1) {
            return NULL;
        }
    }
    return NULL;
}

static const ElfW(Sym) *sysv_find(const struct hooks_module *module, const char *name, uintptr_t address)
{
    uint32_t hash = 0;
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash << 4) + (uint8_t) *c;
        uint32_t high = hash & 0xf0000000u;
        hash = (hash ^ high >> 24) & ~high;
    }
    uint32_t bucket_count = module->hash[0];
    const uint32_t *buckets = module->hash + 2;
    const uint32_t *chain = buckets + bucket_count;
    uint32_t index = bucket_count == 0 ? 0 : buckets[hash % bucket_count];
    for (int steps = 0; index != 0 && steps < MAX_CHAIN; index = chain[index], steps++) {
        if (matches(module, index, name, address)) {
            return &module->symbols[index];
        }
    }
    return NULL;
}

static const ElfW(Sym) *find(const struct hooks_module *module, const char *name, uintptr_t address)
{
    if (module->symbols == NULL || module->strings == NULL) {
        return NULL;
    }
    if (module->gnu_hash != NULL) {
        return gnu_find(module, name, address);
    }
    return module->hash != NULL ? sysv_find(module, name, address) : NULL;
}

bool hooks_module_defines(const struct hooks_module *module, const char *name, uintptr_t address)
{
    return find(module, name, address) != NULL;
}

uintptr_t hooks_module_function(const struct hooks_module *module, const char *name)
{
    const ElfW(Sym) *symbol = find(module, name, 0);
    return symbol != NULL && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC ? module->base + symbol->st_value : 0;
}
