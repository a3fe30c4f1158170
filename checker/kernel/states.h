/* The states found so far: by number, in the order in which they were found, and as a set.

   With fingerprints a state is 64 bits. Its contents are kept until it is expanded; later they are found again by
   walking to it once more: each state knows its parent, and by which of that one's moves it was found.

   Stern, Dill: Improved Probabilistic Verification by Hash Compaction, CHARME 1995; as TLC does it. */
#ifndef KUBEMODEL_STATES_H
#define KUBEMODEL_STATES_H

#include "tree.h"

#define MOST_MOVES UINT16_MAX

/* What a content contributes to the fingerprint of a state: the sum of all. */
static inline u64 print_of_content(u32 pool, u32 content) { return mixed(pair(pool, content) ^ 0x9e3779b97f4a7c15ULL); }

static inline u64 not_zero(u64 print) { return print ? print : 1; }

static u64 print_of(const Kernel *kernel, const u32 *contents) {
    u64 print = 0;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) print += print_of_content(pool, contents[pool]);
    return print;
}

/* The hash of the state whose contents are in `values`. */
static u64 hash_of(Kernel *kernel, u32 *values) {
    if (kernel->fingerprints) return not_zero(print_of(kernel, values));
    return hash_of_state(kernel, values, all_inner(kernel), 0);
}

/* The contents of a state, and all nodes of the tree; false if only walking there can tell. */
static inline int unfold(const Kernel *kernel, u32 state, u32 *values) {
    if (!kernel->fingerprints) {
        unfold_hash(kernel, kernel->hashes[state], values);
        return 1;
    }
    if (state < kernel->first_row) return 0;
    memcpy(values, kernel->rows + (state - kernel->first_row) * kernel->pool_count, kernel->pool_count * sizeof(u32));
    return 1;
}

/* Forgets the contents of states that were expanded. */
static void drop_rows(Kernel *kernel) {
    u64 pools = kernel->pool_count, left = kernel->count - kernel->next;
    if (!kernel->fingerprints || kernel->next == kernel->first_row) return;
    memmove(kernel->rows, kernel->rows + (kernel->next - kernel->first_row) * pools, left * pools * sizeof(u32));
    kernel->first_row = kernel->next;
}

/* A new state that a move of `parent` leads to; `contents` are wanted for fingerprints only. */
static void add_state(Kernel *kernel, u64 hash, u64 place, u32 parent, u64 way, const u32 *contents) {
    u32 number = kernel->count;
    if (number >= NONE - 1) longjmp(way_out, TOO_MANY);
    kernel->parents = with_room(kernel->parents, &kernel->parent_room, number + 1ULL, sizeof(u32));
    kernel->parents[number] = parent;
    if (kernel->fingerprints) {
        if (way > MOST_MOVES) longjmp(way_out, TOO_MANY);
        u64 pools = kernel->pool_count, row = number - kernel->first_row;
        kernel->ways = with_room(kernel->ways, &kernel->way_room, number + 1ULL, sizeof(uint16_t));
        kernel->ways[number] = (uint16_t)way;
        kernel->rows = with_room(kernel->rows, &kernel->row_room, (row + 1) * pools, sizeof(u32));
        memcpy(kernel->rows + row * pools, contents, pools * sizeof(u32));
    } else {
        kernel->hashes = with_room(kernel->hashes, &kernel->hash_room, number + 1ULL, sizeof(u64));
        kernel->hashes[number] = hash;
    }
    kernel->count++;
    visited_add(&kernel->visited, hash, place, number);
}

/* What the states take, without what only a search under way needs. */
static u64 bytes_of_states(const Kernel *kernel) {
    u64 bytes = visited_bytes(&kernel->visited) + kernel->count * (sizeof(u32) + sizeof(u64)) + kernel->clean_room;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) bytes += pool_bytes(&kernel->pools[pool]);
    if (kernel->fingerprints)
        return bytes - kernel->count * (sizeof(u64) - sizeof(uint16_t)) +
               (kernel->count - kernel->first_row) * kernel->pool_count * sizeof(u32);
    for (u32 node = kernel->pool_count; node < root_of(kernel); node++) bytes += pairs_bytes(&kernel->inner[node]);
    return bytes;
}

#endif
