/* The contents of pools: for each, the distinct tuples of bundles that it has held, numbered as they come. */
#ifndef KUBEMODEL_CONTENTS_H
#define KUBEMODEL_CONTENTS_H

#include "tables.h"

#define EMPTY 0 /* the bundle of a slot that holds no object */

/* The first `fixed` of `width` slots stand for themselves; what the others hold is sorted, empty slots last. */
typedef struct {
    u32 width, fixed;
    u32 *bundles;
    u64 *places;
    u64 mask, room;
    u32 count, taken;
    u32 lacks_slots;
    u32 queries; /* how many read it */
} Pool;

static inline const u32 *content_of(const Pool *pool, u32 content) { return pool->bundles + (u64)content * pool->width; }

static void pool_resize(Pool *pool, u64 places) {
    u64 *found = zeroed(places * sizeof(u64));
    free(pool->places);
    pool->places = found;
    pool->mask = places - 1;
    for (u32 number = 0; number < pool->count; number++) {
        u64 hash = hash_words(content_of(pool, number), pool->width), place = hash & pool->mask;
        while (found[place]) place = (place + 1) & pool->mask;
        found[place] = (hash & ~(u64)NONE) | (number + 1);
    }
}

static inline int pool_full(const Pool *pool) { return pool->count * 4ULL > (pool->mask + 1) * 3; }

/* The number of a content, whose bundles are in order; `shared` as for pairs. */
static u32 pool_intern(Pool *pool, const u32 *bundles, u32 shared) {
    if (!pool->places) {
        if (shared) longjmp(way_out, UNFINISHED);
        pool_resize(pool, 64);
    }
    u64 hash = hash_words(bundles, pool->width), at = hash & pool->mask;
    for (u32 again = 0;; again++) {
        for (u64 found; (found = seen(&pool->places[at])); at = (at + 1) & pool->mask) {
            u32 number = (u32)found - 1;
            if ((found ^ hash) >> 32 || !same_words(content_of(pool, number), bundles, pool->width)) continue;
            if (again) unlock(&pool->taken);
            return number;
        }
        if (!shared || again) break;
        lock(&pool->taken);
    }
    u32 number = pool->count;
    if (shared && (number >= pool->room || pool_full(pool))) {
        unlock(&pool->taken);
        longjmp(way_out, UNFINISHED);
    }
    if (number >= NONE - 1) {
        if (shared) unlock(&pool->taken);
        longjmp(way_out, TOO_MANY);
    }
    if (number >= pool->room)
        pool->bundles = with_room(pool->bundles, &pool->room, number + 1ULL, pool->width * sizeof(u32));
    memcpy(pool->bundles + (u64)number * pool->width, bundles, pool->width * sizeof(u32));
    pool->count = number + 1;
    show_place(&pool->places[at], (hash & ~(u64)NONE) | (number + 1));
    if (shared) unlock(&pool->taken);
    else if (pool_full(pool)) pool_resize(pool, (pool->mask + 1) * 2);
    return number;
}

static void pool_prepare(Pool *pool) {
    u64 wanted = pool->count + spare(pool->count), places = pool->places ? pool->mask + 1 : 64;
    while (wanted * 4 > places * 3) places *= 2;
    if (!pool->places || places > pool->mask + 1) pool_resize(pool, places);
    pool->bundles = with_room(pool->bundles, &pool->room, wanted, pool->width * sizeof(u32));
}

/* Puts the interchangeable bundles in order. */
static void put_in_order(const Pool *pool, u32 *bundles) {
    u32 filled = pool->fixed;
    for (u32 i = pool->fixed; i < pool->width; i++) {
        u32 bundle = bundles[i];
        if (bundle == EMPTY) continue;
        u32 at = filled++;
        bundles[i] = EMPTY;
        for (; at > pool->fixed && bundles[at - 1] > bundle; at--) bundles[at] = bundles[at - 1];
        bundles[at] = bundle;
    }
}

/* The same with what stands at `index` replaced: in order if it was. */
static void edit(const Pool *pool, u32 *bundles, u32 index, u32 after) {
    u32 at = index;
    if (at >= pool->fixed) {
        while (at + 1 < pool->width && bundles[at + 1] != EMPTY && (after == EMPTY || bundles[at + 1] < after)) {
            bundles[at] = bundles[at + 1];
            at++;
        }
        while (at > pool->fixed && after != EMPTY && bundles[at - 1] > after) {
            bundles[at] = bundles[at - 1];
            at--;
        }
    }
    bundles[at] = after;
}

static u64 pool_bytes(const Pool *pool) {
    return pool->places ? (pool->mask + 1) * sizeof(u64) + (u64)pool->count * pool->width * sizeof(u32) : 0;
}

static void pool_free(Pool *pool) {
    free(pool->bundles);
    free(pool->places);
}

#endif
