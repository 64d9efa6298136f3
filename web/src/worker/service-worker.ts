/** Keeps the files of the page in a cache, so that it works without a network. */

declare const self: ServiceWorkerGlobalScope;

/** The start of the names of this page's caches. All pages of an origin share its caches. */
const OWN = `wamr-web ${self.registration.scope} `;

// The build replaces both: the files, and a hash of them.
const FILES: string[] = JSON.parse("__FILES__") as string[];
const CACHE = `${OWN}__HASH__`;

self.addEventListener("install", (event) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const clean = async (): Promise<void> => {
    const stale = (await caches.keys()).filter((name) => name.startsWith(OWN) && name !== CACHE);
    await Promise.all(stale.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const answer = async (): Promise<Response> => {
    const cache = await caches.open(CACHE);
    return (await cache.match(event.request, { ignoreSearch: true })) ?? fetch(event.request);
  };
  if (event.request.method === "GET") event.respondWith(answer());
});
