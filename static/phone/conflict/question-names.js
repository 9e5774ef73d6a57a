/** What two copies of a visit may say differently, named for the auditor who chooses. */
import { interactionName, nameOf } from '../visit/names.js';
import { t } from '../shell/words.js';

/** @type {Record<string, string>} */
const NAMES = {
  started_at: t('Arrived'),
  left_at: t('Left'),
  note: t('Anything else worth knowing'),
  hidden_notes: t('Notes from inside'),
  taps: t('Taps from inside'),
  not_completed_reason: t('Why it could not be completed'),
  label: t('Name of the interaction'),
};
/** @type {Record<string, string>} */
export const MOMENT_NAMES = {
  started_at: t('Came in'),
  acknowledged_at: t('Noticed'),
  helped_at: t('Helped'),
  ended_at: t('Done'),
};

/**
 * @param {import('../types.js').Asked} question
 * @param {import('../types.js').Visit} visit
 * @param {import('../types.js').Section[]} sections
 */
export function aboutOf({ path, theirs }, visit, sections) {
  const [kind, scope, name] = path;
  const isHere = visit.interactions.some(({ id }) => id === scope);
  /** @param {string} what */
  const at = (what) => (isHere ? `${interactionName(visit, scope)} · ${what}` : what);
  if (kind === 'answers') {
    const criterion = sections.flatMap(({ criteria }) => criteria).find(({ key }) => key === name);
    return at(criterion?.text ?? name);
  }
  if (kind !== 'interactions') return NAMES[kind] ?? kind;
  if (name) return at(name === 'label' ? NAMES.label : MOMENT_NAMES[name]);
  return isHere ? interactionName(visit, scope) : nameOf(theirs, visit);
}
