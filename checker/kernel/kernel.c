/* A breadth-first search over tables that Python fills where they lack something (design section 3.2).

   A run goes on until a table lacks a row; it then ends with a question, whose answer Python adds, and is begun anew
   where it was: until it inserts the moves of a state it changes nothing but tables. */
#include "expansion.h"
#include "symmetry.h"

#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

enum { BEGIN, NEXT, EXPAND, INSERT };

#define FUEL 4096
#define ANSWER_SLOTS (1 << 14)

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
static void find_moves(Kernel *kernel, const u64 *hashes) {
    kernel->own.count = kernel->outside.count = kernel->losing.count = 0;
    expand(kernel, kernel->environment, &kernel->outside, hashes);
    for (u64 number = 0; number < kernel->rank_count; number++) {
        const Rank *rank = &kernel->ranks[number];
        const u64 *known = number ? NULL : hashes;
        expand(kernel, rank->slow, &kernel->own, known);
        expand(kernel, rank->slow_losing, &kernel->losing, known);
        u64 before = kernel->own.count;
        expand(kernel, rank->fast, &kernel->own, known);
        if (kernel->own.count == before) continue;
        expand(kernel, rank->losing, &kernel->losing, known);
        break;
    }
    if (kernel->own.count) list_extend(&kernel->outside, kernel->losing.items, kernel->losing.count);
}

static u32 nodes_of(const Kernel *kernel) { return root_of(kernel) + 1; }

static void make_room_for_batch(Kernel *kernel) {
    kernel->batch_values = resized(kernel->batch_values, BATCH * nodes_of(kernel) * sizeof(u32));
    kernel->batch_hashes = resized(kernel->batch_hashes, BATCH * (kernel->partition_count + 1) * sizeof(u64));
}

static void foresee(Kernel *kernel, Range range, u64 *hashes) {
    for (u32 number = range.first; number < range.first + range.count; number++) {
        u32 key[MOST_POOLS + 1];
        hashes[number] = hash_words(key, key_of(kernel, number, key));
        cache_expect(&kernel->memos, hashes[number]);
    }
}

/* Makes the cache of answers larger, in proportion to the states. */
static void more_answers(Kernel *kernel) {
    u64 slots = kernel->answer_slots * 2;
    Answer *answers = resized(NULL, slots * sizeof(Answer));
    memset(answers, 0xff, slots * sizeof(Answer));
    for (u64 i = 0; i < kernel->answer_slots; i++) {
        const Answer *answer = &kernel->answers[i];
        if (answer->key != VACANT) answers[mixed(answer->key) & (slots - 1)] = *answer;
    }
    free(kernel->answers);
    kernel->answers = answers;
    kernel->answer_slots = slots;
}

/* Takes the next states together, so that memory fetches for one what it will need while another is looked at. */
static void gather(Kernel *kernel) {
    u64 count = kernel->level_end - kernel->next;
    if (count > BATCH) count = BATCH;
    /* Near the bound on states one by one: those beyond it are not to be looked at. */
    if (kernel->limit - kernel->states.count < 1 << 16) count = 1;
    kernel->batched = count;
    for (u64 i = 0; i < count; i++) {
        u64 *hashes = kernel->batch_hashes + i * kernel->partition_count;
        kernel->contents = kernel->batch_values + i * nodes_of(kernel);
        unfold(kernel, kernel->states.keys[kernel->next + i], kernel->contents);
        if (count == 1) continue;
        foresee(kernel, kernel->environment, hashes);
        if (kernel->rank_count) foresee(kernel, kernel->ranks[0].fast, hashes);
    }
    for (u64 i = 0; i < count && count > 1; i++) {
        const u64 *hashes = kernel->batch_hashes + i * kernel->partition_count;
        for (u32 number = 0; number < kernel->environment.count; number++)
            cache_expect_record(&kernel->memos, hashes[kernel->environment.first + number]);
        for (u32 number = 0; kernel->rank_count && number < kernel->ranks[0].fast.count; number++)
            cache_expect_record(&kernel->memos, hashes[kernel->ranks[0].fast.first + number]);
    }
    kernel->in_batch = kernel->moves.count = kernel->key_count = 0;
    kernel->fuel -= kernel->fuel < count ? kernel->fuel : count;
}

/* Finds the moves of one state, and the keys of the states that they lead to. */
static void look(Kernel *kernel) {
    u32 *values = kernel->batch_values + kernel->in_batch * nodes_of(kernel);
    Expanded *state = &kernel->batch[kernel->in_batch];
    kernel->contents = values;
    /* A question about an image comes when moves are listed already: they are then listed anew. */
    if (kernel->is_looked_at) {
        kernel->moves.count = kernel->moves_before;
        kernel->key_count = kernel->keys_before;
    }
    kernel->moves_before = kernel->moves.count;
    kernel->keys_before = kernel->key_count;
    kernel->is_looked_at = 1;
    kernel->looks++;
    find_moves(kernel, kernel->batched > 1 ? kernel->batch_hashes + kernel->in_batch * kernel->partition_count : NULL);
    *state = (Expanded){kernel->moves.count, kernel->key_count, kernel->own.count, 0, !kernel->own.count};
    list_extend(&kernel->moves, kernel->own.items, kernel->own.count);
    list_extend(&kernel->moves, kernel->outside.items, kernel->outside.count);
    for (u64 at = state->moves; at < kernel->moves.count;) {
        const u32 *move = kernel->moves.items + at;
        if (at < state->moves + state->own_words) state->own_moves++;
        kernel->keys = with_room(kernel->keys, &kernel->key_room, kernel->key_count + 1, sizeof(u64));
        u64 key = VACANT;
        if (move[1]) {
            u64 above = imagine_canonical(kernel, values, move);
            key = key_of_state(kernel, kernel->fresh, above);
            pairs_expect(&kernel->states, key);
        }
        kernel->keys[kernel->key_count++] = key;
        at += 2 + 2 * move[1];
    }
    kernel->is_looked_at = 0;
}

static void add_edge(Kernel *kernel, u32 target, u32 group) {
    list_add(&kernel->sources, (u32)kernel->next);
    list_add(&kernel->targets, target);
    if (kernel->keeps_edges > 1) list_add(&kernel->edge_groups, group);
}

/* Judges the state at hand, if it is at rest, and counts its moves. */
static void settle(Kernel *kernel) {
    const Expanded *state = &kernel->batch[kernel->in_batch];
    if (state->at_rest) {
        kernel->contents = kernel->batch_values + kernel->in_batch * nodes_of(kernel);
        judge(kernel, kernel->quiescent);
        count_findings(kernel, (u32)kernel->next);
        kernel->at_rest++;
    }
    for (u64 i = state->keys; i < state[1].keys; i++) kernel->transitions += kernel->keys[i] != VACANT;
    kernel->cursor = state->keys;
    kernel->at = state->moves;
}

/* Takes in what the moves of the state at hand lead to, one after the other; false if the bound on states is reached. */
static int insert(Kernel *kernel) {
    const Expanded *state = &kernel->batch[kernel->in_batch];
    const u32 *values = kernel->batch_values + kernel->in_batch * nodes_of(kernel);
    while (kernel->at < state[1].moves) {
        const u32 *move = kernel->moves.items + kernel->at;
        if (move[1]) {
            if (!kernel->is_new) {
                u64 place;
                u32 number = pairs_find(&kernel->states, kernel->keys[kernel->cursor], &place);
                if (number == NONE) {
                    if (kernel->states.count >= kernel->limit) return 0;
                    number = add_state(kernel, kernel->keys[kernel->cursor], place, (u32)kernel->next);
                    kernel->is_new = kernel->always.count != 0;
                }
                if (kernel->keeps_edges && (kernel->keeps_edges > 1 || kernel->cursor < state->keys + state->own_moves))
                    add_edge(kernel, number, move[0]);
            }
            if (kernel->is_new) {
                imagine_canonical(kernel, values, move);
                kernel->contents = kernel->fresh;
                judge(kernel, kernel->always);
                count_findings(kernel, kernel->states.count - 1);
                kernel->is_new = 0;
            }
        }
        kernel->cursor++;
        kernel->at += 2 + 2 * move[1];
    }
    return 1;
}

static int go(Kernel *kernel) {
    for (;;) switch (kernel->phase) {
            case BEGIN: /* judges the initial states */
                for (; kernel->next < kernel->states.count; kernel->next++) {
                    kernel->contents = kernel->values;
                    unfold(kernel, kernel->states.keys[kernel->next], kernel->values);
                    judge(kernel, kernel->always);
                    count_findings(kernel, (u32)kernel->next);
                }
                kernel->next = 0;
                make_room_for_batch(kernel);
                kernel->phase = NEXT;
                return LEVEL;
            case NEXT:
                if (kernel->next == kernel->level_end) return LEVEL;
                if (!kernel->fuel) {
                    kernel->fuel = FUEL;
                    return PAUSE;
                }
                if (kernel->states.count >= kernel->replant_at) {
                    replant(kernel);
                    kernel->replant_at *= 32;
                }
                if (kernel->states.count > kernel->answer_slots * 2) more_answers(kernel);
                gather(kernel);
                kernel->phase = EXPAND;
                break;
            case EXPAND:
                for (; kernel->in_batch < kernel->batched; kernel->in_batch++) look(kernel);
                kernel->batch[kernel->batched].moves = kernel->moves.count;
                kernel->batch[kernel->batched].keys = kernel->key_count;
                for (u64 i = 0; i < kernel->key_count; i++) pairs_expect_key(&kernel->states, kernel->keys[i]);
                kernel->in_batch = kernel->is_new = 0;
                kernel->cursor = VACANT;
                kernel->phase = INSERT;
                break;
            case INSERT:
                for (; kernel->in_batch < kernel->batched; kernel->in_batch++, kernel->next++) {
                    if (kernel->cursor == VACANT) settle(kernel);
                    if (!insert(kernel)) return FULL;
                    kernel->cursor = VACANT;
                }
                kernel->in_batch = 0;
                kernel->phase = NEXT;
                break;
        }
}

static void show(Kernel *kernel) {
    int64_t *board = kernel->board;
    board[STATES] = kernel->states.count;
    board[TRANSITIONS] = (int64_t)kernel->transitions;
    board[AT_REST] = (int64_t)kernel->at_rest;
    board[NEXT_STATE] = (int64_t)(kernel->next + (kernel->phase == EXPAND ? kernel->in_batch : 0));
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
    kernel->replant_at = SAMPLE;
    plant(kernel);
    pairs_resize(&kernel->states, 1024);
    return kernel;
}

API void kernel_free(Kernel *kernel) {
    permutations_free(kernel);
    for (u32 i = 0; i < kernel->pool_count; i++) pool_free(&kernel->pools[i]);
    for (u32 i = 0; i <= root_of(kernel); i++) pairs_free(&kernel->inner[i]);
    for (u64 i = 0; i < kernel->query_count; i++) free(kernel->queries[i].classes);
    pairs_free(&kernel->states);
    Map *maps[] = {&kernel->folds, &kernel->decisions, &kernel->readers, &kernel->first_steps, &kernel->next_steps, &kernel->sweeps};
    for (u32 i = 0; i < sizeof maps / sizeof *maps; i++) map_free(maps[i]);
    List *lists[] = {&kernel->fold_answers, &kernel->leaf_items, &kernel->reader_lists, &kernel->firing_groups,
                     &kernel->step_items, &kernel->own, &kernel->outside, &kernel->losing, &kernel->moves, &kernel->found, &kernel->listing,
                     &kernel->finding_counts, &kernel->first_findings, &kernel->lacking, &kernel->sources,
                     &kernel->targets, &kernel->edge_groups};
    for (u32 i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->items);
    cache_free(&kernel->sites);
    cache_free(&kernel->memos);
    void *others[] = {kernel->pools, kernel->queries, kernel->answers, kernel->nodes, kernel->sets,
                      kernel->partitions, kernel->ranks, kernel->steps, kernel->buffer, kernel->left, kernel->right,
                      kernel->ancestors, kernel->inner, kernel->values, kernel->fresh, kernel->parents, kernel->keys, kernel->batch_values,
                      kernel->batch_hashes};
    for (u32 i = 0; i < sizeof others / sizeof *others; i++) free(others[i]);
    free(kernel);
}

API int64_t *kernel_board(Kernel *kernel) { return kernel->board; }

#include "rows.h"
#include "sections.h"
