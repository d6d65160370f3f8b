/*
 * First instructions of the self-contained executable. Started by the kernel, it puts the C library that it carries into memory
 * and starts that library's loader, which maps this same file again; started by the loader, it goes on to Node.js.
 * So nothing of the image is needed but /proc, and nothing is written to a disk.
 */
#include "system.h"

#define MOST_FILES 16
#define MEMFD_CLOEXEC 1U
#define MEMFD_EXEC 16U
#define NAME "backup-maker-library"

struct piece {
  unsigned long offset;
  unsigned long size;
};

/* Written behind the code when the executable is built; the loader is the first piece. */
extern const struct {
  unsigned long entry_of_node;
  unsigned long count;
  struct piece pieces[MOST_FILES];
} table __attribute__((visibility("hidden")));

static unsigned long length_of(const char *text) {
  unsigned long length = 0;
  while (text[length]) length++;
  return length;
}

static int begins(const char *text, const char *with) {
  while (*with) if (*text++ != *with++) return 0;
  return 1;
}

static void fail(const char *what) {
  static const char program[] = "backup-maker cannot start: ";
  system3(SYS_WRITE, 2, (long)program, sizeof program - 1);
  system3(SYS_WRITE, 2, (long)what, (long)length_of(what));
  system3(SYS_WRITE, 2, (long)"\n", 1);
  system3(SYS_EXIT, 1, 0, 0);
  __builtin_unreachable();
}

/* Appends "/proc/self/fd/N" and gives the new end. */
static char *descriptor_path(char *to, long descriptor) {
  for (const char *from = "/proc/self/fd/"; *from; from++) *to++ = *from;
  char digits[20];
  int count = 0;
  do digits[count++] = (char)('0' + descriptor % 10);
  while (descriptor /= 10);
  while (count) *to++ = digits[--count];
  *to = 0;
  return to;
}

static long in_memory(long self, struct piece piece, unsigned flags) {
  long memory = system3(SYS_MEMFD_CREATE, (long)NAME, flags | MEMFD_EXEC, 0);
  /* Kernels before 6.3 do not know the flag, and need none. */
  if (memory < 0) memory = system3(SYS_MEMFD_CREATE, (long)NAME, flags, 0);
  if (memory < 0) fail("the kernel gives no memory file (memfd_create)");
  unsigned long offset = piece.offset;
  unsigned long end = piece.offset + piece.size;
  while (offset < end) {
    if (system4(SYS_SENDFILE, memory, self, (long)&offset, (long)(end - offset)) <= 0) fail("its file is cut off");
  }
  return memory;
}

/* The image may name libraries of its own C library; the commands that are run later get the variable back. */
static void hide_preload(char **environment) {
  for (; *environment; environment++) if (begins(*environment, "LD_PRELOAD=")) (*environment)[0] = '_';
}

__attribute__((used)) void launch(long *stack) {
  long count = stack[0];
  char **arguments = (char **)(stack + 1);
  char **environment = arguments + count + 1;
  char path[4096];
  char loader[64];
  char libraries[MOST_FILES * 40];
  char *end = libraries;
  const char *started[count + 8];

  long self = system4(SYS_OPENAT, -100, (long)"/proc/self/exe", 02000000, 0);
  long length = system4(SYS_READLINKAT, -100, (long)"/proc/self/exe", (long)path, sizeof path - 1);
  if (self < 0 || length < 0) fail("/proc is not mounted");
  path[length] = 0;
  descriptor_path(loader, in_memory(self, table.pieces[0], MEMFD_CLOEXEC));
  for (unsigned long at = 1; at < table.count; at++) {
    if (at > 1) *end++ = ':';
    end = descriptor_path(end, in_memory(self, table.pieces[at], 0));
  }
  hide_preload(environment);
  int next = 0;
  started[next++] = loader;
  started[next++] = "--inhibit-cache";
  started[next++] = "--preload";
  started[next++] = libraries;
  started[next++] = "--argv0";
  started[next++] = count > 0 ? arguments[0] : path;
  started[next++] = path;
  for (long at = 1; at < count; at++) started[next++] = arguments[at];
  started[next] = 0;
  system3(SYS_EXECVE, (long)loader, (long)started, (long)environment);
  fail("the kernel runs no memory file (vm.memfd_noexec)");
}

/* The libraries are mapped: commands that are run later shall not inherit their descriptors. */
__attribute__((used)) void forget_libraries(void) {
  for (long descriptor = 3; descriptor < 3 + 2 * MOST_FILES; descriptor++) {
    char path[64];
    char target[64];
    descriptor_path(path, descriptor);
    long length = system4(SYS_READLINKAT, -100, (long)path, (long)target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    if (begins(target, "/memfd:" NAME)) system3(SYS_CLOSE, descriptor, 0, 0);
  }
}
