/* Integers, hashing, and memory that either comes or ends the run. */
#ifndef KUBEMODEL_MEMORY_H
#define KUBEMODEL_MEMORY_H

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

typedef uint32_t u32;
typedef uint64_t u64;

#define NONE UINT32_MAX /* no number: unknown, absent */
#define VACANT UINT64_MAX

/* Where a run is left to, with what it wants: a question that Python answers, or the memory that it lacks. */
static _Thread_local jmp_buf way_out;

enum { OUT_OF_MEMORY = 1, TOO_MANY = 2, UNFINISHED = 100 /* what helpers leave to be done in its turn */ };

/* Asks for large pages where much is read here and there: finding a small one takes as long as reading it. */
static void *spread(void *found, size_t bytes) {
    if (!found) longjmp(way_out, OUT_OF_MEMORY);
#ifdef MADV_HUGEPAGE
    uintptr_t page = 4096, begin = ((uintptr_t)found + page - 1) & ~(page - 1), end = (uintptr_t)found + bytes;
    if (bytes >= 1 << 22) madvise((void *)begin, (end - begin) & ~(page - 1), MADV_HUGEPAGE);
#else
    (void)bytes;
#endif
    return found;
}

static void *resized(void *old, size_t bytes) { return spread(realloc(old, bytes ? bytes : 1), bytes); }

static void *zeroed(size_t bytes) { return spread(calloc(bytes ? bytes : 1, 1), bytes); }

/* Room for `need` items of `size` bytes in `items`, which has `*room`: doubles, so that appending stays cheap. */
static void *with_room(void *items, u64 *room, u64 need, size_t size) {
    if (need <= *room) return items;
    u64 wanted = *room ? *room : 16;
    while (wanted < need) wanted *= 2;
    items = resized(items, wanted * size);
    *room = wanted;
    return items;
}

/* The finaliser of MurmurHash3 (Appleby): every bit of the key moves every bit of the hash. */
static inline u64 mixed(u64 key) {
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    return key ^ key >> 33;
}

/* The key of which this is the hash. */
static inline u64 unmixed(u64 hash) {
    hash ^= hash >> 33;
    hash *= 0x9cb4b2f8129337dbULL;
    hash ^= hash >> 33;
    hash *= 0x4f74430c22a54005ULL;
    return hash ^ hash >> 33;
}

static inline u64 pair(u32 first, u32 second) { return (u64)first << 32 | second; }

static inline u64 hash_words(const u32 *words, u32 count) {
    u64 hash = count;
    for (u32 i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * 0xff51afd7ed558ccdULL;
        hash ^= hash >> 32;
    }
    return mixed(hash);
}

static inline int same_words(const u32 *some, const u32 *others, u32 count) {
    for (u32 i = 0; i < count; i++)
        if (some[i] != others[i]) return 0;
    return 1;
}

#endif
