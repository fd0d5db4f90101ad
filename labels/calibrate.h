/* calibrate: where the crosses of the calibration page stand. */
#ifndef QR_LABELS_CALIBRATE_H
#define QR_LABELS_CALIBRATE_H

#include "labels/template.h"

/* um from the left and top edge: [0] x, [1] y. */
void calibrate_crosses(const struct label_template *t, int32_t near_[2], int32_t far_[2]);

#endif
