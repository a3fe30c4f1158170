/* Hash tables. All of them compare whole keys: nothing rests on a hash. */
#ifndef KUBEMODEL_TABLES_H
#define KUBEMODEL_TABLES_H

#include "memory.h"

/* A map from pairs of numbers to numbers, for what was decided once and for all. */
typedef struct {
    u64 *keys;
    u32 *values;
    u64 mask, count;
} Map;

static void map_resize(Map *map, u64 places) {
    Map larger = {resized(NULL, places * sizeof(u64)), NULL, places - 1, map->count};
    larger.values = resized(NULL, places * sizeof(u32));
    memset(larger.keys, 0xff, places * sizeof(u64));
    for (u64 i = 0; map->keys && i <= map->mask; i++) {
        if (map->keys[i] == VACANT) continue;
        u64 place = mixed(map->keys[i]) & larger.mask;
        while (larger.keys[place] != VACANT) place = (place + 1) & larger.mask;
        larger.keys[place] = map->keys[i];
        larger.values[place] = map->values[i];
    }
    free(map->keys);
    free(map->values);
    *map = larger;
}

static inline u64 map_place(const Map *map, u64 key) {
    u64 place = mixed(key) & map->mask;
    while (map->keys[place] != key && map->keys[place] != VACANT) place = (place + 1) & map->mask;
    return place;
}

static inline u32 map_get(const Map *map, u64 key) {
    if (!map->keys) return NONE;
    u64 place = map_place(map, key);
    return map->keys[place] == key ? map->values[place] : NONE;
}

static void map_set(Map *map, u64 key, u32 value) {
    if (!map->keys || map->count * 2 > map->mask) map_resize(map, map->keys ? (map->mask + 1) * 2 : 64);
    u64 place = map_place(map, key);
    map->count += map->keys[place] != key;
    map->keys[place] = key;
    map->values[place] = value;
}

static void map_free(Map *map) {
    free(map->keys);
    free(map->values);
}

/* Distinct pairs, numbered as they come. A place holds half of the hash and the number, plus one, of its pair. */
typedef struct {
    u64 *keys, *places;
    u64 mask, room;
    u32 count;
} Pairs;

static void pairs_resize(Pairs *pairs, u64 places) {
    u64 *found = zeroed(places * sizeof(u64));
    free(pairs->places);
    pairs->places = found;
    pairs->mask = places - 1;
    for (u32 number = 0; number < pairs->count; number++) {
        u64 hash = mixed(pairs->keys[number]), place = hash & pairs->mask;
        while (found[place]) place = (place + 1) & pairs->mask;
        found[place] = (hash & ~(u64)NONE) | (number + 1);
    }
}

static inline void pairs_expect(const Pairs *pairs, u64 key) {
    if (pairs->places) __builtin_prefetch(&pairs->places[mixed(key) & pairs->mask]);
}

static inline void pairs_expect_key(const Pairs *pairs, u64 key) {
    u64 hash = mixed(key), found = pairs->places[hash & pairs->mask];
    if (found && (found ^ hash) >> 32 == 0) __builtin_prefetch(&pairs->keys[(u32)found - 1]);
}

/* The number of a pair, NONE if it is not there; `*place` is then where it belongs. */
static inline u32 pairs_find(const Pairs *pairs, u64 key, u64 *place) {
    u64 hash = mixed(key), at = hash & pairs->mask;
    for (u64 found; (found = pairs->places[at]); at = (at + 1) & pairs->mask) {
        u32 number = (u32)found - 1;
        if ((found ^ hash) >> 32 == 0 && pairs->keys[number] == key) return number;
    }
    *place = at;
    return NONE;
}

static inline u32 pairs_add(Pairs *pairs, u64 key, u64 place) {
    if (pairs->count >= NONE - 1) longjmp(way_out, TOO_MANY);
    u32 number = pairs->count;
    if (number >= pairs->room) pairs->keys = with_room(pairs->keys, &pairs->room, number + 1ULL, sizeof(u64));
    pairs->keys[number] = key;
    pairs->places[place] = (mixed(key) & ~(u64)NONE) | (number + 1);
    pairs->count++;
    if (pairs->count * 4ULL > (pairs->mask + 1) * 3) pairs_resize(pairs, (pairs->mask + 1) * 2);
    return number;
}

static inline u32 pairs_intern(Pairs *pairs, u64 key) {
    if (!pairs->places) pairs_resize(pairs, 64);
    u64 place;
    u32 found = pairs_find(pairs, key, &place);
    return found == NONE ? pairs_add(pairs, key, place) : found;
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
} Cache;

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
        cache->starts[hash_words(record + 2, record[0]) & (cache->slots - 1)] = at + 1;
        at += 2 + record[0] + record[1];
    }
}

/* Have fetched what a look-up under a hash will read: first where a record begins, later the record. */
static inline void cache_expect(const Cache *cache, u64 hash) {
    if (cache->ring) __builtin_prefetch(&cache->starts[hash & (cache->slots - 1)]);
}

static inline void cache_expect_record(const Cache *cache, u64 hash) {
    if (!cache->ring) return;
    u64 start = cache->starts[hash & (cache->slots - 1)];
    if (start) __builtin_prefetch(&cache->ring[(start - 1) & (cache->size - 1)]);
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
static void cache_keep(Cache *cache, const u32 *key, u32 length, const u32 *content, u32 count, u64 most) {
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
    cache->starts[hash_words(key, length) & (cache->slots - 1)] = cache->head + 1;
    cache->head += words;
}

static void cache_free(Cache *cache) {
    free(cache->ring);
    free(cache->starts);
}

#endif
