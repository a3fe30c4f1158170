/* What of a search outlives its process: states and contents. All else can be asked or computed again. Part of kernel.c. */
#ifndef KUBEMODEL_SECTIONS_H
#define KUBEMODEL_SECTIONS_H

enum { KEYS, PARENTS, LEFT, RIGHT, COUNTERS, COUNTS, FIRSTS, LACKING, EDGE_SOURCES, EDGE_TARGETS, FIXED_SECTIONS };

/* The list that a section holds. */
static List *listed(Kernel *kernel, u32 section) {
    List *lists[] = {&kernel->finding_counts, &kernel->first_findings, &kernel->lacking, &kernel->sources, &kernel->targets};
    return lists[section - COUNTS];
}

/* A section's words, their number on the board; NULL after the last one. After the fixed ones come the pairs of each
   inner node, then the contents of each pool. The counters are of a state that is to be expanded next. */
API const u32 *kernel_section(Kernel *kernel, u32 section) {
    u32 inner = root_of(kernel) > kernel->pool_count ? root_of(kernel) - kernel->pool_count : 0;
    int64_t *count = &kernel->board[0];
    if (section == KEYS) return *count = 2LL * kernel->count, (const u32 *)kernel->hashes;
    if (section == PARENTS) return *count = kernel->count, kernel->parents;
    if (section == LEFT) return *count = 2 * kernel->pool_count + 1, kernel->left;
    if (section == RIGHT) return *count = 2 * kernel->pool_count + 1, kernel->right;
    if (section == COUNTERS) {
        u64 counters[] = {kernel->transitions, kernel->at_rest, kernel->next, kernel->level_end, kernel->replant_at};
        memcpy(kernel->counters, counters, sizeof counters);
        return *count = 10, (const u32 *)kernel->counters;
    }
    if (section < FIXED_SECTIONS) return *count = (int64_t)listed(kernel, section)->count, listed(kernel, section)->items;
    section -= FIXED_SECTIONS;
    if (section < inner) {
        const Pairs *pairs = &kernel->inner[kernel->pool_count + section];
        return *count = 2LL * pairs->count, (const u32 *)pairs->keys;
    }
    section -= inner;
    if (section >= kernel->pool_count) return *count = -1, NULL;
    const Pool *pool = &kernel->pools[section];
    return *count = (int64_t)pool->count * pool->width, pool->bundles;
}

static void fill(Pairs *pairs, const u64 *keys, u64 count) {
    for (u64 i = 0; i < count; i++) pairs_intern(pairs, keys[i], 0);
}

/* Takes a section in. The tree comes before what stands on it; what findings were counted, after they were named. */
API int kernel_restore(Kernel *kernel, u32 section, const u32 *words, u64 count) {
    ADDING;
    u32 inner = root_of(kernel) > kernel->pool_count ? root_of(kernel) - kernel->pool_count : 0;
    if (section == KEYS) {
        const u64 *hashes = (const u64 *)words;
        for (u64 i = 0; i < count / 2; i++)
            add_state(kernel, hashes[i], visited_find(&kernel->visited, hashes[i]), NONE, 0, NULL);
    } else if (section == PARENTS) {
        memcpy(kernel->parents, words, count * sizeof(u32));
    } else if (section == LEFT || section == RIGHT) {
        memcpy(section == LEFT ? kernel->left : kernel->right, words, count * sizeof(u32));
        if (section == RIGHT) find_ancestors(kernel);
    } else if (section == COUNTERS) {
        u64 counters[5];
        memcpy(counters, words, sizeof counters);
        kernel->transitions = counters[0];
        kernel->at_rest = counters[1];
        kernel->next = counters[2];
        kernel->level_end = counters[3];
        kernel->replant_at = counters[4];
        kernel->phase = NEXT;
    } else if (section < FIXED_SECTIONS) {
        listed(kernel, section)->count = 0;
        list_extend(listed(kernel, section), words, count);
        for (u64 i = 0; section == LACKING && i < count; i++) kernel->pools[words[i]].lacks_slots = 1;
    } else if (section - FIXED_SECTIONS < inner) {
        fill(&kernel->inner[kernel->pool_count + section - FIXED_SECTIONS], (const u64 *)words, count / 2);
    } else {
        Pool *pool = &kernel->pools[section - FIXED_SECTIONS - inner];
        for (u64 at = 0; at < count; at += pool->width) pool_intern(pool, words + at, 0);
    }
    show(kernel);
    return 0;
}

/* Whether what was found so far can be kept: not while the moves of a state are taken in. */
API int kernel_is_whole(Kernel *kernel) { return kernel->phase == NEXT || kernel->phase == EXPAND; }

#endif
