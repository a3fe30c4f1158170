/* All that a search knows: tables over one transition system, and the states seen so far. */
#ifndef KUBEMODEL_KERNEL_H
#define KUBEMODEL_KERNEL_H

#include "contents.h"
#include "tables.h"

#define MOST_POOLS 64 /* sets of pools are words of bits */
#define MOST_CHOSEN 32

/* What a run ends with: a question that only Python can answer, or why it pauses. The codes stand in oracle.py, too. */
enum {
    ASK_CLASS = 3, /* query, bundle: what class has it? */
    ASK_FOLD,      /* query, multiset, class: which multiset are they together? */
    ASK_ANSWER,    /* query, multiset: what is the answer? */
    ASK_READERS,   /* reader set, bundle: what do readers that apply to it look up first? */
    ASK_NODE,      /* node, answer: what is looked up next, or decided? */
    ASK_STEP,      /* step or NONE, firing, bundle: what happens once it is chosen, too? */
    ASK_SWEEP,     /* sweep, content: what do the bundles in it become? */
    REPORT,        /* step, chosen objects: a change that was not judged before */
    NOT_ONE,       /* step, chosen objects: not exactly one object is meant */
    PAUSE,         /* time to look at the clock */
    LEVEL,         /* all states of this depth are expanded */
    FULL,          /* the bound on states is reached */
    ASK_IMAGE      /* permutation, pool, bundle: what does the bundle become? */
};

/* A query with its parameter: `classes` by bundle, 0 if it does not count. `whole`: the multiset of no classes. */
typedef struct {
    u32 pool, nothing;
    u32 *classes;
    u64 room;
} Query;

/* A node of a decision tree: reads a query, or (`query` is NONE) is a leaf whose items are what was decided. */
typedef struct {
    u32 query;
    u32 excluding; /* or the leaf's first item */
    u32 count;
} Node;

enum { BY_INDEX, BY_CLASS, THE_ONE, NEW, EFFECTS };

/* What a firing does next: chooses an object of `pool`, or changes all that it has chosen, and sweeps pools. */
typedef struct {
    u32 kind, firing;
    u32 pool, query, wanted; /* to choose: `wanted` is the index, or the class */
    u32 first, count;        /* effects: the bundles after, in the order of choice; then (pool, sweep) pairs */
    u32 sweeps;
    u32 judged;
} Step;

/* Readers of the same pools whose keys are in one pool. */
typedef struct {
    u32 pool;
} ReaderSet;

/* Reader sets that read, or touch, the pools in `mask`. */
typedef struct {
    u32 first, count;
    u64 mask;
    u64 misses, since;
    u32 worthless;
} Partition;

/* A list of numbers. */
typedef struct {
    u32 *items;
    u64 count, room;
} List;

static void list_add(List *list, u32 item) {
    list->items = with_room(list->items, &list->room, list->count + 1, sizeof(u32));
    list->items[list->count++] = item;
}

static void list_extend(List *list, const u32 *items, u64 count) {
    list->items = with_room(list->items, &list->room, list->count + count, sizeof(u32));
    memcpy(list->items + list->count, items, count * sizeof(u32));
    list->count += count;
}

/* One place of the cache of answers. */
typedef struct {
    u64 key;
    u32 answer;
} Answer;

#define BATCH 16

/* A state of those that are expanded together: where its moves and their keys begin, and how many are components'. */
typedef struct {
    u64 moves, keys, own_words, own_moves;
    u32 at_rest;
} Expanded;

/* Numbers by number, NONE where nothing is known yet. */
typedef struct {
    u32 *items;
    u64 room;
} Column;

/* A permutation of interchangeable objects with names: what becomes of slots, bundles and contents, by pool. */
typedef struct {
    u32 **places;
    Column *bundles, *contents;
} Permutation;

/* Partitions of one kind, as ranges of `partitions`. */
typedef struct {
    u32 first, count;
} Range;

/* The components' rules of one duration. */
typedef struct {
    Range fast, slow, losing, slow_losing;
} Rank;

typedef struct Kernel {
    int64_t board[64]; /* what Python sees: a question, then counters */

    Pool *pools;
    u32 pool_count, widest;

    Query *queries;
    u64 query_count, query_room;
    Map folds;
    List fold_answers;
    Answer *answers;
    u64 answer_slots;

    Node *nodes;
    u64 node_count, node_room;
    Map decisions;
    List leaf_items;

    ReaderSet *sets;
    u64 set_count, set_room;
    Map readers;
    List reader_lists;
    Cache sites;

    Partition *partitions;
    u64 partition_count, partition_room;
    Cache memos;
    Range environment, always, quiescent;
    Rank *ranks;
    u64 rank_count, rank_room;

    List firing_groups;
    Step *steps;
    u64 step_count, step_room;
    Map first_steps, next_steps;
    List step_items;
    Map sweeps;

    u32 *contents;          /* of the state that is being looked at */
    List own, outside, losing; /* its moves */
    List found;             /* its findings */
    List listing;
    u32 *buffer;            /* one content */
    u64 touched;

    Expanded batch[BATCH + 1];
    u32 *batch_values;      /* of all nodes of the tree, for each state of the batch */
    u64 *batch_hashes;      /* of what partitions read, for each state of the batch */
    List moves;             /* of the batch */

    u32 *left, *right;      /* the tree: node i, from `pool_count` on, stands for a pair of nodes */
    u64 *ancestors;         /* of each pool: the inner nodes above it, bits from `pool_count` on */
    Pairs *inner;
    Pairs states;
    u32 *values, *fresh;     /* of all nodes: of the state at hand, and of one that follows */
    u32 *parents;
    u64 parent_room;
    u64 *keys;
    u64 key_count, key_room;

    Permutation *permutations; /* but for the one that changes nothing */
    u32 permutation_count;
    u32 is_looked_at;          /* the state at hand was begun to be looked at */
    u64 moves_before, keys_before;

    List finding_counts, first_findings;
    List lacking; /* pools that ran out of slots, in the order in which they did */
    List sources, targets, edge_groups;

    u32 phase, keeps_edges, is_new;
    u64 next, level_end, limit, fuel, looks, replant_at;
    u64 in_batch, batched; /* which state of the batch is looked at, of how many */
    u64 cursor, at;        /* which of its moves is taken in next */
    u64 transitions, at_rest, answer_misses, counters[5];
} Kernel;

/* Leaves the run with a question. */
static _Noreturn void ask(Kernel *kernel, int code, u32 first, u32 second, u32 third) {
    kernel->board[0] = first;
    kernel->board[1] = second;
    kernel->board[2] = third;
    longjmp(way_out, code);
}

#endif
