/* Owns libzbar: the decoder of the preflight.  A file of its own, so that programs which only
 * print need not link it.  Called through struct label_decoder. */
#include "labels/label.h"
#include <zbar.h>

static void *on_open(void)
{
	zbar_image_scanner_t *s = zbar_image_scanner_create();

	if (s == NULL)
		return NULL;
	zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	return s;
}

static int on_read(
	void *ctx, const uint8_t *grey, unsigned w, unsigned h, char *ret_, size_t room)
{
	zbar_image_t *image = zbar_image_create();
	int n = 0;

	if (image == NULL)
		return 0;
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, w, h);
	zbar_image_set_data(image, grey, (unsigned long)w * h, NULL);
	n = zbar_scan_image(ctx, image);
	const zbar_symbol_t *first = n > 0 ? zbar_image_first_symbol(image) : NULL;

	if (first != NULL) {
		unsigned len = zbar_symbol_get_data_length(first);

		if (len >= room)
			len = (unsigned)room - 1;
		memcpy(ret_, zbar_symbol_get_data(first), len);
		ret_[len] = '\0';
	}
	zbar_image_destroy(image);
	return n;
}

static void on_close(void *ctx)
{
	zbar_image_scanner_destroy(ctx);
}

const struct label_decoder label_zbar = {on_open, on_read, on_close};
