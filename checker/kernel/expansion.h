/* The moves of a state: what its rules do to it, looked up. */
#ifndef KUBEMODEL_EXPANSION_H
#define KUBEMODEL_EXPANSION_H

#include "reading.h"

#define UNJUDGED 0x80000000u /* in `sweeps`: no step that does this was judged yet */
#define TRIAL 20000
#define CACHE_WORDS (1ULL << 20)

/* What an execution has chosen: (pool, index in its content, bundle), the key first. */
typedef struct {
    u32 count;
    u32 pool[MOST_CHOSEN], index[MOST_CHOSEN], bundle[MOST_CHOSEN];
} Choice;

/* How many words a cache may take: in proportion to the states, so that tables never outweigh them. */
static u64 cache_words(const Kernel *kernel) {
    u64 words = CACHE_WORDS;
    while (words < kernel->states.count && words < 1ULL << 26) words *= 2;
    return words;
}

/* Leaves the run to have a choice looked at. */
static _Noreturn void ask_about(Kernel *kernel, int code, u32 step, const Choice *choice) {
    kernel->board[3] = choice->count;
    for (u32 i = 0; i < choice->count; i++) {
        kernel->board[4 + i] = choice->index[i];
    }
    ask(kernel, code, step, 0, 0);
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

/* A move is (group, how many pools change, then pool and new content of each); a step without room has no group. */
static void carry_out(Kernel *kernel, u32 number, const Choice *choice, List *moves) {
    const Step *step = &kernel->steps[number];
    const u32 *after = kernel->step_items.items + step->first, *sweeps = after + step->count;
    u64 begin = moves->count, pools = 0;
    u32 unjudged = !step->judged;
    list_add(moves, kernel->firing_groups.items[step->firing]);
    list_add(moves, 0);
    for (u32 i = 0; i < choice->count; i++)
        if (after[i] != choice->bundle[i]) pools |= 1ULL << choice->pool[i];
    for (u32 i = 0; i < step->sweeps; i++) pools |= 1ULL << sweeps[2 * i];
    for (; pools; pools &= pools - 1) {
        u32 number_of_pool = (u32)__builtin_ctzll(pools), content = kernel->contents[number_of_pool];
        Pool *pool = &kernel->pools[number_of_pool];
        u32 *buffer = kernel->buffer;
        memcpy(buffer, content_of(pool, content), pool->width * sizeof(u32));
        for (u32 i = 0; i < step->sweeps; i++) {
            if (sweeps[2 * i] != number_of_pool) continue;
            for (u32 slot = 0; slot < pool->width; slot++) {
                if (buffer[slot] == EMPTY) continue;
                u32 swept = map_get(&kernel->sweeps, pair(sweeps[2 * i + 1], buffer[slot]));
                if (swept == NONE) ask(kernel, ASK_SWEEP, sweeps[2 * i + 1], content, 0);
                if (taken(choice, number_of_pool, slot)) continue;
                unjudged |= (swept & UNJUDGED) != 0;
                buffer[slot] = swept & ~UNJUDGED;
            }
        }
        for (u32 i = 0; i < choice->count; i++)
            if (choice->pool[i] == number_of_pool) buffer[choice->index[i]] = after[i];
        put_in_order(pool, buffer);
        u32 changed = pool_intern(pool, buffer);
        if (changed == content) continue;
        list_add(moves, number_of_pool);
        list_add(moves, changed);
        moves->items[begin + 1]++;
    }
    if (!moves->items[begin + 1]) {
        moves->count = begin;
        return;
    }
    if (unjudged) ask_about(kernel, REPORT, number, choice);
}

static void attempt(Kernel *kernel, u32 number, Choice *choice, List *moves);

static void attempt_with(Kernel *kernel, u32 number, Choice *choice, u32 index, u32 bundle, List *moves) {
    u32 follow = map_get(&kernel->next_steps, pair(number, bundle));
    if (follow == NONE) ask(kernel, ASK_STEP, number, NONE, bundle);
    choose(choice, kernel->steps[number].pool, index, bundle);
    attempt(kernel, follow, choice, moves);
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

/* Every way to carry out what follows a choice, in the order of `engine.successors`. */
static void attempt(Kernel *kernel, u32 number, Choice *choice, List *moves) {
    Step step = kernel->steps[number];
    if (step.kind == EFFECTS) {
        for (u32 i = 0; i < step.sweeps; i++)
            kernel->touched |= 1ULL << kernel->step_items.items[step.first + step.count + 2 * i];
        carry_out(kernel, number, choice, moves);
        return;
    }
    kernel->touched |= 1ULL << step.pool;
    const Pool *pool = &kernel->pools[step.pool];
    u32 content = kernel->contents[step.pool];
    if (step.kind == BY_INDEX) {
        attempt_with(kernel, number, choice, step.wanted, content_of(pool, content)[step.wanted], moves);
    } else if (step.kind == NEW) {
        u32 slot = free_slot(pool, content_of(pool, content), step.pool, choice);
        if (slot != NONE) {
            attempt_with(kernel, number, choice, slot, EMPTY, moves);
            return;
        }
        list_add(moves, NONE);
        list_add(moves, 0);
        if (!kernel->pools[step.pool].lacks_slots) list_add(&kernel->lacking, step.pool);
        kernel->pools[step.pool].lacks_slots = 1;
    } else if (step.kind == THE_ONE) {
        u32 marked = NONE;
        for (u32 slot = 0; slot < pool->width; slot++) {
            if (!class_of(kernel, step.query, content_of(pool, content)[slot])) continue;
            if (marked != NONE) ask_about(kernel, NOT_ONE, number, choice);
            marked = slot;
        }
        if (marked == NONE) ask_about(kernel, NOT_ONE, number, choice);
        attempt_with(kernel, number, choice, marked, content_of(pool, content)[marked], moves);
    } else {
        for (u32 slot = 0; slot < pool->width; slot++) {
            u32 bundle = content_of(pool, content)[slot];
            if (taken(choice, step.pool, slot) || class_of(kernel, step.query, bundle) != step.wanted) continue;
            int again = 0;
            for (u32 before = pool->fixed; before < slot && slot >= pool->fixed; before++)
                again |= content_of(pool, content)[before] == bundle && !taken(choice, step.pool, before);
            if (!again) attempt_with(kernel, number, choice, slot, bundle, moves);
        }
    }
}

/* The moves of the readers of a set, in a state whose contents are at hand. */
static void expand_set(Kernel *kernel, u32 set, List *moves) {
    u32 own = kernel->sets[set].pool;
    list_sites(kernel, set, kernel->contents, cache_words(kernel));
    for (u64 at = 0; at < kernel->listing.count;) {
        u32 *site = kernel->listing.items + at;
        u32 index = site[0], bundle = site[1], count = site[2];
        at += 3 + count;
        for (u32 i = 3; i < 3 + count; i++) site[i] = decided(kernel, site[i], kernel->contents, own, index, 0);
        /* First what changes the key alone, then what touches more. */
        for (u32 alone = 2; alone-- > 0;) {
            for (u32 i = 3; i < 3 + count; i++) {
                const Node leaf = kernel->nodes[site[i]];
                for (u32 item = 0; item < leaf.count; item++) {
                    u32 firing = kernel->leaf_items.items[leaf.excluding + item];
                    u32 number = map_get(&kernel->first_steps, pair(firing, bundle));
                    if (number == NONE) ask(kernel, ASK_STEP, NONE, firing, bundle);
                    const Step *step = &kernel->steps[number];
                    if ((step->kind == EFFECTS && !step->sweeps) != alone) continue;
                    Choice choice = {0};
                    choose(&choice, own, index, bundle);
                    attempt(kernel, number, &choice, moves);
                }
            }
        }
    }
}

/* The key under which a cache keeps what a partition yields. */
static u32 key_of(Kernel *kernel, u32 number, u32 *key) {
    u32 length = 0;
    key[length++] = number;
    for (u64 pools = kernel->partitions[number].mask; pools; pools &= pools - 1)
        key[length++] = kernel->contents[__builtin_ctzll(pools)];
    return length;
}

/* Keeps what a partition yields, unless combinations of contents hardly ever come again. */
static void keep(Kernel *kernel, u32 number, const u32 *found, u64 count) {
    Partition *partition = &kernel->partitions[number];
    u32 key[MOST_POOLS + 1], length = key_of(kernel, number, key);
    cache_keep(&kernel->memos, key, length, found, (u32)count, cache_words(kernel));
    if (++partition->misses % TRIAL) return;
    partition->worthless = TRIAL * 10 > 9 * (kernel->looks - partition->since);
    partition->since = kernel->looks;
}

/* Adds what the rules of some partitions do. `hashes`: those of the keys, by partition, where they are known. */
static void expand(Kernel *kernel, Range range, List *moves, const u64 *hashes) {
    for (u32 number = range.first; number < range.first + range.count; number++) {
        Partition *partition = &kernel->partitions[number];
        u32 key[MOST_POOLS + 1], count;
        if (!partition->worthless) {
            u32 length = key_of(kernel, number, key);
            u64 hash = hashes ? hashes[number] : hash_words(key, length);
            const u32 *known = cache_find(&kernel->memos, hash, key, length, &count);
            if (known) {
                list_extend(moves, known, count);
                continue;
            }
        }
        u64 begin = moves->count;
        kernel->touched = 0;
        for (u32 set = partition->first; set < partition->first + partition->count; set++)
            expand_set(kernel, set, moves);
        partition->mask |= kernel->touched;
        if (!partition->worthless) keep(kernel, number, moves->items + begin, moves->count - begin);
    }
}

/* Into `found`: what is to be said of the state whose contents are at hand. */
static void judge(Kernel *kernel, Range range) {
    kernel->found.count = 0;
    for (u32 number = range.first; number < range.first + range.count; number++) {
        Partition *partition = &kernel->partitions[number];
        u32 key[MOST_POOLS + 1], count;
        if (!partition->worthless) {
            u32 length = key_of(kernel, number, key);
            const u32 *known = cache_find(&kernel->memos, hash_words(key, length), key, length, &count);
            if (known) {
                list_extend(&kernel->found, known, count);
                continue;
            }
        }
        u64 begin = kernel->found.count;
        for (u32 set = partition->first; set < partition->first + partition->count; set++) {
            list_sites(kernel, set, kernel->contents, cache_words(kernel));
            for (u64 at = 0; at < kernel->listing.count;) {
                const u32 *site = kernel->listing.items + at;
                for (u32 i = 3; i < 3 + site[2]; i++) {
                    u32 node = decided(kernel, site[i], kernel->contents, kernel->sets[set].pool, site[0], 0);
                    const Node leaf = kernel->nodes[node];
                    list_extend(&kernel->found, kernel->leaf_items.items + leaf.excluding, leaf.count);
                }
                at += 3 + site[2];
            }
        }
        if (!partition->worthless) keep(kernel, number, kernel->found.items + begin, kernel->found.count - begin);
    }
}

#endif
