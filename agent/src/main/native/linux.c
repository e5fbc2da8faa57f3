/* SPDX-License-Identifier: MIT
 *
 * The native half of io.dwunw.agent.linux.Linux: a raw system call, the address of a direct buffer, a direct buffer
 * at an address, and reading this process's own memory without being able to fault.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bounce buffer for reads into a Java array: on the C stack, because this code must not call malloc. */
#define BOUNCE_BYTES 16384
/* One iovec for each page, because the kernel promises partial transfers only between iovecs. */
#define PAGES_AT_ONCE 32

#define EXPORT(type, name) JNIEXPORT type JNICALL Java_io_dwunw_agent_linux_Linux_##name

/* Raw: -errno instead of -1, and errno itself is left as the calling thread had it. */
EXPORT(jlong, syscall0)(JNIEnv *env, jclass type, jlong number, jlong a, jlong b, jlong c, jlong d, jlong e, jlong f)
{
    (void) env;
    (void) type;
    int before = errno;
    long result = syscall(number, a, b, c, d, e, f);
    if (result == -1) {
        result = -errno;
    }
    errno = before;
    return result;
}

static int add_changes(struct dl_phdr_info *info, size_t size, void *sum)
{
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs)) {
        *(unsigned long long *) sum = info->dlpi_adds + info->dlpi_subs;
    }
    return 1; /* all entries say the same */
}

EXPORT(jlong, libraryChanges0)(JNIEnv *env, jclass type)
{
    (void) env;
    (void) type;
    unsigned long long sum = 0;
    dl_iterate_phdr(add_changes, &sum);
    return (jlong) sum;
}

/* Linux.LIBRARIES_HEADER: libraries loaded, unloaded, and where this one lies. */
#define HEADER 3
/* With those of one list, on the C stack. */
#define MAX_LISTED (HEADER + 4096)

struct listing {
    jint room;
    jint count;
    jlong values[MAX_LISTED];
};

static int list_library(struct dl_phdr_info *info, size_t size, void *context)
{
    struct listing *list = context;
    bool own = false;
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs)) {
        list->values[0] = (jlong) info->dlpi_adds;
        list->values[1] = (jlong) info->dlpi_subs;
    }
    uintptr_t low = 0;
    for (int i = info->dlpi_phnum - 1; i >= 0; i--) { /* segments rise */
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD) {
            low = (uintptr_t) info->dlpi_addr + segment->p_vaddr;
            own |= (uintptr_t) &list_library - low < segment->p_memsz;
        }
    }
    low &= ~(uintptr_t) 4095;
    if (own) {
        list->values[2] = (jlong) low;
    }
    if (low != 0 && list->count < list->room) {
        list->values[list->count++] = (jlong) low;
    }
    return 0;
}

EXPORT(jint, libraries0)(JNIEnv *env, jclass type, jlongArray into)
{
    (void) type;
    struct listing list = {.count = HEADER};
    jint length = (*env)->GetArrayLength(env, into);
    list.room = length < MAX_LISTED ? length : MAX_LISTED; /* Java has made room for the header */
    dl_iterate_phdr(list_library, &list);
    (*env)->SetLongArrayRegion(env, into, 0, list.count, list.values);
    return list.count;
}

/* So many calls of malloc, and as many of free. */
EXPORT(void, allocatorCalls0)(JNIEnv *env, jclass type, jint pairs)
{
    (void) env;
    (void) type;
    for (jint i = 0; i < pairs; i++) {
        void *volatile block = malloc(1);
        free(block);
    }
}

EXPORT(jlong, address0)(JNIEnv *env, jclass type, jobject buffer)
{
    (void) type;
    return (jlong) (uintptr_t) (*env)->GetDirectBufferAddress(env, buffer);
}

/* The id itself: whether it is an address at all depends on the JVM. */
EXPORT(jlong, methodId0)(JNIEnv *env, jclass type, jobject method)
{
    (void) type;
    return (jlong) (uintptr_t) (*env)->FromReflectedMethod(env, method);
}

EXPORT(jobject, memory0)(JNIEnv *env, jclass type, jlong address, jlong length)
{
    (void) type;
    return (*env)->NewDirectByteBuffer(env, (void *) (uintptr_t) address, length);
}

/* The calling thread stands for its process. Not getpid, which a filter may answer by killing the process. */
static pid_t self(void)
{
    static __thread pid_t tid;
    if (tid == 0) {
        tid = (pid_t) syscall(SYS_gettid);
    }
    return tid;
}

/* Where process_vm_readv is forbidden (an old container's filter), /proc/self/mem gives the same bytes. */
static ssize_t read_proc_mem(uintptr_t from, void *to, size_t length)
{
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t done = 0;
    while (done < length) {
        ssize_t n = pread(fd, (char *) to + done, length - done, (off_t) (from + done));
        if (n <= 0) {
            break;
        }
        done += (size_t) n;
    }
    close(fd);
    return (ssize_t) done;
}

/* Up to PAGES_AT_ONCE pages; the bytes copied, short at a hole, 0 when nothing is readable. */
static size_t read_pages(uintptr_t from, void *to, size_t length)
{
    struct iovec remote[PAGES_AT_ONCE];
    size_t page = 4096;
    size_t wanted = 0;
    unsigned long count = 0;
    while (wanted < length && count < PAGES_AT_ONCE) {
        size_t piece = page - ((from + wanted) & (page - 1));
        if (piece > length - wanted) {
            piece = length - wanted;
        }
        remote[count].iov_base = (void *) (from + wanted);
        remote[count].iov_len = piece;
        wanted += piece;
        count++;
    }
    struct iovec local = {.iov_base = to, .iov_len = wanted};
    int before = errno;
    ssize_t n = process_vm_readv(self(), &local, 1, remote, count, 0);
    if (n < 0 && (errno == EPERM || errno == ENOSYS)) {
        n = read_proc_mem(from, to, wanted);
    }
    errno = before;
    return n < 0 ? 0 : (size_t) n;
}

static size_t read_memory(uintptr_t from, char *to, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t limit = (PAGES_AT_ONCE - 1) * (size_t) 4096;
        size_t wanted = length - done < limit ? length - done : limit;
        size_t n = read_pages(from + done, to + done, wanted);
        done += n;
        if (n < wanted) {
            break;
        }
    }
    return done;
}

/* The caller has checked that the destination has room. */
EXPORT(jlong, readToBuffer0)(JNIEnv *env, jclass type, jlong address, jobject buffer, jlong offset, jlong length)
{
    (void) type;
    char *to = (*env)->GetDirectBufferAddress(env, buffer);
    return to == NULL ? 0 : (jlong) read_memory((uintptr_t) address, to + offset, (size_t) length);
}

EXPORT(jint, readToArray0)(JNIEnv *env, jclass type, jlong address, jbyteArray array, jint offset, jint length)
{
    (void) type;
    char bounce[BOUNCE_BYTES];
    jint done = 0;
    while (done < length) {
        jint wanted = length - done < BOUNCE_BYTES ? length - done : BOUNCE_BYTES;
        jint n = (jint) read_memory((uintptr_t) address + (uintptr_t) done, bounce, (size_t) wanted);
        (*env)->SetByteArrayRegion(env, array, offset + done, n, (const jbyte *) bounce);
        done += n;
        if (n < wanted) {
            break;
        }
    }
    return done;
}
