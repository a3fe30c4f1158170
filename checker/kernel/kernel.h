/* All that a search knows: tables over one transition system, and the states seen so far. */
#ifndef KUBEMODEL_KERNEL_H
#define KUBEMODEL_KERNEL_H

#include "contents.h"
#include "visited.h"

#define MOST_POOLS 64 /* sets of pools are words of bits */
#define MOST_CHOSEN 32
#define CACHE_WORDS (1ULL << 20)

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
    u32 pool, column, nothing;
    u32 *classes;
    u64 room;
} Query;

/* A node of a decision tree: reads a query, or (`query` is NONE) is a leaf whose items are what was decided. */
typedef struct {
    u32 query, pool;
    u32 excluding;
    u32 first, count; /* what follows each answer in `follows`, or a leaf's items in `leaf_items` */
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

/* The answers of all queries on a pool for its contents: a row holds the content that it is of, then answers. */
typedef struct {
    u32 *rows;
    u64 places;
    u32 columns;
} Answers;

#define EDITS 7

/* What contents become once an object in them is replaced: for one content (index and bundle after, what it becomes). */
typedef struct {
    u32 content, edits[2 * EDITS], unused;
} EditRow;

typedef struct {
    EditRow *rows;
    u64 places;
} Edits;

/* Whether it pays to keep what a partition yields. */
typedef struct {
    u64 misses, since;
    u32 worthless;
} Trial;

/* What one core needs to look at states; nothing in it decides what is found. */
typedef struct Worker {
    struct Kernel *kernel;
    int failed; /* for want of memory */
    u32 shared; /* others look at states, too: common tables are read, and at most take what they have room for */

    u32 *contents;              /* of the state that is being looked at */
    List outside, losing;       /* its moves but for the components' own */
    List listing, leaves, later;
    List found;                 /* its findings */
    u32 *buffer;                /* one content */
    u64 touched;

    Cache sites, memos;
    Answers *answers;           /* by pool */
    Edits *edits;
    Trial *trials;              /* by partition */
    u64 trial_room, looks, answer_misses;

    u32 *values, *fresh;        /* of all nodes of the tree, for each state of a block; and of one that follows */
    u64 *prints;                /* of what partitions read, for each state of a block */
    List moves;                 /* of the states of the chunk that it has looked at */
    u64 *keys;
    u64 key_count, key_room, moves_kept;
    List findings;              /* of the new states that it has judged */
} Worker;

#define BLOCK 16
#define CHUNK 1024
#define MOST_WORKERS 16

/* What a worker found out about a state of the chunk: where its moves and their keys begin, and how many are own ones. */
typedef struct {
    u64 moves, keys;
    u32 count, own, transitions;
    u32 worker, at_rest, done;
} Looked;

/* The same about a new state: where its findings begin. */
typedef struct {
    u64 changed; /* pools in which it differs from its parent */
    u64 first;
    u32 count, worker, done;
} Judged;

typedef struct Kernel {
    int64_t board[64]; /* what Python sees: a question, then counters */

    Pool *pools;
    u32 pool_count, widest;

    Query *queries;
    u64 query_count, query_room;
    Map folds;
    List fold_answers;

    Node *nodes;
    u64 node_count, node_room;
    List follows, leaf_items;

    ReaderSet *sets;
    u64 set_count, set_room;
    Map readers;
    List reader_lists;

    Partition *partitions;
    u64 partition_count, partition_room;
    Range environment, always, quiescent;
    Rank *ranks;
    u64 rank_count, rank_room;

    List firing_groups;
    Step *steps;
    u64 step_count, step_room;
    Map first_steps, next_steps;
    List step_items;
    Map sweeps;

    Worker *workers;
    u32 worker_count;
    struct Crew *crew;       /* the workers but the first, each on a core of its own */
    u64 ticket;              /* the next block of the chunk that no worker has taken */

    u32 *left, *right;       /* the tree: node i, from `pool_count` on, stands for a pair of nodes */
    u64 *ancestors;          /* of each pool: the inner nodes above it, bits from `pool_count` on */
    Pairs *inner;

    Visited visited;
    u32 count;               /* states */
    u64 *hashes;             /* of states, by number; with fingerprints there is nothing but their contents below */
    u64 hash_room;
    u32 *parents;
    u64 parent_room;
    unsigned char *clean;    /* bits by state: no property of every state has anything to say of it */
    u64 clean_room;

    u32 fingerprints;        /* states are known by 64 bits alone */
    uint16_t *ways;          /* which of its parent's moves leads to a state */
    u64 way_room;
    u32 *rows;               /* the contents of the states from `first_row` on: not yet expanded */
    u64 row_room, first_row;

    Permutation *permutations; /* but for the one that changes nothing */
    u32 permutation_count;

    List finding_counts, first_findings;
    List lacking; /* pools that ran out of slots, in the order in which they did */
    List sources, targets, edge_groups;

    u32 phase, keeps_edges;
    u64 next, level_end, limit, many, fuel, replant_at;
    u64 chunk, in_chunk;     /* states that are expanded together, from `next` on; which of them is at hand */
    u32 gathered, full;
    Looked looked[CHUNK];
    u32 first_new, judged;   /* states found since the chunk was begun, and how many of those were judged */
    Judged *judgements;
    u64 judgement_room;
    u32 settled;
    u64 transitions, at_rest, counters[5];
} Kernel;

/* Leaves the run with a question; a helper leaves what raises one to be done in its turn. */
static _Noreturn void ask(Worker *worker, int code, u32 first, u32 second, u32 third) {
    if (worker->shared) longjmp(way_out, UNFINISHED);
    worker->kernel->board[0] = first;
    worker->kernel->board[1] = second;
    worker->kernel->board[2] = third;
    longjmp(way_out, code);
}

/* How many words a cache may take: in proportion to the states, so that tables never outweigh them. */
static u64 cache_words(const Kernel *kernel) {
    u64 words = CACHE_WORDS;
    while (words * kernel->worker_count < kernel->count && words < 1ULL << 26) words *= 2;
    return words;
}

#endif
