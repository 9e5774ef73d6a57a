/** The form's page: finds the visit, hands each tap and key to the modules, and sends when the auditor is done. */
import {
  addInteraction, complete, interactionOf, isOpen, patchAnswer, removeInteraction, renameInteraction,
  restoreInteraction, startInteraction,
} from './draft.js';
import { VisitClosed, startEditing } from './editing.js';
import { placeOf } from './errors.js';
import { patchOfDeed, patchOfInput, readOutline } from './form.js';
import { interactionName } from './names.js';
import { send, whoAmI } from './network.js';
import { buildPayload } from './payload.js';
import { UnreadablePhoto, preparePhoto } from './photos.js';
import { createScreen } from './screen.js';
import { inWords, keepSending } from './sending.js';
import { createSignIn, signInButton } from './session.js';
import { picturesOf, stateOf } from './state.js';
import { createStatus } from './status.js';
import { indexOfStep } from './steps.js';
import { createStore } from './store.js';

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
  if (visit.version !== version) return location.replace(new URL(visit.form_url).pathname + location.hash); // an old link
  photos = await store.photosOf(visit.id);
  screen = createScreen({ visit, photos, sections, isPreview });
  editing = startEditing({ store, visit, saving: status.saving, saved: showState, failed: couldNotSave });
  $('where').textContent = visit.location.name;
  document.title = `${visit.location.name} · Plumbline`;
  $('stage').removeAttribute('aria-busy');
  const { step, criterion } = visit.place;
  if (isOpen(visit)) show(indexOfStep(screen.steps(), step), { criterion, moves: false });
  showState();
  setInterval(screen.tickTimers, 500);
  if (isPreview) return undefined;
  navigator.storage?.persist?.();
  sender = keepSending({ store, whoAmI, send, report, ended: roundEnded });
  return undefined;
}

/** The visit that the address names; for an assignment the one that was begun, or a new one. */
async function findVisit() {
  const [, what, id] = /^#(visit|assignment)=([\w-]+)$/.exec(location.hash) ?? [];
  if (isPreview || what === 'assignment') {
    const asksInteractions = sections.some((section) => section.asked === 'interaction');
    const interactionId = asksInteractions ? crypto.randomUUID() : null;
    const ids = { assignmentId: Number(id), id: crypto.randomUUID(), interactionId };
    return named(await store.begin({ ...ids, version, at: now() }));
  }
  const found = what ? await store.visit(id) : await lastDraft();
  return named(found?.owner === (await store.meta('user')) ? found : null);
}

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
  const shown = stateOf(visit, picturesOf(photos), progress);
  screen.showDone(shown);
  return status.say(shown.state, shown.tone);
}

async function couldNotSave(error) {
  if (!(error instanceof VisitClosed)) return status.notSaved(error);
  await reload();
  return status.warn(error.message);
}

/** The store may know more than the screen: the queue or another tab has been at it. */
async function reload() {
  const before = editing.nChanges();
  const [kept, pictures] = [await store.visit(visit.id), await store.photosOf(visit.id)];
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
    kept.place = { step: id, criterion: key };
  });
  screen.refresh();
}

$('step').addEventListener('input', ({ target }) => {
  if (target.dataset.part === 'visit-note') {
    const note = target.value;
    return editing.change((kept) => void (kept.note = note));
  }
  const fieldset = target.closest('[data-criterion]');
  const patch = fieldset && patchOfInput(target, fieldset);
  return patch && answer(fieldset.dataset.criterion, patch);
});

$('step').addEventListener('change', ({ target }) => target.dataset.part === 'photo' && takePhoto(target));

$('step').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (!button) return undefined;
  const { deed, go, criterion, restore, photo } = button.dataset;
  if (go) return show(indexOfStep(screen.steps(), go), { criterion });
  if (restore) return bringBack(restore);
  if (deed === 'send') return sender.nudge();
  if (deed === 'drop-photo') return dropPhoto(photo);
  const fieldset = button.closest('[data-criterion]');
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

const openSignIn = createSignIn($('sign-in'), () => {
  status.inform('');
  sender.nudge();
});

async function askToSignIn() {
  const { email } = (await store.meta('who')) ?? {};
  status.inform('Sign in to send.');
  $('trouble').append(' ', signInButton('Sign in', () => openSignIn(email)));
}

open().catch((error) => status.warn(`This page could not open what this phone keeps (${error.message}). Reload it.`));
