/*
 * Keeps the phone's pages: the list's shell, the forms that were opened or are assigned, and all that they load.
 * Each release has a cache of its own, so two are never mixed; in it a page stands under its path and its language.
 * The answers are in IndexedDB, not here.
 */
const { release: RELEASE, shell: SHELL, files: FILES, absent: ABSENT } = {{ given }};
const PREFIX = 'plumbline-';
const CACHE = PREFIX + RELEASE;
const SHIPPED = new Set(FILES);
const SPOKEN = `${SHELL}language`; // under this key each cache notes in which language its pages are shown
const isForm = (path) => path.startsWith(`${SHELL}forms/`);
const isPage = (path) => path === SHELL || isForm(path);

self.addEventListener('install', (event) => event.waitUntil(install()));

/** One missing file fails it, and the release before stays as it was. */
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  const before = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const old = await Promise.all(before.map((name) => caches.open(name)));
  const spoken = (await Promise.all(old.map(languageOf))).find(Boolean);
  const language = await keepPage(cache, SHELL, spoken);
  // Forms of drafts that are open must work in the new release too, before it takes over.
  for (const path of new Set((await Promise.all(old.map(formsIn))).flat())) {
    await keepPage(cache, path, language);
  }
  await cache.put(SPOKEN, new Response(language));
}

const formsIn = async (cache) =>
  (await cache.keys()).map(({ url }) => new URL(url).pathname).filter(isForm);
const languageOf = async (cache) => (await cache.match(SPOKEN))?.text();
const keyOf = (path, language) => `${path}?l=${language}`;
const isKept = async (cache, path, language) =>
  Boolean(await cache.match(keyOf(path, language), { ignoreVary: true }));

/** Without a language, in the one that the server chooses for this browser. */
const ask = (path, language) =>
  fetch(`${path}?${language ? `l=${language}&` : ''}r=${RELEASE}`, { credentials: 'same-origin' });

/** @returns {Promise<string>} the language of the page */
async function keepPage(cache, path, language) {
  const response = await ask(path, language);
  if (response.status === 404 && isForm(path)) return language; // a version that is no longer there
  if (!isOurs(response)) {
    throw new Error(`${path} answered ${response.status}, or is of another release.`);
  }
  const spoken = response.headers.get('Content-Language');
  await cache.put(keyOf(path, spoken), response);
  return spoken;
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

/** The page asks: to take over, once the auditor agrees; to keep the forms of what is assigned; for another language. */
self.addEventListener('message', (event) => {
  const { deed, forms = [], language } = event.data ?? {};
  if (deed === 'take-over') event.waitUntil(self.skipWaiting());
  if (deed === 'keep') {
    event.waitUntil(keep(forms).then((kept) => event.ports[0]?.postMessage(kept)));
  }
  if (deed === 'speak') {
    event.waitUntil(speak(language).then((does) => event.ports[0]?.postMessage(does)));
  }
});

/** Every page that is kept in another language: all of them, or the language stays. Those of before stay too. */
async function speak(language) {
  const cache = await caches.open(CACHE);
  try {
    for (const path of new Set([SHELL, ...(await formsIn(cache))])) {
      if (!(await isKept(cache, path, language))) await keepPage(cache, path, language);
    }
  } catch {
    return false; // no connection
  }
  await cache.put(SPOKEN, new Response(language));
  return true;
}

/** @returns {Promise<number>} how many of the forms, and of the shell and its files, are missing afterwards */
async function keep(forms) {
  const cache = await caches.open(CACHE);
  const language = await languageOf(cache);
  let missing = 0;
  for (const path of [SHELL, ...forms.filter(isForm)]) {
    if (await isKept(cache, path, language)) continue;
    await keepPage(cache, path, language).catch(() => {
      missing += 1;
    });
  }
  for (const path of FILES) {
    if (await cache.match(path, { ignoreVary: true })) continue;
    await cache.add(path).catch(() => {
      missing += 1;
    });
  }
  return missing;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (
    request.method !== 'GET' || url.origin !== self.location.origin ||
    url.searchParams.has('preview')
  ) return;
  if (request.mode === 'navigate' && isPage(url.pathname)) event.respondWith(page(url.pathname));
  else if (SHIPPED.has(url.pathname)) event.respondWith(file(url.pathname));
});

async function file(path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(path);
}

async function page(path) {
  const cache = await caches.open(CACHE);
  const language = await languageOf(cache);
  const kept = await cache.match(keyOf(path, language), { ignoreVary: true });
  if (kept) return kept;
  try {
    const response = await ask(path, language);
    if (response.redirected) return Response.redirect(response.url);
    if (isOurs(response)) {
      await cache.put(keyOf(path, response.headers.get('Content-Language')), response.clone());
    }
    return response;
  } catch {
    const inAnother = await cache.match(path, { ignoreVary: true, ignoreSearch: true });
    const headers = { 'Content-Type': 'text/html; charset=utf-8' };
    return inAnother ??
      new Response(ABSENT[language] ?? Object.values(ABSENT)[0], { status: 503, headers });
  }
}
