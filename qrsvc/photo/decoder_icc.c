/* Owns the tables of one conversion.  Reads a profile with strict bounds, never follows a tag
 * to another.  Called by decoder.c in the jail; fuzzed with the EXIF reader. */
#include "qrsvc/photo/decoder_icc.h"

#include <math.h>

#include "qrsvc/photo/decoder.h"

#define CODES 8192 /* steps of linear light in the table back to sRGB */

static uint32_t be32(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static double fixed(struct str s, size_t at) /* s15Fixed16Number, ICC.1 4.6 */
{
	return (int32_t)be32(s, at) / 65536.0;
}

/* The bytes of a tag, or STR_NONE. */
static struct str icc_tag(struct str s, const char *name)
{
	uint32_t n = be32(s, 128);

	for (uint32_t i = 0; i < n && i < 100 && 132 + 12 * (size_t)i + 12 <= s.n; i++) {
		size_t row = 132 + 12 * (size_t)i, at, size;

		if (memcmp(s.p + row, name, 4) != 0)
			continue;
		at = be32(s, row + 4);
		size = be32(s, row + 8);
		if (at > s.n || size > s.n - at)
			return STR_NONE;
		return str_sub(s, at, at + size);
	}
	return STR_NONE;
}

static double para(const double g[7], int kind, double x) /* ICC.1 10.16 */
{
	double a = g[1], b = g[2], c = g[3], d = g[4], e = g[5], f = g[6];

	switch (kind) {
	case 0:
		return pow(x, g[0]);
	case 1:
		return x >= -b / a ? pow(a * x + b, g[0]) : 0;
	case 2:
		return x >= -b / a ? pow(a * x + b, g[0]) + c : c;
	case 3:
		return x >= d ? pow(a * x + b, g[0]) : c * x;
	default:
		return x >= d ? pow(a * x + b, g[0]) + e : c * x + f;
	}
}

static bool icc_curve_para(struct str t, float ret_[256])
{
	static const int counts[] = {1, 3, 4, 5, 7};
	double g[7] = {0};
	unsigned kind;

	if (t.n < 16)
		return false;
	kind = (unsigned char)t.p[8] << 8 | (unsigned char)t.p[9];
	if (kind > 4 || t.n < 12 + 4 * (size_t)counts[kind])
		return false;
	for (int i = 0; i < counts[kind]; i++)
		g[i] = fixed(t, 12 + 4 * (size_t)i);
	if (kind > 0 && fabs(g[1]) < 1e-6)
		return false;
	for (int i = 0; i < 256; i++)
		ret_[i] = (float)para(g, (int)kind, i / 255.0);
	return true;
}

static bool icc_curve(struct str t, float ret_[256]) /* ICC.1 10.6 */
{
	const unsigned char *p = (const unsigned char *)t.p;
	uint32_t n;

	if (t.n >= 12 && memcmp(t.p, "para", 4) == 0)
		return icc_curve_para(t, ret_);
	if (t.n < 12 || memcmp(t.p, "curv", 4) != 0)
		return false;
	n = be32(t, 8);
	if (n > 65536 || t.n - 12 < 2 * (size_t)n)
		return false;
	for (int i = 0; i < 256; i++) {
		double x = i / 255.0, at = x * (n > 1 ? n - 1 : 0);
		size_t k = (size_t)at, next = k + 1 < n ? k + 1 : k;

		if (n == 0)
			ret_[i] = (float)x;
		else if (n == 1) /* u8Fixed8 gamma */
			ret_[i] = (float)pow(x, p[12] + p[13] / 256.0);
		else
			ret_[i] = (float)(((p[12 + 2 * k] << 8 | p[13 + 2 * k]) *
							  (1 - (at - (double)k)) +
						  (p[12 + 2 * next] << 8 | p[13 + 2 * next]) *
							  (at - (double)k)) /
					  65535.0);
	}
	return true;
}

static double srgb_linear(double x) /* IEC 61966-2-1 */
{
	return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

/* Finite, and more than a rounding away from sRGB. */
static bool icc_matters(const struct icc *icc)
{
	bool differs = false;

	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++) {
			if (!isfinite(icc->matrix[i][k]) || fabsf(icc->matrix[i][k]) > 8)
				return false;
			if (fabsf(icc->matrix[i][k] - (i == k)) > 0.01F)
				differs = true;
		}
		for (int k = 0; k < 256; k++) {
			if (!isfinite(icc->linear[i][k]) || fabsf(icc->linear[i][k]) > 8)
				return false;
			if (fabs(icc->linear[i][k] - srgb_linear(k / 255.0)) > 0.01)
				differs = true;
		}
	}
	return differs;
}

bool icc_parse(struct str s, struct icc *ret_)
{
	/* XYZ of the profile connection space (D50) to linear sRGB: the inverse of the
	 * primaries in the sRGB profile of the ICC. */
	static const double to_srgb[3][3] = {{3.1338561, -1.6168667, -0.4906146},
		{-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}};
	static const char *const primary[] = {"rXYZ", "gXYZ", "bXYZ"};
	static const char *const curve[] = {"rTRC", "gTRC", "bTRC"};

	if (s.n < 132 || memcmp(s.p + 36, "acsp", 4) != 0 || memcmp(s.p + 16, "RGB ", 4) != 0 ||
		memcmp(s.p + 20, "XYZ ", 4) != 0)
		return false;
	for (int c = 0; c < 3; c++) {
		struct str xyz = icc_tag(s, primary[c]);

		if (xyz.n < 20 || !icc_curve(icc_tag(s, curve[c]), ret_->linear[c]))
			return false;
		for (int i = 0; i < 3; i++)
			ret_->matrix[i][c] = (float)(to_srgb[i][0] * fixed(xyz, 8) +
						     to_srgb[i][1] * fixed(xyz, 12) +
						     to_srgb[i][2] * fixed(xyz, 16));
	}
	return icc_matters(ret_);
}

static inline int byte(float v)
{
	return v <= 0 ? 0 : v >= 255 ? 255 : (int)(v + 0.5f);
}

/* One pixel, there and back. */
static inline void convert(
	const struct icc *icc, const uint8_t *code, float y, float cb, float cr, int ret_[3])
{
	const float(*m)[3] = icc->matrix;
	float r = icc->linear[0][byte(y + 1.402f * cr)];
	float g = icc->linear[1][byte(y - 0.344136f * cb - 0.714136f * cr)];
	float b = icc->linear[2][byte(y + 1.772f * cb)];

	for (int i = 0; i < 3; i++) {
		float v = m[i][0] * r + m[i][1] * g + m[i][2] * b;

		ret_[i] = code[v <= 0 ? 0 : v >= 1 ? CODES - 1 : (int)(v * (CODES - 1) + 0.5f)];
	}
}

/* Two by two pixels share one pair of chroma samples: their mean colour gives the new pair. */
static void icc_block(
	const struct icc *icc, const uint8_t *code, struct raster *r, int x, int y)
{
	uint8_t *pb = r->plane[1].p + (size_t)y * (size_t)r->plane[1].stride + x;
	uint8_t *pr = r->plane[2].p + (size_t)y * (size_t)r->plane[2].stride + x;
	float cb = (float)(*pb - 128), cr = (float)(*pr - 128);
	int sum[3] = {0}, n = 0;

	for (int dy = 0; dy < 2 && 2 * y + dy < r->h; dy++)
		for (int dx = 0; dx < 2 && 2 * x + dx < r->w; dx++, n++) {
			uint8_t *py = r->plane[0].p +
				      (size_t)(2 * y + dy) * (size_t)r->plane[0].stride +
				      2 * x + dx;
			int v[3];

			convert(icc, code, *py, cb, cr, v);
			*py = (uint8_t)((19595 * v[0] + 38470 * v[1] + 7471 * v[2] + 32768) >>
					16);
			for (int i = 0; i < 3; i++)
				sum[i] += v[i];
		}
	if (n == 0)
		return;
	cb = (-0.168736f * (float)sum[0] - 0.331264f * (float)sum[1] + 0.5f * (float)sum[2]) /
	     (float)n;
	cr = (0.5f * (float)sum[0] - 0.418688f * (float)sum[1] - 0.081312f * (float)sum[2]) /
	     (float)n;
	*pb = (uint8_t)byte(cb + 128);
	*pr = (uint8_t)byte(cr + 128);
}

void icc_to_srgb(const struct icc *icc, struct raster *r)
{
	uint8_t *code;

	if (r->planes != 3)
		return;
	code = decoder_alloc(CODES, 1);
	for (int i = 0; i < CODES; i++) {
		double v = i / (double)(CODES - 1);

		v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
		code[i] = (uint8_t)(v * 255 + 0.5);
	}
	for (int y = 0; y < r->plane[1].h; y++)
		for (int x = 0; x < r->plane[1].w; x++)
			icc_block(icc, code, r, x, y);
	free(code);
}
