/*
 * Keeps the phone's pages: the list's shell, the forms that were opened or are assigned, and all that they load.
 * Each release has a cache of its own, so two are never mixed. The answers are in IndexedDB, not here.
 */
const { release: RELEASE, shell: SHELL, files: FILES } = {{ given }};
const PREFIX = 'plumbline-';
const CACHE = PREFIX + RELEASE;
const SHIPPED = new Set(FILES);
const isForm = (path) => path.startsWith(`${SHELL}forms/`);
const isPage = (path) => path === SHELL || isForm(path);

self.addEventListener('install', (event) => event.waitUntil(install()));

/** One missing file fails it, and the release before stays as it was. */
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  for (const path of [SHELL, ...(await formsOfBefore())]) await keepPage(cache, path);
}

/** Forms of drafts that are open must work in the new release too, before it takes over. */
async function formsOfBefore() {
  const caught = await Promise.all(
    (await caches.keys())
      .filter((name) => name.startsWith(PREFIX) && name !== CACHE)
      .map(async (name) => (await caches.open(name)).keys()),
  );
  return [...new Set(caught.flat().map(({ url }) => new URL(url).pathname).filter(isForm))];
}

async function keepPage(cache, path) {
  const response = await fetch(`${path}?r=${RELEASE}`, { credentials: 'same-origin' });
  if (response.status === 404 && isForm(path)) return; // a version that is no longer there
  if (!isOurs(response)) throw new Error(`${path} answered ${response.status}, or is of another release.`);
  await cache.put(path, response);
}

/** Neither the sign-in page nor a page whose scripts are of another release. */
const isOurs = (response) =>
  response.ok && !response.redirected && response.headers.get('Plumbline-Release') === RELEASE;

self.addEventListener('activate', (event) => event.waitUntil(activate()));

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page asks: to take over, once the auditor agrees; to keep the forms of what is assigned. */
self.addEventListener('message', (event) => {
  const { deed, forms = [] } = event.data ?? {};
  if (deed === 'take-over') event.waitUntil(self.skipWaiting());
  if (deed === 'keep') event.waitUntil(keep(forms).then((kept) => event.ports[0]?.postMessage(kept)));
});

/** @returns {Promise<number>} how many of the forms, and of the shell and its files, are missing afterwards */
async function keep(forms) {
  const cache = await caches.open(CACHE);
  const has = async (path) => Boolean(await cache.match(path, { ignoreVary: true }));
  let missing = 0;
  for (const path of [SHELL, ...forms.filter(isForm)]) {
    if (await has(path)) continue;
    await keepPage(cache, path).catch(() => { missing += 1; });
  }
  for (const path of FILES) {
    if (await has(path)) continue;
    await cache.add(path).catch(() => { missing += 1; });
  }
  return missing;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.searchParams.has('preview')) return;
  if (request.mode === 'navigate' && isPage(url.pathname)) event.respondWith(page(url.pathname));
  else if (SHIPPED.has(url.pathname)) event.respondWith(file(url.pathname));
});

async function file(path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(path);
}

async function page(path) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path, { ignoreVary: true });
  if (kept) return kept;
  try {
    const response = await fetch(`${path}?r=${RELEASE}`, { credentials: 'same-origin' });
    if (response.redirected) return Response.redirect(response.url);
    if (isOurs(response)) await cache.put(path, response.clone());
    return response;
  } catch {
    return new Response(NOT_HERE, { status: 503, headers: { 'Content-Type': 'text/html; charset=utf-8' } });
  }
}

const NOT_HERE = `<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>No connection</title>
<meta name="viewport" content="width=device-width"><h1>No connection, and this page is not on this phone yet</h1>
<p>What you typed is safe. <a href="${SHELL}">Back to my visits</a></p></html>`;
