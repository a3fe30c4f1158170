/* The states seen so far, as a set of 64-bit numbers.

   In exact mode such a number is the hash of a state's key, of which the key can be computed: hashing loses nothing.
   With fingerprints it is all that is kept of a state. */
#ifndef KUBEMODEL_VISITED_H
#define KUBEMODEL_VISITED_H

#include "tables.h"

#define FEW_PLACES 1024

/* Places are filled from where the upper bits of a hash say, and 0 is free. `numbers`, by place, may not be kept. */
typedef struct {
    u64 *places;
    u32 *numbers;
    u64 size, count;
    u32 numbered;
} Visited;

static inline u64 visited_home(const Visited *visited, u64 hash) { return (hash >> 32) * visited->size >> 32; }

static inline void visited_expect(const Visited *visited, u64 hash) {
    __builtin_prefetch(&visited->places[visited_home(visited, hash)]);
}

/* Where a hash stands, or belongs. */
static inline u64 visited_find(const Visited *visited, u64 hash) {
    u64 at = visited_home(visited, hash);
    while (visited->places[at] != hash && visited->places[at]) at = at + 1 == visited->size ? 0 : at + 1;
    return at;
}

static void visited_resize(Visited *visited, u64 size) {
    if (size > NONE) longjmp(way_out, TOO_MANY);
    Visited larger = {zeroed(size * sizeof(u64)), NULL, size, visited->count, visited->numbered};
    if (visited->numbered) larger.numbers = resized(NULL, size * sizeof(u32));
    for (u64 at = 0; at < visited->size; at++) {
        u64 hash = visited->places[at];
        if (!hash) continue;
        u64 place = visited_find(&larger, hash);
        larger.places[place] = hash;
        if (visited->numbered) larger.numbers[place] = visited->numbers[at];
    }
    free(visited->places);
    free(visited->numbers);
    *visited = larger;
}

/* Puts a hash where it belongs. A small set doubles; a large one grows by half, so as to waste less. */
static inline void visited_add(Visited *visited, u64 hash, u64 at, u32 number) {
    visited->places[at] = hash;
    if (visited->numbered) visited->numbers[at] = number;
    if (++visited->count * 4 > visited->size * 3)
        visited_resize(visited, visited->size < 1 << 22 ? visited->size * 2 : visited->size + visited->size / 2);
}

static u64 visited_bytes(const Visited *visited) {
    return visited->size * (sizeof(u64) + (visited->numbered ? sizeof(u32) : 0));
}

static void visited_free(Visited *visited) {
    free(visited->places);
    free(visited->numbers);
}

#endif
