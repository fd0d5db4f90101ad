/* Printers: profiles on disk, readings of the ruler, the calibration page. */
#include "labels/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* arg: bytes until the disk is full. */
static bool on_write(void *arg, const void *p, size_t n)
{
	size_t *room = arg;

	(void)p;
	if (*room < n)
		return false;
	*room -= n;
	return true;
}

static void printers(void **state)
{
	char path[] = "/tmp/label_job.XXXXXX";
	struct label_profile p = {-1250, 300, 1000400, 999300}, q;
	struct err e = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_true(label_profile_save(path, "a4-24", p, &e));
	assert_true(label_profile_save(
		path, "avery-l7160", (struct label_profile){5, 6, 0, 0}, &e));
	assert_true(label_profile_save(path, "a4-24", p, &e));
	assert_true(label_profile_load(path, "a4-24", &q, &e));
	assert_memory_equal(&p, &q, sizeof p);
	assert_true(label_profile_load(path, "avery-l7160", &q, &e));
	assert_int_equal(q.dx, 5);
	assert_int_equal(q.scale_x, 1000000);
	assert_false(label_profile_load(path, "other", &q, &e));
	assert_non_null(strstr(e.detail, "no section [other]"));
	FILE *f = fopen(path, "w");

	fputs("[*]\ndx = 1\nfoo = 2\n", f);
	fclose(f);
	assert_false(label_profile_load(path, "other", &q, &e));
	assert_non_null(strstr(e.detail, ":3: unknown key"));
	f = fopen(path, "w");
	fputs("[*]\ndx = 31\n", f);
	fclose(f);
	assert_false(label_profile_load(path, "other", &q, &e));
	assert_non_null(strstr(e.detail, ":2: dx = 31: out of range"));
	unlink(path);
	assert_false(label_profile_load(path, "other", &q, &e));
	assert_false(label_profile_save("/no/such/folder/x.ini", "s", p, &e));
}

/* A printer that shrinks to 96 % and shifts by 2 mm: corrected, both crosses are hit. */
static void solving(void **state)
{
	int32_t offset, scale;
	struct err e = {0};

	(void)state;
	for (int o = -3000; o <= 3000; o += 750) {
		for (int s = 950000; s <= 1050000; s += 12500) {
			int32_t near_ = (int32_t)(o + (int64_t)20000 * s / 1000000);
			int32_t far_ = (int32_t)(o + (int64_t)190000 * s / 1000000);

			assert_true(label_profile_solve(
				20000, near_, 190000, far_, &offset, &scale, &e));
			for (int32_t want = 0; want <= 210000; want += 30000) {
				int64_t ask = offset + (int64_t)want * scale / 1000000;
				int64_t got = o + ask * s / 1000000;

				assert_in_range(got - want + 5, 0, 10);
			}
		}
	}
	assert_false(label_profile_solve(20000, 20000, 190000, 19000, &offset, &scale, &e));
	assert_false(label_profile_solve(20000, 20000, 190000, 90000, &offset, &scale, &e));
}

static void calibration_page(void **state)
{
	struct label_fonts *fonts = label_fonts_open(STR_NONE, NULL);
	struct label_template *t = label_template_load("a4-24", "labels/templates", NULL);
	size_t room = 1u << 20;
	struct label_options o = {.tpl = t, .fonts = fonts, .write = on_write, .arg = &room};
	struct err e = {0};

	(void)state;
	assert_non_null(fonts);
	assert_non_null(t);
	assert_int_equal(label_calibrate(&o, &e), RC_OK);
	assert_in_range((1u << 20) - room, 2000, 200000);
	room = 10;
	assert_int_equal(label_calibrate(&o, &e), RC_IO);
	label_template_free(t);
	label_fonts_free(fonts);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(printers),
		cmocka_unit_test(solving), cmocka_unit_test(calibration_page)};

	return cmocka_run_group_tests_name("label printers", tests, NULL, NULL);
}
