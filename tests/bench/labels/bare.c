/* The floor: nothing but libqrencode's public calls, at the version and level of the labels.
 * Reads one address a line. */
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char line[128];
	unsigned sum = 0;

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		QRinput *in = QRinput_new2(3, QR_ECLEVEL_H);

		if (in == NULL || QRinput_append(in, QR_MODE_AN, (int)strlen(line),
					  (unsigned char *)line) != 0)
			return 1;
		QRcode *code = QRcode_encodeInput(in);

		if (code == NULL)
			return 1;
		sum += code->data[200] & 1;
		QRcode_free(code);
		QRinput_free(in);
	}
	fprintf(stderr, "%u\n", sum);
	return 0;
}
