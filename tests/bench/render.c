/* What a page costs beyond passing its document on: parse, fill the view, run the template.
 * Prints microseconds of CPU (median and least of 15 rounds), by step; run it on a quiet
 * machine: build/release/bench/render [page ...].  Aim (performance.md): 15 us for a document
 * of 4 KB. */
#include "tests/unit/web_harness.h"

#include <time.h>

#define ROUNDS 15
#define PER_ROUND 2000

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

enum step { COPY, PARSE, RENDER };

/* One page: what a worker does from the stored bytes to the bytes of the page. */
static void one(enum step step, const struct docset *d, struct page *pg, struct arena *a)
{
	struct err e;
	sbuf_clear(pg->out);
	arena_reset(a);
	if (step == COPY) {
		for (size_t i = 0; i < d->n; i++)
			sbuf_str(pg->out, d->doc[i].bytes);
		return;
	}
	for (size_t i = 0; i < d->n; i++)
		if (json_parse(a, d->doc[i].bytes, 1u << 20, true, &e, &harness_json[i]) !=
			RC_OK)
			exit(1);
	if (step == RENDER && asked.kind->render(pg, d) != RC_OK)
		exit(1);
}

static void measure(const char *name, const char *label, enum lang lang)
{
	static const char *const steps[] = {"pass on", "+ parse", "+ view and template"};
	struct harness_want w = {.lang = lang};
	struct got g = harness_get(web_label, harness_name(label), STR_NONE, w);
	struct docset d = harness_docs(asked.kind, asked.key);
	struct arena a;
	struct sbuf out;
	double base = 0;
	size_t bytes = 0;
	arena_init(&a);
	sbuf_init(&out, 1u << 20);
	struct page pg = harness_page(&out, &w);
	pg.arena = &a;
	for (size_t i = 0; i < d.n; i++)
		bytes += d.doc[i].bytes.n;
	printf("%s (%s): documents %zu bytes, page %zu bytes\n", name, lang_tag(lang), bytes,
		g.body.n);
	for (enum step s = COPY; s <= RENDER; s++) {
		double round[ROUNDS];
		for (int r = 0; r < ROUNDS; r++) {
			double from = cpu_us();
			for (int i = 0; i < PER_ROUND; i++)
				one(s, &d, &pg, &a);
			round[r] = (cpu_us() - from) / PER_ROUND;
		}
		qsort(round, ROUNDS, sizeof round[0], by_value);
		if (s == COPY)
			base = round[ROUNDS / 2];
		printf("  %-20s %6.2f us median, %6.2f least", steps[s], round[ROUNDS / 2],
			round[0]);
		printf(s == COPY ? "\n" : ", %6.2f more than passing on\n",
			round[ROUNDS / 2] - base);
	}
	sbuf_release(&out);
	arena_release(&a);
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {"due_soon", "on_time", "overdue", "nyc_flag"};
	harness_init();
	for (int i = 1; i < argc; i++)
		measure(argv[i], argv[i], LANG_ZH);
	for (size_t i = 0; argc < 2 && i < sizeof usual / sizeof usual[0]; i++) {
		measure(usual[i], usual[i], LANG_ZH);
		measure(usual[i], usual[i], LANG_EN);
	}
	return 0;
}
