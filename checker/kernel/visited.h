/* The states seen so far, tree-compressed: one table of pairs for each inner node of a binary tree over the pools.

   Laarman, van de Pol, Weber: Parallel Recursive State Compression for Free, SPIN 2011. A state is a pair of numbers of
   halves, which are pairs of numbers in turn; the leaves are the contents of pools. */
#ifndef KUBEMODEL_VISITED_H
#define KUBEMODEL_VISITED_H

#include "kernel.h"

static u32 root_of(const Kernel *kernel) { return kernel->pool_count == 1 ? 1 : 2 * kernel->pool_count - 2; }

/* Joins neighbours, level by level, until one node is left. */
static void plant(Kernel *kernel) {
    u32 pools = kernel->pool_count, nodes = 2 * pools + 1, level[MOST_POOLS], count = pools, next = pools;
    kernel->left = resized(NULL, nodes * sizeof(u32));
    kernel->right = resized(NULL, nodes * sizeof(u32));
    kernel->ancestors = calloc(nodes, sizeof(u64));
    kernel->inner = calloc(nodes, sizeof(Pairs));
    kernel->values = calloc(nodes, sizeof(u32));
    kernel->fresh = calloc(nodes, sizeof(u32));
    for (u32 i = 0; i < pools; i++) level[i] = i;
    if (pools == 1) kernel->left[1] = kernel->right[1] = 0;
    while (count > 1) {
        u32 joined = 0;
        for (u32 i = 0; i < count; i += 2) {
            if (i + 1 == count) {
                level[joined++] = level[i];
                continue;
            }
            kernel->left[next] = level[i];
            kernel->right[next] = level[i + 1];
            level[joined++] = next++;
        }
        count = joined;
    }
    for (u32 node = root_of(kernel); node >= pools; node--) {
        if (node != root_of(kernel)) kernel->ancestors[node] |= 1ULL << (node - pools);
        kernel->ancestors[kernel->left[node]] |= kernel->ancestors[node];
        kernel->ancestors[kernel->right[node]] |= kernel->ancestors[node];
    }
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

/* The contents of the state with this number, into `values`. */
static void recall(Kernel *kernel, u64 number) {
    unfold(kernel, kernel->states.keys[number], kernel->values);
    kernel->contents = kernel->values;
}

/* What a move makes of the state in `values`, into `fresh`; the nodes that change thereby. */
static inline u64 imagine(Kernel *kernel, const u32 *move) {
    u64 above = 0;
    memcpy(kernel->fresh, kernel->values, (root_of(kernel) + 1) * sizeof(u32));
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
