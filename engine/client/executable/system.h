/* System calls and the first instruction, for the processors that Node.js is published for. */
#if defined(__x86_64__)
#define SYS_WRITE 1
#define SYS_CLOSE 3
#define SYS_SENDFILE 40
#define SYS_EXECVE 59
#define SYS_EXIT 231
#define SYS_OPENAT 257
#define SYS_READLINKAT 267
#define SYS_MEMFD_CREATE 319

static inline long system4(long number, long a, long b, long c, long d) {
  register long fourth __asm__("r10") = d;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
  return result;
}

/* The loader leaves the address of its own clean-up in rdx, the kernel leaves 0. */
__asm__(
    ".pushsection .start,\"ax\"\n.globl _start\n_start:\n"
    "test %rdx, %rdx\njnz 1f\nmov %rsp, %rdi\nand $-16, %rsp\ncall launch\nhlt\n"
    "1: push %rdx\nmov %rsp, %rbx\nand $-16, %rsp\ncall forget_libraries\nmov %rbx, %rsp\npop %rdx\n"
    "jmp *table(%rip)\n.popsection\n");

#elif defined(__aarch64__)
#define SYS_READLINKAT 78
#define SYS_OPENAT 56
#define SYS_CLOSE 57
#define SYS_WRITE 64
#define SYS_SENDFILE 71
#define SYS_EXIT 94
#define SYS_EXECVE 221
#define SYS_MEMFD_CREATE 279

static inline long system4(long number, long a, long b, long c, long d) {
  register long call __asm__("x8") = number;
  register long first __asm__("x0") = a;
  register long second __asm__("x1") = b;
  register long third __asm__("x2") = c;
  register long fourth __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(call), "r"(second), "r"(third), "r"(fourth) : "memory");
  return first;
}

/* The loader leaves the address of its own clean-up in x0, the kernel leaves 0. */
__asm__(
    ".pushsection .start,\"ax\"\n.globl _start\n_start:\n"
    "cbnz x0, 1f\nmov x0, sp\nbl launch\nbrk 0\n"
    "1: mov x19, x0\nbl forget_libraries\nmov x0, x19\n"
    "adrp x16, table\nldr x16, [x16, :lo12:table]\nbr x16\n.popsection\n");
#else
#error "no launcher for this processor yet"
#endif

static inline long system3(long number, long a, long b, long c) { return system4(number, a, b, c, 0); }
