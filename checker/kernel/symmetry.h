/* States that differ only in who is who of interchangeable objects, and the one that stands for them. */
#ifndef KUBEMODEL_SYMMETRY_H
#define KUBEMODEL_SYMMETRY_H

#include "reading.h"

static u32 *image_in(Column *column, u32 item) {
    u64 known = column->room;
    column->items = with_room(column->items, &column->room, item + 1ULL, sizeof(u32));
    if (column->room > known) memset(column->items + known, 0xff, (column->room - known) * sizeof(u32));
    return &column->items[item];
}

/* What becomes of a content of a pool if objects trade places. Among others a worker only reads what is known. */
static u32 image_of(Worker *worker, u32 permutation, u32 number, u32 content) {
    Kernel *kernel = worker->kernel;
    Permutation *trade = &kernel->permutations[permutation];
    const Column *contents = &trade->contents[number];
    u32 known = content < contents->room ? contents->items[content] : NONE;
    if (known != NONE) return known;
    if (worker->shared) longjmp(way_out, UNFINISHED);
    Pool *pool = &kernel->pools[number];
    for (u32 slot = 0; slot < pool->width; slot++) {
        u32 bundle = content_of(pool, content)[slot], *image = image_in(&trade->bundles[number], bundle);
        if (*image == NONE) ask(worker, ASK_IMAGE, permutation, number, bundle);
        worker->buffer[slot < pool->fixed ? trade->places[number][slot] : slot] = *image;
    }
    put_in_order(pool, worker->buffer);
    known = pool_intern(pool, worker->buffer, 0);
    return *image_in(&trade->contents[number], content) = known;
}

/* Whether what the pools of a state become comes before `best`, in the order of what they hold. */
static int comes_first(Worker *worker, u32 permutation, const u32 *values, const u32 *best) {
    const Kernel *kernel = worker->kernel;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) {
        u32 image = image_of(worker, permutation, pool, values[pool]);
        if (image == best[pool]) continue;
        const u32 *one = content_of(&kernel->pools[pool], image), *other = content_of(&kernel->pools[pool], best[pool]);
        while (*one == *other) one++, other++;
        return *one < *other;
    }
    return 0;
}

/* Puts into `values` the contents of the state that stands for the one they are of; whether that is another one. */
static int canonise(Worker *worker, u32 *values) {
    const Kernel *kernel = worker->kernel;
    u32 given[MOST_POOLS];
    int other = 0;
    if (!kernel->permutation_count) return 0;
    memcpy(given, values, kernel->pool_count * sizeof(u32));
    for (u32 permutation = 0; permutation < kernel->permutation_count; permutation++) {
        if (!comes_first(worker, permutation, given, values)) continue;
        for (u32 pool = 0; pool < kernel->pool_count; pool++) values[pool] = image_of(worker, permutation, pool, given[pool]);
        other = 1;
    }
    return other;
}

static void permutations_free(Kernel *kernel) {
    for (u32 i = 0; i < kernel->permutation_count; i++) {
        Permutation *trade = &kernel->permutations[i];
        for (u32 pool = 0; pool < kernel->pool_count; pool++) {
            free(trade->places[pool]);
            free(trade->bundles[pool].items);
            free(trade->contents[pool].items);
        }
        free(trade->places), free(trade->bundles), free(trade->contents);
    }
    free(kernel->permutations);
}

#endif
