/* What readers (rules, properties) read: answers of queries, and where decisions lead on them. */
#ifndef KUBEMODEL_READING_H
#define KUBEMODEL_READING_H

#include "kernel.h"

static inline u32 class_of(Worker *worker, u32 number, u32 bundle) {
    const Query *query = &worker->kernel->queries[number];
    if (bundle == EMPTY) return 0;
    if (bundle >= query->room || query->classes[bundle] == NONE) ask(worker, ASK_CLASS, number, bundle, 0);
    return query->classes[bundle];
}

static u32 computed_answer(Worker *worker, u32 number, u32 content, u32 skipped) {
    Kernel *kernel = worker->kernel;
    worker->answer_misses++;
    const Query *query = &kernel->queries[number];
    const Pool *pool = &kernel->pools[query->pool];
    const u32 *bundles = content_of(pool, content);
    u32 multiset = query->nothing;
    for (u32 i = 0; i < pool->width; i++) {
        u32 class = i == skipped ? 0 : class_of(worker, number, bundles[i]);
        if (!class) continue;
        u32 larger = map_get(&kernel->folds, pair(multiset, class));
        if (larger == NONE) ask(worker, ASK_FOLD, number, multiset, class);
        multiset = larger;
    }
    u32 answer = kernel->fold_answers.items[multiset];
    if (answer == NONE) ask(worker, ASK_ANSWER, number, multiset, 0);
    return answer;
}

/* The answer of a query on a content; without the object at index `skipped`, unless that is NONE. */
static inline u32 answer_of(Worker *worker, u32 number, u32 content, u32 skipped) {
    if (skipped != NONE) return computed_answer(worker, number, content, skipped);
    const Query *query = &worker->kernel->queries[number];
    const Answers *answers = &worker->answers[query->pool];
    u32 *row = answers->rows + (content & (answers->places - 1)) * answers->columns;
    if (row[0] != content) {
        memset(row, 0xff, answers->columns * sizeof(u32));
        row[0] = content;
    }
    u32 *answer = row + 1 + query->column;
    if (*answer == NONE) *answer = computed_answer(worker, number, content, NONE);
    return *answer;
}

/* Makes room for what was found of more contents, or by more queries; the latter costs what was found. */
static void answers_resize(Answers *answers, u64 places, u32 columns) {
    Answers larger = {resized(NULL, places * columns * sizeof(u32)), places, columns};
    memset(larger.rows, 0xff, places * columns * sizeof(u32));
    for (u64 place = 0; columns == answers->columns && place < answers->places; place++) {
        const u32 *row = answers->rows + place * columns;
        if (row[0] != NONE) memcpy(larger.rows + (row[0] & (places - 1)) * columns, row, columns * sizeof(u32));
    }
    free(answers->rows);
    *answers = larger;
}

/* Where a decision leads from `node` for the key at `index` of `own`; only as far as `own` is read, if `nearby`. */
static u32 decided(Worker *worker, u32 node, const u32 *contents, u32 own, u32 index, int nearby) {
    const Kernel *kernel = worker->kernel;
    for (;;) {
        const Node *found = &kernel->nodes[node];
        if (found->query == NONE || (nearby && found->pool != own)) return node;
        u32 answer = answer_of(worker, found->query, contents[found->pool], found->excluding ? index : NONE);
        u32 follow = answer < found->count ? kernel->follows.items[found->first + answer] : NONE;
        if (follow == NONE) ask(worker, ASK_NODE, node, answer, 0);
        node = follow;
    }
}

static inline int says_nothing(const Node *node) { return node->query == NONE && !node->count; }

/* Where readers of a set apply in its pool, as (index, bundle, how many nodes, nodes); equal interchangeable objects are
   one place. Readers with later stages stand apart from the others. What is returned stays until the next call. */
static const u32 *list_sites(Worker *worker, u32 set, u64 *length) {
    Kernel *kernel = worker->kernel;
    const u32 *contents = worker->contents;
    u32 own = kernel->sets[set].pool, key[2] = {set, contents[own]}, count;
    u64 hash = cache_hash(&worker->sites, key, 2);
    const u32 *known = cache_find(&worker->sites, hash, key, 2, &count);
    if (known) {
        *length = count;
        return known;
    }
    List *listing = &worker->listing;
    listing->count = 0;
    const Pool *pool = &kernel->pools[own];
    const u32 *bundles = content_of(pool, contents[own]);
    for (u32 i = 0; i < pool->width; i++) {
        u32 bundle = bundles[i];
        if (bundle == EMPTY || (i > pool->fixed && bundles[i - 1] == bundle)) continue;
        u32 at = map_get(&kernel->readers, pair(set, bundle));
        if (at == NONE) ask(worker, ASK_READERS, set, bundle, 0);
        for (u32 deep = 0; deep < 2; deep++) {
            u32 nodes = kernel->reader_lists.items[at++];
            u64 begin = listing->count;
            list_add(listing, i);
            list_add(listing, bundle);
            list_add(listing, 0);
            for (; nodes; nodes--) {
                u32 node = decided(worker, kernel->reader_lists.items[at++], contents, own, i, 1);
                if (says_nothing(&kernel->nodes[node])) continue;
                list_add(listing, node);
                listing->items[begin + 2]++;
            }
            if (!listing->items[begin + 2]) listing->count = begin;
        }
    }
    cache_keep(&worker->sites, hash, key, 2, listing->items, (u32)listing->count, cache_words(kernel));
    *length = listing->count;
    return listing->items;
}

#endif
