/*
 * Preloaded into a process (LD_PRELOAD), has the kernel refuse a system call, as the rules of a container do: the environment
 * has its number as REFUSED_CALL, and what is answered as REFUSED_WITH, the number of an error, or 0.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void refuse(void) {
  const char *call = getenv("REFUSED_CALL"), *answer = getenv("REFUSED_WITH");
  if (call == NULL || answer == NULL) return;
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)atoi(answer)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  // Without this only root may set rules.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) abort();
}
