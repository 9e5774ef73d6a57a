/** The form's page: finds the visit and joins the modules that show it, change it, share it and send it. */
import { listenToAnswers } from './form/answering.js';
import { createCompleting } from './visit/completing.js';
import { isOpen } from './visit/draft.js';
import { startEditing } from './visit/editing.js';
import { $ } from './shell/elements.js';
import { listenToEncounters } from './visit/encounters.js';
import { findVisit } from './sync/addressed-visit.js';
import { readOutline } from './form/form.js';
import { later } from './shell/later.js';
import { createPhotographing } from './photo/capture.js';
import { createScreen } from './form/screen.js';
import { sendLater } from './sync/late-sender.js';
import { createSharing } from './sync/sharing.js';
import { createShowing } from './form/showing.js';
import { keepSpace } from './shell/space.js';
import { createStatus } from './form/status.js';
import { createStore } from './store/store.js';
import { takeUp } from './form/early-input.js';
import { createUndo } from './shell/undo.js';
import { t } from './shell/words.js';

/**
 * @typedef {import('./types.js').Page} Page
 * @typedef {import('./types.js').Showing} Showing
 */

const status = createStatus({ state: $('saved'), trouble: $('trouble') });

async function open() {
  if (!globalThis.isSecureContext) {
    return giveUp(
      t('This address begins with http. Phones keep visits only for https addresses: ask for that one.'),
    );
  }
  const version = Number(document.body.dataset.version);
  const isPreview = document.body.dataset.preview !== undefined;
  const sections = readOutline(document);
  const store = isPreview
    ? (await import('./store/preview.js')).createPreview(version, $('where').textContent)
    : createStore();
  const { visit, isReading } = await findVisit({ store, version, sections, isPreview });
  if (!visit) {
    return giveUp(
      t('This visit is not on this phone. Go back to your visits and open it from there.'),
    );
  }
  if (visit.version !== version) {
    return location.replace(new URL(visit.form_url, location.href).pathname + location.hash); // an old link
  }
  const photos = await store.photosOf(visit.id);
  const page = pageOf({ visit, photos, sections, store, isPreview });
  return start(page, isReading);
}

/** @param {Pick<Page, 'visit' | 'photos' | 'sections' | 'store' | 'isPreview'>} of @returns {Page} */
function pageOf({ visit, photos, sections, store, isPreview }) {
  const screen = createScreen({ visit, photos, sections, isPreview });
  const editing = /** @type {any} `any`: `start` puts it there. */ (null);
  return {
    visit,
    photos,
    sections,
    store,
    isPreview,
    screen,
    status,
    editing,
    sender: null,
    progress: null,
    cover: null,
  };
}

/** @param {Page} page @param {boolean} isReading */
async function start(page, isReading) {
  const { visit, store, screen } = page;
  const showing = createShowing(page);
  const sharing = createSharing(page, showing);
  const saved = () => {
    showing.showState();
    sharing.changed();
  };
  page.editing = startEditing({
    store,
    visit,
    saving: status.saving,
    saved,
    failed: showing.couldNotSave,
  });
  const completing = createCompleting(page);
  listen(page, showing, completing);
  $('where').textContent = visit.location.name;
  document.title = `${visit.location.name} · Plumbline`;
  await showFirst(page, showing);
  uncover();
  await painted();
  showing.showState();
  setInterval(screen.tickTimers, 500);
  if (page.isPreview) return;
  keepSpace(page);
  if (isReading) return;
  if (isOpen(visit)) later(() => import('./visit/gps.js')).then((found) => found?.recordGps(page));
  addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'hidden' && sharing.share(),
  );
  sendLater(page, showing);
}

/** Where the visit stands; but nobody who has begun to answer here is taken elsewhere. @param {Page} page @param {Showing} showing */
async function showFirst(page, showing) {
  const { visit } = page;
  const noted = globalThis.stopNoting();
  if (!isOpen(visit)) return;
  const isCovert = visit.cursor.step === 'covert';
  if (noted.length && !isCovert) {
    showing.show(0, { moves: false, adopts: true });
    takeUp(noted);
    return;
  }
  showing.showCursor({ adopts: true });
  if (isCovert) await goCovert(page, showing);
}

/** A slow phone shows the questions before it does the rest. */
const painted = () => new Promise((done) => void setTimeout(done));

function uncover() {
  document.documentElement.removeAttribute('data-opening');
  $('stage').removeAttribute('aria-busy');
}

/** Nothing typed here would be kept. @param {string} sentence */
function giveUp(sentence) {
  $('head').hidden = true;
  $('step').replaceChildren();
  uncover();
  status.say('', 'todo');
  status.warn(sentence);
}

/**
 * Each tap and key to the module that it is for.
 * @param {Page} page @param {Showing} showing @param {ReturnType<typeof createCompleting>} completing
 */
function listen(page, showing, completing) {
  const { visit, screen } = page;
  const { show, leaveTo } = showing;
  const offerUndo = createUndo();
  const camera = createPhotographing(page, { showing, offerUndo });
  const { bringBack } = listenToEncounters(page, { leaveTo, offerUndo });
  listenToAnswers(page, { show, bringBack, camera, goCovert: () => goCovert(page, showing) });

  $('jump').addEventListener('click', () => {
    const focused = /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest(
      '[data-criterion]',
    ));
    const here = focused?.dataset.criterion ?? visit.cursor.criterion;
    const next = screen.nextOpen(here);
    if (next) show(next.index, { criterion: next.criterion });
  });
  $('back').addEventListener('click', () => leaveTo(screen.index() - 1));
  $('overview').addEventListener('click', () => leaveTo(screen.steps().length - 1));
  $('next').addEventListener('click', () => {
    if (screen.step().section) leaveTo(screen.index() + 1);
    else completing.submit(camera.whyNotYet());
  });
}

/** @param {Page} page @param {Showing} showing */
async function goCovert(page, showing) {
  const found = await later(() => import('./visit/covert.js'));
  if (!found) {
    return status.warn(t('This page is not on this phone yet: open it once with a connection.'));
  }
  return found.openCovert(page, () => showing.show(0));
}

open().catch((error) =>
  giveUp(
    t('This page could not open what this phone keeps ({reason}). Reload it.', {
      reason: error.message,
    }),
  )
);
