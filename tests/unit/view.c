/* The template language: what tplc and the interpreter make of tests/data/tpl. Where Mustache
 * is defined the behaviour is Mustache's: interpolation, sections, inverted sections, implicit
 * iterators, comments, partials, and standalone lines of plain text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/app/view.h"
#include "qrsvc/base/crypto.h"

#include "tpl_test.h"

static struct arena arena;

static struct str render(unsigned tpl, unsigned lang, const struct view *v)
{
	struct sbuf b;
	sbuf_init(&b, 1u << 16);
	tpl_render(&test_tpl, tpl, lang, v, &b);
	struct str s = arena_str(&arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void is(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("got  %.*s\nwant %s", STR_F(got), want);
}

static struct view *with_x(struct str x)
{
	struct view *v = view_new(&arena);
	view_str(v, K_x, x);
	return v;
}

static void test_escape(void **state)
{
	(void)state;
	is(render(T_escape, 0, with_x(STR("<&>\"'{{x}}"))),
		"<p>&lt;&amp;&gt;&quot;&#39;{{x}}</p>"
		"<p title=\"&lt;&amp;&gt;&quot;&#39;{{x}}\" "
		"data-y=\"a&lt;&amp;&gt;&quot;&#39;{{x}}b\">&lt;&amp;&gt;&quot;&#39;{{x}}</p>");
	is(render(T_escape, 0, view_new(&arena)), "<p></p><p title=\"\" data-y=\"ab\"></p>");
	struct view *v = view_new(&arena);
	view_int(v, K_x, INT64_MIN);
	is(render(T_escape, 0, v),
		"<p>-9223372036854775808</p><p title=\"-9223372036854775808\" "
		"data-y=\"a-9223372036854775808b\">-9223372036854775808</p>");
	/* A flag has no text of its own. */
	v = view_new(&arena);
	view_flag(v, K_x, true);
	is(render(T_escape, 0, v), "<p></p><p title=\"\" data-y=\"ab\"></p>");
}

static void test_url(void **state)
{
	(void)state;
	static const struct {
		const char *in, *whole, *part;
	} rows[] = {
		{"/a?b=1&c=\"", "/a?b=1&amp;c=&quot;", "%2Fa%3Fb%3D1%26c%3D%22"},
		{"?lang=en", "?lang=en", "%3Flang%3Den"},
		{"https://a/", "https://a/", "https%3A%2F%2Fa%2F"},
		{"tel:+86", "tel:+86", "tel%3A%2B86"},
		{"javascript:alert(1)", "#", "javascript%3Aalert%281%29"},
		{"JavaScript:x", "#", "JavaScript%3Ax"},
		{" javascript:x", "#", "%20javascript%3Ax"},
		{"data:text/html,x", "#", "data%3Atext%2Fhtml%2Cx"},
		{"//evil.example", "#", "%2F%2Fevil.example"},
		{"/\\evil.example", "#", "%2F%5Cevil.example"},
		{"vbscript:x", "#", "vbscript%3Ax"},
		{"x", "#", "x"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct view *v = view_new(&arena);
		const char *w = rows[i].whole, *p = rows[i].part;
		view_str(v, K_u, str_c(rows[i].in));
		is(render(T_url, 0, v),
			arena_fmt(&arena,
				"<a href=\"%s\">whole</a><a href=\"/f/%s\">part</a>"
				"<a href=\"%s/%s?q=%s\">both</a>"
				"<a href=\"%s\">inside</a><img src=\"%s\" alt=\"\">",
				w, p, w, p, p, p, w)
				.p);
	}
}

static void test_sections(void **state)
{
	(void)state;
	struct view *v = with_x(STR("X"));
	is(render(T_section, 0, v), "noneno<b>X</b>");
	view_item(v, K_list, STR("1"));
	view_item(v, K_list, STR("<2>"));
	view_flag(v, K_flag, true);
	is(render(T_section, 0, v), "[1|X][&lt;2&gt;|X]yes<b>X</b>");
	/* Absent, false and empty are false; 0 is a value. */
	v = view_new(&arena);
	view_str(v, K_x, STR(""));
	view_flag(v, K_flag, false);
	is(render(T_section, 0, v), "nonenoabsent");
	view_int(v, K_x, 0);
	is(render(T_section, 0, v), "noneno<b>0</b>");
}

/* Inner names hide outer ones, and only inside; outer ones stay visible. */
static void test_scopes(void **state)
{
	(void)state;
	struct view *v = with_x(STR("x")), *o;
	view_str(v, K_name, STR("top"));
	o = view_add(v, K_outer);
	view_str(o, K_name, STR("A"));
	view_add(o, K_inner);
	view_str(view_add(o, K_inner), K_name, STR("B"));
	view_flag(view_add(o, K_inner), K_name, false);
	view_add(v, K_outer);
	is(render(T_nest, 0, v), "A(Ax)(Bx)(x-)A;toptop;top");
	assert_int_equal(view_count(v, K_outer), 2);
	assert_int_equal(view_count(v, K_x), 0);
}

static void test_space(void **state)
{
	(void)state;
	struct view *v = with_x(STR("X"));
	is(render(T_space, 0, v), "<ul><li>one twothree X four</li></ul>");
	view_flag(v, K_flag, true);
	is(render(T_space, 0, v), "<ul><li>one twothree X four</li>"
				  "<li class=\"a\" id=\"b\">X X</li></ul>");
}

static void test_partial(void **state)
{
	(void)state;
	struct view *v = with_x(STR("X"));
	view_item(v, K_list, STR("1"));
	is(render(T_partial, 0, v), "<p><i>X</i></p><i>X1</i>");
}

static void test_messages(void **state)
{
	(void)state;
	struct view *v = with_x(STR("<x>"));
	view_int(v, K_n, 2);
	view_int(v, K_one, 1);
	is(render(T_msg, 0, v),
		"<title>甲&lt;x&gt;乙</title><p title=\"甲&lt;x&gt;乙\">甲<strong>&lt;x&gt;</strong>"
		"乙</p>你好,&lt;x&gt; 2天 1天 {0} * &lt;&amp;&gt; &quot;纯&quot; 2在&lt;x&gt;");
	is(render(T_msg, 1, v),
		"<title>a &lt;x&gt; b</title><p title=\"a &lt;x&gt; b\">a <strong>&lt;x&gt;"
		"</strong> b</p>Hello, &lt;x&gt; 2 days 1 day {0} * &lt;&amp;&gt; &quot;plain&quot; "
		"&lt;x&gt; in 2");
	struct value arg = VALUE_S(STR("<b>"));
	is(tpl_msg(&test_tpl, 1, M_bold, &arena, &arg, 1), "a <b> b"); /* C gets plain text */
	is(tpl_msg(&test_tpl, 1, M_days, &arena, &VALUE_I(1), 1), "1 day");
	is(tpl_msg(&test_tpl, 1, M_days, &arena, &VALUE_I(-1), 1), "-1 days");
	is(tpl_msg(&test_tpl, 1, M_hello, &arena, NULL, 0), "Hello, ");
	assert_string_equal(test_tpl.lang[0].tag, "a");
}

static void test_attributes(void **state)
{
	(void)state;
	struct view *v = with_x(STR("\">"));
	is(render(T_attr, 0, v), "<main><input type=\"text\" value=\"&quot;&gt;\"></main>");
	view_flag(v, K_flag, true);
	is(render(T_attr, 0, v), "<main class=\"&quot;&gt;\"><input type=\"text\" "
				 "value=\"&quot;&gt;\"></main>");
}

static void test_style(void **state)
{
	(void)state;
	static const char css[] =
		"a,b > c{color:var(--x);content:\" ; } /* kept */ \"}"
		"@media ( min-width :3em ) and (print){a :hover,p + p{margin:0 -1px}}"
		".z{color :red}";
	struct str page = render(T_style, 0, with_x(STR("</title><b>")));
	is(page, arena_fmt(
			 &arena, "<title>&lt;/title&gt;&lt;b&gt;</title><style>%s</style>", css)
			 .p);
	/* The policy names the hash of exactly these bytes. */
	unsigned char raw[SHA256_BYTES];
	struct sbuf b;
	sbuf_init(&b, 128);
	sha256(str_c(css), raw);
	base64url_encode(raw, sizeof raw, &b);
	const char *got = test_tpl.style[T_style] + 7;
	assert_int_equal(strlen(got), 44);
	for (size_t i = 0; i < 43; i++) {
		char c = sbuf_c(&b)[i];
		assert_int_equal(got[i], c == '-' ? '+' : c == '_' ? '/' : c);
	}
	assert_null(test_tpl.style[T_escape]);
	assert_non_null(strstr(test_style_src, test_tpl.style[T_style]));
	sbuf_release(&b);
}

static void test_plain(void **state)
{
	(void)state;
	struct view *v = with_x(STR("<\"&"));
	is(render(T_plain, 0, v), "x=<\"& <&>\noff\nend \n");
	view_item(v, K_list, STR("1"));
	view_item(v, K_list, STR("2"));
	view_flag(v, K_flag, true);
	is(render(T_plain, 0, v), "x=<\"& <&>\n- 1\n- 2\nend inline\n");
}

/* A page that would not fit says so and never writes past its limit. */
static void test_ceiling(void **state)
{
	(void)state;
	for (size_t max = 0; max < 50; max++) {
		struct sbuf b;
		sbuf_init(&b, max);
		tpl_render(
			&test_tpl, T_partial, 0, with_x(STR("a rather long value & more")), &b);
		assert_true(b.n <= max);
		assert_int_equal(b.over, max < 44);
		sbuf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_style),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_ceiling),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	arena_init(&arena);
	crypto_init();
	int bad = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return bad;
}
