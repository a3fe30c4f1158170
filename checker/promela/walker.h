/* What can happen in a state, read off the tables above: nothing here knows what they are about.
   A node has a kind, a value, a pool, and arrows by number. */
#define AT(table, place) (table[(place) >> 12][(place) & 4095])
enum { PASSED, ASKS, FIRES, FINDS, FOLDED, NAMED, MARKED, FREE, CLASSED, EFFECTS, SWEPT };
enum { NOT_ASKED = -1, UNKNOWN = -2 };

extern int printf(const char *, ...);
extern int atexit(void (*)(void));
extern void exit(int);
extern void *realloc(void *, unsigned long);

struct steps {
    int known, own, found, room;
    int state[WIDTH], *after, *rule, *blame;
};
static struct steps looked_at[2];
static int latest, wrong, full[POOLS];
static long violated[PROPERTIES + 1];

static void outside(const char *what) {
    printf("kubemodel: a state needs %s that the tables do not hold: the export and its search differ\n", what);
    exit(9);
}

static int follow(int node, int number) {
    int low = AT(ARROWS, node), high = AT(ARROWS, node + 1) - 1;
    while (low <= high) {
        int middle = (low + high) / 2, there = AT(NUMBERS, middle);
        if (there == number) return AT(TARGETS, middle);
        if (there < number) low = middle + 1; else high = middle - 1;
    }
    return -1;
}

static int must(int node, int number, const char *what) {
    int next = follow(node, number);
    if (next < 0) outside(what);
    return next;
}

static int class_of(int query, int bundle) {
    int class = AT(CLASSES, QUERY_CLASSES[query] + bundle);
    if (class < 0) outside("the class of an object");
    return class;
}

/* The answer to a query, from every object of its pool but one. */
static int answer(const int *s, int query, int skipped) {
    int pool = QUERY_POOL[query], node = QUERY_FOLD[query];
    for (int i = 0; i < SLOTS[pool]; i++) {
        int bundle = s[FIRST[pool] + i], class;
        if (!bundle || i == skipped) continue;
        class = class_of(query, bundle);
        if (class) node = must(node, class, "an answer");
    }
    if (AT(KIND, node) != FOLDED) outside("an answer");
    return AT(VALUE, node);
}

/* What a rule or a property makes of the object at a place: its last node, or NOT_ASKED. */
static int look(const int *s, int reader, int place) {
    int pool = READER_POOL[reader], node = AT(ENTRIES, READER_ENTRIES[reader] + s[FIRST[pool] + place]);
    if (node == UNKNOWN) outside("a key");
    while (node >= 0 && AT(KIND, node) == ASKS) {
        int query = AT(VALUE, node) >> 1, without = AT(VALUE, node) & 1;
        node = must(node, answer(s, query, without ? place : -1), "a view of a rule");
    }
    return node;
}

static int repeats(const int *s, int pool, int place) {
    return !ORDERED[pool] && place && s[FIRST[pool] + place] == s[FIRST[pool] + place - 1];
}

static void sort(int *cells, int count) {
    for (int i = 1; i < count; i++) {
        int cell = cells[i], j = i;
        /* Empty slots come last. */
        for (; j && cell && (!cells[j - 1] || cells[j - 1] > cell); j--) cells[j] = cells[j - 1];
        cells[j] = cell;
    }
}

static void blame(long *counts, int list) {
    for (int i = 1; i <= AT(LISTS, list); i++) counts[AT(LISTS, list + i)]++;
}

struct choice { int pool, place, bundle; };

static void carry_out(struct steps *out, int rule, int node, const struct choice *chosen, int count) {
    int list = AT(VALUE, node), changed = 0, n, *t;
    if (out->found == out->room) {
        out->room = out->room ? 2 * out->room : 16;
        out->after = realloc(out->after, sizeof(int) * out->room * WIDTH);
        out->rule = realloc(out->rule, sizeof(int) * out->room);
        out->blame = realloc(out->blame, sizeof(int) * out->room * MOST_BLAMED);
    }
    t = out->after + out->found * WIDTH;
    for (int i = 0; i < WIDTH; i++) t[i] = out->state[i];
    int *blamed = out->blame + out->found * MOST_BLAMED, many = 0;
    blamed[many++] = AT(LISTS, list);
    n = AT(LISTS, list + 1);
    for (list += 2; n; n--, list += 2) {
        int pool = AT(LISTS, list), sweep = AT(LISTS, list + 1);
        for (int i = 0; i < SLOTS[pool]; i++) {
            int taken = 0, swept, *cell = t + FIRST[pool] + i;
            for (int c = 0; c < count; c++) taken |= chosen[c].pool == pool && chosen[c].place == i;
            if (taken || !*cell) continue;
            swept = must(sweep, *cell, "an edit of a whole pool");
            *cell = AT(VALUE, swept);
            blamed[many++] = AT(POOL, swept);
        }
    }
    blamed[many] = -1;
    for (int c = 0; c < count; c++) t[FIRST[chosen[c].pool] + chosen[c].place] = AT(LISTS, list + c);
    for (int pool = 0; pool < POOLS; pool++) if (!ORDERED[pool]) sort(t + FIRST[pool], SLOTS[pool]);
    for (int i = 0; i < WIDTH; i++) changed |= t[i] != out->state[i];
    if (!changed) return;
    out->rule[out->found++] = rule;
}

/* Carries out a plan in every way that its choices allow; says in how many that change something, or find no slot. */
static int choose(struct steps *out, int rule, int node, struct choice *chosen, int count) {
    const int *s = out->state;
    int pool = AT(POOL, node), value = AT(VALUE, node), before = out->found, progress = 0, place = -1;
    if (AT(KIND, node) == EFFECTS) {
        carry_out(out, rule, node, chosen, count);
        return out->found - before;
    }
    for (int i = 0; i < SLOTS[pool]; i++) {
        int bundle = s[FIRST[pool] + i], taken = 0, fits = 0, seen = 0;
        for (int c = 0; c < count; c++) taken |= chosen[c].pool == pool && chosen[c].place == i;
        if (AT(KIND, node) == NAMED) fits = ORDERED[pool] ? i == value : bundle && AT(NAMES, NAME_OF[pool] + bundle) == value;
        else if (AT(KIND, node) == MARKED) fits = bundle && follow(value, bundle) >= 0;
        else if (AT(KIND, node) == FREE) fits = !bundle && !taken;
        else if (bundle && !taken) {
            int class = class_of(AT(LISTS, value), bundle);
            for (int k = 1; k <= AT(LISTS, value + 1); k++) fits |= AT(LISTS, value + 1 + k) == class;
            for (int j = i - 1; !ORDERED[pool] && j >= 0 && s[FIRST[pool] + j] == bundle; j--) {
                int used = 0;
                for (int c = 0; c < count; c++) used |= chosen[c].pool == pool && chosen[c].place == j;
                seen |= !used;
            }
        }
        if (!fits || seen) continue;
        place = i;
        chosen[count].pool = pool;
        chosen[count].place = i;
        chosen[count].bundle = bundle;
        progress += choose(out, rule, must(node, bundle, "a choice"), chosen, count + 1);
        if (AT(KIND, node) != CLASSED) return progress;
    }
    if (AT(KIND, node) == FREE) {
        full[pool] = 1;
        return 1;
    }
    if (AT(KIND, node) != CLASSED && place < 0) outside("an object with a name or a mark");
    return progress;
}

static int act(struct steps *out, int rule) {
    const int *s = out->state;
    int pool = READER_POOL[rule], progress = 0;
    struct choice chosen[MOST_CHOSEN + 1];
    for (int i = 0; i < SLOTS[pool]; i++) {
        int bundle = s[FIRST[pool] + i], node;
        if (!bundle || repeats(s, pool, i)) continue;
        node = look(s, rule, i);
        if (node < 0) continue;
        for (int k = 1; k <= AT(LISTS, AT(VALUE, node)); k++) {
            chosen[0].pool = pool;
            chosen[0].place = i;
            chosen[0].bundle = bundle;
            progress += choose(
                out, rule, must(AT(LISTS, AT(VALUE, node) + k), bundle, "what a plan does"), chosen, 1
            );
        }
    }
    return progress;
}

enum { ENVIRONMENT = 1, SLOW = 2, LOSING = 4 };

static int act_all(struct steps *out, int rank, int traits) {
    int progress = 0;
    for (int rule = 0; rule < RULES; rule++)
        if (RULE_RANK[rule] == rank && RULE_TRAITS[rule] == traits) progress += act(out, rule);
    return progress;
}

/* A timer fires only where nothing faster changes anything; no timer waits for what is slow; nothing is lost where no
   component has a step. */
static struct steps *steps_of(const int *s) {
    struct steps *out;
    for (int k = 0; k < 2; k++) {
        int same = looked_at[k].known;
        for (int i = 0; same && i < WIDTH; i++) same = looked_at[k].state[i] == s[i];
        if (same) return &looked_at[k];
    }
    out = &looked_at[latest = !latest];
    out->known = 1;
    out->found = out->own = 0;
    for (int i = 0; i < WIDTH; i++) out->state[i] = s[i];
    act_all(out, 0, ENVIRONMENT);
    for (int rank = 0, first = 0; rank < RANKS && !first; rank++) {
        out->own += act_all(out, rank, SLOW);
        act_all(out, rank, SLOW | LOSING);
        first = act_all(out, rank, 0);
        out->own += first;
        if (first) act_all(out, rank, LOSING);
    }
    if (!out->own) {
        /* Nothing is lost where nobody does anything. */
        int kept = 0;
        for (int k = 0; k < out->found; k++) kept += !(RULE_TRAITS[out->rule[k]] & LOSING);
        out->found = kept;
    }
    return out;
}

/* Judges a state, and the step that led there; says whether anything is violated. */
static int judge(const int *s, const int *blamed) {
    long counts[PROPERTIES + 1] = {0};
    int any = 0;
    for (; blamed && *blamed >= 0; blamed++) blame(counts, *blamed);
    for (int k = 0; k < JUDGES; k++) {
        int reader = RULES + k, pool = READER_POOL[reader];
        if (AT_REST[k] && steps_of(s)->own) continue;
        for (int i = 0; i < SLOTS[pool]; i++) {
            int node;
            if (!s[FIRST[pool] + i] || repeats(s, pool, i)) continue;
            node = look(s, reader, i);
            if (node >= 0 && AT(VALUE, node)) counts[JUDGED[k]]++;
        }
    }
    for (int k = 0; k < PROPERTIES; k++) {
        violated[k] += counts[k] > 0;
        any |= counts[k] > 0;
    }
    return any;
}

static void report(void) {
    for (int k = 0; k < PROPERTIES; k++)
        printf("kubemodel: %s is %s\n", PROPERTY_NAMES[k], violated[k] ? "violated" : "not violated");
    for (int k = 0; k < POOLS; k++)
        if (full[k]) printf("kubemodel: there was no slot left for another %s\n", POOL_NAMES[k]);
}
