/* Reads a sticker where the browser can; elsewhere the phone's own camera does, and the sticker's
 * number may be typed. */
QR && window.BarcodeDetector && (function () {
'use strict';
var button = QR.$('scan'), video = QR.$('video'), to = button.dataset, eye = new BarcodeDetector({ formats: ['qr_code'] });
function look(stream) {
	eye.detect(video).then(function (found) {
		var text = found[0] && found[0].rawValue, m = /^https?:\/\/[^/]+\/([0-9a-z]{9})$/i.exec(text || '');
		if (text && !m) QR.tell(QR.say.foreign, to.mark && QR.say.mark, to.mark);
		if (!m) return setTimeout(look, 200, stream);
		stream.getTracks().forEach(function (t) { t.stop(); });
		location.href = to.to + m[1];
	}, function () { setTimeout(look, 500, stream); });
}
button.hidden = false;
button.onclick = function () {
	navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).then(function (s) {
		video.hidden = false;
		video.srcObject = s;
		video.play();
		look(s);
	}, function () { QR.tell(QR.say.nocamera); });
};
})();
