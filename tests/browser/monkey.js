/**
 * Some sessions of somebody in a hurry, on the phone's own modules and storage against the real server: answers come
 * and go, connections break before and after the server has heard, and the page is left in the middle of sending.
 */
async ({ seed, sessions, location, version, nLines }) => {
  const random = (() => {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  })();
  const one = (list) => list[Math.floor(random() * list.length)];
  const load = (name) => import(`/static/phone/${name}.js`); // as written: the joined files hold the same modules
  const [draft, { startEditing }, { buildPayload }, { createStore }, { send }, { flush }, { hex }] = await Promise.all(
    ['visit/draft', 'visit/editing', 'visit/payload', 'store/store', 'sync/network', 'sync/queue', 'photo/shrink'].map(load),
  );
  const criterion = (key, kind, shownIf = null) => ({ key, text: key, kind, shownIf });
  const sections = [
    { key: 'greeting', title: 'Greeting', asked: 'interaction', criteria: [
      criterion('greeted', 'yes_no'), criterion('warmth', 'level', { criterion: 'greeted', value: 'yes' }),
      criterion('wait', 'seconds'),
    ] },
    { key: 'shop', title: 'Shop', asked: 'visit', criteria: [
      criterion('clean', 'yes_no'), criterion('litter', 'count'), criterion('words', 'text'),
    ] },
  ];
  const values = {
    greeted: () => random() < 0.7, warmth: () => one(['none', 'routine', 'own']), wait: () => Math.floor(random() * 200),
    clean: () => random() < 0.5, litter: () => Math.floor(random() * 9), words: () => `Words ${Math.floor(random() * 1e9)}`,
  };
  const store = createStore();
  const owner = await store.meta('user');
  const now = () => new Date().toISOString();
  const done = []; // what the phone said that it has kept
  const tell = (...event) => done.push(event);

  const broken = (deed) => async (thing) => {
    const luck = random();
    if (luck < 0.2) return null; // nobody heard
    if (luck < 0.3) return { status: 503, ok: false, redirected: false, body: null, wait: 0 };
    const reply = await deed(thing);
    return luck < 0.5 ? null : reply; // the server has it, and the phone never learns
  };
  const badSend = { visit: broken(send.visit), photo: broken(send.photo) };

  async function begin() {
    const assignment = { id: null, standard: 'Monkey', form_url: '/phone/forms/0/', location };
    const [id, interactionId] = [crypto.randomUUID(), crypto.randomUUID()];
    const visit = draft.newVisit({ id, interactionId, assignment, version, owner, at: now() });
    draft.renameInteraction(visit, interactionId, interactionId);
    await store.adopt(visit);
    tell('begin', id, interactionId);
    return visit;
  }

  async function act(visit, editing) {
    const live = draft.liveInteractions(visit);
    const luck = random();
    if (luck < 0.1 && visit.interactions.length < 4) {
      const [id, at] = [crypto.randomUUID(), now()];
      if (await editing.change((kept) => (draft.addInteraction(kept, id, at), draft.renameInteraction(kept, id, id)))) {
        tell('add', visit.id, id);
      }
    } else if (luck < 0.15 && live.length > 1) {
      const [{ id }, at] = [one(live), now()];
      if (await editing.change((kept) => draft.removeInteraction(kept, id, at))) tell('remove', visit.id, id);
    } else if (luck < 0.2 && live.length < visit.interactions.length) {
      const { id } = visit.interactions.find((each) => each.removed_at);
      if (await editing.change((kept) => draft.restoreInteraction(kept, id))) tell('restore', visit.id, id);
    } else if (luck < 0.25) {
      const id = crypto.randomUUID();
      const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
      const brush = canvas.getContext('2d');
      [...id.replaceAll('-', '')].forEach((digit, n) => { // no two alike: the same picture twice is kept once
        brush.fillStyle = `#${digit.repeat(3)}`;
        brush.fillRect((n % 5) * 8, Math.floor(n / 5) * 8, 8, 8);
      });
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg'));
      const sha256 = hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
      const fresh = { removed_at: null, sent_at: null, refused: '', taken_at: now() };
      await store.addPhoto({ id, visit: visit.id, interaction: null, criterion: 'clean', sha256, blob, ...fresh });
      tell('photo', visit.id, id);
    } else {
      const section = one(sections);
      const scope = section.asked === 'visit' ? 'visit' : one(live).id;
      const { key } = one(section.criteria);
      const value = values[key]();
      const change = editing.change((kept) => draft.patchAnswer(kept, scope, key, { state: 'answered', value }));
      if (await change) tell('answer', visit.id, scope, key, value);
    }
  }

  async function submit(visit, editing) {
    const [at, photos] = [now(), await store.photosOf(visit.id)];
    await editing.change((kept) => draft.patchAnswer(kept, 'visit', 'litter', { state: 'answered', value: 1 }));
    tell('answer', visit.id, 'visit', 'litter', 1);
    const complete = (kept) =>
      draft.complete(kept, buildPayload({ visit: kept, photos, sections, clockOffset: 0, at }), at);
    if (await editing.close(complete)) tell('submit', visit.id);
  }

  for (let session = 0; session < sessions; session += 1) {
    const open = (await store.visits()).filter((visit) => visit.state === 'draft');
    const visit = open.length && (random() < 0.6 || open.length >= nLines) ? one(open) : await begin();
    const editing = startEditing({ store, visit, saved: () => {}, failed: (error) => tell('failed', String(error)) });
    for (let n = 0; n < 2 + random() * 6; n += 1) await act(visit, editing);
    if (random() < 0.45) await submit(visit, editing);
    if (random() < 0.7) await flush({ store, send: badSend });
  }
  window.left = flush({ store, send }); // the page goes away while this runs
  return done;
}
