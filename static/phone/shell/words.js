/**
 * The page's language. Sentences stand in the code in English, which is also their key; a page in another language
 * brings their translations along, so that they are there without a connection too.
 */
const page = globalThis.document;

/** `fr`; whatever is written for a person follows it: words, numbers, days. */
export const LANGUAGE = page?.documentElement.lang || 'en-gb';

/** @type {Record<string, any>} `any`, as JSON in the page: a string, or strings by plural category (`one`, `few`, `other`). */
const WORDS = JSON.parse(page?.getElementById('words')?.textContent ?? '{}');

/** 1,500 or 1 500; what is no number stays as it is. @param {string | number} value @param {Intl.NumberFormatOptions} [options] */
export const written = (
  value,
  options,
) => (typeof value === 'number' ? value.toLocaleString(LANGUAGE, options) : value);

/** @param {string} sentence @param {Record<string, string | number>} values */
const filled = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (_, name) => String(written(values[name])));

/** `t('Sending photo {photo} of {photos}', { photo: 1, photos: 3 })`
 * @param {string} english @param {Record<string, string | number>} [values] */
export const t = (english, values = {}) => filled(WORDS[english] ?? english, values);

/** @type {Intl.PluralRules | undefined} */
let rules;

/** `plural('{n} photo', '{n} photos', 3)`
 * @param {string} one @param {string} many @param {number} n @param {Record<string, string | number>} [values] */
export function plural(one, many, n, values = {}) {
  const forms = WORDS[one];
  if (!forms) return filled(n === 1 ? one : many, { n, ...values });
  rules ??= new Intl.PluralRules(LANGUAGE);
  return filled(forms[rules.select(n)] ?? forms.other, { n, ...values });
}
