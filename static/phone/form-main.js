/** The form's page: finds the visit, hands each tap and key to the modules, and sends when the auditor is done. */
import {
  addInteraction, complete, interactionOf, isOpen, markMoment, moveUp, patchAnswer, removeInteraction,
  renameInteraction, restoreInteraction, startInteraction,
} from './draft.js';
import { VisitClosed, startEditing } from './editing.js';
import { placeOf } from './errors.js';
import { patchOfDeed, patchOfInput, readOutline } from './form.js';
import { interactionName } from './names.js';
import { drafts, readVisit, send, whoAmI } from './network.js';
import { buildPayload } from './payload.js';
import { UnreadablePhoto, preparePhoto } from './photos.js';
import { createScreen } from './screen.js';
import { inWords, keepSending } from './sending.js';
import { picturesOf, stateOf } from './state.js';
import { createStatus } from './status.js';
import { indexOfStep } from './steps.js';
import { createStore } from './store.js';
import { atTime } from './times.js';

const $ = (id) => document.getElementById(id);
const now = () => new Date().toISOString();
const version = Number(document.body.dataset.version);
const isPreview = document.body.dataset.preview !== undefined;
const sections = readOutline(document);
const status = createStatus({ state: $('saved'), trouble: $('trouble') });

/** @type {import('./types.js').Visit} */
let visit;
let store;
/** @type {import('./types.js').Photo[]} */
let photos = [];
let screen;
let editing;
let sender;
let progress = null;
let undo = () => {};
let isReading = false;
let nReading = 0; // photos that are being shrunk

// ---- opening

async function open() {
  if (!globalThis.isSecureContext) {
    return status.warn('This address begins with http. Phones keep visits only for https addresses: ask for that one.');
  }
  store = isPreview
    ? (await import('./preview.js')).createPreview(version, $('where').textContent)
    : createStore();
  visit = await findVisit();
  if (!visit) return status.warn('This visit is not on this phone. Go back to your visits and open it from there.');
  if (visit.version !== version) return location.replace(new URL(visit.form_url, location.href).pathname + location.hash); // an old link
  photos = await store.photosOf(visit.id);
  screen = createScreen({ visit, photos, sections, isPreview });
  editing = startEditing({ store, visit, saving: status.saving, saved, failed: couldNotSave });
  $('where').textContent = visit.location.name;
  document.title = `${visit.location.name} · Plumbline`;
  $('stage').removeAttribute('aria-busy');
  const { step, criterion } = visit.place;
  if (isOpen(visit)) show(indexOfStep(screen.steps(), step), { criterion, moves: false });
  if (isOpen(visit) && step === 'covert') await goCovert();
  showState();
  setInterval(screen.tickTimers, 500);
  if (isPreview) return undefined;
  navigator.storage?.persist?.();
  warnOfFullStorage();
  if (isReading) return undefined;
  if (isOpen(visit)) tellPlace();
  addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && share());
  sender = keepSending({ store, whoAmI, send, report, ended: roundEnded });
  return undefined;
}

/** The visit that the address names; for an assignment the one that was begun, or a new one. */
async function findVisit() {
  const [, what, id] = /^#(visit|assignment|sent)=([\w-]+)$/.exec(location.hash) ?? [];
  if (isPreview || what === 'assignment') {
    const asksInteractions = sections.some((section) => section.asked === 'interaction');
    const interactionId = asksInteractions ? crypto.randomUUID() : null;
    const ids = { assignmentId: Number(id), id: crypto.randomUUID(), interactionId };
    return named(await store.begin({ ...ids, version, at: now() }));
  }
  if (what === 'sent') return readSent(id);
  const found = what ? ((await store.visit(id)) ?? (await recover(id))) : await lastDraft();
  return named(found?.owner === (await store.meta('user')) ? found : null);
}

/** This browser was wiped, or the visit began on another phone: the server has the draft. */
async function recover(id) {
  const me = await whoAmI();
  if (typeof me === 'string') return null;
  await store.signedInAs(me);
  const { fetchDrafts } = await import('./drafts.js');
  await fetchDrafts({ store, drafts });
  return store.visit(id);
}

/** One of my own visits, only to read. */
async function readSent(id) {
  const row = await store.sentOne(id);
  if (!row?.content) return null;
  isReading = true;
  const { visitFrom } = await import('./content.js');
  return visitFrom(row, await store.meta('user'));
}

/** A part that not every visit needs; null when it is not on this phone and there is no connection. */
const later = (load) => load().catch(() => null);

function named(found) {
  if (found && !isPreview) history.replaceState(null, '', `#visit=${found.id}`);
  return found;
}

/** Signing in again drops the part of the address that names the visit. */
const lastDraft = async () =>
  (await store.visits())
    .filter((each) => each.version === version && isOpen(each))
    .sort((a, b) => a.changed_at.localeCompare(b.changed_at))
    .at(-1);

// ---- showing

function show(index, options) {
  screen.show(index, options);
  const { id, scope } = screen.step();
  if (visit.place.step === id) return;
  const startedAt = interactionOf(visit, scope)?.started_at ?? now();
  const criterion = options?.criterion ?? null;
  editing.change((kept) => {
    kept.place = { step: id, criterion };
    startInteraction(kept, scope, startedAt);
  });
  screen.showHead();
}

function showState() {
  if (isPreview) return status.say('Nothing is kept', 'todo');
  if (isOpen(visit)) return status.saved(visit.changed_at);
  document.body.classList.remove('covert');
  const shown = stateOf(visit, picturesOf(photos), progress);
  screen.showDone(shown);
  showAnswers();
  return status.say(shown.state, shown.tone);
}

/** Under the state of a complete visit: all that it says; and where the server has other answers, the choice. */
async function showAnswers() {
  const part = (name) => $('step').querySelector(`[data-part="${name}"]`);
  const found = await later(() => import('./reading.js'));
  if (!found) return;
  part('answers')?.replaceChildren(found.buildReading(visit, sections));
  if (visit.state !== 'conflict' || !visit.stored) return;
  const { showConflict } = await import('./conflict.js');
  showConflict({ box: part('choosing'), visit, sections, store, readVisit, done: settled });
}

/** The auditor has chosen between the two versions. */
async function settled() {
  await reload();
  if (isOpen(visit)) show(screen.renewSteps().length - 1);
  else showState();
  return sender.nudge();
}

// ---- the server's copy

const SHARE_AGAIN_MS = 30_000;
const FIRST_SHARE_MS = 2000;
let changedDraft = null;
let firstShare = null;
let sharingLater;

function saved() {
  showState();
  if (changedDraft) changedDraft();
  else firstShare ??= setTimeout(share, FIRST_SHARE_MS); // the page comes first
}

/** Saves the draft on the server too; what another phone changed comes in. */
async function share() {
  const found = await later(() => import('./drafts.js'));
  if (found) changedDraft ??= found.debounced(share);
  const outcome = found ? await found.syncDraft({ store, drafts, id: visit.id }) : 'offline';
  if (outcome === 'merged') await takeMerged();
  clearTimeout(sharingLater);
  if (['offline', 'later'].includes(outcome)) sharingLater = setTimeout(share, SHARE_AGAIN_MS);
}

async function takeMerged() {
  await reload();
  if (!editing.isSaved()) setTimeout(takeMerged, 500);
}

$('asked').querySelector('button').addEventListener('click', async () => {
  const [{ buildChoosing }, { choose, leafOf }] = await Promise.all([import('./reading.js'), import('./merge.js')]);
  const chosen = (question, takesTheirs) => {
    editing.change((kept) => choose(kept, question, takesTheirs));
    if (visit.asked.length) return fillDialog();
    $('choosing').close();
    return show(screen.index(), { moves: false });
  };
  const fillDialog = () =>
    $('choosing').querySelector('div').replaceChildren(
      buildChoosing({ questions: visit.asked, leafOf, visit, sections, names: ['This phone', 'The other phone'], chosen }),
    );
  fillDialog();
  $('choosing').showModal();
});

const LOW_BYTES = 30_000_000;

async function warnOfFullStorage() {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota === undefined || quota - usage > LOW_BYTES) return;
  status.stand('This phone is almost full: photos may soon not be kept. Free some space, or send what waits.');
}

async function tellPlace() {
  const found = await later(() => import('./place.js'));
  if (!found) return;
  const { placeInWords, whereAmI } = found;
  const show = () => {
    const line = $('step').querySelector('[data-part="told"]');
    if (line) line.textContent = placeInWords(visit.told, visit.location);
  };
  show();
  if (visit.told) return;
  const told = await whereAmI();
  if (!told || !isOpen(visit)) return;
  editing.change((kept) => void (kept.told = told));
  show();
}

// ---- covert

async function goCovert() {
  const found = await later(() => import('./covert.js'));
  if (!found) return status.warn('This page is not on this phone yet: open it once with a connection.');
  const { buildCovert, prefill } = found;
  editing.change((kept) => void (kept.place = { step: 'covert', criterion: null }));
  document.body.classList.add('covert');
  document.title = 'Notes';
  const tap = (what) => {
    const at = now();
    editing.change((kept) => void (kept.taps = [...kept.taps, { what, at }]));
  };
  const report = () => {
    const ids = visit.taps.map(() => crypto.randomUUID());
    editing.change((kept) => {
      prefill(kept, ids);
      kept.place = { step: '', criterion: null };
    });
    document.body.classList.remove('covert');
    document.title = `${visit.location.name} · Plumbline`;
    show(0);
  };
  $('step').replaceChildren(
    buildCovert({
      visit,
      tapped: tap,
      untapped: () => editing.change((kept) => void (kept.taps = kept.taps.slice(0, -1))),
      noted: (text) => editing.change((kept) => void (kept.hidden_notes = text)),
      report,
    }),
  );
  return undefined;
}

$('moments').addEventListener('click', ({ target }) => {
  const moment = target.closest('button')?.dataset.moment;
  if (!moment) return;
  const { scope } = screen.step();
  const before = interactionOf(visit, scope)[moment];
  const mark = (at) => {
    editing.change((kept) => markMoment(kept, scope, moment, at));
    screen.refresh();
  };
  if (before) offerUndo('Time taken back.', () => mark(before));
  mark(before ? null : now());
});

async function couldNotSave(error) {
  if (!(error instanceof VisitClosed)) return status.notSaved(error);
  await reload();
  return status.warn(error.message);
}

/** The store may know more than the screen: the queue or another tab has been at it. */
async function reload() {
  const before = editing.nChanges();
  const [kept, pictures] = [await store.visit(visit.id), await store.photosOf(visit.id)];
  if (!kept) return;
  const isTyping = !editing.isSaved() || editing.nChanges() !== before;
  if (isOpen(kept) && isTyping) return;
  const isOther = kept.state !== visit.state;
  const { place } = visit;
  Object.assign(visit, kept, isOpen(kept) && { place });
  photos.splice(0, Infinity, ...pictures);
  if (!isOpen(visit)) showState();
  else if (isOther) {
    show(screen.renewSteps().length - 1);
    showState();
  } else if (screen.hasSameSteps()) screen.refresh();
  else show(indexOfStep(screen.renewSteps(), place.step), { moves: false });
}

// ---- answering

function answer(key, patch) {
  const { scope, id } = screen.step();
  const isAbout = ({ where }, payload) => {
    const place = placeOf(where, payload);
    return place?.scope === scope && place.criterion === key;
  };
  editing.change((kept) => {
    patchAnswer(kept, scope, key, patch);
    kept.errors = kept.errors.filter((error) => !isAbout(error, kept.payload));
    kept.remarks = (kept.remarks ?? []).filter((remark) => remark.scope !== scope || remark.criterion !== key);
    kept.place = { step: id, criterion: key };
  });
  screen.refresh();
}

$('step').addEventListener('input', ({ target }) => {
  if (target.dataset.part === 'visit-note') {
    const note = target.value;
    return editing.change((kept) => void (kept.note = note));
  }
  if (target.dataset.part === 'not-completed-reason') {
    const reason = target.value;
    return editing.change((kept) => void (kept.not_completed_reason = reason));
  }
  const fieldset = target.closest('[data-criterion]');
  const patch = fieldset && patchOfInput(target, fieldset);
  return patch && answer(fieldset.dataset.criterion, patch);
});

$('step').addEventListener('change', ({ target }) => {
  const { part } = target.dataset;
  if (part === 'photo') return takePhoto(target);
  const { timezone } = visit.location;
  if (part === 'arrived' && target.value) {
    const at = atTime(visit.started_at, target.value, timezone);
    return editing.change((kept) => void (kept.started_at = at));
  }
  if (part !== 'left') return undefined;
  const at = target.value ? atTime(now(), target.value, timezone) : null;
  return editing.change((kept) => void (kept.left_at = at));
});

$('step').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (!button) return undefined;
  const { deed, go, criterion, restore, photo, up } = button.dataset;
  if (up) {
    editing.change((kept) => moveUp(kept, up));
    return show(screen.renewSteps().length - 1);
  }
  if (deed === 'covert') return goCovert();
  if (go) return show(indexOfStep(screen.steps(), go), { criterion });
  if (restore) return bringBack(restore);
  if (deed === 'send') return sender.nudge();
  if (deed === 'drop-photo') return dropPhoto(photo);
  const fieldset = button.closest('[data-criterion]');
  if (!fieldset) return undefined; // a choice or a tap, with an owner of its own
  const patch = patchOfDeed(button, fieldset, screen.answerOf(fieldset.dataset.criterion), Date.now());
  return patch && answer(fieldset.dataset.criterion, patch);
});

// ---- interactions

$('add').addEventListener('click', () => {
  const [id, at] = [crypto.randomUUID(), now()];
  editing.change((kept) => addInteraction(kept, id, at));
  leaveTo(screen.renewSteps().findIndex((step) => step.scope === id));
});

$('rename').addEventListener('click', () => {
  $('naming-field').value = interactionOf(visit, screen.step().scope).label;
  $('naming').returnValue = '';
  $('naming').showModal();
});

$('naming').addEventListener('close', () => {
  if ($('naming').returnValue !== 'save') return;
  const { scope } = screen.step();
  const label = $('naming-field').value;
  editing.change((kept) => renameInteraction(kept, scope, label));
  screen.showHead();
});

$('remove').addEventListener('click', () => {
  const { scope } = screen.step();
  const [name, at] = [interactionName(visit, scope), now()];
  const before = screen.steps().findIndex((step) => step.scope === scope) - 1;
  editing.change((kept) => removeInteraction(kept, scope, at));
  leaveTo(Math.max(0, before));
  offerUndo(`${name} removed.`, () => bringBack(scope));
});

function bringBack(id) {
  editing.change((kept) => restoreInteraction(kept, id));
  leaveTo(screen.renewSteps().findIndex((step) => step.scope === id));
}

function offerUndo(sentence, deed) {
  undo = deed;
  $('undo').querySelector('span').textContent = sentence;
  $('undo').hidden = false;
}

$('undo').querySelector('button').addEventListener('click', () => {
  $('undo').hidden = true;
  undo();
});

// ---- photos

async function takePhoto(input) {
  const [file] = input.files;
  if (!file) return;
  const criterion = input.closest('[data-criterion]').dataset.criterion;
  const { scope } = screen.step();
  const id = crypto.randomUUID();
  nReading += 1;
  status.say('Keeping the photo…', 'sending');
  try {
    const made = await preparePhoto(file);
    const interaction = scope === 'visit' ? null : scope;
    const fresh = { removed_at: null, sent_at: null, refused: '' };
    const photo = { id, visit: visit.id, interaction, criterion, ...made, ...fresh };
    await store.addPhoto(photo);
    photos.push(photo);
    await editing.change(() => {});
  } catch (error) {
    showState();
    if (error instanceof UnreadablePhoto) status.warn(error.message);
    else await couldNotSave(error);
  } finally {
    nReading -= 1;
    input.value = '';
  }
  if (isOpen(visit)) screen.refresh();
}

async function markPhoto(id, removedAt) {
  const mark = (photo) => void (photo.removed_at = removedAt);
  try {
    await store.changePhoto(id, mark);
    mark(photos.find((photo) => photo.id === id));
    await editing.change(() => {});
  } catch (error) {
    await couldNotSave(error);
  }
  screen.refresh();
}

function dropPhoto(id) {
  offerUndo('Photo removed.', () => markPhoto(id, null));
  return markPhoto(id, now());
}

// ---- going on, and sending

$('jump').addEventListener('click', () => {
  const here = document.activeElement?.closest?.('[data-criterion]')?.dataset.criterion ?? visit.place.criterion;
  const next = screen.nextOpen(here);
  if (next) show(next.index, { criterion: next.criterion });
});

$('back').addEventListener('click', () => leaveTo(screen.index() - 1));
$('overview').addEventListener('click', () => leaveTo(screen.steps().length - 1));
$('next').addEventListener('click', () => (screen.step().section ? leaveTo(screen.index() + 1) : submit()));

function leaveTo(index) {
  $('undo').hidden = true;
  show(index);
}

async function submit() {
  if (nReading) return status.warn('A photo is still being kept. Send again in a moment.');
  const at = now();
  const clockOffset = (await store.meta('clock_offset_ms')) ?? null;
  const pictures = await store.photosOf(visit.id);
  $('next').disabled = true;
  // Built from the store's copy: another tab may have answered too.
  const isComplete = await editing.close((kept) => {
    complete(kept, buildPayload({ visit: kept, photos: pictures, sections, clockOffset, at }), at);
  });
  $('next').disabled = false;
  if (!isComplete) return undefined;
  $('undo').hidden = true;
  scrollTo(0, 0);
  $('title').focus({ preventScroll: true });
  return sender.nudge();
}

function report(next) {
  progress = next;
  if (!isOpen(visit)) showState();
}

async function roundEnded(outcome, error) {
  await reload();
  if (isOpen(visit)) return error && status.warn(`${inWords(outcome)} (${error.message}).`);
  showState();
  if (outcome === 'sign-in') return askToSignIn();
  const isWaiting = ['waiting', 'accepted'].includes(visit.state);
  return status.inform(isWaiting && inWords(outcome) ? `${inWords(outcome)}.` : '');
}

let openSignIn = null;

async function askToSignIn() {
  status.inform('Sign in to send.');
  const found = await later(() => import('./session.js'));
  if (!found) return;
  openSignIn ??= found.createSignIn($('sign-in'), () => {
    status.inform('');
    sender.nudge();
  });
  const { email } = (await store.meta('who')) ?? {};
  $('trouble').replaceChildren('Sign in to send. ', found.signInButton('Sign in', () => openSignIn(email)));
}

open().catch((error) => status.warn(`This page could not open what this phone keeps (${error.message}). Reload it.`));
