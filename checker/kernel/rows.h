/* What Python calls to fill tables and to read them. Part of kernel.c. */
#ifndef KUBEMODEL_ROWS_H
#define KUBEMODEL_ROWS_H

/* What follows adds rows to tables. Each returns 0, or a code if memory lacks. */
#define ADDING                                \
    int failed = setjmp(way_out);             \
    if (failed) return failed

API int kernel_add_initial(Kernel *kernel, const u32 *contents) {
    ADDING;
    u32 *values = kernel->workers[0].values;
    memcpy(values, contents, kernel->pool_count * sizeof(u32));
    u64 hash = hash_of(kernel, values), place = visited_find(&kernel->visited, hash);
    if (kernel->visited.places[place]) return 0;
    kernel->judgements = with_room(kernel->judgements, &kernel->judgement_room, kernel->count + 1ULL, sizeof(Judged));
    kernel->judgements[kernel->count] = (Judged){0};
    add_state(kernel, hash, place, kernel->count, 0, contents);
    return 0;
}

/* The number of a content, into the board. */
API int kernel_intern(Kernel *kernel, u32 pool, const u32 *bundles) {
    ADDING;
    u32 *buffer = kernel->workers[0].buffer;
    memcpy(buffer, bundles, kernel->pools[pool].width * sizeof(u32));
    put_in_order(&kernel->pools[pool], buffer);
    kernel->board[0] = pool_intern(&kernel->pools[pool], buffer, 0);
    return 0;
}

API const u32 *kernel_content(Kernel *kernel, u32 pool, u32 content) { return content_of(&kernel->pools[pool], content); }

/* The contents of a state; 0 if only walking there can tell. */
API int kernel_state(Kernel *kernel, u32 state, u32 *contents) {
    u32 values[2 * MOST_POOLS];
    if (!unfold(kernel, state, values)) return 0;
    memcpy(contents, values, kernel->pool_count * sizeof(u32));
    return 1;
}

/* With fingerprints: from the contents of the parent of `state` to its own. What was asked once is not asked again. */
API int kernel_follow(Kernel *kernel, u32 state, u32 *contents) {
    int code = setjmp(way_out);
    if (code) return code;
    Worker *worker = &kernel->workers[0];
    make_ready(worker);
    worker->contents = contents;
    u64 begin = worker->moves.count;
    find_moves(worker, NULL);
    list_extend(&worker->moves, worker->outside.items, worker->outside.count);
    const u32 *move = worker->moves.items + begin;
    for (u32 way = kernel->ways[state]; way; way--) move += 2 + 2 * move[1];
    for (u32 i = 0; i < move[1]; i++) contents[move[2 + 2 * i]] = move[3 + 2 * i];
    canonise(worker, contents);
    worker->moves.count = begin;
    return 0;
}

API u32 kernel_parent(Kernel *kernel, u32 state) { return kernel->parents[state]; }

/* Objects that trade places: `places` says for each slot of each pool, one pool after the other, where it goes. */
API int kernel_add_permutation(Kernel *kernel, const u32 *places) {
    ADDING;
    u64 count = kernel->permutation_count + 1ULL;
    kernel->permutations = resized(kernel->permutations, count * sizeof(Permutation));
    Permutation trade = {zeroed(kernel->pool_count * sizeof(u32 *)), zeroed(kernel->pool_count * sizeof(Column)),
                         zeroed(kernel->pool_count * sizeof(Column))};
    kernel->permutations[kernel->permutation_count++] = trade;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) {
        u32 width = kernel->pools[pool].width;
        trade.places[pool] = resized(NULL, (width + 1) * sizeof(u32));
        memcpy(trade.places[pool], places, width * sizeof(u32));
        *image_in(&trade.bundles[pool], EMPTY) = EMPTY;
        places += width;
    }
    return 0;
}

API int kernel_set_image(Kernel *kernel, u32 permutation, u32 pool, u32 bundle, u32 image) {
    ADDING;
    *image_in(&kernel->permutations[permutation].bundles[pool], bundle) = image;
    return 0;
}

API int kernel_add_query(Kernel *kernel, u32 pool, u32 nothing) {
    ADDING;
    kernel->queries = with_room(kernel->queries, &kernel->query_room, kernel->query_count + 1, sizeof(Query));
    kernel->queries[kernel->query_count++] = (Query){pool, kernel->pools[pool].queries++, nothing, NULL, 0};
    return 0;
}

API int kernel_set_class(Kernel *kernel, u32 number, u32 bundle, u32 class) {
    ADDING;
    Query *query = &kernel->queries[number];
    u64 known = query->room;
    query->classes = with_room(query->classes, &query->room, bundle + 1ULL, sizeof(u32));
    memset(query->classes + known, 0xff, (query->room - known) * sizeof(u32));
    query->classes[bundle] = class;
    return 0;
}

/* A new multiset of classes, whose answer is not known yet. */
API int kernel_add_multiset(Kernel *kernel) {
    ADDING;
    list_add(&kernel->fold_answers, NONE);
    return 0;
}

API int kernel_set_fold(Kernel *kernel, u32 multiset, u32 class, u32 larger) {
    ADDING;
    map_set(&kernel->folds, pair(multiset, class), larger);
    return 0;
}

API void kernel_set_answer(Kernel *kernel, u32 multiset, u32 answer) { kernel->fold_answers.items[multiset] = answer; }

/* A node that reads a query; with `query` NONE a leaf with these items. */
API int kernel_add_node(Kernel *kernel, u32 query, u32 excluding, const u32 *items, u32 count) {
    ADDING;
    kernel->nodes = with_room(kernel->nodes, &kernel->node_room, kernel->node_count + 1, sizeof(Node));
    Node leaf = {NONE, NONE, 0, (u32)kernel->leaf_items.count, count};
    Node inner = {query, query == NONE ? NONE : kernel->queries[query].pool, excluding, 0, 0};
    list_extend(&kernel->leaf_items, items, count);
    kernel->nodes[kernel->node_count++] = query == NONE ? leaf : inner;
    return 0;
}

/* What follows an answer, a small number that stands for it among those of one query. */
API int kernel_set_node(Kernel *kernel, u32 node, u32 answer, u32 follow) {
    ADDING;
    Node *found = &kernel->nodes[node];
    if (answer >= found->count) {
        u32 first = (u32)kernel->follows.count, count = found->count ? found->count : 2;
        while (count <= answer) count *= 2;
        for (u32 i = 0; i < count; i++)
            list_add(&kernel->follows, i < found->count ? kernel->follows.items[found->first + i] : NONE);
        found->first = first;
        found->count = count;
    }
    kernel->follows.items[found->first + answer] = follow;
    return 0;
}

API int kernel_add_set(Kernel *kernel, u32 pool) {
    ADDING;
    kernel->sets = with_room(kernel->sets, &kernel->set_room, kernel->set_count + 1, sizeof(ReaderSet));
    kernel->sets[kernel->set_count++] = (ReaderSet){pool};
    return 0;
}

/* A partition of the `sets` reader sets that were added last. */
API int kernel_add_partition(Kernel *kernel, u32 sets, u64 mask) {
    ADDING;
    kernel->partitions =
        with_room(kernel->partitions, &kernel->partition_room, kernel->partition_count + 1, sizeof(Partition));
    kernel->partitions[kernel->partition_count++] = (Partition){(u32)kernel->set_count - sets, sets, mask};
    return 0;
}

/* What the `count` partitions that were added last are for: 0 the environment's rules, 1 properties of every state, 2
   those of quiescent ones; of the components' rules of the next rank 3 the fast ones and then, of the same rank, 4 the
   slow ones, 5 and 6 both as they go if something is lost. */
API int kernel_add_range(Kernel *kernel, u32 purpose, u32 count) {
    ADDING;
    Range range = {(u32)kernel->partition_count - count, count};
    if (purpose == 0) kernel->environment = range;
    if (purpose == 1) kernel->always = range;
    if (purpose == 2) kernel->quiescent = range;
    if (purpose == 3) {
        kernel->ranks = with_room(kernel->ranks, &kernel->rank_room, kernel->rank_count + 1, sizeof(Rank));
        kernel->ranks[kernel->rank_count++] = (Rank){.fast = range};
    }
    if (purpose < 4) return 0;
    Rank *rank = &kernel->ranks[kernel->rank_count - 1];
    if (purpose == 4) rank->slow = range;
    if (purpose == 5) rank->losing = range;
    if (purpose == 6) rank->slow_losing = range;
    return 0;
}

/* The readers of a set at a bundle: how many without later stages, these, how many with, these. */
API int kernel_set_readers(Kernel *kernel, u32 set, u32 bundle, const u32 *list, u32 count) {
    ADDING;
    map_set(&kernel->readers, pair(set, bundle), (u32)kernel->reader_lists.count);
    list_extend(&kernel->reader_lists, list, count);
    return 0;
}

API int kernel_add_finding(Kernel *kernel) {
    ADDING;
    list_add(&kernel->finding_counts, 0);
    return 0;
}

API int kernel_add_firing(Kernel *kernel, u32 group) {
    ADDING;
    list_add(&kernel->firing_groups, group);
    return 0;
}

/* A step: `items` are the bundles after, then (pool, sweep) pairs. */
API int kernel_add_step(Kernel *kernel, u32 kind, u32 firing, u32 pool, u32 query, u32 wanted, const u32 *items,
                        u32 count, u32 sweeps) {
    ADDING;
    kernel->steps = with_room(kernel->steps, &kernel->step_room, kernel->step_count + 1, sizeof(Step));
    Step step = {kind, firing, pool, query, wanted, (u32)kernel->step_items.count, count, sweeps, 0};
    list_extend(&kernel->step_items, items, count + 2ULL * sweeps);
    kernel->steps[kernel->step_count++] = step;
    return 0;
}

API int kernel_set_first_step(Kernel *kernel, u32 firing, u32 bundle, u32 step) {
    ADDING;
    map_set(&kernel->first_steps, pair(firing, bundle), step);
    return 0;
}

API int kernel_set_next_step(Kernel *kernel, u32 before, u32 bundle, u32 step) {
    ADDING;
    map_set(&kernel->next_steps, pair(before, bundle), step);
    return 0;
}

API int kernel_set_sweep(Kernel *kernel, u32 sweep, u32 bundle, u32 after, u32 judged) {
    ADDING;
    map_set(&kernel->sweeps, pair(sweep, bundle), judged ? after : after | UNJUDGED);
    return 0;
}

API void kernel_set_judged(Kernel *kernel, u32 step) { kernel->steps[step].judged = 1; }

/* A list that Python reads: 0 finding counts, 1 first findings, 2 pools without slots, 3 sources, 4 targets and 5 groups
   of edges. The number of items goes onto the board. */
API const u32 *kernel_list(Kernel *kernel, u32 which) {
    List *lists[] = {&kernel->finding_counts, &kernel->first_findings, &kernel->lacking,
                     &kernel->sources,        &kernel->targets,        &kernel->edge_groups};
    kernel->board[0] = (int64_t)lists[which]->count;
    return lists[which]->items;
}

#endif
