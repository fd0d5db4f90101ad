/* Templates: whatever the bytes, no crash; what is taken holds its promises. */
#include "labels/template.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct label_template t;
	struct err e;
	int32_t x, y;

	if (template_parse((struct str){(const char *)data, size}, "fuzz", &t, &e) != RC_OK) {
		assert(strlen(e.detail) > 0);
		return 0;
	}
	template_at(&t, t.columns * t.rows - 1, &x, &y);
	assert(x >= 0 && y >= 0 && x + t.w <= t.page_w + 10 && y + t.h <= t.page_h + 10);
	assert(t.qr.size > 0 && t.qr.x + t.qr.size <= t.w && t.qr.y + t.qr.size <= t.h);
	for (int i = 0; i < t.texts; i++) {
		assert(t.text[i].box.w > 0 && t.text[i].box.x + t.text[i].box.w <= t.w);
		assert(t.text[i].box.min > 0 && t.text[i].box.lines >= 1);
	}
	return 0;
}
