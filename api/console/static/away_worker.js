// The page for the way opens without a network: what it is made of is kept, and nothing else.
// The service writes VERSION and SHELL before this: the addresses of page, scripts and stylesheet.
addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(renew()));
addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method === "GET" && SHELL.includes(path)) event.respondWith(answer(path, event.request));
});

async function keep() {
  const cache = await caches.open(VERSION);
  // Without cookies: what is kept is the same for everybody.
  await cache.addAll(SHELL.map((address) => new Request(address, {credentials: "omit", cache: "reload"})));
  await skipWaiting();
}
async function renew() {
  for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name);
  await clients.claim();
}
async function answer(path, request) {
  return await caches.match(path, {ignoreVary: true}) ?? fetch(request);
}
