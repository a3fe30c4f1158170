/* A breadth-first search over tables that Python fills where they lack something (design section 3.2).

   A run goes on until a table lacks a row; it then ends with a question, whose answer Python adds, and is begun anew
   where it was: until it inserts the moves of a state it changes nothing but tables. */
#include "expansion.h"
#include "visited.h"

#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

enum { BEGIN, NEXT, EXPAND, REST, PREPARE, INSERT };

#define FUEL 4096
#define ANSWER_SLOTS (1 << 20)

enum { STATES = 40, TRANSITIONS, AT_REST, NEXT_STATE, BYTES, MEMO_HITS, MEMO_MISSES, SITE_HITS, SITE_MISSES, ANSWER_MISSES, CONTENTS };

static void count_findings(Kernel *kernel, u32 state) {
    for (u64 i = 0; i < kernel->found.count; i++) {
        u32 finding = kernel->found.items[i];
        if (kernel->finding_counts.items[finding]++ == 0) {
            list_add(&kernel->first_findings, finding);
            list_add(&kernel->first_findings, state);
        }
    }
}

/* The components' own moves, as time lets them happen, and those of others: the environment's, and the same as they go
   if something of a request is lost. No timer waits for what is slow, but that waits for shorter ones. */
static void find_moves(Kernel *kernel) {
    kernel->own.count = kernel->outside.count = kernel->losing.count = 0;
    expand(kernel, kernel->environment, &kernel->outside);
    for (u64 number = 0; number < kernel->rank_count; number++) {
        const Rank *rank = &kernel->ranks[number];
        expand(kernel, rank->slow, &kernel->own);
        expand(kernel, rank->slow_losing, &kernel->losing);
        u64 before = kernel->own.count;
        expand(kernel, rank->fast, &kernel->own);
        if (kernel->own.count == before) continue;
        expand(kernel, rank->losing, &kernel->losing);
        break;
    }
    if (kernel->own.count) list_extend(&kernel->outside, kernel->losing.items, kernel->losing.count);
}

/* Numbers what the moves lead to, and has the places fetched where it will be looked up. */
static void prepare(Kernel *kernel) {
    u64 count = 0;
    kernel->own_moves = 0;
    kernel->own_words = kernel->own.count;
    list_extend(&kernel->own, kernel->outside.items, kernel->outside.count);
    for (u64 at = 0; at < kernel->own.count;) {
        const u32 *move = kernel->own.items + at;
        if (at < kernel->own_words) kernel->own_moves++;
        at += 2 + 2 * move[1];
        kernel->keys = with_room(kernel->keys, &kernel->key_room, count + 1, sizeof(u64));
        u64 key = VACANT;
        if (move[1]) {
            u64 above = imagine(kernel, move);
            key = key_of_state(kernel, kernel->fresh, above);
            pairs_expect(&kernel->states, key);
            kernel->transitions++;
        }
        kernel->keys[count++] = key;
    }
    kernel->cursor = kernel->at = 0;
    kernel->is_new = 0;
}

static void add_edge(Kernel *kernel, u32 target, u32 group) {
    list_add(&kernel->sources, (u32)kernel->next);
    list_add(&kernel->targets, target);
    if (kernel->keeps_edges > 1) list_add(&kernel->edge_groups, group);
}

/* Takes in what the moves lead to, one after the other; false if the bound on states is reached. */
static int insert(Kernel *kernel) {
    while (kernel->at < kernel->own.count) {
        const u32 *move = kernel->own.items + kernel->at;
        if (move[1]) {
            if (!kernel->is_new) {
                u64 place;
                u32 number = pairs_find(&kernel->states, kernel->keys[kernel->cursor], &place);
                if (number == NONE) {
                    if (kernel->states.count >= kernel->limit) return 0;
                    number = add_state(kernel, kernel->keys[kernel->cursor], place, (u32)kernel->next);
                    kernel->is_new = kernel->always.count != 0;
                }
                if (kernel->keeps_edges && (kernel->keeps_edges > 1 || kernel->cursor < kernel->own_moves))
                    add_edge(kernel, number, move[0]);
            }
            if (kernel->is_new) {
                imagine(kernel, move);
                kernel->contents = kernel->fresh;
                judge(kernel, kernel->always);
                count_findings(kernel, kernel->states.count - 1);
                kernel->contents = kernel->values;
                kernel->is_new = 0;
            }
        }
        kernel->cursor++;
        kernel->at += 2 + 2 * move[1];
    }
    return 1;
}

static int go(Kernel *kernel) {
    kernel->contents = kernel->values;
    for (;;) switch (kernel->phase) {
            case BEGIN: /* judges the initial states */
                for (; kernel->next < kernel->states.count; kernel->next++) {
                    recall(kernel, kernel->next);
                    judge(kernel, kernel->always);
                    count_findings(kernel, (u32)kernel->next);
                }
                kernel->next = 0;
                kernel->level_end = 0;
                kernel->phase = NEXT;
                return LEVEL;
            case NEXT:
                if (kernel->next == kernel->level_end) return LEVEL;
                if (!kernel->fuel) {
                    kernel->fuel = FUEL;
                    return PAUSE;
                }
                kernel->fuel--;
                kernel->looks++;
                recall(kernel, kernel->next);
                kernel->phase = EXPAND;
                break;
            case EXPAND:
                find_moves(kernel);
                if (!kernel->own.count) kernel->at_rest++;
                kernel->phase = kernel->own.count ? PREPARE : REST;
                break;
            case REST:
                judge(kernel, kernel->quiescent);
                count_findings(kernel, (u32)kernel->next);
                kernel->phase = PREPARE;
                break;
            case PREPARE:
                prepare(kernel);
                kernel->phase = INSERT;
                break;
            case INSERT:
                if (!insert(kernel)) return FULL;
                kernel->next++;
                kernel->phase = NEXT;
                break;
        }
}

static void show(Kernel *kernel) {
    int64_t *board = kernel->board;
    board[STATES] = kernel->states.count;
    board[TRANSITIONS] = (int64_t)kernel->transitions;
    board[AT_REST] = (int64_t)kernel->at_rest;
    board[NEXT_STATE] = (int64_t)kernel->next;
    board[BYTES] = (int64_t)bytes_of_states(kernel);
    board[MEMO_HITS] = (int64_t)kernel->memos.hits;
    board[MEMO_MISSES] = (int64_t)kernel->memos.misses;
    board[SITE_HITS] = (int64_t)kernel->sites.hits;
    board[SITE_MISSES] = (int64_t)kernel->sites.misses;
    board[ANSWER_MISSES] = (int64_t)kernel->answer_misses;
    board[CONTENTS] = 0;
    for (u32 pool = 0; pool < kernel->pool_count; pool++) board[CONTENTS] += kernel->pools[pool].count;
}

/* Goes on; returns what it ends with. */
API int kernel_run(Kernel *kernel) {
    int code = setjmp(way_out);
    if (!code) code = go(kernel);
    show(kernel);
    return code;
}

/* The states found since the last level become the next one. */
API void kernel_begin_level(Kernel *kernel) { kernel->level_end = kernel->states.count; }

/* A search over pools of which each has `shapes[2 * i]` slots, the first `shapes[2 * i + 1]` of them by name or place;
   `keeps_edges`: 0 none, 1 the components' own, 2 all, with their groups. NULL if memory lacks. */
API Kernel *kernel_new(const u32 *shapes, u32 pools, u64 limit, u32 keeps_edges) {
    Kernel *kernel = calloc(1, sizeof(Kernel));
    if (!kernel || setjmp(way_out)) return NULL;
    kernel->pools = calloc(pools, sizeof(Pool));
    kernel->pool_count = pools;
    kernel->widest = 1;
    for (u32 i = 0; i < pools; i++) {
        kernel->pools[i].width = shapes[2 * i];
        kernel->pools[i].fixed = shapes[2 * i + 1];
        if (shapes[2 * i] > kernel->widest) kernel->widest = shapes[2 * i];
    }
    kernel->buffer = resized(NULL, kernel->widest * sizeof(u32));
    kernel->answer_slots = ANSWER_SLOTS;
    kernel->answers = resized(NULL, ANSWER_SLOTS * sizeof(Answer));
    memset(kernel->answers, 0xff, ANSWER_SLOTS * sizeof(Answer));
    kernel->limit = limit;
    kernel->keeps_edges = keeps_edges;
    plant(kernel);
    pairs_resize(&kernel->states, 1024);
    return kernel;
}

API void kernel_free(Kernel *kernel) {
    for (u32 i = 0; i < kernel->pool_count; i++) pool_free(&kernel->pools[i]);
    for (u32 i = 0; i <= root_of(kernel); i++) pairs_free(&kernel->inner[i]);
    for (u64 i = 0; i < kernel->query_count; i++) free(kernel->queries[i].classes);
    pairs_free(&kernel->states);
    Map *maps[] = {&kernel->folds, &kernel->decisions, &kernel->readers, &kernel->first_steps, &kernel->next_steps, &kernel->sweeps};
    for (u32 i = 0; i < sizeof maps / sizeof *maps; i++) map_free(maps[i]);
    List *lists[] = {&kernel->fold_answers, &kernel->leaf_items, &kernel->reader_lists, &kernel->firing_groups,
                     &kernel->step_items, &kernel->own, &kernel->outside, &kernel->losing, &kernel->found, &kernel->listing,
                     &kernel->finding_counts, &kernel->first_findings, &kernel->lacking, &kernel->sources,
                     &kernel->targets, &kernel->edge_groups};
    for (u32 i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->items);
    cache_free(&kernel->sites);
    cache_free(&kernel->memos);
    void *others[] = {kernel->pools, kernel->queries, kernel->answers, kernel->nodes, kernel->sets,
                      kernel->partitions, kernel->ranks, kernel->steps, kernel->buffer, kernel->left, kernel->right,
                      kernel->ancestors, kernel->inner, kernel->values, kernel->fresh, kernel->parents, kernel->keys};
    for (u32 i = 0; i < sizeof others / sizeof *others; i++) free(others[i]);
    free(kernel);
}

API int64_t *kernel_board(Kernel *kernel) { return kernel->board; }

#include "rows.h"
