/**
 * For the page around frames of embed.html: makes each as high as it says that it is.
 *
 *     <script src="frame-height.js"></script>
 */
import { heightFrom } from "./messages.js";

window.addEventListener("message", ({ source, origin, data }) => {
  const height = heightFrom(data);
  if (height === null) return;
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source && isOurs(frame, origin)) frame.style.height = `${height}px`;
  }
});

/** @param {HTMLIFrameElement} frame @param {string} origin of what it says */
function isOurs(frame, origin) {
  try {
    const address = new URL(frame.src, document.baseURI);
    // A sandboxed frame has no origin, and its messages say so.
    const own = frame.sandbox.length > 0 && !frame.sandbox.contains("allow-same-origin") ? "null" : address.origin;
    return own === origin && address.pathname.endsWith("/embed.html");
  } catch {
    return false;
  }
}
