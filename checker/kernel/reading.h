/* What readers (rules, properties) read: answers of queries, and where decisions lead on them. */
#ifndef KUBEMODEL_READING_H
#define KUBEMODEL_READING_H

#include "kernel.h"

static inline u32 class_of(Kernel *kernel, u32 number, u32 bundle) {
    Query *query = &kernel->queries[number];
    if (bundle == EMPTY) return 0;
    if (bundle >= query->room || query->classes[bundle] == NONE) ask(kernel, ASK_CLASS, number, bundle, 0);
    return query->classes[bundle];
}

/* The answer of a query on a content; without the object at index `skipped`, unless that is NONE. */
static u32 answer_of(Kernel *kernel, u32 number, u32 content, u32 skipped) {
    u64 key = pair(number, content);
    Answer *cached = &kernel->answers[mixed(key) & (kernel->answer_slots - 1)];
    if (skipped == NONE && cached->key == key) return cached->answer;
    kernel->answer_misses++;
    const Query *query = &kernel->queries[number];
    const Pool *pool = &kernel->pools[query->pool];
    const u32 *bundles = content_of(pool, content);
    u32 multiset = query->nothing;
    for (u32 i = 0; i < pool->width; i++) {
        u32 class = i == skipped ? 0 : class_of(kernel, number, bundles[i]);
        if (!class) continue;
        u32 larger = map_get(&kernel->folds, pair(multiset, class));
        if (larger == NONE) ask(kernel, ASK_FOLD, number, multiset, class);
        multiset = larger;
    }
    u32 answer = kernel->fold_answers.items[multiset];
    if (answer == NONE) ask(kernel, ASK_ANSWER, number, multiset, 0);
    if (skipped == NONE) {
        cached->key = key;
        cached->answer = answer;
    }
    return answer;
}

/* Where a decision leads from `node` for the key at `index` of `own`; only as far as `own` is read, if `nearby`. */
static u32 decided(Kernel *kernel, u32 node, const u32 *contents, u32 own, u32 index, int nearby) {
    for (;;) {
        const Node *found = &kernel->nodes[node];
        if (found->query == NONE) return node;
        u32 pool = kernel->queries[found->query].pool;
        if (nearby && pool != own) return node;
        u32 answer = answer_of(kernel, found->query, contents[pool], found->excluding ? index : NONE);
        u32 follow = map_get(&kernel->decisions, pair(node, answer));
        if (follow == NONE) ask(kernel, ASK_NODE, node, answer, 0);
        node = follow;
    }
}

static inline int says_nothing(const Node *node) { return node->query == NONE && !node->count; }

/* Into `listing`: where readers of a set apply in its pool, as (index, bundle, how many nodes, nodes); equal
   interchangeable objects are one place. Readers with later stages stand apart from the others. */
static void list_sites(Kernel *kernel, u32 set, const u32 *contents, u64 most) {
    u32 own = kernel->sets[set].pool, key[2] = {set, contents[own]}, count;
    List *listing = &kernel->listing;
    listing->count = 0;
    const u32 *known = cache_find(&kernel->sites, hash_words(key, 2), key, 2, &count);
    if (known) {
        list_extend(listing, known, count);
        return;
    }
    const Pool *pool = &kernel->pools[own];
    for (u32 i = 0; i < pool->width; i++) {
        u32 bundle = content_of(pool, contents[own])[i];
        if (bundle == EMPTY) continue;
        if (i > pool->fixed && content_of(pool, contents[own])[i - 1] == bundle) continue;
        u32 at = map_get(&kernel->readers, pair(set, bundle));
        if (at == NONE) ask(kernel, ASK_READERS, set, bundle, 0);
        for (u32 deep = 0; deep < 2; deep++) {
            u32 nodes = kernel->reader_lists.items[at++];
            u64 begin = listing->count;
            list_add(listing, i);
            list_add(listing, bundle);
            list_add(listing, 0);
            for (; nodes; nodes--) {
                u32 node = decided(kernel, kernel->reader_lists.items[at++], contents, own, i, 1);
                if (says_nothing(&kernel->nodes[node])) continue;
                list_add(listing, node);
                listing->items[begin + 2]++;
            }
            if (!listing->items[begin + 2]) listing->count = begin;
        }
    }
    cache_keep(&kernel->sites, key, 2, listing->items, (u32)listing->count, most);
}

#endif
