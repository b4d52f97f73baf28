/**
 * For the page around frames of embed.html: makes each as high as it says that it is.
 *
 *     <script src="frame-height.js"></script>
 */

/** A frame that says more or less is mistaken, or not what it should be. */
const LEAST = 60;
const MOST = 4000;

window.addEventListener("message", ({ source, origin, data }) => {
  if (data?.type !== "attention-playground" || data.version !== 1 || data.event !== "height") return;
  if (!Number.isFinite(data.height) || data.height < LEAST || data.height > MOST) return;
  for (const frame of document.querySelectorAll("iframe")) {
    const address = new URL(frame.src, document.baseURI);
    // A sandboxed frame has no origin, and its messages say so.
    const own = frame.sandbox.length > 0 && !frame.sandbox.contains("allow-same-origin") ? "null" : address.origin;
    if (frame.contentWindow === source && own === origin && address.pathname.endsWith("/embed.html")) frame.style.height = `${Math.ceil(data.height)}px`;
  }
});
