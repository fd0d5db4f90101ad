/* What is proposed to be left out of a resident's words, and what stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "qrsvc/web/mask.h"

static struct arena arena;

static void is_masked(const char *text, const char *want)
{
	int64_t n = -1, stars = 0;
	struct str s = mask_personal(&arena, str_c(text), &n);
	if (!str_eq(s, str_c(want)))
		fail_msg("%s\n  became %.*s\n  not    %s", text, STR_F(s), want);
	for (const char *p = want; (p = strstr(p, MASK_TEXT)) != NULL; p += strlen(MASK_TEXT))
		stars++;
	assert_int_equal(n, stars);
}
static void stays(const char *text)
{
	is_masked(text, text);
}

static void test_numbers(void **state)
{
	(void)state;
	is_masked("电话13812345678。", "电话***。");
	is_masked("138-1234-5678 或 138 1234 5678", "*** 或 ***");
	is_masked("１３８１２３４５６７８请回电", "***请回电");
	is_masked("+86 13812345678", "+***");
	is_masked("固话021-62345678转8", "固话***转8");
	is_masked("6234567", "***");
	stays("623456");
	stays("2026-11-22 上午没水");
	is_masked("2026-11-22 13812345678", "***");
	stays("浊度 0.35 NTU，pH 7.60，等了 15 天");
	stays("110");
	stays("");
}

/* GB 11643: the number of the standard's own example, 11010519491231002X. */
static void test_identity(void **state)
{
	(void)state;
	is_masked("身份证11010519491231002X。", "身份证***。");
	is_masked("11010519491231002x", "***");
	is_masked("440524188001010014", "***");
	/* the check does not hold: a run of digits, and a letter behind it */
	is_masked("11010519491231003X", "***X");
	is_masked("１１０１０５１９４９１２３１００２Ｘ", "***");
}

static void test_plates(void **state)
{
	(void)state;
	is_masked("沪A12345停在泵房门口", "***停在泵房门口");
	is_masked("一辆沪A·12345", "一辆***");
	is_masked("京AD12345", "***");
	is_masked("粤B 1234学", "***学");
	stays("沪A座");
	stays("京");
	stays("沪A123");
}

static void test_mail(void **state)
{
	(void)state;
	is_masked("写到 li.si+x@mail.example.cn 吧", "写到 *** 吧");
	is_masked("a@b.cn", "***");
	stays("一分钱@一分货");
	stays("@ 3号楼");
	stays("a@b");
	is_masked("微信号：water_lily", "微信号：***");
	is_masked("WeChat: lily88", "WeChat: ***");
	is_masked("QQ 12345", "QQ ***");
	stays("微信群里都在说");
}

static void test_names(void **state)
{
	(void)state;
	is_masked("我叫王小明，水是黄的", "我叫***，水是黄的");
	is_masked("联系人：李四", "联系人：***");
	is_masked("我姓欧阳", "我姓***阳");
	is_masked("姓名是张三", "姓名是***");
	is_masked("My name is John Smith, and", "My name is ***, and");
	stays("my name is on the list");
	stays("老王说水是黄的");
	is_masked("住5号楼502室", "住5号楼***室");
	stays("地下室进水");
}

/* Whatever comes: the same again, with nothing read behind its end; pieces at the very end. */
static void test_odd(void **state)
{
	(void)state;
	stays("\xe6\xb2");
	stays("\xff\xfe");
	is_masked("\xff 13812345678", "\xff ***");
	stays("我叫");
	stays("微信");
	stays("a@");
	stays("沪");
	for (const char *p = "我叫王小明，沪A·12345，a@b.cn，13812345678，502室"; *p; p++) {
		int64_t n;
		/* every end and every beginning of it, also in the middle of a character */
		for (size_t len = 0; len <= strlen(p); len++)
			mask_personal(&arena, (struct str){p, len}, &n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_identity), cmocka_unit_test(test_plates),
		cmocka_unit_test(test_mail), cmocka_unit_test(test_names),
		cmocka_unit_test(test_odd)};
	arena_init(&arena);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests_name("mask", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
