/* States as numbers, tree-compressed: one table of pairs for each inner node of a binary tree over the pools.

   Laarman, van de Pol, Weber: Parallel Recursive State Compression for Free, SPIN 2011. A state is a pair of numbers of
   halves, which are pairs of numbers in turn; the leaves are the contents of pools. */
#ifndef KUBEMODEL_TREE_H
#define KUBEMODEL_TREE_H

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
    if (pools == 1) kernel->left[1] = kernel->right[1] = 0;
    for (u32 i = 1; i < pools; i++) {
        kernel->left[pools + i - 1] = i == 1 ? 0 : pools + i - 2;
        kernel->right[pools + i - 1] = i;
    }
    find_ancestors(kernel);
}

/* The hash under which the state whose contents are in `values` is known, of which the nodes in `above` are to be
   looked up. It is never 0. */
static inline u64 hash_of_state(Kernel *kernel, u32 *values, u64 above, u32 shared) {
    u32 pools = kernel->pool_count, root = root_of(kernel);
    for (; above; above &= above - 1) {
        u32 node = pools + (u32)__builtin_ctzll(above);
        u64 halves = pair(values[kernel->left[node]], values[kernel->right[node]]);
        values[node] = pairs_intern(&kernel->inner[node], halves, shared);
    }
    return mixed(pair(values[kernel->left[root]], values[kernel->right[root]]) + 1);
}

static inline u64 all_inner(const Kernel *kernel) { return (1ULL << (root_of(kernel) - kernel->pool_count)) - 1; }

static inline void unfold_hash(const Kernel *kernel, u64 hash, u32 *values) {
    u32 root = root_of(kernel);
    u64 key = unmixed(hash) - 1;
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
        u32 number = pairs_intern(pairs, pair(first[row], second[row]), 0);
        if (joined) joined[row] = number;
    }
    return pairs->count;
}

/* How many pairs there are in all inner nodes of a tree but its root, among a sample. */
static u64 pairs_of_tree(const Kernel *kernel, const u32 *left, const u32 *right, Pairs *pairs, u32 *columns, u64 rows) {
    u64 sum = 0;
    for (u32 node = kernel->pool_count; node < root_of(kernel); node++)
        sum += join(pairs, columns + left[node] * rows, columns + right[node] * rows, columns + node * rows, rows);
    return sum;
}

/* Gives all states their hashes in another tree. */
static void transplant(Kernel *kernel, u32 *left, u32 *right, u32 *values) {
    Pairs *inner = zeroed((2 * kernel->pool_count + 1) * sizeof(Pairs)), *before = kernel->inner;
    u32 *old[] = {kernel->left, kernel->right};
    Visited *visited = &kernel->visited;
    memset(visited->places, 0, visited->size * sizeof(u64));
    for (u32 state = 0; state < kernel->count; state++) {
        kernel->left = old[0], kernel->right = old[1], kernel->inner = before;
        unfold_hash(kernel, kernel->hashes[state], values);
        kernel->left = left, kernel->right = right, kernel->inner = inner;
        kernel->hashes[state] = hash_of_state(kernel, values, all_inner(kernel), 0);
    }
    for (u32 state = 0; state < kernel->count; state++) {
        if (state + BLOCK < kernel->count) visited_expect(visited, kernel->hashes[state + BLOCK]);
        u64 place = visited_find(visited, kernel->hashes[state]);
        visited->places[place] = kernel->hashes[state];
        if (visited->numbered) visited->numbers[place] = state;
    }
    find_ancestors(kernel);
    for (u32 node = kernel->pool_count; node < root_of(kernel); node++) pairs_free(&before[node]);
    free(before), free(old[0]), free(old[1]);
}

/* Plants the tree anew: again and again, the two nodes are joined that have the fewest pairs of values among a sample
   of the states. What varies most then stands next to the root: its changes are looked up in few tables, and the tables
   far from the root stay small. A tree that is hardly worse stays. */
static void replant(Kernel *kernel) {
    u32 pools = kernel->pool_count, open[MOST_POOLS], count = pools, next = pools, values[2 * MOST_POOLS];
    if (pools < 3) return;
    u64 every = 1 + kernel->count / SAMPLE, rows = kernel->count / every;
    u32 *columns = resized(NULL, 2 * pools * rows * sizeof(u32)), *costs = zeroed(4 * pools * pools * sizeof(u32));
    Pairs pairs = {0};
    pairs_resize(&pairs, 2 * SAMPLE);
    for (u64 row = 0; row < rows; row++) {
        unfold_hash(kernel, kernel->hashes[row * every], values);
        for (u32 pool = 0; pool < pools; pool++) columns[pool * rows + row] = values[pool];
    }
    u64 cost = pairs_of_tree(kernel, kernel->left, kernel->right, &pairs, columns, rows), cheaper = 0;
    for (u32 i = 0; i < pools; i++) open[i] = i;
    u32 *left = resized(NULL, (2 * pools + 1) * sizeof(u32)), *right = resized(NULL, (2 * pools + 1) * sizeof(u32));
    for (; count > 1; next++) {
        u32 best = 0, other = 1, least = NONE;
        for (u32 i = 0; i < count; i++) {
            for (u32 j = i + 1; j < count; j++) {
                u32 *known = &costs[open[i] * 2 * pools + open[j]];
                if (!*known) *known = join(&pairs, columns + open[i] * rows, columns + open[j] * rows, NULL, rows);
                if (*known < least) best = i, other = j, least = *known;
            }
        }
        left[next] = open[best];
        right[next] = open[other];
        join(&pairs, columns + left[next] * rows, columns + right[next] * rows, columns + next * rows, rows);
        if (count > 2) cheaper += least;
        open[other] = open[--count];
        open[best] = next;
    }
    if (cheaper * 10 < cost * 9) transplant(kernel, left, right, values);
    else free(left), free(right);
    pairs_free(&pairs);
    free(columns), free(costs);
}

#endif
