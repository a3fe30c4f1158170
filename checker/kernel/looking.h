/* Looks at the states of a chunk: finds their moves, and the hashes of what those lead to. Any worker may do so. */
#ifndef KUBEMODEL_LOOKING_H
#define KUBEMODEL_LOOKING_H

#include "judging.h"
#include "states.h"
#include "symmetry.h"

static inline u32 nodes_of(const Kernel *kernel) { return root_of(kernel) + 1; }

static inline u32 *values_of(const Worker *worker, u64 in_block) {
    return worker->values + in_block * nodes_of(worker->kernel);
}

static inline u64 *prints_of(const Worker *worker, u64 in_block) {
    return worker->prints + in_block * worker->kernel->partition_count;
}

#define FEW_CONTENTS 64

/* Room for what a worker knows of tables that have grown since. */
static void make_ready(Worker *worker) {
    const Kernel *kernel = worker->kernel;
    u64 known = worker->trial_room;
    worker->trials = with_room(worker->trials, &worker->trial_room, kernel->partition_count + 1, sizeof(Trial));
    if (worker->trial_room > known) {
        memset(worker->trials + known, 0, (worker->trial_room - known) * sizeof(Trial));
        worker->prints = resized(worker->prints, BLOCK * worker->trial_room * sizeof(u64));
    }
    worker->sites.stride = kernel->set_count;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) {
        Answers *answers = &worker->answers[pool];
        Edits *edits = &worker->edits[pool];
        u32 columns = answers->columns ? answers->columns : 4;
        while (columns < kernel->pools[pool].queries + 1) columns *= 2;
        u64 places = answers->places ? answers->places : FEW_CONTENTS;
        while (places < kernel->pools[pool].count && places * columns < cache_words(kernel)) places *= 2;
        if (columns != answers->columns || places != answers->places) answers_resize(answers, places, columns);
        places = edits->places ? edits->places : FEW_CONTENTS;
        while (places < kernel->pools[pool].count && places * sizeof(EditRow) < 4 * cache_words(kernel)) places *= 2;
        if (places != edits->places) edits_resize(edits, places);
    }
}

/* Has fetched what the readers of a set will need of the content of its pool; of the others answers. */
static void expect_contents(const Worker *worker, const Partition *partition) {
    const Kernel *kernel = worker->kernel;
    for (u32 set = partition->first; set < partition->first + partition->count; set++) {
        u32 pool = kernel->sets[set].pool, key[2] = {set, worker->contents[pool]};
        cache_expect(&worker->sites, cache_hash(&worker->sites, key, 2));
        __builtin_prefetch(&worker->edits[pool].rows[key[1] & (worker->edits[pool].places - 1)]);
    }
    for (u64 pools = partition->mask; pools; pools &= pools - 1) {
        u32 pool = (u32)__builtin_ctzll(pools);
        const Answers *answers = &worker->answers[pool];
        __builtin_prefetch(&answers->rows[(worker->contents[pool] & (answers->places - 1)) * answers->columns]);
    }
}

static void expect_sites(const Worker *worker, const Partition *partition) {
    for (u32 set = partition->first; set < partition->first + partition->count; set++) {
        u32 key[2] = {set, worker->contents[worker->kernel->sets[set].pool]};
        cache_expect_record(&worker->sites, cache_hash(&worker->sites, key, 2));
    }
}

/* Computes what is looked up for the partitions of a state, and has fetched where that is. */
static void foresee(Worker *worker, Range range, u64 *prints) {
    for (u32 number = range.first; number < range.first + range.count; number++) {
        u32 key[MOST_POOLS + 1];
        prints[number] = 0;
        if (worker->trials[number].worthless) continue;
        prints[number] = hash_words(key, key_of(worker, number, key));
        cache_expect(&worker->memos, prints[number]);
    }
}

/* Has fetched what is known of partitions, or what is needed to find it out; those are noted in `unknown`. */
static void foresee_records(Worker *worker, Range range, const u64 *prints, u64 *unknown) {
    for (u32 number = range.first; number < range.first + range.count; number++) {
        if (prints[number] && cache_expect_record(&worker->memos, prints[number])) continue;
        expect_contents(worker, &worker->kernel->partitions[number]);
        if (number < 64) *unknown |= 1ULL << number;
    }
}

/* Takes the states of a block together, so that memory fetches for one what it will need while another is looked at. */
static void gather(Worker *worker, u64 first, u64 count) {
    const Kernel *kernel = worker->kernel;
    Range fast = kernel->rank_count ? kernel->ranks[0].fast : (Range){0, 0};
    u64 unknown[BLOCK] = {0};
    for (u64 i = 0; i < count; i++) {
        worker->contents = values_of(worker, i);
        unfold(kernel, (u32)(kernel->next + first + i), worker->contents);
        foresee(worker, kernel->environment, prints_of(worker, i));
        foresee(worker, fast, prints_of(worker, i));
    }
    for (u64 i = 0; i < count; i++) {
        worker->contents = values_of(worker, i);
        foresee_records(worker, kernel->environment, prints_of(worker, i), &unknown[i]);
        foresee_records(worker, fast, prints_of(worker, i), &unknown[i]);
    }
    for (u64 i = 0; i < count; i++) {
        worker->contents = values_of(worker, i);
        for (; unknown[i]; unknown[i] &= unknown[i] - 1)
            expect_sites(worker, &kernel->partitions[__builtin_ctzll(unknown[i])]);
    }
}

/* The hash of what a move leads to, up to symmetry; `fresh` is the state as it was, before and after. `print`: its
   fingerprint. */
static inline u64 imagine(Worker *worker, const u32 *values, const u32 *move, u64 print) {
    Kernel *kernel = worker->kernel;
    u32 *fresh = worker->fresh;
    u64 above = 0;
    for (u32 i = 0; i < move[1]; i++) {
        u32 pool = move[2 + 2 * i], content = move[3 + 2 * i];
        fresh[pool] = content;
        above |= kernel->ancestors[pool];
        if (kernel->fingerprints) print += print_of_content(pool, content) - print_of_content(pool, values[pool]);
    }
    u64 hash;
    if (canonise(worker, fresh)) {
        above = 0;
        for (u32 pool = 0; pool < kernel->pool_count; pool++)
            if (fresh[pool] != values[pool]) above |= kernel->ancestors[pool];
        hash = kernel->fingerprints ? not_zero(print_of(kernel, fresh))
                                    : hash_of_state(kernel, fresh, above, worker->shared);
        memcpy(fresh, values, nodes_of(kernel) * sizeof(u32));
        return hash;
    }
    hash = kernel->fingerprints ? not_zero(print) : hash_of_state(kernel, fresh, above, worker->shared);
    for (u32 i = 0; i < move[1]; i++) fresh[move[2 + 2 * i]] = values[move[2 + 2 * i]];
    for (; above; above &= above - 1) {
        u32 node = kernel->pool_count + (u32)__builtin_ctzll(above);
        fresh[node] = values[node];
    }
    return hash;
}

/* Finds the moves of a state of the chunk, and where they lead. */
static void look(Worker *worker, u64 number, u32 *values, const u64 *prints) {
    Kernel *kernel = worker->kernel;
    worker->contents = values;
    worker->looks++;
    u64 begin = worker->moves_kept, keys = worker->key_count;
    worker->moves.count = begin;
    find_moves(worker, prints);
    u64 own_words = worker->moves.count - begin;
    list_extend(&worker->moves, worker->outside.items, worker->outside.count);
    Looked looked = {begin, keys, 0, 0, 0, (u32)(worker - kernel->workers), !own_words, 1};
    memcpy(worker->fresh, values, nodes_of(kernel) * sizeof(u32));
    u64 print = kernel->fingerprints ? print_of(kernel, values) : 0;
    for (u64 at = begin; at < worker->moves.count;) {
        const u32 *move = worker->moves.items + at;
        worker->keys = with_room(worker->keys, &worker->key_room, keys + 1, sizeof(u64));
        worker->keys[keys++] = move[1] ? imagine(worker, values, move, print) : 0;
        looked.transitions += move[1] != 0;
        looked.count++;
        looked.own += at < begin + own_words;
        at += 2 + 2 * move[1];
    }
    worker->key_count = keys;
    worker->moves_kept = worker->moves.count;
    kernel->looked[number] = looked;
}

/* As `look`, but what needs an answer of Python, or room in a table, is left. */
static void try_to_look(Worker *worker, u64 number, u32 *values, const u64 *prints) {
    int code = setjmp(way_out);
    if (!code) look(worker, number, values, prints);
    else if (code != UNFINISHED) worker->failed = code;
}

static void try_to_judge(Worker *worker, u32 state) {
    Kernel *kernel = worker->kernel;
    Judged *judged = &kernel->judgements[state - kernel->first_new];
    int code = setjmp(way_out);
    if (code) {
        if (code != UNFINISHED) worker->failed = code;
        return;
    }
    unfold(kernel, state, worker->values);
    worker->contents = worker->values;
    worker->found.count = 0;
    judge(worker, kernel->always, pools_to_judge(kernel, state));
    judged->first = worker->findings.count;
    list_extend(&worker->findings, worker->found.items, worker->found.count);
    judged->count = (u32)worker->found.count;
    judged->worker = (u32)(worker - kernel->workers);
    judged->done = 1;
}

enum { LOOK, JUDGE };

/* Looks at, or judges, block after block until all are taken. */
static void labour(Worker *worker, u32 job) {
    Kernel *kernel = worker->kernel;
    u64 count = job == LOOK ? kernel->chunk : kernel->count - kernel->first_new;
    for (;;) {
        u64 first = BLOCK * __atomic_fetch_add(&kernel->ticket, 1, __ATOMIC_RELAXED);
        if (first >= count || worker->failed) return;
        u64 several = count - first < BLOCK ? count - first : BLOCK;
        if (job == LOOK) gather(worker, first, several);
        for (u64 i = 0; i < several; i++) {
            if (job == LOOK) try_to_look(worker, first + i, values_of(worker, i), prints_of(worker, i));
            else try_to_judge(worker, kernel->first_new + (u32)(first + i));
        }
    }
}

#endif
