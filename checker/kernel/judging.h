/* What properties say of a state, looked up. */
#ifndef KUBEMODEL_JUDGING_H
#define KUBEMODEL_JUDGING_H

#include "expansion.h"

/* Adds to `found` what is to be said of the state whose contents are at hand, by those that read one of `pools`. */
static void judge(Worker *worker, Range range, u64 pools) {
    Kernel *kernel = worker->kernel;
    List *found = &worker->found;
    for (u32 number = range.first; number < range.first + range.count; number++) {
        const Partition *partition = &kernel->partitions[number];
        if (pools != VACANT && !(partition->mask & pools)) continue;
        u32 key[MOST_POOLS + 1], length = 0, count, worthless = worker->trials[number].worthless;
        u64 hash = 0, begin = found->count;
        if (!worthless) {
            const u32 *known = recall(worker, number, &hash, key, &length, &count);
            if (known) {
                list_extend(found, known, count);
                continue;
            }
        }
        for (u32 set = partition->first; set < partition->first + partition->count; set++) {
            u64 sites;
            const u32 *site = list_sites(worker, set, &sites), *end = site + sites;
            for (; site < end; site += 3 + site[2]) {
                for (u32 i = 3; i < 3 + site[2]; i++) {
                    u32 node = decided(worker, site[i], worker->contents, kernel->sets[set].pool, site[0], 0);
                    const Node *leaf = &kernel->nodes[node];
                    list_extend(found, kernel->leaf_items.items + leaf->first, leaf->count);
                }
            }
        }
        if (!worthless) keep(worker, number, hash, key, length, found->items + begin, found->count - begin);
    }
}

/* Counts findings, and remembers which state was the first for each. */
static void count_findings(Kernel *kernel, const u32 *found, u64 count, u32 state) {
    for (u64 i = 0; i < count; i++) {
        if (kernel->finding_counts.items[found[i]]++ == 0) {
            list_add(&kernel->first_findings, found[i]);
            list_add(&kernel->first_findings, state);
        }
    }
}

static inline int is_clean(const Kernel *kernel, u32 state) {
    return state / 8 < kernel->clean_room && kernel->clean[state / 8] >> state % 8 & 1;
}

static void set_clean(Kernel *kernel, u32 state) {
    u64 known = kernel->clean_room;
    kernel->clean = with_room(kernel->clean, &kernel->clean_room, state / 8 + 1ULL, 1);
    memset(kernel->clean + known, 0, kernel->clean_room - known);
    kernel->clean[state / 8] |= (unsigned char)(1 << state % 8);
}

/* The pools that a state has to be judged for: those that differ from a parent of which there was nothing to say. */
static inline u64 pools_to_judge(const Kernel *kernel, u32 state) {
    u32 parent = kernel->parents[state];
    return parent != state && is_clean(kernel, parent) ? kernel->judgements[state - kernel->first_new].changed : VACANT;
}

#endif
