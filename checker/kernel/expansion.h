/* The moves of a state: what its rules do to it, looked up. */
#ifndef KUBEMODEL_EXPANSION_H
#define KUBEMODEL_EXPANSION_H

#include "reading.h"

#define UNJUDGED 0x80000000u /* in `sweeps`: no step that does this was judged yet */
#define TRIAL 20000

/* What an execution has chosen: (pool, index in its content, bundle), the key first. */
typedef struct {
    u32 count;
    u32 pool[MOST_CHOSEN], index[MOST_CHOSEN], bundle[MOST_CHOSEN];
} Choice;

/* Leaves the run to have a choice looked at. */
static _Noreturn void ask_about(Worker *worker, int code, u32 step, const Choice *choice) {
    if (worker->shared) longjmp(way_out, UNFINISHED);
    Kernel *kernel = worker->kernel;
    kernel->board[3] = choice->count;
    for (u32 i = 0; i < choice->count; i++) {
        kernel->board[4 + i] = choice->index[i];
    }
    ask(worker, code, step, 0, 0);
}

static inline void choose(Choice *choice, u32 pool, u32 index, u32 bundle) {
    if (choice->count == MOST_CHOSEN) longjmp(way_out, TOO_MANY);
    choice->pool[choice->count] = pool;
    choice->index[choice->count] = index;
    choice->bundle[choice->count++] = bundle;
}

static inline int taken(const Choice *choice, u32 pool, u32 index) {
    for (u32 i = 0; i < choice->count; i++)
        if (choice->pool[i] == pool && choice->index[i] == index) return 1;
    return 0;
}

/* The content that a content of a pool becomes once `after` stands for what is at `index`. */
static u32 edited(Worker *worker, u32 number, u32 content, u32 index, u32 after) {
    Pool *pool = &worker->kernel->pools[number];
    const Edits *edits = &worker->edits[number];
    EditRow *row = edits->rows + (content & (edits->places - 1));
    u32 what = after << 6 | (index & 63), *known = NULL;
    if (index < 64 && after < 1 << 26) {
        if (row->content != content) {
            memset(row, 0xff, sizeof *row);
            row->content = content;
        }
        known = row->edits + 2 * ((what * 0x9e3779b1U >> 16) * EDITS >> 16);
        if (known[0] == what) return known[1];
    }
    const u32 *bundles = content_of(pool, content);
    for (u32 i = 0; i < pool->width; i++) worker->buffer[i] = bundles[i];
    edit(pool, worker->buffer, index, after);
    u32 becomes = pool_intern(pool, worker->buffer, worker->shared);
    if (known) known[0] = what, known[1] = becomes;
    return becomes;
}

static void edits_resize(Edits *edits, u64 places) {
    Edits larger = {resized(NULL, places * sizeof(EditRow)), places};
    memset(larger.rows, 0xff, places * sizeof(EditRow));
    for (u64 place = 0; place < edits->places; place++) {
        const EditRow *row = edits->rows + place;
        if (row->content != NONE) larger.rows[row->content & (places - 1)] = *row;
    }
    free(edits->rows);
    *edits = larger;
}

/* What a step does that changes the key alone. */
static void change_key(Worker *worker, u32 number, const Choice *choice, List *moves) {
    const Kernel *kernel = worker->kernel;
    const Step *step = &kernel->steps[number];
    u32 after = kernel->step_items.items[step->first], pool = choice->pool[0];
    if (after == choice->bundle[0]) return;
    u32 changed = edited(worker, pool, worker->contents[pool], choice->index[0], after);
    if (!step->judged) ask_about(worker, REPORT, number, choice);
    u32 move[] = {kernel->firing_groups.items[step->firing], 1, pool, changed};
    list_extend(moves, move, 4);
}

/* The content that a pool has after a step that changes several objects in it, or sweeps it. */
static u32 swept_content(Worker *worker, const Step *step, const Choice *choice, u32 number, u32 *unjudged) {
    const Kernel *kernel = worker->kernel;
    const u32 *after = kernel->step_items.items + step->first, *sweeps = after + step->count;
    Pool *pool = &kernel->pools[number];
    u32 *buffer = worker->buffer, content = worker->contents[number];
    memcpy(buffer, content_of(pool, content), pool->width * sizeof(u32));
    for (u32 i = 0; i < step->sweeps; i++) {
        if (sweeps[2 * i] != number) continue;
        for (u32 slot = 0; slot < pool->width; slot++) {
            if (buffer[slot] == EMPTY) continue;
            u32 swept = map_get(&kernel->sweeps, pair(sweeps[2 * i + 1], buffer[slot]));
            if (swept == NONE) ask(worker, ASK_SWEEP, sweeps[2 * i + 1], content, 0);
            if (taken(choice, number, slot)) continue;
            *unjudged |= (swept & UNJUDGED) != 0;
            buffer[slot] = swept & ~UNJUDGED;
        }
    }
    for (u32 i = 0; i < choice->count; i++)
        if (choice->pool[i] == number) buffer[choice->index[i]] = after[i];
    put_in_order(pool, buffer);
    return pool_intern(pool, buffer, worker->shared);
}

/* A move is (group, how many pools change, then pool and new content of each); a step without room has no group. */
static void carry_out(Worker *worker, u32 number, const Choice *choice, List *moves) {
    Kernel *kernel = worker->kernel;
    const Step *step = &kernel->steps[number];
    const u32 *after = kernel->step_items.items + step->first, *sweeps = after + step->count;
    u64 begin = moves->count, pools = 0, several = 0, swept = 0;
    u32 unjudged = !step->judged, last[MOST_POOLS];
    list_add(moves, kernel->firing_groups.items[step->firing]);
    list_add(moves, 0);
    for (u32 i = 0; i < choice->count; i++) {
        u64 pool = 1ULL << choice->pool[i];
        if (after[i] == choice->bundle[i]) continue;
        several |= pools & pool;
        pools |= pool;
        last[choice->pool[i]] = i;
    }
    for (u32 i = 0; i < step->sweeps; i++) swept |= 1ULL << sweeps[2 * i];
    for (u64 left = pools | swept; left; left &= left - 1) {
        u32 number_of_pool = (u32)__builtin_ctzll(left), content = worker->contents[number_of_pool], changed;
        if (((several | swept) >> number_of_pool & 1) == 0) {
            u32 i = last[number_of_pool];
            changed = edited(worker, number_of_pool, content, choice->index[i], after[i]);
        } else {
            changed = swept_content(worker, step, choice, number_of_pool, &unjudged);
        }
        if (changed == content) continue;
        list_add(moves, number_of_pool);
        list_add(moves, changed);
        moves->items[begin + 1]++;
    }
    if (!moves->items[begin + 1]) {
        moves->count = begin;
        return;
    }
    if (unjudged) ask_about(worker, REPORT, number, choice);
}

static void attempt(Worker *worker, u32 number, Choice *choice, List *moves);

static void attempt_with(Worker *worker, u32 number, Choice *choice, u32 index, u32 bundle, List *moves) {
    u32 follow = map_get(&worker->kernel->next_steps, pair(number, bundle));
    if (follow == NONE) ask(worker, ASK_STEP, number, NONE, bundle);
    choose(choice, worker->kernel->steps[number].pool, index, bundle);
    attempt(worker, follow, choice, moves);
    choice->count--;
}

/* Where a new object of a pool goes, NONE if there is no room. */
static u32 free_slot(const Pool *pool, const u32 *bundles, u32 number, const Choice *choice) {
    if (pool->fixed == pool->width) {
        for (u32 slot = 0; slot < pool->width; slot++)
            if (bundles[slot] == EMPTY && !taken(choice, number, slot)) return slot;
        return NONE;
    }
    u32 slot = pool->fixed;
    while (slot < pool->width && (bundles[slot] != EMPTY || taken(choice, number, slot))) slot++;
    return slot < pool->width ? slot : NONE;
}

/* Notes that a new object has no room: a step that leads nowhere. */
static void lack(Worker *worker, u32 number, List *moves) {
    Pool *pool = &worker->kernel->pools[number];
    if (!pool->lacks_slots) {
        if (worker->shared) longjmp(way_out, UNFINISHED);
        list_add(&worker->kernel->lacking, number);
        pool->lacks_slots = 1;
    }
    list_add(moves, NONE);
    list_add(moves, 0);
}

/* Every way to carry out what follows a choice, in the order of `engine.successors`. */
static void attempt(Worker *worker, u32 number, Choice *choice, List *moves) {
    const Kernel *kernel = worker->kernel;
    const Step step = kernel->steps[number];
    if (step.kind == EFFECTS) {
        for (u32 i = 0; i < step.sweeps; i++)
            worker->touched |= 1ULL << kernel->step_items.items[step.first + step.count + 2 * i];
        if (choice->count == 1 && !step.sweeps) change_key(worker, number, choice, moves);
        else carry_out(worker, number, choice, moves);
        return;
    }
    worker->touched |= 1ULL << step.pool;
    const Pool *pool = &kernel->pools[step.pool];
    u32 content = worker->contents[step.pool];
    if (step.kind == BY_INDEX) {
        attempt_with(worker, number, choice, step.wanted, content_of(pool, content)[step.wanted], moves);
    } else if (step.kind == NEW) {
        u32 slot = free_slot(pool, content_of(pool, content), step.pool, choice);
        if (slot != NONE) attempt_with(worker, number, choice, slot, EMPTY, moves);
        else lack(worker, step.pool, moves);
    } else if (step.kind == THE_ONE) {
        u32 marked = NONE;
        for (u32 slot = 0; slot < pool->width; slot++) {
            if (!class_of(worker, step.query, content_of(pool, content)[slot])) continue;
            if (marked != NONE) ask_about(worker, NOT_ONE, number, choice);
            marked = slot;
        }
        if (marked == NONE) ask_about(worker, NOT_ONE, number, choice);
        attempt_with(worker, number, choice, marked, content_of(pool, content)[marked], moves);
    } else {
        for (u32 slot = 0; slot < pool->width; slot++) {
            u32 bundle = content_of(pool, content)[slot];
            if (taken(choice, step.pool, slot) || class_of(worker, step.query, bundle) != step.wanted) continue;
            int again = 0;
            for (u32 before = pool->fixed; before < slot && slot >= pool->fixed; before++)
                again |= content_of(pool, content)[before] == bundle && !taken(choice, step.pool, before);
            if (!again) attempt_with(worker, number, choice, slot, bundle, moves);
        }
    }
}

static void begin_attempt(Worker *worker, u32 step, u32 pool, u32 index, u32 bundle, List *moves) {
    Choice choice;
    choice.count = 0;
    choose(&choice, pool, index, bundle);
    attempt(worker, step, &choice, moves);
}

/* The moves of the readers of a set, in a state whose contents are at hand. */
static void expand_set(Worker *worker, u32 set, List *moves) {
    const Kernel *kernel = worker->kernel;
    u32 own = kernel->sets[set].pool;
    u64 length;
    const u32 *site = list_sites(worker, set, &length), *end = site + length;
    for (; site < end; site += 3 + site[2]) {
        u32 index = site[0], bundle = site[1], count = site[2];
        worker->leaves.count = worker->later.count = 0;
        for (u32 i = 3; i < 3 + count; i++)
            list_add(&worker->leaves, decided(worker, site[i], worker->contents, own, index, 0));
        /* First what changes the key alone, then what touches more. */
        for (u32 i = 0; i < count; i++) {
            const Node *leaf = &kernel->nodes[worker->leaves.items[i]];
            for (u32 item = 0; item < leaf->count; item++) {
                u32 firing = kernel->leaf_items.items[leaf->first + item];
                u32 number = map_get(&kernel->first_steps, pair(firing, bundle));
                if (number == NONE) ask(worker, ASK_STEP, NONE, firing, bundle);
                const Step *step = &kernel->steps[number];
                if (step->kind == EFFECTS && !step->sweeps) begin_attempt(worker, number, own, index, bundle, moves);
                else list_add(&worker->later, number);
            }
        }
        for (u64 i = 0; i < worker->later.count; i++)
            begin_attempt(worker, worker->later.items[i], own, index, bundle, moves);
    }
}

/* The key under which a cache keeps what a partition yields. */
static inline u32 key_of(const Worker *worker, u32 number, u32 *key) {
    u32 length = 0;
    key[length++] = number;
    for (u64 pools = worker->kernel->partitions[number].mask; pools; pools &= pools - 1)
        key[length++] = worker->contents[__builtin_ctzll(pools)];
    return length;
}

/* What is known of a partition, NULL if nothing is; its key and the hash of that. */
static inline const u32 *recall(Worker *worker, u32 number, u64 *hash, u32 *key, u32 *length, u32 *count) {
    *length = key_of(worker, number, key);
    if (!*hash) *hash = hash_words(key, *length);
    return cache_find(&worker->memos, *hash, key, *length, count);
}

/* Keeps what a partition yields, unless combinations of contents hardly ever come again. */
static void keep(Worker *worker, u32 number, u64 hash, const u32 *key, u32 length, const u32 *found, u64 count) {
    Trial *trial = &worker->trials[number];
    cache_keep(&worker->memos, hash, key, length, found, (u32)count, cache_words(worker->kernel));
    if (++trial->misses % TRIAL) return;
    trial->worthless = TRIAL * 10 > 9 * (worker->looks - trial->since);
    trial->since = worker->looks;
}

/* Adds what the rules of some partitions do. `hashes`: those of the keys, by partition, where they are known. */
static void expand(Worker *worker, Range range, List *moves, const u64 *hashes) {
    for (u32 number = range.first; number < range.first + range.count; number++) {
        Partition *partition = &worker->kernel->partitions[number];
        u32 key[MOST_POOLS + 1], length = 0, count, worthless = worker->trials[number].worthless;
        u64 hash = hashes ? hashes[number] : 0;
        if (!worthless) {
            const u32 *known = recall(worker, number, &hash, key, &length, &count);
            if (known) {
                list_extend(moves, known, count);
                continue;
            }
        }
        u64 begin = moves->count;
        worker->touched = 0;
        for (u32 set = partition->first; set < partition->first + partition->count; set++)
            expand_set(worker, set, moves);
        if (worker->touched & ~partition->mask) {
            if (worker->shared) longjmp(way_out, UNFINISHED);
            partition->mask |= worker->touched;
            length = key_of(worker, number, key);
            hash = hash_words(key, length);
        }
        if (!worthless) keep(worker, number, hash, key, length, moves->items + begin, moves->count - begin);
    }
}

/* The components' own moves, as time lets them happen, into `moves`, and those of others, into `outside`: the
   environment's, and the same as they go if something of a request is lost. No timer waits for what is slow, but that
   waits for shorter ones. */
static void find_moves(Worker *worker, const u64 *hashes) {
    const Kernel *kernel = worker->kernel;
    List *moves = &worker->moves;
    u64 begin = moves->count;
    worker->outside.count = worker->losing.count = 0;
    expand(worker, kernel->environment, &worker->outside, hashes);
    for (u64 number = 0; number < kernel->rank_count; number++) {
        const Rank *rank = &kernel->ranks[number];
        const u64 *known = number ? NULL : hashes;
        expand(worker, rank->slow, moves, NULL);
        expand(worker, rank->slow_losing, &worker->losing, NULL);
        u64 before = moves->count;
        expand(worker, rank->fast, moves, known);
        if (moves->count == before) continue;
        expand(worker, rank->losing, &worker->losing, NULL);
        break;
    }
    if (moves->count > begin) list_extend(&worker->outside, worker->losing.items, worker->losing.count);
}

#endif
