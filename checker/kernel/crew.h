/* Workers on cores of their own. What they find does not depend on who looks at what: a state is looked at for itself,
   and what is found is taken in by one, in order. */
#ifndef KUBEMODEL_CREW_H
#define KUBEMODEL_CREW_H

#include "looking.h"

#ifndef _WIN32
#include <pthread.h>

#define SEVERAL_WORKERS 1
#define WATCHFUL 4000 /* how often a worker looks for something to do before it sleeps */

typedef struct Crew {
    pthread_t threads[MOST_WORKERS];
    u32 hired, round, working, open, ended, job;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
} Crew;

static void *stand_by(void *given) {
    Worker *worker = given;
    Crew *crew = worker->kernel->crew;
    for (u32 last = 0;;) {
        for (u32 i = 0; i < WATCHFUL && __atomic_load_n(&crew->round, __ATOMIC_ACQUIRE) == last; i++) continue;
        pthread_mutex_lock(&crew->mutex);
        while (!crew->ended && (crew->round == last || !crew->open)) pthread_cond_wait(&crew->wake, &crew->mutex);
        last = crew->round;
        u32 ended = crew->ended, job = crew->job;
        __atomic_fetch_add(&crew->working, !ended, __ATOMIC_ACQ_REL);
        pthread_mutex_unlock(&crew->mutex);
        if (ended) return NULL;
        labour(worker, job);
        pthread_mutex_lock(&crew->mutex);
        __atomic_fetch_sub(&crew->working, 1, __ATOMIC_ACQ_REL);
        pthread_cond_signal(&crew->done);
        pthread_mutex_unlock(&crew->mutex);
    }
}

static void begin_round(Crew *crew, u32 job, u32 ended) {
    pthread_mutex_lock(&crew->mutex);
    crew->job = job;
    crew->ended = ended;
    crew->open = 1;
    __atomic_fetch_add(&crew->round, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&crew->wake);
    pthread_mutex_unlock(&crew->mutex);
}

/* Waits for those who have joined; who comes later finds nothing to do, and is not waited for. */
static void end_round(Crew *crew) {
    pthread_mutex_lock(&crew->mutex);
    crew->open = 0;
    pthread_mutex_unlock(&crew->mutex);
    for (u32 i = 0; i < WATCHFUL && __atomic_load_n(&crew->working, __ATOMIC_ACQUIRE); i++) continue;
    pthread_mutex_lock(&crew->mutex);
    while (crew->working) pthread_cond_wait(&crew->done, &crew->mutex);
    pthread_mutex_unlock(&crew->mutex);
}

/* Begins to use the other cores; where that fails, one does it alone. */
static void hire(Kernel *kernel) {
    Crew *crew = kernel->crew = zeroed(sizeof(Crew));
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->wake, NULL);
    pthread_cond_init(&crew->done, NULL);
    while (crew->hired + 1 < kernel->worker_count &&
           !pthread_create(&crew->threads[crew->hired], NULL, stand_by, &kernel->workers[crew->hired + 1]))
        crew->hired++;
}

static void dismiss(Kernel *kernel) {
    Crew *crew = kernel->crew;
    if (!crew) return;
    begin_round(crew, LOOK, 1);
    for (u32 i = 0; i < crew->hired; i++) pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->wake);
    pthread_cond_destroy(&crew->done);
    pthread_mutex_destroy(&crew->mutex);
    free(crew);
}

/* Has all workers do a job at once. */
static void together(Kernel *kernel, u32 job) {
    if (!kernel->crew) hire(kernel);
    Crew *crew = kernel->crew;
    for (u32 i = 0; i < kernel->pool_count; i++) pool_prepare(&kernel->pools[i]);
    for (u32 i = kernel->pool_count; i < root_of(kernel) && !kernel->fingerprints; i++) pairs_prepare(&kernel->inner[i]);
    for (u32 i = 0; i < kernel->worker_count; i++) {
        make_ready(&kernel->workers[i]);
        kernel->workers[i].shared = 1;
    }
    kernel->ticket = 0;
    begin_round(crew, job, 0);
    jmp_buf out;
    memcpy(out, way_out, sizeof out);
    labour(&kernel->workers[0], job);
    memcpy(way_out, out, sizeof out);
    end_round(crew);
    int failed = 0;
    for (u32 i = 0; i < kernel->worker_count; i++) {
        kernel->workers[i].shared = 0;
        if (kernel->workers[i].failed) failed = kernel->workers[i].failed;
    }
    if (failed) longjmp(way_out, failed);
}

#else

#define SEVERAL_WORKERS 0

static void dismiss(Kernel *kernel) { (void)kernel; }

static void together(Kernel *kernel, u32 job) { (void)kernel, (void)job; }

#endif
#endif
