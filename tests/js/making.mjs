/** Builders that the phone's tests share. */
import { newVisit } from '../../static/phone/visit/draft.js';

export const AT = '2026-03-02T12:00:00.000Z';

const criterion = (key, kind = 'yes_no', shownIf = null) => ({
  key,
  text: `About ${key}`,
  kind,
  shownIf,
});

/** Before you start; Greeting (per interaction; `how` only after a greeting, `smile` only after `how`); Shop (per visit). */
export const SECTIONS = [
  {
    key: 'before',
    title: 'Before you start',
    asked: 'context',
    criteria: [
      criterion('staff_seen', 'count'),
      criterion('customers_waiting', 'count'),
      criterion('busyness', 'choice'),
    ],
  },
  {
    key: 'greeting',
    title: 'Greeting',
    asked: 'interaction',
    criteria: [
      criterion('greeted'),
      criterion('how', 'level', { criterion: 'greeted', value: 'yes' }),
      criterion('smile', 'yes_no', { criterion: 'how', value: 'own' }),
      criterion('wait', 'seconds'),
    ],
  },
  {
    key: 'shop',
    title: 'Shop',
    asked: 'visit',
    criteria: [criterion('clean'), criterion('words', 'text')],
  },
];

export function makeVisit(changes = {}) {
  const assignment = {
    id: 5,
    standard: 'Service standard',
    form_url: 'http://testserver/phone/forms/7/',
    location: {
      id: 3,
      name: 'Harbour Street',
      address: '14 Harbour St',
      timezone: 'Europe/London',
    },
    opens_on: '2026-03-01',
    closes_on: '2026-03-06',
    daypart: '',
  };
  const visit = newVisit({
    id: 'v1',
    interactionId: 'i1',
    assignment,
    version: 7,
    owner: 1,
    at: AT,
  });
  return Object.assign(visit, changes);
}

export const answered = (value, more = {}) => ({ state: 'answered', value, ...more });

export const makePhoto = (changes = {}) => ({
  id: 'p1',
  visit: 'v1',
  interaction: null,
  criterion: 'clean',
  sha256: 'a'.repeat(64),
  taken_at: AT,
  blob: {},
  removed_at: null,
  sent_at: null,
  refused: '',
  ...changes,
});
