/*
 * A simulated hard disk: loaded into a process by LD_PRELOAD, it makes every sync last as long as it would on a
 * disk whose write cache is flushed one flush at a time. What is modelled, and what is not, is in
 * docs/benchmarks-method.md.
 *
 * The disk is one 64-bit word in a file that all processes of the measurement map: when the last flush that was
 * planned begins, and how long it takes. A sync that comes while that flush has not begun is covered by it. One that
 * comes later needs a flush that begins now, or when the running one ends. The word changes by compare-and-swap, so
 * no process can die with a lock in its hands.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/** Bits of the word that hold the duration, microseconds; the 48 above hold the beginning, microseconds since boot. */
#define DURATION_BITS 16

/** The shared file; slow-disk.ts writes and reads it. */
struct disk {
  _Atomic uint64_t last_flush;
  /** Bounds of the time that a flush takes, microseconds, at most 65535. */
  uint64_t min_us, max_us;
  /** How many syncs came, and how many flushes served them. */
  _Atomic uint64_t syncs, flushes;
};

static struct disk *disk;

/** Without its file the process must not run at all: figures without the disk would look like figures with it. */
__attribute__((constructor)) static void open_disk(void) {
  const char *path = getenv("BENCH_SLOW_DISK");
  if (path == NULL) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) _exit(70);
  disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (disk == MAP_FAILED) _exit(70);
  close(fd);
}

static uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Evenly spread between the bounds, by a hash of the beginning (splitmix64). */
static uint64_t duration_us(uint64_t start) {
  uint64_t hash = start + 0x9e3779b97f4a7c15u;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return disk->min_us + (hash ^ (hash >> 31)) % (disk->max_us - disk->min_us + 1);
}

/** Plans a flush where none is planned that begins after now. Returns when it ends, microseconds since boot. */
static uint64_t end_of_my_flush(void) {
  uint64_t last = atomic_load(&disk->last_flush);
  for (;;) {
    uint64_t now = now_us();
    uint64_t start = last >> DURATION_BITS;
    uint64_t end = start + (last & ((1u << DURATION_BITS) - 1));
    if (now < start) return end;
    uint64_t next_start = now < end ? end : now;
    uint64_t next_us = duration_us(next_start);
    if (atomic_compare_exchange_weak(&disk->last_flush, &last, next_start << DURATION_BITS | next_us)) {
      atomic_fetch_add(&disk->flushes, 1);
      return next_start + next_us;
    }
  }
}

/** Waits for the disk once the real sync has handed it all the data. */
static void flush(void) {
  if (disk == NULL) return;
  int error = errno;
  atomic_fetch_add(&disk->syncs, 1);
  uint64_t end = end_of_my_flush();
  struct timespec until = {.tv_sec = (time_t)(end / 1000000), .tv_nsec = (long)(end % 1000000) * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
  errno = error;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) {
  int result = REAL(fsync)(fd);
  if (result == 0) flush();
  return result;
}

int fdatasync(int fd) {
  int result = REAL(fdatasync)(fd);
  if (result == 0) flush();
  return result;
}

int syncfs(int fd) {
  int result = REAL(syncfs)(fd);
  if (result == 0) flush();
  return result;
}

void sync(void) {
  REAL(sync)();
  flush();
}

int msync(void *address, size_t size, int flags) {
  int result = REAL(msync)(address, size, flags);
  if (result == 0 && (flags & MS_SYNC) != 0) flush();
  return result;
}
