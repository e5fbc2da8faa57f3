/* SPDX-License-Identifier: MIT */
/* Starts a command in which some system calls are refused by seccomp(2), as in a container with a filter:
 *     refuse errno=228 kill=39 -- command [argument]...
 * errno: the call fails with EPERM; kill: it ends the process. Numbers are those of x86-64. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAX_CALLS 16

int main(int argc, char **argv)
{
    struct sock_filter code[5 + 2 * MAX_CALLS] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short length = 4;
    int i = 1;
    for (; i < argc && i <= MAX_CALLS && strcmp(argv[i], "--") != 0; i++) {
        const char *number = strchr(argv[i], '=');
        if (number == NULL) {
            fprintf(stderr, "not understood: %s\n", argv[i]);
            return 2;
        }
        unsigned action = strncmp(argv[i], "kill", 4) == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
        code[length++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) atoi(number + 1), 0, 1);
        code[length++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action);
    }
    code[length++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {.len = length, .filter = code};
    if (i + 1 >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        perror("refuse");
        return 2;
    }
    execvp(argv[i + 1], argv + i + 1);
    perror(argv[i + 1]);
    return 127;
}
