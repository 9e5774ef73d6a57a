/** The list's page: shows what the phone keeps, asks the server for news, sends what waits. */
import { keepClock } from './visit/clock.js';
import { $, all, copyOf, one } from './shell/elements.js';
import { isOther, speak } from './shell/language.js';
import { groupsOf, nudgeLine, unsentLine, unsentOf } from './list/rows.js';
import { fetchLists } from './list/server-lists.js';
import { drafts, readVisit, send, whoAmI } from './sync/network.js';
import { createOffline } from './shell/offline.js';
import { inWords, keepSending } from './sync/sending.js';
import { createSignIn, signInButton, signOut } from './shell/session.js';
import { picturesOf } from './visit/state.js';
import {
  assignmentsIn,
  forgetLists,
  keepAssignments,
  keepSent,
  sentIn,
  signedInAs,
} from './store/lists.js';
import { createStore } from './store/store.js';
import { prune, retryPhotos } from './list/tidying.js';
import { LANGUAGE, t } from './shell/words.js';

/**
 * @typedef {import('./types.js').Visit} Visit
 * @typedef {import('./types.js').ServerVisit} ServerVisit
 * @typedef {import('./types.js').Progress} Progress
 */

/** @type {Record<string, string>} */
const TITLES = {
  returned: t('Came back to you'),
  needs: t('Needs you'),
  today: t('Today'),
  later: t('Later'),
  sent: t('Sent'),
};
const REFRESH_MS = 5 * 60_000;

const SIGN_IN = $('sign-in').dataset.address ?? '';
const page = document.body.dataset;
const store = createStore();
/** @type {Progress | null} */
let progress = null;
/** @type {ReturnType<typeof keepSending>} */
let sender;
/** @type {Promise<void> | null} */
let asking = null;

const offline = createOffline({ address: page.worker, changed: showUpdate });
const openSignIn = createSignIn($('sign-in'), () => {
  refresh();
  sender.nudge();
});

async function open() {
  if (!globalThis.isSecureContext) {
    throw new Error(
      t('This address begins with http. Phones keep visits only for https addresses: ask for that one.'),
    );
  }
  await prune(store, Date.now());
  // Who has just signed in may be somebody else than who was here before.
  const isKnown = !document.referrer.includes(SIGN_IN) && (await store.meta('user'));
  if (isKnown) await render();
  sender = keepSending({ store, whoAmI, send, report, ended: roundEnded });
  await refresh();
  await offline.start();
  await keepForms();
  setInterval(refresh, REFRESH_MS);
  addEventListener('pageshow', (event) => event.persisted && refresh());
  document.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && refresh(),
  );
}

/** @param {string} sentence */
function trouble(sentence) {
  $('trouble').textContent = sentence;
  $('trouble').hidden = !sentence;
}

/** @param {string | HTMLElement} said @param {string} tone */
function connection(said, tone) {
  $('connection').replaceChildren(said);
  $('connection').dataset.tone = tone;
}

/** @param {string} words */
async function askToSignIn(words) {
  if ((await store.meta('user')) === undefined) return location.assign(SIGN_IN);
  const { email } = (await store.meta('who')) ?? {};
  return connection(signInButton(words, () => openSignIn(email)), 'wrong');
}

/** News from the server; without any, what was kept before stays. */
function refresh() {
  asking ??= fetchNews().finally(() => {
    asking = null;
  });
  return asking;
}

async function fetchNews() {
  const [me, news] = await Promise.all([whoAmI(), fetchLists()]);
  if (me === 'sign-in' || news === 'sign-in') {
    await render();
    return askToSignIn(t('Sign in again'));
  }
  if (typeof me === 'string' || typeof news === 'string') {
    await render();
    return connection(t('No connection'), 'todo');
  }
  if (isOther(me.language) && (await speak(me.language, offline))) return undefined;
  await signedInAs(store, me);
  await keepAssignments(store, news.assignments);
  await keepSent(store, news.sent);
  await keepClock(store);
  await render();
  await shareDrafts(news.sent);
  connection(t('Up to date'), 'received');
  await render();
  return keepForms();
}

/** Drafts of my other phones, what came back, what is to be read without a connection. @param {ServerVisit[]} rows */
async function shareDrafts(rows) {
  const [{ takeNews }, { fetchDrafts }, { syncDraft }] = await Promise.all([
    import('./sync/server-visits.js'),
    import('./sync/server-drafts.js'),
    import('./sync/drafts.js'),
  ]);
  await takeNews({ store, rows, readVisit });
  if ((await store.toSend()).length) sender.nudge(); // photos that another phone's sending waits for
  await fetchDrafts({ store, drafts });
  for (const { id } of await store.visits()) await syncDraft({ store, drafts, id });
}

/** What is assigned, and what is begun, opens without a connection from now on. */
async function keepForms() {
  const rows = [...(await assignmentsIn(store)), ...(await store.visits())];
  const isReady = await offline.keep([
    ...new Set(rows.map((row) => new URL(row.form_url, location.href).pathname)),
  ]);
  if (isReady) $('ready').textContent = t('Opens without a connection');
}

async function showUpdate() {
  const isWaiting = offline.isUpdateWaiting();
  $('update').hidden = !isWaiting;
  if (!isWaiting) return;
  const isFree = unsentOf(await store.visits()).length === 0;
  one($('update'), 'button').hidden = !isFree;
  one($('update'), 'span').textContent = isFree ? t('A new release of these pages is ready.') : t(
    'A new release of these pages is ready. It can begin once everything on this phone is sent.',
  );
}

one($('update'), 'button').addEventListener('click', () => offline.update());

// ---- the list

let nRenders = 0;

/** Photos of each visit, counted. @param {Visit[]} visits @returns {Promise<Map<string, ReturnType<typeof picturesOf>>>} */
async function allPictures(visits) {
  return new Map(
    await Promise.all(
      visits.map(/** @returns {Promise<[string, ReturnType<typeof picturesOf>]>} */ async (
        { id },
      ) => [id, picturesOf(await store.photosOf(id))]),
    ),
  );
}

async function render() {
  nRenders += 1;
  const turn = nRenders;
  const [assignments, visits, sent] = await Promise.all([
    assignmentsIn(store),
    store.visits(),
    sentIn(store),
  ]);
  const pictures = await allPictures(visits);
  if (turn !== nRenders) return; // a later one knows more
  const groups = groupsOf({ assignments, visits, pictures, sent, progress, now: Date.now() });
  const shown = Object.entries(groups).filter(([, rows]) => rows.length);
  const focused =
    /** @type {HTMLAnchorElement | null | undefined} */ (document.activeElement?.closest('a.row'))
      ?.href;
  showGroups(shown.map(([name, rows]) => groupElement(name, rows)));
  $('groups').removeAttribute('aria-busy');
  /** @type {HTMLAnchorElement[]} */
  const rows = all($('groups'), 'a.row');
  if (focused) rows.find((row) => row.href === focused)?.focus();
  $('nothing').hidden = shown.length > 0;
  $('unsent').textContent = unsentLine(visits);
  const who = await store.meta('who');
  const nudge = nudgeLine(visits, Date.now());
  $('nudge').textContent = nudge;
  $('nudge').hidden = !nudge;
  $('export').hidden = !unsentOf(visits).length;
  $('who').textContent = who ? t('Signed in as {name}', { name: who.name }) : '';
  $('sign-out').hidden = !who;
  showUpdate();
  $('send-now').hidden = !visits.some((visit) => ['waiting', 'accepted'].includes(visit.state)) &&
    ![...pictures.values()].some(({ refused }) => refused.length);
}

/** What is the same stays: a row that is replaced under a finger takes no tap. @param {Element[]} groups */
function showGroups(groups) {
  const before = [...$('groups').children];
  const isSame = groups.length === before.length &&
    groups.every((group, at) => group.isEqualNode(before[at]));
  if (!isSame) $('groups').replaceChildren(...groups);
}

/** @param {string} name @param {import('./list/rows.js').Row[]} rows */
function groupElement(name, rows) {
  const group = copyOf($('group'));
  one(group, 'h2').textContent = TITLES[name];
  one(group, 'h2').id = `group-${name}`;
  group.setAttribute('aria-labelledby', `group-${name}`);
  one(group, 'ul').append(...rows.map(rowElement));
  return group;
}

/** @param {import('./list/rows.js').Row} row */
function rowElement(row) {
  const item = copyOf($('row'));
  /** @type {HTMLAnchorElement} */
  const link = one(item, 'a');
  // A new release has a new address, and each language its own, so that a form may be cached for good.
  if (row.link) link.href = `${row.link.path}?l=${LANGUAGE}&r=${page.release}#${row.link.fragment}`;
  one(item, '.row-name').textContent = row.name;
  one(item, '.state').textContent = row.state;
  one(item, '.state').dataset.tone = row.tone;
  one(item, '.row-about').textContent = row.about;
  return item;
}

// ---- sending

/** @param {Progress | null} next */
function report(next) {
  progress = next;
  render();
}

/** @param {string} outcome @param {Error} [error] */
async function roundEnded(outcome, error) {
  await render();
  trouble(error ? `${inWords(outcome)} (${error.message}).` : '');
  if (outcome === 'sign-in') await askToSignIn(inWords(outcome));
  else if (outcome === 'other') await refresh();
  else if (['offline', 'later', 'unanswered'].includes(outcome)) {
    connection(inWords(outcome), 'todo');
  } else if (outcome === 'sent') await refresh();
}

$('export').addEventListener('click', async () => {
  const { download, exportOf } = await import('./list/export.js');
  const unsent = unsentOf(await store.visits());
  download(
    await exportOf(store, unsent),
    `plumbline-unsent-${new Date().toISOString().slice(0, 10)}.json`,
  );
});

$('send-now').addEventListener('click', async () => {
  await retryPhotos(store);
  await sender.nudge();
});

$('languages').addEventListener(
  'click',
  async (/** @type {import('./types.js').Tap} */ { target }) => {
    const { language } = target.dataset;
    if (!language || (await speak(language, offline))) return;
    const said = t(
      'The pages in {language} are not on this phone yet: choose it again when there is a connection.',
      {
        language: target.textContent,
      },
    );
    trouble(said);
  },
);

// ---- leaving

/** @type {HTMLFormElement} */
const leaving = $('sign-out');
/** @type {HTMLDialogElement} */
const warning = $('sign-out-warning');

leaving.addEventListener('submit', async (event) => {
  event.preventDefault();
  const unsent = unsentOf(await store.visits());
  if (!unsent.length) return leave();
  $('sign-out-unsent').textContent = t('{unsent}: {locations}.', {
    unsent: unsentLine(unsent),
    locations: unsent.map((visit) => visit.location.name).join(', '),
  });
  warning.returnValue = '';
  return warning.showModal();
});

warning.addEventListener('close', () => {
  if (warning.returnValue === 'leave') leave();
});

/** The plan goes from this phone with its reader; unsent visits stay for them. */
async function leave() {
  if (!(await signOut(leaving.action))) {
    return trouble(
      t('You are still signed in, as the server did not answer. Sign out again when there is a connection.'),
    );
  }
  await forgetLists(store);
  return location.assign(SIGN_IN);
}

open().catch((error) =>
  trouble(
    t('{reason} Reload the page; if that does not help, restart the browser.', {
      reason: error.message,
    }),
  )
);
