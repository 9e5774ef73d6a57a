/** The form's page: finds the visit, shows one step at a time, hands each tap and key to the modules. */
import { buildCheck, buildDone } from './check.js';
import { shownIn } from './conditions.js';
import {
  addInteraction, answersOf, complete, interactionOf, isOpen, liveInteractions, patchAnswer, removeInteraction,
  renameInteraction, restoreInteraction, startInteraction,
} from './draft.js';
import { VisitClosed, startEditing } from './editing.js';
import { placeOf } from './errors.js';
import { fill, patchOfDeed, patchOfInput, readOutline, tick } from './form.js';
import { stateOf } from './list.js';
import { interactionCrumb, interactionName } from './names.js';
import { send } from './network.js';
import { buildPayload } from './payload.js';
import { preparePhoto, UnreadablePhoto } from './photos.js';
import { createPreview } from './preview.js';
import { inWords, keepSending } from './sending.js';
import { indexOfStep, stepsOf, unansweredIn } from './steps.js';
import { createStore } from './store.js';
import { timeOf } from './times.js';

const $ = (id) => document.getElementById(id);
const now = () => new Date().toISOString();
const version = Number(document.body.dataset.version);
const isPreview = document.body.dataset.preview !== undefined;
const sections = readOutline(document);
const store = isPreview ? createPreview(version, $('where').textContent) : createStore();

/** @type {import('./types.js').Visit} */
let visit;
/** @type {import('./types.js').Photo[]} */
let photos = [];
let steps = [];
let current = 0;
let editing;
let sender;
let progress = null;
let undoing = null;
let reading = 0; // photos that are being shrunk
const pictures = new Map(); // object addresses of photos on the page

// ---- finding the visit

async function findVisit() {
  const [, what, id] = /^#(visit|assignment)=([\w-]+)$/.exec(location.hash) ?? [];
  if (isPreview || what === 'assignment') {
    const hasInteractions = sections.some((section) => section.asked === 'interaction');
    const found = await store.begin({
      assignmentId: Number(id),
      id: crypto.randomUUID(),
      interactionId: hasInteractions ? crypto.randomUUID() : null,
      version,
      at: now(),
    });
    if (found && !isPreview) history.replaceState(null, '', `#visit=${found.id}`);
    return found;
  }
  const found = what ? await store.visit(id) : await lastDraft();
  if (found && !what) history.replaceState(null, '', `#visit=${found.id}`);
  return found?.owner === (await store.meta('user')) ? found : null;
}

/** Signing in again drops the part of the address that names the visit. */
const lastDraft = async () =>
  (await store.visits())
    .filter((each) => each.version === version && isOpen(each))
    .sort((a, b) => a.changed_at.localeCompare(b.changed_at))
    .at(-1);

async function open() {
  if (!globalThis.isSecureContext) {
    return trouble('This address begins with http. Phones keep visits only for https addresses: ask for that one.');
  }
  const found = await findVisit();
  if (!found) return trouble('This visit is not on this phone. Go back to your visits and open it from there.');
  visit = found;
  photos = await store.photosOf(visit.id);
  editing = startEditing({ store, visit, saved: showSaved, failed: couldNotSave });
  $('where').textContent = visit.location.name;
  document.title = `${visit.location.name} · Plumbline`;
  $('head').hidden = false;
  $('stage').removeAttribute('aria-busy');
  const { criterion } = visit.place;
  steps = stepsOf(visit, sections);
  show(indexOfStep(steps, visit.place.step), { criterion, moves: false });
  showState();
  setInterval(tickTimers, 500);
  if (isPreview) return undefined;
  navigator.storage?.persist?.();
  sender = keepSending({ store, send, report, ended: roundEnded });
  return undefined;
}

// ---- what the top of the page says

function trouble(sentence) {
  $('trouble').textContent = sentence;
  $('trouble').hidden = !sentence;
}

function say(text, tone) {
  if ($('saved').textContent !== text) $('saved').textContent = text;
  $('saved').dataset.tone = tone;
}

function showState() {
  if (isPreview) return say('Nothing is kept', 'todo');
  if (isOpen(visit)) return showSaved(visit.changed_at);
  const { state, tone } = stateOf(visit, { unsent: unsentPhotos() }, progress);
  return visit.state === 'conflict' ? say('Not accepted', 'wrong') : say(state, tone);
}

const unsentPhotos = () => photos.filter((photo) => !photo.removed_at && !photo.sent_at).length;

function showSaved(at) {
  if (isPreview || !isOpen(visit)) return;
  say(`On this phone · ${timeOf(at)}`, 'waiting');
  trouble('');
}

async function couldNotSave(error) {
  if (error instanceof VisitClosed) {
    await reload();
    return trouble(error.message);
  }
  say('Not saved', 'wrong');
  const isFull = error.name === 'QuotaExceededError';
  return trouble(
    isFull
      ? 'This phone is full: your last entries are not saved yet. Free some space, then change any answer to save them all.'
      : `Your last entries are not saved yet (${error.message}). Keep this page open and change any answer to try again.`,
  );
}

// ---- showing a step

function show(index, { criterion = null, moves = true } = {}) {
  steps = stepsOf(visit, sections);
  current = Math.min(index, steps.length - 1);
  const step = steps[current];
  releasePictures();
  if (!isOpen(visit)) return showDone();
  if (visit.place.step !== step.id) {
    const startedAt = interactionOf(visit, step.scope)?.started_at ?? now();
    editing.change((kept) => {
      kept.place = { step: step.id, criterion };
      startInteraction(kept, step.scope, startedAt);
    });
  }
  $('step').replaceChildren(step.section ? bodyOf(step.section) : checkPage());
  showHead(step);
  refresh();
  showFoot();
  const target = criterion && fieldsetOf(criterion);
  if (target) {
    target.scrollIntoView({ block: 'center' });
    if (moves) target.querySelector('input, button, textarea')?.focus({ preventScroll: true });
  } else if (moves) {
    scrollTo(0, 0);
    $('title').focus({ preventScroll: true });
  }
  return undefined;
}

const bodyOf = (section) => templateOf(section).content.cloneNode(true);
const templateOf = (section) =>
  [...document.querySelectorAll('template[data-section]')].find(
    (template) => template.dataset.section === section.key && template.dataset.asked === section.asked,
  );
const fieldsets = () => [...$('step').querySelectorAll('[data-criterion]')];
const fieldsetOf = (key) => fieldsets().find((fieldset) => fieldset.dataset.criterion === key);
const checkPage = () => buildCheck({ template: $('check'), visit, sections, steps, wrong: wrongs() });

function showHead(step) {
  const isInteraction = step.section?.asked === 'interaction';
  $('crumb').hidden = !isInteraction;
  if (isInteraction) $('crumb').querySelector('span').textContent = interactionCrumb(visit, step.scope);
  $('title').textContent = step.section?.title ?? 'Check and send';
  $('progress').hidden = false;
  $('progress').max = steps.length;
  $('progress').value = current + 1;
}

function showFoot() {
  const next = steps[current + 1];
  $('foot').hidden = false;
  $('back').hidden = current === 0;
  $('add').hidden = !sections.some((section) => section.asked === 'interaction');
  $('next').textContent = next ? `Next: ${nextName(next)}` : isPreview ? 'Send (not in the preview)' : 'Send';
  $('next').disabled = !next && isPreview;
}

function nextName(next) {
  if (!next.section) return 'Check';
  const isOther = next.section.asked === 'interaction' && next.scope !== steps[current].scope;
  return isOther ? interactionName(visit, next.scope) : next.section.title;
}

function showDone() {
  const { state, tone } = stateOf(visit, { unsent: unsentPhotos() }, progress);
  $('step').replaceChildren(buildDone({ template: $('done'), visit, shown: { state, tone } }));
  $('title').textContent = 'Visit complete';
  $('crumb').hidden = $('foot').hidden = $('progress').hidden = true;
  $('overview').textContent = '';
  showState();
}

/** What shows, what is answered, what is wrong: after each change. */
function refresh() {
  const step = steps[current];
  if (step.section) {
    const shown = new Set(shownIn(step.section, step.scope, visit, sections).map(({ key }) => key));
    const wrong = wrongs().filter((each) => each.step?.id === step.id);
    for (const fieldset of fieldsets()) {
      const key = fieldset.dataset.criterion;
      fieldset.hidden = !shown.has(key);
      fill(fieldset, answerOf(key), wrong.filter((each) => each.criterion === key).map(({ message }) => message));
      fillPhotos(fieldset, key);
    }
  }
  const n = unansweredIn(step, visit, sections).length;
  const place = `${current + 1} of ${steps.length}`;
  $('overview').textContent = n ? `${place} · ${n} unanswered` : place;
  $('overview').hidden = !step.section;
}

const answerOf = (key) => answersOf(visit, steps[current].scope)[key] ?? {};

/** The server's reasons, each beside the step it is about. */
function wrongs() {
  return visit.errors.map(({ where, message }) => {
    const place = placeOf(where, visit.payload);
    const step = place && steps.find(
      (each) => each.scope === place.scope && each.section?.criteria.some(({ key }) => key === place.criterion),
    );
    return { step: step ?? null, criterion: place?.criterion ?? '', message };
  });
}

function tickTimers() {
  const step = steps[current];
  if (!step?.section || !isOpen(visit)) return;
  for (const fieldset of fieldsets()) {
    const answer = answerOf(fieldset.dataset.criterion);
    if (answer.timer) tick(fieldset, answer, Date.now());
  }
}

// ---- answering

function answer(key, patch) {
  const { scope, id } = steps[current];
  editing.change((kept) => {
    patchAnswer(kept, scope, key, patch);
    kept.errors = kept.errors.filter((error) => !isAbout(error, scope, key, kept.payload));
    kept.place = { step: id, criterion: key };
  });
  refresh();
}

function isAbout(error, scope, key, payload) {
  const place = placeOf(error.where, payload);
  return place?.scope === scope && place.criterion === key;
}

$('step').addEventListener('input', (event) => {
  if (event.target.dataset.part === 'visit-note') {
    const note = event.target.value;
    return editing.change((kept) => void (kept.note = note));
  }
  const fieldset = event.target.closest('[data-criterion]');
  const patch = fieldset && patchOfInput(event.target, fieldset);
  return patch && answer(fieldset.dataset.criterion, patch);
});

$('step').addEventListener('change', (event) => {
  if (event.target.dataset.part === 'photo') takePhoto(event.target);
});

$('step').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { deed, go, criterion, restore } = button.dataset;
  if (go) return show(indexOfStep(steps, go), { criterion });
  if (restore) return bringBack(restore);
  if (deed === 'send') return sender.nudge();
  if (deed === 'drop-photo') return dropPhoto(button.dataset.photo);
  const fieldset = button.closest('[data-criterion]');
  const key = fieldset?.dataset.criterion;
  const patch = fieldset && patchOfDeed(button, fieldset, answerOf(key), Date.now());
  if (patch) answer(key, patch);
});

// ---- interactions

$('add').addEventListener('click', () => {
  const id = crypto.randomUUID();
  const at = now();
  editing.change((kept) => addInteraction(kept, id, at));
  steps = stepsOf(visit, sections);
  show(steps.findIndex((step) => step.scope === id));
});

$('rename').addEventListener('click', () => {
  $('naming-field').value = interactionOf(visit, steps[current].scope).label;
  $('naming').returnValue = '';
  $('naming').showModal();
});

$('naming').addEventListener('close', () => {
  if ($('naming').returnValue !== 'save') return;
  const id = steps[current].scope;
  const label = $('naming-field').value;
  editing.change((kept) => renameInteraction(kept, id, label));
  showHead(steps[current]);
});

$('remove').addEventListener('click', () => {
  const id = steps[current].scope;
  const name = interactionName(visit, id);
  const at = now();
  editing.change((kept) => removeInteraction(kept, id, at));
  const before = Math.max(0, steps.findIndex((step) => step.scope === id) - 1);
  offerUndo(`${name} removed.`, () => bringBack(id));
  show(before);
});

function bringBack(id) {
  editing.change((kept) => restoreInteraction(kept, id));
  steps = stepsOf(visit, sections);
  show(steps.findIndex((step) => step.scope === id));
}

function offerUndo(sentence, undo) {
  undoing = undo;
  $('undo').querySelector('span').textContent = sentence;
  $('undo').hidden = false;
}

$('undo').querySelector('button').addEventListener('click', () => {
  $('undo').hidden = true;
  undoing();
});

// ---- photos

async function takePhoto(input) {
  const [file] = input.files;
  const key = input.closest('[data-criterion]').dataset.criterion;
  const { scope } = steps[current];
  if (!file) return;
  const id = crypto.randomUUID();
  reading += 1;
  say('Keeping the photo…', 'sending');
  try {
    const made = await preparePhoto(file);
    const interaction = scope === 'visit' ? null : scope;
    const photo = {
      id, visit: visit.id, interaction, criterion: key, ...made, removed_at: null, sent_at: null, refused: '',
    };
    await store.addPhoto(photo);
    photos.push(photo);
    await editing.change(() => {});
  } catch (error) {
    if (error instanceof UnreadablePhoto) trouble(error.message);
    else await couldNotSave(error);
  } finally {
    reading -= 1;
    input.value = '';
  }
  if (isOpen(visit)) refresh();
}

const photosOn = (key) => {
  const interaction = steps[current].scope === 'visit' ? null : steps[current].scope;
  return photos.filter((each) => !each.removed_at && each.criterion === key && each.interaction === interaction);
};

function fillPhotos(fieldset, key) {
  const list = fieldset.querySelector('[data-part="photos"]');
  if (!list) return;
  const here = photosOn(key);
  fieldset.querySelector('[data-part="n-photos"]').textContent = here.length ? ` (${here.length})` : '';
  const shown = [...list.children].map((row) => row.dataset.photo).join();
  if (shown === here.map(({ id }) => id).join()) return;
  list.replaceChildren(
    ...here.map((photo, index) => {
      const row = $('photo').content.firstElementChild.cloneNode(true);
      row.dataset.photo = photo.id;
      if (!pictures.has(photo.id)) pictures.set(photo.id, URL.createObjectURL(photo.blob));
      row.querySelector('img').src = pictures.get(photo.id);
      row.querySelector('img').alt = `Photo ${index + 1}`;
      const button = row.querySelector('button');
      button.dataset.photo = photo.id;
      button.setAttribute('aria-label', `Remove photo ${index + 1}`);
      return row;
    }),
  );
}

function releasePictures() {
  for (const address of pictures.values()) URL.revokeObjectURL(address);
  pictures.clear();
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
  refresh();
}

function dropPhoto(id) {
  offerUndo('Photo removed.', () => markPhoto(id, null));
  markPhoto(id, now());
}

// ---- going on, and sending

$('back').addEventListener('click', () => leaveTo(current - 1));
$('overview').addEventListener('click', () => leaveTo(steps.length - 1));
$('next').addEventListener('click', () => (steps[current].section ? leaveTo(current + 1) : submit()));

function leaveTo(index) {
  $('undo').hidden = true;
  show(index);
}

async function submit() {
  if (reading) return trouble('A photo is still being kept. Send again in a moment.');
  const at = now();
  const clockOffset = await store.meta('clock_offset_ms');
  const payload = buildPayload({ visit, photos, sections, clockOffset: clockOffset ?? null, at });
  $('next').disabled = true;
  await editing.change((kept) => complete(kept, payload, at));
  $('next').disabled = false;
  if (!editing.isSaved()) {
    visit.state = 'draft'; // it stays open until the phone has kept it as complete
    return undefined;
  }
  $('undo').hidden = true;
  show(current);
  $('title').focus();
  return sender.nudge();
}

function report(next) {
  progress = next;
  if (!isOpen(visit)) showDone();
}

/** The store may know more than the screen: the queue or another tab has been at it. */
async function reload() {
  const kept = await store.visit(visit.id);
  if (!kept || !editing.isSaved() && isOpen(kept)) return;
  const wasOpen = isOpen(visit);
  const changed = kept.state !== visit.state;
  photos = isOpen(kept) ? photos : await store.photosOf(visit.id);
  if (!changed) return;
  Object.assign(visit, kept);
  if (!isOpen(visit)) showDone();
  else show(wasOpen ? current : steps.length - 1);
}

async function roundEnded(outcome, error) {
  if (error) trouble(`${inWords(outcome)} (${error.message}).`);
  await reload();
  if (!isOpen(visit)) {
    showDone();
    trouble(['offline', 'later', 'sign-in'].includes(outcome) && visit.state !== 'received' ? `${inWords(outcome)}.` : '');
  }
}

open().catch((error) => trouble(`This page could not open its store (${error.message}). Reload it.`));
