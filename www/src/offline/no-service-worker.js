/**
 * Takes the page's service worker away from every reader who has it: a host puts this file in the place of
 * service-worker.js, and each browser fetches it the next time the page is opened.
 */
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const family = `attention-playground ${new URL("./", self.location.href).pathname} `;
  const gone = caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith(family)).map((name) => caches.delete(name))));
  event.waitUntil(gone.then(() => self.registration.unregister()));
});
