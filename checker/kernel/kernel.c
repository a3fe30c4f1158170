/* A breadth-first search over tables that Python fills where they lack something (design section 3.2).

   A run goes on until a table lacks a row; it then ends with a question, whose answer Python adds, and is begun anew
   where it was. States are taken in chunks: all of a chunk are looked at, by one worker or by several; then what they
   lead to is taken in, in order, by one; then new states are judged, and what was found of them counted in order. So
   states, their numbers, and the order of questions are the same however many workers there are. */
#include "crew.h"

#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

enum { BEGIN, NEXT, EXPAND, INSERT, COUNT };

#define FUEL 4096
#define AHEAD 24

enum { STATES = 40, TRANSITIONS, AT_REST, NEXT_STATE, BYTES, MEMO_HITS, MEMO_MISSES, SITE_HITS, SITE_MISSES, ANSWER_MISSES, CONTENTS };

/* Whether to look at, or judge, so many states together. */
static int is_worth_it(const Kernel *kernel, u64 states) {
    return kernel->worker_count > 1 && kernel->count >= kernel->many && states > BLOCK && states >= kernel->many / 128;
}

/* Begins the next chunk of states. */
static void begin_chunk(Kernel *kernel) {
    u64 count = kernel->level_end - kernel->next, left = (kernel->limit - kernel->count) >> 12;
    if (count > CHUNK) count = CHUNK;
    /* Near the bound on states one by one: those beyond it are not to be looked at. */
    if (count > left) count = left ? left : 1;
    kernel->chunk = count;
    kernel->in_chunk = kernel->gathered = kernel->settled = 0;
    kernel->first_new = kernel->judged = kernel->count;
    for (u64 i = 0; i < count; i++) kernel->looked[i].done = 0;
    for (u32 i = 0; i < kernel->worker_count; i++) {
        Worker *worker = &kernel->workers[i];
        worker->moves_kept = worker->key_count = worker->findings.count = 0;
    }
    if (is_worth_it(kernel, count)) together(kernel, LOOK);
    kernel->fuel -= kernel->fuel < count ? kernel->fuel : count;
}

/* Looks, in order, at the states of the chunk that were not looked at. */
static void look_at_rest(Kernel *kernel) {
    Worker *worker = &kernel->workers[0];
    for (; kernel->in_chunk < kernel->chunk; kernel->in_chunk++) {
        if (kernel->looked[kernel->in_chunk].done) continue;
        u64 in_block = kernel->in_chunk % BLOCK, first = kernel->in_chunk - in_block;
        if (kernel->gathered != first + 1) {
            gather(worker, first, kernel->chunk - first < BLOCK ? kernel->chunk - first : BLOCK);
            kernel->gathered = (u32)first + 1;
        }
        look(worker, kernel->in_chunk, values_of(worker, in_block), prints_of(worker, in_block));
    }
}

static void add_edge(Kernel *kernel, u32 source, u32 target, u32 group) {
    list_add(&kernel->sources, source);
    list_add(&kernel->targets, target);
    if (kernel->keeps_edges > 1) list_add(&kernel->edge_groups, group);
}

/* Takes in a new state that a move leads to. */
static void take_in(Kernel *kernel, u64 hash, u64 place, const u32 *move, u64 way) {
    u32 number = kernel->count, parent = (u32)(kernel->next + kernel->in_chunk), contents[2 * MOST_POOLS];
    u64 changed = 0;
    for (u32 i = 0; i < move[1]; i++) changed |= 1ULL << move[2 + 2 * i];
    if (kernel->fingerprints) {
        unfold(kernel, parent, contents);
        for (u32 i = 0; i < move[1]; i++) contents[move[2 + 2 * i]] = move[3 + 2 * i];
        canonise(&kernel->workers[0], contents);
    }
    /* What stands for a state may differ from it in any pool. */
    if (kernel->permutation_count) changed = VACANT;
    u64 index = number - kernel->first_new;
    kernel->judgements = with_room(kernel->judgements, &kernel->judgement_room, index + 1, sizeof(Judged));
    kernel->judgements[index] = (Judged){.changed = changed};
    add_state(kernel, hash, place, parent, way, contents);
}

/* Takes in what the moves of the chunk lead to, one after the other; stops where the bound on states is reached. */
static void insert(Kernel *kernel) {
    Visited *visited = &kernel->visited;
    for (; kernel->in_chunk < kernel->chunk && !kernel->full; kernel->in_chunk++) {
        const Looked *looked = &kernel->looked[kernel->in_chunk];
        const Worker *worker = &kernel->workers[looked->worker];
        const u32 *move = worker->moves.items + looked->moves;
        const u64 *hashes = worker->keys + looked->keys, *end = worker->keys + worker->key_count;
        kernel->transitions += looked->transitions;
        for (u32 i = 0; i < looked->count; i++, move += 2 + 2 * move[1]) {
            if (hashes + i + AHEAD < end) visited_expect(visited, hashes[i + AHEAD]);
            if (!hashes[i]) continue;
            u64 place = visited_find(visited, hashes[i]);
            u32 number = visited->numbered ? visited->numbers[place] : NONE;
            if (!visited->places[place]) {
                if (kernel->count >= kernel->limit) {
                    kernel->full = 1;
                    break;
                }
                number = kernel->count;
                take_in(kernel, hashes[i], place, move, i);
            }
            if (kernel->keeps_edges && (kernel->keeps_edges > 1 || i < looked->own))
                add_edge(kernel, (u32)(kernel->next + kernel->in_chunk), number, move[0]);
        }
    }
    kernel->chunk = kernel->in_chunk;
}

/* Judges a state, unless a helper did. */
static void settle_new(Kernel *kernel, u32 state) {
    Worker *worker = &kernel->workers[0];
    const Judged *judged = &kernel->judgements[state - kernel->first_new];
    if (judged->done) {
        count_findings(kernel, kernel->workers[judged->worker].findings.items + judged->first, judged->count, state);
        if (!judged->count) set_clean(kernel, state);
        return;
    }
    unfold(kernel, state, worker->values);
    worker->contents = worker->values;
    worker->found.count = 0;
    judge(worker, kernel->always, pools_to_judge(kernel, state));
    count_findings(kernel, worker->found.items, worker->found.count, state);
    if (!worker->found.count) set_clean(kernel, state);
}

static void settle_at_rest(Kernel *kernel, u32 state) {
    Worker *worker = &kernel->workers[0];
    unfold(kernel, state, worker->values);
    worker->contents = worker->values;
    worker->found.count = 0;
    judge(worker, kernel->quiescent, VACANT);
    count_findings(kernel, worker->found.items, worker->found.count, state);
    kernel->at_rest++;
}

/* Judges what the chunk has brought, in order: each of its states if that is at rest, and the new ones that it led to. */
static void settle(Kernel *kernel) {
    for (; kernel->in_chunk < kernel->chunk; kernel->in_chunk++, kernel->settled = 0) {
        u32 state = (u32)(kernel->next + kernel->in_chunk);
        if (kernel->looked[kernel->in_chunk].at_rest && !kernel->settled) settle_at_rest(kernel, state);
        kernel->settled = 1;
        if (!kernel->always.count) continue;
        for (; kernel->judged < kernel->count && kernel->parents[kernel->judged] == state; kernel->judged++)
            settle_new(kernel, kernel->judged);
    }
}

static int go(Kernel *kernel) {
    for (;;) switch (kernel->phase) {
            case BEGIN: /* judges the initial states */
                for (; kernel->judged < kernel->count; kernel->judged++) settle_new(kernel, kernel->judged);
                kernel->phase = NEXT;
                return LEVEL;
            case NEXT:
                if (kernel->next == kernel->level_end) return LEVEL;
                if (!kernel->fuel) {
                    kernel->fuel = FUEL;
                    return PAUSE;
                }
                if (kernel->count >= kernel->replant_at && !kernel->fingerprints) {
                    replant(kernel);
                    kernel->replant_at *= 32;
                }
                begin_chunk(kernel);
                kernel->phase = EXPAND;
                break;
            case EXPAND:
                look_at_rest(kernel);
                kernel->in_chunk = 0;
                kernel->phase = INSERT;
                break;
            case INSERT:
                insert(kernel);
                if (kernel->always.count && is_worth_it(kernel, kernel->count - kernel->first_new)) together(kernel, JUDGE);
                kernel->in_chunk = 0;
                kernel->phase = COUNT;
                break;
            case COUNT:
                settle(kernel);
                if (kernel->full) return FULL;
                kernel->next += kernel->chunk;
                kernel->in_chunk = 0;
                kernel->phase = NEXT;
                break;
        }
}

static void show(Kernel *kernel) {
    int64_t *board = kernel->board;
    board[STATES] = kernel->count;
    board[TRANSITIONS] = (int64_t)kernel->transitions;
    board[AT_REST] = (int64_t)kernel->at_rest;
    board[NEXT_STATE] = (int64_t)(kernel->next + (kernel->phase == EXPAND ? kernel->in_chunk : 0));
    board[BYTES] = (int64_t)bytes_of_states(kernel);
    for (u32 place = MEMO_HITS; place <= CONTENTS; place++) board[place] = 0;
    for (u32 i = 0; i < kernel->worker_count; i++) {
        const Worker *worker = &kernel->workers[i];
        board[MEMO_HITS] += (int64_t)worker->memos.hits;
        board[MEMO_MISSES] += (int64_t)worker->memos.misses;
        board[SITE_HITS] += (int64_t)worker->sites.hits;
        board[SITE_MISSES] += (int64_t)worker->sites.misses;
        board[ANSWER_MISSES] += (int64_t)worker->answer_misses;
    }
    for (u32 pool = 0; pool < kernel->pool_count; pool++) board[CONTENTS] += kernel->pools[pool].count;
}

/* Goes on; returns what it ends with. */
API int kernel_run(Kernel *kernel) {
    int code = setjmp(way_out);
    if (!code) {
        make_ready(&kernel->workers[0]);
        code = go(kernel);
    }
    show(kernel);
    return code;
}

/* The states found since the last level become the next one. */
API void kernel_begin_level(Kernel *kernel) {
    kernel->level_end = kernel->count;
    drop_rows(kernel);
}

static void make_worker(Kernel *kernel, Worker *worker) {
    worker->kernel = kernel;
    worker->buffer = resized(NULL, kernel->widest * sizeof(u32));
    worker->answers = zeroed(kernel->pool_count * sizeof(Answers));
    worker->edits = zeroed(kernel->pool_count * sizeof(Edits));
    worker->values = zeroed(BLOCK * nodes_of(kernel) * sizeof(u32));
    worker->fresh = zeroed(nodes_of(kernel) * sizeof(u32));
}

static void free_worker(const Kernel *kernel, Worker *worker) {
    List *lists[] = {&worker->outside, &worker->losing, &worker->listing, &worker->leaves,
                     &worker->later,   &worker->found,  &worker->moves,   &worker->findings};
    for (u32 i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->items);
    for (u32 pool = 0; pool < kernel->pool_count; pool++)
        free(worker->answers[pool].rows), free(worker->edits[pool].rows);
    cache_free(&worker->sites);
    cache_free(&worker->memos);
    void *others[] = {worker->buffer, worker->answers, worker->edits, worker->trials, worker->values, worker->fresh, worker->prints, worker->keys};
    for (u32 i = 0; i < sizeof others / sizeof *others; i++) free(others[i]);
}

static int make_kernel(Kernel *kernel, const u32 *shapes, u32 workers) {
    if (setjmp(way_out)) return 0;
    kernel->pools = zeroed(kernel->pool_count * sizeof(Pool));
    kernel->widest = 1;
    for (u32 i = 0; i < kernel->pool_count; i++) {
        kernel->pools[i].width = shapes[2 * i];
        kernel->pools[i].fixed = shapes[2 * i + 1];
        if (shapes[2 * i] > kernel->widest) kernel->widest = shapes[2 * i];
    }
    plant(kernel);
    visited_resize(&kernel->visited, FEW_PLACES);
    kernel->workers = zeroed(workers * sizeof(Worker));
    kernel->worker_count = workers;
    for (u32 i = 0; i < workers; i++) make_worker(kernel, &kernel->workers[i]);
    return 1;
}

/* A search over pools of which each has `shapes[2 * i]` slots, the first `shapes[2 * i + 1]` of them by name or place;
   `keeps_edges`: 0 none, 1 the components' own, 2 all, with their groups; by so many workers; `fingerprints`: states are
   known by these alone; from `many` states on all workers are used. NULL if memory lacks. */
API Kernel *kernel_new(const u32 *shapes, u32 pools, u64 limit, u32 keeps_edges, u32 workers, u32 fingerprints, u64 many) {
    Kernel *kernel = calloc(1, sizeof(Kernel));
    if (!kernel) return NULL;
    kernel->pool_count = pools;
    kernel->limit = limit;
    kernel->keeps_edges = keeps_edges;
    kernel->fingerprints = fingerprints;
    kernel->many = many;
    kernel->replant_at = SAMPLE;
    kernel->visited.numbered = keeps_edges != 0;
    if (!SEVERAL_WORKERS || !workers) workers = 1;
    return make_kernel(kernel, shapes, workers > MOST_WORKERS ? MOST_WORKERS : workers) ? kernel : NULL;
}

API void kernel_free(Kernel *kernel) {
    permutations_free(kernel);
    dismiss(kernel);
    for (u32 i = 0; i < kernel->worker_count; i++) free_worker(kernel, &kernel->workers[i]);
    for (u32 i = 0; i < kernel->pool_count; i++) pool_free(&kernel->pools[i]);
    for (u32 i = 0; i <= root_of(kernel); i++) pairs_free(&kernel->inner[i]);
    for (u64 i = 0; i < kernel->query_count; i++) free(kernel->queries[i].classes);
    visited_free(&kernel->visited);
    Map *maps[] = {&kernel->folds, &kernel->readers, &kernel->first_steps, &kernel->next_steps, &kernel->sweeps};
    for (u32 i = 0; i < sizeof maps / sizeof *maps; i++) map_free(maps[i]);
    List *lists[] = {&kernel->fold_answers, &kernel->follows, &kernel->leaf_items, &kernel->reader_lists,
                     &kernel->firing_groups, &kernel->step_items, &kernel->finding_counts, &kernel->first_findings,
                     &kernel->lacking, &kernel->sources, &kernel->targets, &kernel->edge_groups};
    for (u32 i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->items);
    void *others[] = {kernel->pools, kernel->queries, kernel->nodes, kernel->sets, kernel->partitions, kernel->ranks,
                      kernel->steps, kernel->left, kernel->right, kernel->ancestors, kernel->inner, kernel->workers,
                      kernel->hashes, kernel->parents, kernel->clean, kernel->ways, kernel->rows, kernel->judgements};
    for (u32 i = 0; i < sizeof others / sizeof *others; i++) free(others[i]);
    free(kernel);
}

API int64_t *kernel_board(Kernel *kernel) { return kernel->board; }

#include "rows.h"
#include "sections.h"
