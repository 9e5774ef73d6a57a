import assert from 'node:assert/strict';
import { test } from 'node:test';

/** The module as a page of `lang` loads it. */
async function spoken(lang, words) {
  globalThis.document = {
    documentElement: { lang },
    getElementById: (
      id,
    ) => (id === 'words' && words ? { textContent: JSON.stringify(words) } : null),
  };
  return import(`../../../static/phone/shell/words.js?${lang}`);
}

const FRENCH = {
  'Sending photo {photo} of {photos}': 'Envoi de la photo {photo} sur {photos}',
  '{n} visit': { one: '{n} visite', other: '{n} visites' },
};
const POLISH = {
  '{n} visit': { one: '{n} wizyta', few: '{n} wizyty', many: '{n} wizyt', other: '{n} wizyty' },
};

test('an English page needs no catalogue', async () => {
  const { t, plural } = await spoken('en-gb', null);
  assert.equal(
    t('Sending photo {photo} of {photos}', { photo: 1, photos: 3 }),
    'Sending photo 1 of 3',
  );
  assert.deepEqual([0, 1, 2].map((n) => plural('{n} visit', '{n} visits', n)), [
    '0 visits',
    '1 visit',
    '2 visits',
  ]);
  assert.equal(t('{size} MB', { size: 1234.5 }), '1,234.5 MB');
});

test('a French page says it in French, with its own plurals and numbers', async () => {
  const { t, plural, written } = await spoken('fr', FRENCH);
  assert.deepEqual([written(3.5), written('till 3.5')], ['3,5', 'till 3.5']);
  assert.equal(
    t('Sending photo {photo} of {photos}', { photo: 1, photos: 3 }),
    'Envoi de la photo 1 sur 3',
  );
  assert.deepEqual([0, 1, 2].map((n) => plural('{n} visit', '{n} visits', n)), [
    '0 visite',
    '1 visite',
    '2 visites',
  ]);
  assert.equal(
    plural('{n} visit', '{n} visits', 1_000_000).replace(/\s/g, ' '),
    '1 000 000 visites',
  );
  assert.equal(t('{size} MB', { size: 3.5 }), '3,5 MB');
});

test('a language may have more than two plurals', async () => {
  const { plural } = await spoken('pl', POLISH);
  assert.deepEqual([1, 3, 5].map((n) => plural('{n} visit', '{n} visits', n)), [
    '1 wizyta',
    '3 wizyty',
    '5 wizyt',
  ]);
});
