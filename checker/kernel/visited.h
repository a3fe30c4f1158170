/* The states seen so far, tree-compressed: one table of pairs for each inner node of a binary tree over the pools.

   Laarman, van de Pol, Weber: Parallel Recursive State Compression for Free, SPIN 2011. A state is a pair of numbers of
   halves, which are pairs of numbers in turn; the leaves are the contents of pools. */
#ifndef KUBEMODEL_VISITED_H
#define KUBEMODEL_VISITED_H

#include "kernel.h"

#define SAMPLE 4096

static u32 root_of(const Kernel *kernel) { return kernel->pool_count == 1 ? 1 : 2 * kernel->pool_count - 2; }

static void find_ancestors(Kernel *kernel) {
    u32 pools = kernel->pool_count;
    memset(kernel->ancestors, 0, (2 * pools + 1) * sizeof(u64));
    for (u32 node = root_of(kernel); node >= pools; node--) {
        if (node != root_of(kernel)) kernel->ancestors[node] |= 1ULL << (node - pools);
        kernel->ancestors[kernel->left[node]] |= kernel->ancestors[node];
        kernel->ancestors[kernel->right[node]] |= kernel->ancestors[node];
    }
}

/* The first tree, of which nothing is known: a chain. */
static void plant(Kernel *kernel) {
    u32 pools = kernel->pool_count, nodes = 2 * pools + 1;
    kernel->left = resized(NULL, nodes * sizeof(u32));
    kernel->right = resized(NULL, nodes * sizeof(u32));
    kernel->ancestors = zeroed(nodes * sizeof(u64));
    kernel->inner = zeroed(nodes * sizeof(Pairs));
    kernel->values = zeroed(nodes * sizeof(u32));
    kernel->fresh = zeroed(nodes * sizeof(u32));
    if (pools == 1) kernel->left[1] = kernel->right[1] = 0;
    for (u32 i = 1; i < pools; i++) {
        kernel->left[pools + i - 1] = i == 1 ? 0 : pools + i - 2;
        kernel->right[pools + i - 1] = i;
    }
    find_ancestors(kernel);
}

/* The key of the state whose contents are in `values`, of which the nodes in `above` are to be looked up. */
static inline u64 key_of_state(Kernel *kernel, u32 *values, u64 above) {
    u32 pools = kernel->pool_count, root = root_of(kernel);
    for (; above; above &= above - 1) {
        u32 node = pools + (u32)__builtin_ctzll(above);
        values[node] = pairs_intern(&kernel->inner[node], pair(values[kernel->left[node]], values[kernel->right[node]]));
    }
    return pair(values[kernel->left[root]], values[kernel->right[root]]);
}

static inline void unfold(const Kernel *kernel, u64 key, u32 *values) {
    u32 root = root_of(kernel);
    values[kernel->left[root]] = (u32)(key >> 32);
    values[kernel->right[root]] = (u32)key;
    for (u32 node = root - 1; node >= kernel->pool_count; node--) {
        u64 halves = kernel->inner[node].keys[values[node]];
        values[kernel->left[node]] = (u32)(halves >> 32);
        values[kernel->right[node]] = (u32)halves;
    }
}

/* Of two columns of a sample, how many distinct pairs there are; their numbers go into `joined`. */
static u32 join(Pairs *pairs, const u32 *first, const u32 *second, u32 *joined, u64 rows) {
    pairs->count = 0;
    memset(pairs->places, 0, (pairs->mask + 1) * sizeof(u64));
    for (u64 row = 0; row < rows; row++) {
        u32 number = pairs_intern(pairs, pair(first[row], second[row]));
        if (joined) joined[row] = number;
    }
    return pairs->count;
}

/* Plants the tree anew: again and again, the two nodes are joined that have the fewest pairs of values among a sample
   of the states. What varies most then stands next to the root: its changes are looked up in few tables, and the tables
   far from the root stay small. */
static void replant(Kernel *kernel) {
    u32 pools = kernel->pool_count, open[MOST_POOLS], count = pools, next = pools;
    if (pools < 3) return;
    u64 every = 1 + kernel->states.count / SAMPLE, rows = kernel->states.count / every;
    u32 *columns = resized(NULL, 2 * pools * rows * sizeof(u32)), *costs = resized(NULL, 4 * pools * pools * sizeof(u32));
    Pairs pairs = {0};
    pairs_resize(&pairs, 2 * SAMPLE);
    for (u64 row = 0; row < rows; row++) {
        unfold(kernel, kernel->states.keys[row * every], kernel->values);
        for (u32 pool = 0; pool < pools; pool++) columns[pool * rows + row] = kernel->values[pool];
    }
    memset(costs, 0, 4 * pools * pools * sizeof(u32));
    for (u32 i = 0; i < pools; i++) open[i] = i;
    u32 *left = resized(NULL, (2 * pools + 1) * sizeof(u32)), *right = resized(NULL, (2 * pools + 1) * sizeof(u32));
    for (; count > 1; next++) {
        u32 best = 0, other = 1, least = NONE;
        for (u32 i = 0; i < count; i++) {
            for (u32 j = i + 1; j < count; j++) {
                u32 *cost = &costs[open[i] * 2 * pools + open[j]];
                if (!*cost) *cost = join(&pairs, columns + open[i] * rows, columns + open[j] * rows, NULL, rows);
                if (*cost < least) best = i, other = j, least = *cost;
            }
        }
        left[next] = open[best];
        right[next] = open[other];
        join(&pairs, columns + left[next] * rows, columns + right[next] * rows, columns + next * rows, rows);
        open[other] = open[--count];
        open[best] = next;
    }
    Pairs *inner = zeroed((2 * pools + 1) * sizeof(Pairs)), *before = kernel->inner;
    u32 *old[] = {kernel->left, kernel->right};
    memset(kernel->states.places, 0, (kernel->states.mask + 1) * sizeof(u64));
    u32 states = kernel->states.count;
    kernel->states.count = 0;
    for (u32 state = 0; state < states; state++) {
        kernel->left = old[0], kernel->right = old[1], kernel->inner = before;
        unfold(kernel, kernel->states.keys[state], kernel->values);
        kernel->left = left, kernel->right = right, kernel->inner = inner;
        u64 all = (1ULL << (root_of(kernel) - pools)) - 1;
        pairs_intern(&kernel->states, key_of_state(kernel, kernel->values, all));
    }
    find_ancestors(kernel);
    for (u32 node = pools; node < root_of(kernel); node++) pairs_free(&before[node]);
    pairs_free(&pairs);
    free(before), free(old[0]), free(old[1]), free(columns), free(costs);
}

/* What a move makes of a state, into `fresh`; the nodes that change thereby. */
static inline u64 imagine(Kernel *kernel, const u32 *values, const u32 *move) {
    u64 above = 0;
    memcpy(kernel->fresh, values, (root_of(kernel) + 1) * sizeof(u32));
    for (u32 i = 0; i < move[1]; i++) {
        kernel->fresh[move[2 + 2 * i]] = move[3 + 2 * i];
        above |= kernel->ancestors[move[2 + 2 * i]];
    }
    return above;
}

static u32 add_state(Kernel *kernel, u64 key, u64 place, u32 parent) {
    u32 number = pairs_add(&kernel->states, key, place);
    kernel->parents = with_room(kernel->parents, &kernel->parent_room, number + 1ULL, sizeof(u32));
    kernel->parents[number] = parent;
    return number;
}

static u64 bytes_of_states(const Kernel *kernel) {
    u64 bytes = pairs_bytes(&kernel->states) + kernel->states.count * sizeof(u32);
    for (u32 node = kernel->pool_count; node < root_of(kernel); node++) bytes += pairs_bytes(&kernel->inner[node]);
    for (u32 pool = 0; pool < kernel->pool_count; pool++) bytes += pool_bytes(&kernel->pools[pool]);
    return bytes;
}

#endif
