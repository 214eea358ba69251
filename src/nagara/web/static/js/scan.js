/**
 * Reading a QR code from the camera or a picture.
 *
 * The phone's own BarcodeDetector where it exists; else jsQR, loaded only when a picture is there
 * to be read.
 */

const SIDE_MAX = { camera: 800, picture: 1600 };
const PAUSE_MS = 120;

let reading = null;

/** @returns {Promise<(source: CanvasImageSource, width, height, side) => Promise<string|null>>} */
function reader() {
  reading ??= ownReader().then((own) => own ?? vendoredReader());
  return reading;
}

async function ownReader() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (source) => (await detector.detect(source))[0]?.rawValue ?? null;
}

async function vendoredReader() {
  await import("/static/vendor/jsqr/jsqr.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (source, width, height, side) => {
    const scale = Math.min(1, side / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(pixels.data, pixels.width, pixels.height)?.data ?? null;
  };
}

/** @param {Blob} file @returns {Promise<string|null>} the text of a code in the picture */
export async function readPicture(file) {
  const read = await reader();
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return null;
  for (const side of [SIDE_MAX.picture, SIDE_MAX.camera]) {
    const text = await read(picture, picture.width, picture.height, side);
    if (text) return text;
  }
  return null;
}

/**
 * Shows the camera in `video` until it sees a code or `signal` aborts.
 * @returns {Promise<string|null>} the text, or null after an abort
 * @throws {DOMException} NotAllowedError, NotFoundError, … as getUserMedia says
 */
export async function watchCamera(video, signal) {
  if (!navigator.mediaDevices) throw new DOMException("no camera here", "NotFoundError");
  const wish = { video: { facingMode: "environment" }, audio: false };
  const stream = await navigator.mediaDevices.getUserMedia(wish);
  try {
    video.srcObject = stream;
    const [read] = await Promise.all([reader(), video.play()]);
    while (!signal.aborted) {
      if (video.videoWidth > 0) {
        const text = await read(video, video.videoWidth, video.videoHeight, SIDE_MAX.camera);
        if (text && !signal.aborted) return text;
      }
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
