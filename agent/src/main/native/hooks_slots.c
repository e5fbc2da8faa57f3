/* SPDX-License-Identifier: MIT
 *
 * Import slots: points them at the stubs, and back; and the stubs for functions that are looked up.
 *
 * No list of patched slots is kept. A slot is patched when its value is the address of a function that a library
 * exports under the slot's symbol name; it is restored when its value is one of our stubs, each of which knows what it
 * stands for. So a library may come and go at any time without leaving anything behind, and another tool's hooks (whose
 * addresses no library exports) are left alone.
 *
 * A library that another thread is just loading is listed by dl_iterate_phdr before it is relocated, and must not be
 * touched then: the loader may still add to its slots, or need its relro pages writable. Hence three steps: list the
 * libraries; take and release the loader's big lock, so that every load under way at that time has ended; list again,
 * and go on only if nothing came or went in between. The last step runs under the lock that dl_iterate_phdr holds,
 * which also keeps two threads from patching at once and libraries from vanishing meanwhile.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "hooks_elf.h"

#define MAX_MODULES 4096
#define MAX_ATTEMPTS 256
/* Attempts where an application's thread waits for the function that it looks up. */
#define LOOKUP_ATTEMPTS 8
/* Attempts before it sleeps between them: somebody is opening and closing libraries all the time. */
#define PATIENCE 8
/* The lazy binder may be resolving a slot while it is patched, and then overwrites it: look again a few times. */
#define RECHECKS 3
#define FULL_PASS_SECONDS 5
/* Between full passes, while there are slots that only the loader may bind. */
#define UNBOUND_PASS_SECONDS 1

/* What each stub stands for. Written before the first slot points at the stub, never changed. */
uintptr_t hooks_original[HOOKS_FAMILIES][HOOKS_SYMBOLS];
struct hooks_range hooks_libc;
static uintptr_t family_base[HOOKS_FAMILIES]; /* of the library; 0 = unused, as only an executable has bias 0 */
static bool family_used[HOOKS_FAMILIES];
/* malloc_usable_size of the library; 0 = it has none. Written like hooks_original. */
static uintptr_t family_usable_size[HOOKS_FAMILIES];

static uintptr_t defaults[HOOKS_NAMES]; /* what an unresolved slot will be bound to */
static bool interposed;                 /* malloc is not libc's */
static bool deep_opened;                /* RTLD_DEEPBIND was seen: see may_anticipate */
static bool any_rpath;
static unsigned long long last_adds, last_subs;
static int rechecks;
static bool any_unbound;
static long last_pass_seconds;

enum rivalry { UNKNOWN = 0, NO_RIVAL, RIVAL };

/* Which slots lead to stubs after a pass: none, those of functions that open libraries and look into them, all. */
enum extent { NONE = 0, LOOKUPS, ALL };

struct pass {
    bool restore; /* take away only */
    enum extent extent;
    bool deep;    /* a library is bound to another definition than most */
    bool unbound; /* a slot was left to the loader */
    bool again;
    bool done;
    int changed;
    int patched_before;
    uint64_t refused;
    unsigned long long adds, subs;
    unsigned count;
    struct hooks_module *modules;
    uint8_t rivals[HOOKS_NAMES]; /* enum rivalry */
};

struct patching {
    struct pass *pass;
    struct hooks_module *module;
    uintptr_t open_page; /* of relro, made writable; 0 = none */
    bool libc;           /* only what it allocates is of interest, not what it maps */
};

static const struct hooks_module *module_of(const struct pass *pass, uintptr_t address)
{
    for (unsigned i = 0; i < pass->count; i++) {
        if (address >= pass->modules[i].low && address < pass->modules[i].high) {
            return &pass->modules[i];
        }
    }
    return NULL;
}

/* The row of stubs for functions of `owner`; -1 when there are more owners than rows. */
static int family_of(const struct hooks_module *owner)
{
    for (int family = 0; family < HOOKS_FAMILIES; family++) {
        if (family_used[family] && family_base[family] == owner->base) {
            return family;
        }
    }
    for (int family = 0; family < HOOKS_FAMILIES; family++) {
        if (!family_used[family]) {
            family_used[family] = true;
            family_base[family] = owner->base;
            __atomic_store_n(&family_usable_size[family], hooks_module_function(owner, "malloc_usable_size"),
                             __ATOMIC_RELEASE);
            return family;
        }
    }
    return -1;
}

uint64_t hooks_usable_size(unsigned family, uint64_t address)
{
    uintptr_t function = __atomic_load_n(&family_usable_size[family], __ATOMIC_ACQUIRE);
    return function == 0 ? 0 : ((size_t(*)(void *)) function)((void *) (uintptr_t) address);
}

/* Of C++, or what goes by its columns. */
static bool is_operator(unsigned symbol)
{
    return symbol >= HOOKS_NEW && symbol < HOOKS_DELETE_END;
}

/* The stub to stand before `target`, 0 if `target` is not what its owner exports under that name. */
static uintptr_t stub_for(const struct patching *patching, unsigned name, uintptr_t target)
{
    const struct hooks_module *owner = module_of(patching->pass, target);
    unsigned symbol = hooks_names[name].symbol;
    if (patching->libc && symbol == DWUNW_REALLOC) {
        symbol = HOOKS_LIBC_REALLOC;
    }
    if (owner == NULL || !hooks_module_defines(owner, hooks_names[name].name, target)) {
        return 0;
    }
    /* The operators of a C++ runtime call malloc by a slot of their own; only an allocator's own do not. */
    if (is_operator(symbol) && !hooks_module_defines(owner, "malloc", 0)) {
        return 0;
    }
    int family = family_of(owner);
    if (family < 0) {
        return 0;
    }
    uintptr_t *original = &hooks_original[family][symbol];
    uintptr_t known = __atomic_load_n(original, __ATOMIC_ACQUIRE);
    if (known == 0) {
        __atomic_store_n(original, target, __ATOMIC_RELEASE);
    } else if (known != target) {
        return 0;
    }
    return hooks_stub[family][symbol];
}

static bool is_stub(uintptr_t address)
{
    return address >= (uintptr_t) hooks_stubs_begin && address < (uintptr_t) hooks_stubs_end;
}

static uintptr_t original_of(uintptr_t stub)
{
    for (unsigned i = 0; i < HOOKS_FAMILIES * HOOKS_SYMBOLS; i++) {
        if (hooks_stub[i / HOOKS_SYMBOLS][i % HOOKS_SYMBOLS] == stub) {
            return hooks_original[i / HOOKS_SYMBOLS][i % HOOKS_SYMBOLS];
        }
    }
    return 0;
}

static bool in_module(const struct hooks_module *module, uintptr_t address)
{
    return address >= module->low && address < module->high;
}

/* glibc calls malloc and free through slots, so that an allocator may be preloaded: for strdup, getline, fopen. */
static bool is_libc(const struct hooks_module *module)
{
    return strcmp(module->soname, "libc.so.6") == 0;
}

/* Before 2.34, glibc came in several libraries. */
static bool is_glibc(const struct hooks_module *module)
{
    return is_libc(module) || strcmp(module->soname, "libpthread.so.0") == 0
        || strcmp(module->soname, "libdl.so.2") == 0 || strcmp(module->soname, "librt.so.1") == 0;
}

/* Some export a malloc, which only they are bound to. */
static bool is_loader(const struct hooks_module *module)
{
    return hooks_module_defines(module, "__tls_get_addr", 0);
}

/* Whether a library beside the default's owner, libc and the C++ runtimes defines the name. */
static bool has_rival(struct pass *pass, unsigned name)
{
    if (pass->rivals[name] == UNKNOWN) {
        bool found = false;
        for (unsigned i = 0; i < pass->count && !found; i++) {
            const struct hooks_module *module = &pass->modules[i];
            found = hooks_module_defines(module, hooks_names[name].name, 0) && !in_module(module, defaults[name])
                && !is_glibc(module) && !is_loader(module)
                && (!is_operator(hooks_names[name].symbol) || hooks_module_defines(module, "malloc", 0));
        }
        pass->rivals[name] = found ? RIVAL : NO_RIVAL;
    }
    return pass->rivals[name] == RIVAL;
}

/* Whether the loader will surely bind a slot to the default. It looks in the program and what came with it first, where
 * the default is; only in a library opened with RTLD_DEEPBIND it first looks in what that needs. Which libraries are,
 * it keeps to itself. So every other definition counts that may be found there; but libc's, which everybody needs,
 * beside a preloaded allocator only if there is a sign of such an opening. */
static bool may_anticipate(struct patching *patching, unsigned name)
{
    return !deep_opened && !patching->pass->deep && !patching->module->odd && !has_rival(patching->pass, name);
}

static bool is_lookup(unsigned symbol)
{
    return (symbol >= HOOKS_DLOPEN && symbol <= HOOKS_DLSYM) || symbol == HOOKS_DLVSYM;
}

/* What the slot is to hold, 0 for no change. */
static uintptr_t wanted_value(struct patching *patching, unsigned name, unsigned type, uintptr_t value)
{
    enum extent extent = patching->pass->extent;
    bool wanted = extent == ALL || (extent == LOOKUPS && is_lookup(hooks_names[name].symbol));
    if (is_stub(value)) {
        return wanted ? 0 : original_of(value);
    }
    if (!wanted || patching->pass->restore) {
        return 0;
    }
    uintptr_t stub = stub_for(patching, name, value);
    if (stub == 0 && type == R_X86_64_JUMP_SLOT && in_module(patching->module, value) && defaults[name] != 0) {
        /* Not bound yet. Binding it to the stub anticipates what the lazy binder would find. */
        if (may_anticipate(patching, name)) {
            stub = stub_for(patching, name, defaults[name]);
        } else {
            patching->pass->unbound = true;
        }
    }
    return stub;
}

/* Asks the kernel to OR 0 into it, which has no effect but to fail where writing would. */
static bool is_writable(uintptr_t slot)
{
    static uint32_t nobody_waits_here;
    return hooks_syscall(SYS_futex, (uintptr_t) &nobody_waits_here, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, slot,
                         FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0))
        >= 0;
}

static void close_page(struct patching *patching)
{
    if (patching->open_page != 0) {
        hooks_syscall(SYS_mprotect, patching->open_page, HOOKS_PAGE, PROT_READ, 0, 0, 0);
        patching->open_page = 0;
    }
}

/* Another tool may have made pages writable for good, and counts on it: those stay as they are. */
static bool open_page(struct patching *patching, uintptr_t slot)
{
    const struct hooks_module *module = patching->module;
    uintptr_t page = slot & ~(uintptr_t) (HOOKS_PAGE - 1);
    if (slot < module->relro_low || slot >= module->relro_high || patching->open_page == page) {
        return true;
    }
    close_page(patching);
    if (is_writable(slot)) {
        return true;
    }
    if (hooks_syscall(SYS_mprotect, page, HOOKS_PAGE, PROT_READ | PROT_WRITE, 0, 0, 0) != 0) {
        return false;
    }
    patching->open_page = page;
    return true;
}

static bool in_writable_segment(const struct hooks_module *module, uintptr_t slot)
{
    for (unsigned i = 0; i < module->segment_count; i++) {
        const ElfW(Phdr) *segment = &module->segments[i];
        uintptr_t start = module->base + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) && slot >= start
            && slot + sizeof(uintptr_t) <= start + segment->p_memsz) {
            return true;
        }
    }
    return false;
}

/* Looks whether the slot is bound to another allocator than most, and not to a program's PLT, which only leads there.
 * */
static void note_binding(const struct patching *patching, unsigned name, uintptr_t value)
{
    uintptr_t bound_to = is_stub(value) ? original_of(value) : value;
    if (bound_to == defaults[name] || in_module(patching->module, bound_to)) {
        return;
    }
    const struct hooks_module *owner = module_of(patching->pass, bound_to);
    bool defined = owner != NULL && hooks_module_defines(owner, hooks_names[name].name, bound_to);
    patching->module->odd |= owner == NULL || defined;
    patching->pass->deep |= defined && defaults[name] != 0;
}

static bool is_heap(unsigned symbol)
{
    return symbol <= DWUNW_PVALLOC || symbol == DWUNW_FREE;
}

static void patch_slot(struct patching *patching, const ElfW(Rela) *relocation, bool look_only)
{
    unsigned type = (unsigned) ELF64_R_TYPE(relocation->r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && (type != R_X86_64_64 || relocation->r_addend != 0)) {
        return;
    }
    const struct hooks_module *module = patching->module;
    const ElfW(Sym) *symbol = &module->symbols[ELF64_R_SYM(relocation->r_info)];
    int name = hooks_name_index(module->strings + symbol->st_name);
    uintptr_t address = module->base + relocation->r_offset;
    if (name < 0 || address % sizeof(uintptr_t) != 0 || !in_writable_segment(module, address)
        || (patching->libc && !is_heap(hooks_names[name].symbol))) {
        return;
    }
    uintptr_t *slot = (uintptr_t *) address;
    uintptr_t value = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (look_only) {
        if (is_heap(hooks_names[name].symbol)) {
            note_binding(patching, (unsigned) name, value);
        }
        return;
    }
    patching->pass->patched_before += is_stub(value);
    uintptr_t wanted = wanted_value(patching, (unsigned) name, type, value);
    if (wanted == 0) {
        return;
    }
    if (!open_page(patching, address)) {
        patching->pass->refused++;
        return;
    }
    patching->pass->changed +=
        __atomic_compare_exchange_n(slot, &value, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void patch_slots(struct patching *patching, bool look_only)
{
    const struct hooks_module *module = patching->module;
    for (size_t i = 0; i < module->relocation_count; i++) {
        patch_slot(patching, &module->relocations[i], look_only);
    }
    for (size_t i = 0; i < module->jump_slot_count; i++) {
        patch_slot(patching, &module->jump_slots[i], look_only);
    }
}

/* Allocators (jemalloc, ...) and the loader keep their own ways: what they map or pass around inside is not an
 * allocation of the application. */
static bool keeps_its_slots(const struct hooks_module *module)
{
    return module->symbols == NULL || module->strings == NULL
        || (module->relocations == NULL && module->jump_slots == NULL) || in_module(module, (uintptr_t) hooks_stub)
        || (hooks_module_defines(module, "malloc", 0) && !is_libc(module)) || is_loader(module)
        || (is_glibc(module) && !is_libc(module));
}

static void patch_module(struct pass *pass, struct hooks_module *module, bool look_only)
{
    struct patching patching = {.pass = pass, .module = module, .libc = is_libc(module)};
    if (patching.libc) {
        hooks_libc.address = module->low;
        hooks_libc.size = module->high - module->low;
    }
    patch_slots(&patching, look_only);
    close_page(&patching);
}

static void patch_modules(struct pass *pass, bool look_only)
{
    for (unsigned i = 0; i < pass->count; i++) {
        if (!keeps_its_slots(&pass->modules[i])) {
            patch_module(pass, &pass->modules[i], look_only);
        }
    }
}

static int list_module(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct pass *pass = context;
    if (pass->count == MAX_MODULES) {
        return 1;
    }
    pass->adds = info->dlpi_adds;
    pass->subs = info->dlpi_subs;
    hooks_module_locate(&pass->modules[pass->count++], info);
    return 0;
}

static long seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void parse_all(struct pass *pass)
{
    bool rpath = false;
    for (unsigned i = 0; i < pass->count; i++) {
        hooks_module_parse(&pass->modules[i]);
        rpath |= pass->modules[i].has_rpath;
    }
    any_rpath = rpath;
}

/* Called for the first library only: the lock is held, and the list made before still holds. */
static int patch_all(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct pass *pass = context;
    if (info->dlpi_adds != pass->adds || info->dlpi_subs != pass->subs) {
        return 1;
    }
    pass->done = true;
    pass->extent = hooks_active() ? ALL : hooks_watching() ? LOOKUPS : NONE;
    if (!pass->restore && pass->extent == NONE) {
        return 1; /* detached since the caller looked */
    }
    parse_all(pass);
    if (!pass->restore) {
        patch_modules(pass, true);
    }
    patch_modules(pass, false);
    __atomic_store_n(&hooks_statistics.unpatched, pass->refused, __ATOMIC_RELAXED);
    any_unbound = pass->unbound;
    last_pass_seconds = seconds();
    last_adds = pass->adds;
    last_subs = pass->subs;
    rechecks = pass->changed != 0 ? RECHECKS : rechecks;
    return 1;
}

typedef int step(struct dl_phdr_info *info, size_t size, void *context);

/* Lists the libraries, and runs `last` once the list is sure to hold. `pass` is the first member of what it gets. */
static bool with_modules(struct pass *pass, step *last, int attempts)
{
    uint64_t bytes = MAX_MODULES * sizeof(struct hooks_module);
    pass->modules = hooks_map(bytes);
    if (pass->modules == NULL) {
        return false;
    }
    for (int attempt = 0; attempt < attempts && !pass->done; attempt++) {
        if (attempt >= PATIENCE) {
            struct timespec pause = {.tv_sec = 0, .tv_nsec = 300000};
            hooks_syscall(SYS_nanosleep, (uintptr_t) &pause, 0, 0, 0, 0, 0);
        }
        pass->count = 0;
        dl_iterate_phdr(list_module, pass);
        (void) dlsym(RTLD_DEFAULT, "malloc"); /* waits for the loader's lock */
        dl_iterate_phdr(last, pass);
    }
    hooks_syscall(SYS_munmap, (uintptr_t) pass->modules, bytes, 0, 0, 0, 0);
    return true;
}

static int apply(bool restore, int attempts, int *patched_before)
{
    struct pass pass = {.restore = restore};
    if (!with_modules(&pass, patch_all, attempts)) {
        return -ENOMEM;
    }
    *patched_before = pass.patched_before;
    return pass.done ? pass.changed : -EAGAIN;
}

int hooks_slots_install(void)
{
    int patched_before = 0;
    int changed = apply(false, MAX_ATTEMPTS, &patched_before);
    /* Who was on the way out of dlopen may have been faster. */
    return changed < 0 ? changed : changed + patched_before;
}

int hooks_slots_restore(void)
{
    int patched_before = 0;
    return apply(true, MAX_ATTEMPTS, &patched_before);
}

static int anything_new(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    *(bool *) context = info->dlpi_adds != last_adds || info->dlpi_subs != last_subs;
    return 1;
}

int hooks_slots_verify(void)
{
    bool changed = false;
    dl_iterate_phdr(anything_new, &changed);
    long due = any_unbound ? UNBOUND_PASS_SECONDS : FULL_PASS_SECONDS;
    if (!changed && rechecks == 0 && (!hooks_active() || seconds() - last_pass_seconds < due)) {
        return 0;
    }
    rechecks -= rechecks > 0;
    int patched_before = 0;
    return apply(false, MAX_ATTEMPTS, &patched_before);
}

static int defines_malloc(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct hooks_module module;
    hooks_module_locate(&module, info);
    if (!in_module(&module, defaults[0])) {
        return 0;
    }
    hooks_module_parse(&module);
    *(bool *) context = strncmp(module.soname, "libc.so", 7) != 0;
    return 1;
}

/* Threads may be in our code at any time, so it must never be unloaded, whatever becomes of the class loader. */
void hooks_stay_loaded(void)
{
    Dl_info self;
    if (dladdr(hooks_stub, &self) != 0 && self.dli_fname != NULL) {
        dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
}

/* Once, and not in an application's thread: looking up what does not exist leaves an error text in the thread. */
void hooks_slots_resolve(void)
{
    for (unsigned i = 0; i < HOOKS_NAMES; i++) {
        defaults[i] = hooks_default(hooks_names[i].name);
    }
    dl_iterate_phdr(defines_malloc, &interposed);
    hooks_stay_loaded();
}

void hooks_slots_before_open(int mode)
{
    /* Such a library may bind to libc's allocator instead of the preloaded one. */
    if ((mode & RTLD_DEEPBIND) && interposed) {
        deep_opened = true;
    }
}

void hooks_slots_after_open(void)
{
    bool changed = false;
    dl_iterate_phdr(anything_new, &changed);
    if (changed) { /* else it was there already, or somebody else has seen to it */
        hooks_slots_install();
    }
}

static int anything_added(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    *(bool *) context = info->dlpi_adds != last_adds;
    return 1;
}

/* One attempt waits for the loader's lock once, which the look-up itself will do next. */
void hooks_slots_before_lookup(void)
{
    bool added = false;
    dl_iterate_phdr(anything_added, &added);
    if (added) {
        int patched_before = 0;
        apply(false, 1, &patched_before);
    }
}

bool hooks_slots_any_rpath(void)
{
    return any_rpath;
}

struct search {
    struct pass pass;
    unsigned name;
    uintptr_t function;
    uintptr_t caller;
    bool in_any; /* looked for in all libraries, in an order that depends on the caller */
    uintptr_t stub;
};

/* Called for the first library only: see patch_all. */
static int find_stub(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    struct search *search = context;
    struct pass *pass = &search->pass;
    if (info->dlpi_adds != pass->adds || info->dlpi_subs != pass->subs) {
        return 1;
    }
    pass->done = true;
    parse_all(pass);
    struct hooks_module nowhere = {.base = 0}; /* compiled Java code, for one */
    const struct hooks_module *caller = module_of(pass, search->caller);
    if (caller != NULL && keeps_its_slots(caller)) {
        return 1;
    }
    struct patching patching = {.pass = pass, .module = caller == NULL ? &nowhere : (struct hooks_module *) caller};
    if (search->in_any) {
        patch_modules(pass, true);
        if (search->function != defaults[search->name] || !may_anticipate(&patching, search->name)) {
            return 1;
        }
    }
    search->stub = stub_for(&patching, search->name, search->function);
    return 1;
}

uintptr_t hooks_slots_stub(unsigned name, uintptr_t function, uintptr_t caller, bool in_any)
{
    struct search search = {.name = name, .function = function, .caller = caller, .in_any = in_any};
    return with_modules(&search.pass, find_stub, LOOKUP_ATTEMPTS) ? search.stub : 0;
}

bool hooks_slots_only_libc_allocates(void)
{
    bool any = false;
    for (int family = 0; family < HOOKS_FAMILIES; family++) {
        uintptr_t original = __atomic_load_n(&hooks_original[family][DWUNW_MALLOC], __ATOMIC_ACQUIRE);
        if (original != 0 && original - hooks_libc.address >= hooks_libc.size) {
            return false;
        }
        any |= original != 0;
    }
    return any && !interposed;
}
