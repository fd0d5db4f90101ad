/* Owns nothing: the arithmetic of the scenes, one ray or point at a time.  Called by
 * demophoto.c through demo_draw(). */
#include <math.h>

#include "qrsvc/tools/demophoto.h"

/* Noise: a hash of whole points, smoothed between them. */
static float hash2(uint32_t seed, int x, int y)
{
	uint32_t h = seed * 0x9e3779b1u + (uint32_t)x * 0x85ebca6bu + (uint32_t)y * 0xc2b2ae35u;

	h ^= h >> 15;
	h *= 0x2c1b3c6du;
	h ^= h >> 12;
	h *= 0x297a2d39u;
	h ^= h >> 15;
	return (float)(h >> 8) / 16777216.0f;
}

static float mix(float a, float b, float t)
{
	return a + (b - a) * t;
}

static float smooth(float from, float to, float x)
{
	x = (x - from) / (to - from);
	x = x < 0 ? 0 : x > 1 ? 1 : x;
	return x * x * (3 - 2 * x);
}

static float noise(uint32_t seed, float x, float y)
{
	float fx = floorf(x), fy = floorf(y);
	int ix = (int)fx, iy = (int)fy;
	float tx = x - fx, ty = y - fy;

	tx = tx * tx * (3 - 2 * tx);
	ty = ty * ty * (3 - 2 * ty);
	return mix(mix(hash2(seed, ix, iy), hash2(seed, ix + 1, iy), tx),
		mix(hash2(seed, ix, iy + 1), hash2(seed, ix + 1, iy + 1), tx), ty);
}

/* About 0..1, four sizes of blots. */
static float fbm(uint32_t seed, float x, float y)
{
	return 0.52f * noise(seed, x, y) + 0.27f * noise(seed + 1, x * 2.1f, y * 2.1f) +
	       0.14f * noise(seed + 2, x * 4.3f, y * 4.3f) +
	       0.07f * noise(seed + 3, x * 8.9f, y * 8.9f);
}

static struct rgb blend(struct rgb a, struct rgb b, float t)
{
	return (struct rgb){mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)};
}

static struct rgb scaled(struct rgb c, float f)
{
	return (struct rgb){c.r * f, c.g * f, c.b * f};
}

/* The inside of the tank: a room of pressed steel panels seen from the manhole. */
enum wall { FLOOR, CEILING, LEFT, RIGHT, BACK };

struct hit {
	enum wall wall;
	float u, v; /* on the wall, metres; v up on the sides */
	float x, y, z;
	float far; /* distance */
};

static const float half_w = 1.6f, half_h = 1.0f, depth = 3.4f;

static struct hit cast(float dx, float dy)
{
	float tx = half_w / (fabsf(dx) + 1e-6f), ty = half_h / (fabsf(dy) + 1e-6f), tz = depth;
	float t = tx < ty ? tx : ty;
	struct hit h;

	t = tz < t ? tz : t;
	h.x = dx * t;
	h.y = dy * t;
	h.z = t;
	h.far = t * sqrtf(1 + dx * dx + dy * dy);
	if (t == tz)
		h = (struct hit){BACK, h.x, -h.y, h.x, h.y, h.z, h.far};
	else if (t == tx)
		h = (struct hit){dx < 0 ? LEFT : RIGHT, h.z, -h.y, h.x, h.y, h.z, h.far};
	else
		h = (struct hit){dy > 0 ? FLOOR : CEILING, h.x, h.z, h.x, h.y, h.z, h.far};
	return h;
}

/* Light of a pressed panel at u, v: a raised cross and a rounded rim, bolts along the seams. */
static float panel(float u, float v, float *ret_seam)
{
	const float size = 0.667f;
	float pu = u / size - floorf(u / size), pv = v / size - floorf(v / size);
	float cu = pu - 0.5f, cv = pv - 0.5f;
	float edge = fminf(fminf(pu, 1 - pu), fminf(pv, 1 - pv));
	float ridge = fminf(fabsf(cu - cv), fabsf(cu + cv));
	float light = 0, bolt;

	/* Slopes facing the light (from above left) are brighter. */
	light += (smooth(0.03f, 0.09f, edge) - smooth(0.09f, 0.15f, edge)) *
		 (pu + (1 - pv) < 1 ? 0.16f : -0.14f);
	light += (1 - smooth(0, 0.05f, ridge)) * smooth(0.12f, 0.2f, edge) *
		 (cu - cv < 0 ? 0.08f : -0.06f);
	*ret_seam = 1 - smooth(0.008f, 0.02f, edge);
	bolt = 0.25f * size;
	u = u / bolt - floorf(u / bolt) - 0.5f;
	v = v / bolt - floorf(v / bolt) - 0.5f;
	if (edge < 0.055f && edge > 0.02f && (fabsf(u) < 0.09f || fabsf(v) < 0.09f))
		light += 0.10f;
	return light;
}

/* Where dirt lies: 0 clean, 1 covered. */
static float dirt_at(const struct demo *d, const struct hit *h)
{
	uint32_t s = d->seed * 31 + 7;
	float water = 0.28f + 0.05f * noise(s, h->x * 2, h->z * 2), amount, swath;

	if (d->slot == DEMO_AFTER)
		return 0.03f * fbm(s, h->u * 3, h->v * 3);
	if (h->wall == FLOOR) {
		amount = smooth(0.22f, 0.55f,
			fbm(s, h->x * 1.7f, h->z * 1.7f) +
				0.35f * smooth(0.7f, 1.6f, fabsf(h->x)) +
				0.2f * smooth(2.2f, 3.4f, h->z));
		if (d->slot == DEMO_DURING) { /* strokes of the squeegee */
			swath = -0.55f - h->x +
				0.18f * sinf(h->z * 1.9f + (float)(d->seed % 7));
			amount *= smooth(0.05f, 0.12f, swath + 0.12f * noise(s, 9, h->z * 6));
		}
		return amount;
	}
	if (h->wall == CEILING)
		return 0.15f * fbm(s + 5, h->u * 2, h->v * 2);
	/* Below the old water line, with drips. */
	amount = 1 - smooth(-0.06f, 0.05f, h->v - (water - 0.3f));
	amount *= 0.35f + 0.65f * fbm(s + 9, h->u * 2.5f, h->v * 1.2f);
	amount += 0.5f * (1 - smooth(0, 0.03f, fabsf(h->v - (water - 0.3f))));
	amount += 0.35f * smooth(0.62f, 0.8f, noise(s + 11, h->u * 9, h->v * 0.7f));
	return d->slot == DEMO_DURING ? amount * (h->wall == LEFT ? 0.2f : 0.8f) : amount;
}

static struct rgb wall_colour(const struct demo *d, const struct hit *h)
{
	static const float facing[] = {[FLOOR] = 0.92f,
		[CEILING] = 0.50f,
		[LEFT] = 0.66f,
		[RIGHT] = 0.80f,
		[BACK] = 0.74f};
	struct rgb steel = {0.72f, 0.77f, 0.80f}, mud, c;
	float seam, light, dirt, brush;
	uint32_t s = d->seed * 31 + 7;

	light = panel(h->u + 10, h->v + 10, &seam);
	brush = noise(s + 20, h->u * 7, h->v * 160) - 0.5f;
	c = scaled(steel, facing[h->wall] + light + 0.05f * brush);
	c = scaled(c, 1 - 0.55f * seam);
	dirt = dirt_at(d, h);
	mud = blend((struct rgb){0.36f, 0.25f, 0.14f}, (struct rgb){0.55f, 0.43f, 0.25f},
		fbm(s + 30, h->u * 6, h->v * 6));
	mud = scaled(mud, 0.75f + 0.25f * facing[h->wall] + 0.6f * light);
	if (dirt > 0)
		c = blend(c, mud, dirt > 0.94f ? 0.94f : dirt);
	/* Lamp at the manhole: falls off with the distance. */
	return scaled(
		c, (d->slot == DEMO_AFTER ? 1.62f : 1.38f) / (1 + 0.070f * h->far * h->far));
}

/* Distance to the hose on the floor, and its light. */
static float hose(const struct demo *d, const struct hit *h, float *ret_light)
{
	float path = -0.45f + 0.34f * sinf(h->z * 2.3f + (float)(d->seed % 5)) + 0.12f * h->z;
	float off = (h->x - path) / 0.055f;

	*ret_light = 0.65f + 0.5f * sqrtf(fmaxf(0, 1 - (off + 0.3f) * (off + 0.3f)));
	return fabsf(off);
}

static struct rgb tank(const struct demo *d, float x, float y)
{
	struct hit h = cast(x * 1.25f, y * 1.25f + 0.08f), m;
	struct rgb c = wall_colour(d, &h), lamp = {1.0f, 0.97f, 0.90f};
	float wet, light, near;

	if (h.wall == FLOOR) {
		/* What is wet or bare mirrors the wall behind. */
		m = cast(h.x / (2 * depth - h.z) * 1.7f, -0.15f);
		m.v = -half_h + (depth - h.z) * 0.8f + 0.1f;
		wet = (1 - dirt_at(d, &h)) * (d->slot == DEMO_AFTER ? 0.42f : 0.25f);
		m.u = h.x + 0.02f * noise(d->seed, h.x * 30, h.z * 30);
		m.wall = BACK;
		m.far = h.far;
		c = blend(c, wall_colour(d, &m), wet);
		near = hypotf(h.x - 0.25f, (h.z - 2.0f) * 0.8f);
		c = blend(c, lamp, (1 - smooth(0.1f, 1.1f, near)) * (0.08f + 0.45f * wet));
		if (d->slot == DEMO_DURING && h.z > 1.0f && hose(d, &h, &light) < 1)
			c = scaled((struct rgb){0.90f, 0.42f, 0.10f},
				light * 1.2f / (1 + 0.06f * h.far * h.far));
	}
	if (h.wall == BACK && d->slot == DEMO_AFTER) {
		near = hypotf(h.x + 0.5f, h.y + 0.3f);
		c = blend(c, lamp, 0.22f * (1 - smooth(0.05f, 1.2f, near)));
	}
	/* Soft corners where two walls meet. */
	if (h.wall == BACK || h.wall == FLOOR || h.wall == CEILING) {
		near = half_w - fabsf(h.x);
		c = scaled(c, 0.72f + 0.28f * smooth(0, 0.28f, near));
	}
	if (h.wall != FLOOR && h.wall != CEILING)
		c = scaled(c, 0.70f + 0.30f * smooth(0, 0.30f, half_h - fabsf(h.y)));
	if (h.wall != BACK)
		c = scaled(c, 0.75f + 0.25f * smooth(0, 0.35f, depth - h.z));
	return c;
}

/* Distance to a rounded box of half sizes a, b. */
static float box(float x, float y, float a, float b, float round)
{
	float qx = fabsf(x) - a + round, qy = fabsf(y) - b + round;
	float ox = fmaxf(qx, 0), oy = fmaxf(qy, 0);

	return hypotf(ox, oy) + fminf(fmaxf(qx, qy), 0) - round;
}

static struct rgb sky(const struct demo *d, float x, float y)
{
	struct rgb c = blend((struct rgb){0.62f, 0.78f, 0.93f},
		(struct rgb){0.86f, 0.92f, 0.96f}, smooth(-0.55f, -0.25f, y));
	int i = (int)floorf(x * 7 + 40);
	float top = -0.34f - 0.10f * hash2(d->seed, i, 1), wx = x * 7 + 40 - (float)i;
	struct rgb house =
		scaled((struct rgb){0.70f, 0.72f, 0.74f}, 0.85f + 0.2f * hash2(d->seed, i, 2));

	c = blend(c, (struct rgb){1, 1, 1},
		0.5f * smooth(0.5f, 0.75f, fbm(d->seed + 3, x * 4, y * 9)));
	if (y > top && wx > 0.06f && wx < 0.94f) {
		float fx = wx * 6 - floorf(wx * 6), fy = y * 45 - floorf(y * 45);

		c = fx > 0.3f && fx < 0.7f && fy > 0.3f && fy < 0.8f ? scaled(house, 0.75f)
								     : house;
	}
	return c;
}

/* Padlock and hasp, seen from the front, centred at 0, 0. */
static struct rgb lock_over(struct rgb c, float x, float y)
{
	float shackle = fabsf(box(x, y + 0.050f, 0.034f, 0.055f, 0.034f)) - 0.008f;
	float body = box(x, y - 0.035f, 0.055f, 0.045f, 0.010f), hole;
	struct rgb brass = blend((struct rgb){0.93f, 0.77f, 0.36f},
		(struct rgb){0.62f, 0.45f, 0.15f}, smooth(-0.05f, 0.06f, x + 0.4f * y));

	c = scaled(
		c, 0.55f + 0.45f * smooth(-0.005f, 0.03f,
					   box(x - 0.014f, y - 0.05f, 0.055f, 0.05f, 0.01f)));
	c = blend(c, scaled((struct rgb){0.82f, 0.84f, 0.86f}, 0.75f + 4 * (0.034f - fabsf(x))),
		1 - smooth(-0.002f, 0.002f, shackle));
	c = blend(c, brass, 1 - smooth(-0.002f, 0.002f, body));
	hole = fminf(hypotf(x, y - 0.03f) - 0.010f, box(x, y - 0.048f, 0.004f, 0.016f, 0.002f));
	return blend(c, (struct rgb){0.12f, 0.10f, 0.08f}, 1 - smooth(-0.002f, 0.002f, hole));
}

/* The top of the tank with its round lid: lying, so the circle is an ellipse. */
static struct rgb lid_over(const struct demo *d, struct rgb c, float x, float y)
{
	float ey = (y - 0.05f) / 0.42f, r = hypotf(x, ey), a = atan2f(ey, x);
	float shadow = hypotf(x - 0.03f, (y - 0.10f) / 0.44f), wheel, bolt;
	struct rgb paint = {0.20f, 0.42f, 0.56f}, rim = {0.74f, 0.77f, 0.79f};

	c = scaled(c, 0.55f + 0.45f * smooth(0.50f, 0.62f, shadow));
	c = blend(
		c, scaled(rim, 0.78f + 0.25f * cosf(a + 2.2f)), 1 - smooth(0.528f, 0.534f, r));
	bolt = hypotf((a * 18 / 6.2832f - floorf(a * 18 / 6.2832f) - 0.5f) * 0.17f, r - 0.497f);
	c = blend(c, scaled(rim, 0.55f), 1 - smooth(0.010f, 0.014f, bolt));
	/* The dome of the lid, brighter towards the sky. */
	paint = scaled(paint, 0.80f - 0.55f * ey * 0.6f + 0.10f * cosf(a + 2.2f) * r * 2 +
				      0.10f * (fbm(d->seed + 4, x * 5, ey * 5) - 0.5f));
	c = blend(c, paint, 1 - smooth(0.458f, 0.464f, r));
	c = scaled(c, 1 - 0.35f * (1 - smooth(0, 0.012f, fabsf(r - 0.462f))));
	wheel = fabsf(hypotf(x + 0.02f, (y + 0.005f) / 0.5f) - 0.17f);
	c = blend(c, (struct rgb){0.86f, 0.87f, 0.86f}, 1 - smooth(0.012f, 0.018f, wheel));
	if (r < 0.45f) {
		wheel = fminf(fabsf(y + 0.005f) * 2.0f, fabsf(x + 0.02f));
		if (hypotf(x + 0.02f, (y + 0.005f) / 0.5f) < 0.17f)
			c = blend(c, (struct rgb){0.80f, 0.81f, 0.81f},
				1 - smooth(0.010f, 0.016f, wheel));
	}
	/* Hinge behind, hasp in front. */
	c = blend(c, (struct rgb){0.62f, 0.65f, 0.67f},
		1 - smooth(0, 0.004f, box(x, y + 0.165f, 0.09f, 0.022f, 0.008f)));
	c = blend(c, (struct rgb){0.66f, 0.69f, 0.71f},
		1 - smooth(0, 0.004f, box(x, y - 0.245f, 0.030f, 0.060f, 0.008f)));
	return c;
}

static struct rgb lid(const struct demo *d, float x, float y)
{
	const float horizon = -0.25f;
	struct rgb c;
	float z, u, tread;

	if (y < horizon)
		return sky(d, x, y);
	/* Galvanised plate with a tread of short bars, in perspective. */
	z = 0.35f / (y - horizon + 0.12f);
	u = x * z * 3;
	c = scaled((struct rgb){0.60f, 0.64f, 0.63f},
		0.92f + 0.25f * (fbm(d->seed + 8, u * 1.5f, z * 6) - 0.5f));
	tread = fabsf(sinf(u * 14 + z * 22)) * fabsf(sinf(u * 14 - z * 22));
	c = scaled(c, 0.95f + 0.10f * smooth(0.6f, 0.9f, tread));
	c = blend(c, (struct rgb){0.78f, 0.82f, 0.84f}, 1 - smooth(0, 0.07f, y - horizon));
	if (fabsf(y - horizon) < 0.012f)
		c = (struct rgb){0.45f, 0.48f, 0.50f};
	/* To the right, so that the board hides neither lid nor lock. */
	c = lid_over(d, c, (x - 0.16f) * 1.12f, y);
	return lock_over(c, (x - 0.16f) / 1.15f, (y - 0.335f) / 1.15f);
}

static unsigned char to_byte(float v)
{
	v = v <= 0 ? 0 : v >= 1 ? 1 : v;
	return (unsigned char)(v * 255 + 0.5f);
}

void demo_draw(const struct demo *d, unsigned char *ret_rgb)
{
	static const float sub[2][2] = {{0.25f, 0.25f}, {0.75f, 0.75f}};

	for (int py = 0; py < d->h; py++)
		for (int px = 0; px < d->w; px++) {
			struct rgb sum = {0};
			float grain =
				hash2(d->seed + 77, px, py) + hash2(d->seed + 78, px, py) - 1;
			float far = hypotf(
				(float)px / (float)d->w - 0.5f, (float)py / (float)d->h - 0.5f);

			for (int i = 0; i < 2; i++) {
				float h = (float)d->h;
				float x = ((float)px + sub[i][0] - (float)d->w / 2) / h;
				float y = ((float)py + sub[i][1] - h / 2) / h;
				struct rgb c =
					d->slot == DEMO_LID ? lid(d, x, y) : tank(d, x, y);

				c = board_over(d, c, x, y);
				sum.r += c.r;
				sum.g += c.g;
				sum.b += c.b;
			}
			sum = scaled(sum, 0.5f * (1 - 0.45f * far * far));
			*ret_rgb++ = to_byte(sum.r + 0.018f * grain);
			*ret_rgb++ = to_byte(sum.g + 0.018f * grain);
			*ret_rgb++ = to_byte(sum.b + 0.018f * grain);
		}
}
