/** The list's page: shows what the phone keeps, asks the server for news, sends what waits. */
import { groupsOf, unsentLine, unsentOf } from './list.js';
import { fetchLists, send } from './network.js';
import { inWords, keepSending } from './sending.js';
import { picturesOf } from './state.js';
import { createStore } from './store.js';

const TITLES = { needs: 'Needs you', today: 'Today', later: 'Later', sent: 'Sent' };
const REFRESH_MS = 5 * 60_000;

const $ = (id) => document.getElementById(id);
const page = document.body.dataset;
const store = createStore();
let progress = null;
let sender;
let asking = null;

async function open() {
  if (!globalThis.isSecureContext) {
    throw new Error('This address begins with http. Phones keep visits only for https addresses: ask for that one.');
  }
  await store.signedInAs(Number(page.user));
  await store.prune(Date.now());
  await render();
  sender = keepSending({ store, send, report, ended: roundEnded });
  await refresh();
  setInterval(refresh, REFRESH_MS);
  addEventListener('pageshow', (event) => event.persisted && refresh());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && refresh());
}

function trouble(sentence) {
  $('trouble').textContent = sentence;
  $('trouble').hidden = !sentence;
}

/** @param {string} text @param {string} tone */
function connection(text, tone, href = '') {
  const shown = href ? Object.assign(document.createElement('a'), { href, textContent: text }) : text;
  $('connection').replaceChildren(shown);
  $('connection').dataset.tone = tone;
}

/** News from the server; without any, what was kept before stays. */
function refresh() {
  asking ??= fetchNews().finally(() => {
    asking = null;
  });
  return asking;
}

async function fetchNews() {
  const news = await fetchLists();
  if (news === 'sign-in') return connection('Sign in again', 'wrong', page.signIn);
  if (news === 'offline') return connection('No connection', 'todo');
  await store.keepAssignments(news.assignments);
  await store.keepSent(news.sent);
  if (news.clockOffset !== null) await store.setMeta('clock_offset_ms', news.clockOffset);
  connection('Up to date', 'received');
  return render();
}

// ---- the list

let nRenders = 0;

/** Photos of each visit, counted. */
async function allPictures(visits) {
  return new Map(await Promise.all(visits.map(async ({ id }) => [id, picturesOf(await store.photosOf(id))])));
}

async function render() {
  nRenders += 1;
  const turn = nRenders;
  const [assignments, visits, sent] = await Promise.all([store.assignments(), store.visits(), store.sent()]);
  const pictures = await allPictures(visits);
  if (turn !== nRenders) return; // a later one knows more
  const groups = groupsOf({ assignments, visits, pictures, sent, progress, now: Date.now() });
  const shown = Object.entries(groups).filter(([, rows]) => rows.length);
  const focused = document.activeElement?.closest?.('.row')?.href;
  $('groups').replaceChildren(...shown.map(([name, rows]) => groupElement(name, rows)));
  $('groups').removeAttribute('aria-busy');
  if (focused) [...$('groups').querySelectorAll('a.row')].find((row) => row.href === focused)?.focus();
  $('nothing').hidden = shown.length > 0;
  $('unsent').textContent = unsentLine(visits);
  $('send-now').hidden = !visits.some((visit) => ['waiting', 'accepted'].includes(visit.state))
    && ![...pictures.values()].some(({ refused }) => refused.length);
}

function groupElement(name, rows) {
  const group = $('group').content.firstElementChild.cloneNode(true);
  group.querySelector('h2').textContent = TITLES[name];
  group.querySelector('h2').id = `group-${name}`;
  group.setAttribute('aria-labelledby', `group-${name}`);
  group.querySelector('ul').append(...rows.map(rowElement));
  return group;
}

function rowElement(row) {
  const item = $('row').content.firstElementChild.cloneNode(true);
  const link = item.querySelector('a');
  // A new release has a new address, so that the form of an old one may be cached for good.
  if (row.link) link.href = `${row.link.path}?r=${page.release}#${row.link.fragment}`;
  item.querySelector('.row-name').textContent = row.name;
  item.querySelector('.state').textContent = row.state;
  item.querySelector('.state').dataset.tone = row.tone;
  item.querySelector('.row-about').textContent = row.about;
  return item;
}

// ---- sending

function report(next) {
  progress = next;
  render();
}

async function roundEnded(outcome, error) {
  await render();
  trouble(error ? `${inWords(outcome)} (${error.message}).` : '');
  if (outcome === 'sign-in') connection(inWords(outcome), 'wrong', page.signIn);
  else if (outcome === 'offline' || outcome === 'later') connection(inWords(outcome), 'todo');
  else if (outcome === 'sent') await refresh();
}

$('send-now').addEventListener('click', async () => {
  await store.retryPhotos();
  await sender.nudge();
});

// ---- leaving

let isLeaving = false;

$('sign-out').addEventListener('submit', async (event) => {
  const token = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  if (token) $('sign-out').elements.csrfmiddlewaretoken.value = token;
  if (isLeaving) return;
  event.preventDefault();
  const unsent = unsentOf(await store.visits());
  if (unsent.length) {
    $('sign-out-unsent').textContent = `${unsentLine(unsent)}: ${unsent.map((visit) => visit.location.name).join(', ')}.`;
    $('sign-out-warning').returnValue = '';
    $('sign-out-warning').showModal();
  } else await leave();
});

$('sign-out-warning').addEventListener('close', () => {
  if ($('sign-out-warning').returnValue === 'leave') leave();
});

/** The plan goes from this phone with its reader; unsent visits stay for them. */
async function leave() {
  await store.forgetLists();
  isLeaving = true;
  $('sign-out').requestSubmit();
}

open().catch((error) => trouble(`${error.message} Reload the page; if that does not help, restart the browser.`));
