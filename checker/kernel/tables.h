/* Hash tables. All of them compare whole keys: nothing rests on a hash. */
#ifndef KUBEMODEL_TABLES_H
#define KUBEMODEL_TABLES_H

#include "memory.h"

#ifdef _WIN32
static inline void give_way(void) {}
#else
#include <sched.h>

static inline void give_way(void) { sched_yield(); }
#endif

#define PATIENT 1000 /* how often a lock is looked at before another may have the core: its holder may wait for it */

/* A map from pairs of numbers to numbers, for what was decided once and for all. */
typedef struct {
    u64 key;
    u32 value;
} Entry;

typedef struct {
    Entry *entries;
    u64 mask, count;
} Map;

static inline u64 map_place(const Map *map, u64 key) {
    u64 place = mixed(key) & map->mask;
    while (map->entries[place].key != key && map->entries[place].key != VACANT) place = (place + 1) & map->mask;
    return place;
}

static void map_resize(Map *map, u64 places) {
    Map larger = {resized(NULL, places * sizeof(Entry)), places - 1, map->count};
    for (u64 i = 0; i < places; i++) larger.entries[i].key = VACANT;
    for (u64 i = 0; map->entries && i <= map->mask; i++)
        if (map->entries[i].key != VACANT) larger.entries[map_place(&larger, map->entries[i].key)] = map->entries[i];
    free(map->entries);
    *map = larger;
}

static inline u32 map_get(const Map *map, u64 key) {
    if (!map->entries) return NONE;
    const Entry *entry = &map->entries[map_place(map, key)];
    return entry->key == key ? entry->value : NONE;
}

static void map_set(Map *map, u64 key, u32 value) {
    if (!map->entries || map->count * 2 > map->mask) map_resize(map, map->entries ? (map->mask + 1) * 2 : 64);
    Entry *entry = &map->entries[map_place(map, key)];
    map->count += entry->key != key;
    *entry = (Entry){key, value};
}

static void map_free(Map *map) { free(map->entries); }

/* Several cores may look things up in one table and add to it: who adds holds its lock, and shows a place last. */
static inline u64 seen(const u64 *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }

static inline void show_place(u64 *place, u64 entry) { __atomic_store_n(place, entry, __ATOMIC_RELEASE); }

static inline void lock(u32 *taken) {
    for (u32 looks = 0; __atomic_exchange_n(taken, 1, __ATOMIC_ACQUIRE);)
        while (__atomic_load_n(taken, __ATOMIC_RELAXED))
            if (++looks % PATIENT == 0) give_way();
}

static inline void unlock(u32 *taken) { __atomic_store_n(taken, 0, __ATOMIC_RELEASE); }

/* Distinct pairs, numbered as they come. A place holds half of the hash and the number, plus one, of its pair; the upper
   bits of the hash say where that begins to be looked for, so that a larger table is filled from the smaller one alone. */
typedef struct {
    u64 *keys, *places;
    u64 mask, room;
    u32 shift, count, taken;
} Pairs;

static void pairs_resize(Pairs *pairs, u64 places) {
    u64 *found = zeroed(places * sizeof(u64)), mask = places - 1;
    u32 shift = 64 - (u32)__builtin_ctzll(places);
    for (u64 at = 0; pairs->places && at <= pairs->mask; at++) {
        u64 entry = pairs->places[at], place = entry >> shift;
        if (!entry) continue;
        while (found[place]) place = (place + 1) & mask;
        found[place] = entry;
    }
    free(pairs->places);
    pairs->places = found;
    pairs->mask = mask;
    pairs->shift = shift;
}

static inline int pairs_full(const Pairs *pairs) { return pairs->count * 4ULL > (pairs->mask + 1) * 3; }

/* The number of a pair; `shared`: other cores look up and add, too, so that no table can be made larger. */
static inline u32 pairs_intern(Pairs *pairs, u64 key, u32 shared) {
    if (!pairs->places) {
        if (shared) longjmp(way_out, UNFINISHED);
        pairs_resize(pairs, 64);
    }
    u64 hash = mixed(key), at = hash >> pairs->shift;
    for (u32 again = 0;; again++) {
        for (u64 found; (found = seen(&pairs->places[at])); at = (at + 1) & pairs->mask) {
            u32 number = (u32)found - 1;
            if ((found ^ hash) >> 32 || pairs->keys[number] != key) continue;
            if (again) unlock(&pairs->taken);
            return number;
        }
        if (!shared || again) break;
        lock(&pairs->taken);
    }
    u32 number = pairs->count;
    if (shared && (number >= pairs->room || pairs_full(pairs))) {
        unlock(&pairs->taken);
        longjmp(way_out, UNFINISHED);
    }
    if (number >= NONE - 1) {
        if (shared) unlock(&pairs->taken);
        longjmp(way_out, TOO_MANY);
    }
    if (number >= pairs->room) pairs->keys = with_room(pairs->keys, &pairs->room, number + 1ULL, sizeof(u64));
    pairs->keys[number] = key;
    pairs->count = number + 1;
    show_place(&pairs->places[at], (hash & ~(u64)NONE) | (number + 1));
    if (shared) unlock(&pairs->taken);
    else if (pairs_full(pairs)) pairs_resize(pairs, (pairs->mask + 1) * 2);
    return number;
}

/* How many pairs or contents helpers may add to a table that has `count` before it is made larger. */
static inline u64 spare(u64 count) { return count / 4 + 256; }

static void pairs_prepare(Pairs *pairs) {
    u64 wanted = pairs->count + spare(pairs->count), places = pairs->places ? pairs->mask + 1 : 64;
    while (wanted * 4 > places * 3) places *= 2;
    if (!pairs->places || places > pairs->mask + 1) pairs_resize(pairs, places);
    pairs->keys = with_room(pairs->keys, &pairs->room, wanted, sizeof(u64));
}

static u64 pairs_bytes(const Pairs *pairs) {
    return pairs->places ? (pairs->mask + 1 + pairs->count) * sizeof(u64) : 0;
}

static void pairs_free(Pairs *pairs) {
    free(pairs->keys);
    free(pairs->places);
}

/* A cache of what can be computed again: records in a ring, the latest under each hash can be found. A record is the
   length of its key, that of its content, the key, the content. */
typedef struct {
    u32 *ring;
    u64 *starts;
    u64 size, head, slots;
    u64 hits, misses;
    u32 stride; /* keys are two numbers, of which the first is smaller than this; 0: they are any numbers */
} Cache;

/* Where a key is looked for. Pairs with the same second number stand together: who looks for one looks for others. */
static inline u64 cache_hash(const Cache *cache, const u32 *key, u32 length) {
    return cache->stride ? (u64)key[1] * cache->stride + key[0] : hash_words(key, length);
}

/* Makes room; what was kept is kept unless the ring has been round. */
static void cache_resize(Cache *cache, u64 words) {
    u64 used = cache->head <= cache->size ? cache->head : 0;
    cache->ring = resized(cache->ring, words * sizeof(u32));
    free(cache->starts);
    cache->slots = words / 4;
    cache->starts = zeroed(cache->slots * sizeof(u64));
    cache->size = words;
    cache->head = used;
    for (u64 at = 0; at < used;) {
        const u32 *record = cache->ring + at;
        cache->starts[cache_hash(cache, record + 2, record[0]) & (cache->slots - 1)] = at + 1;
        at += 2 + record[0] + record[1];
    }
}

/* Have fetched what a look-up under a hash will read: first where a record begins, later the record,
   if there may be one. */
static inline void cache_expect(const Cache *cache, u64 hash) {
    if (cache->ring) __builtin_prefetch(&cache->starts[hash & (cache->slots - 1)]);
}

static inline int cache_expect_record(const Cache *cache, u64 hash) {
    if (!cache->ring) return 0;
    u64 start = cache->starts[hash & (cache->slots - 1)];
    if (start) __builtin_prefetch(&cache->ring[(start - 1) & (cache->size - 1)]);
    return start != 0;
}

/* The content under a key, its length in `*count`; NULL if it is not there, or no longer. */
static inline const u32 *cache_find(Cache *cache, u64 hash, const u32 *key, u32 length, u32 *count) {
    if (cache->ring) {
        u64 start = cache->starts[hash & (cache->slots - 1)];
        if (start && cache->head <= start - 1 + cache->size) {
            const u32 *record = cache->ring + ((start - 1) & (cache->size - 1));
            if (record[0] == length && same_words(record + 2, key, length)) {
                cache->hits++;
                *count = record[1];
                return record + 2 + length;
            }
        }
    }
    cache->misses++;
    return NULL;
}

/* Keeps a content; `most` is how many words the cache may grow to, a power of two. */
static void cache_keep(Cache *cache, u64 hash, const u32 *key, u32 length, const u32 *content, u32 count, u64 most) {
    u64 words = 2ULL + length + count;
    if (!cache->ring) cache_resize(cache, 1 << 16);
    if (cache->head + words > cache->size && cache->size < most) cache_resize(cache, cache->size * 2);
    if (words > cache->size) return;
    u64 at = cache->head & (cache->size - 1);
    if (at + words > cache->size) {
        cache->head += cache->size - at;
        at = 0;
    }
    u32 *record = cache->ring + at;
    record[0] = length;
    record[1] = count;
    memcpy(record + 2, key, length * sizeof(u32));
    memcpy(record + 2 + length, content, count * sizeof(u32));
    cache->starts[hash & (cache->slots - 1)] = cache->head + 1;
    cache->head += words;
}

static void cache_free(Cache *cache) {
    free(cache->ring);
    free(cache->starts);
}

#endif
