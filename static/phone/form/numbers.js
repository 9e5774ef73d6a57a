/** Numbers as people type them: digits of any script, a decimal point or a decimal comma. */

const DIGIT = /\p{Nd}/gu;

/** In every script the ten digits follow each other, from its zero on. @param {string} digit */
function valueOf(digit) {
  let zero = digit.codePointAt(0) ?? 0;
  const code = zero;
  while (String.fromCodePoint(zero - 1).match(DIGIT)) zero -= 1;
  return String((code - zero) % 10);
}

/** Marks that other scripts write. @type {Record<string, string>} */
const MARKS = { '٫': '.', '．': '.', '，': ',', '：': ':' };

/** `２：３０` as `2:30`. @param {string} text */
const plain = (text) =>
  text.trim().replace(DIGIT, valueOf).replace(/[٫．，：]/g, (mark) => MARKS[mark]);

/**
 * `42`, `2,5` or `1:30` as seconds; null when it is none of them, or may be two, as `1,234`.
 * @param {string} text
 */
export function seconds(text) {
  const found = /^(?:(\d{1,3}):(?=[0-5]\d\b))?(?![1-9]\d{0,2},\d{3}$)(\d{1,5}([.,]\d+)?)$/.exec(
    plain(text),
  );
  return found && Number(found[1] ?? 0) * 60 + Number(found[2].replace(',', '.'));
}

/** A whole number, 0 or more; null when it is none. @param {string} text */
export const count = (text) => (/^\d{1,6}$/.test(plain(text)) ? Number(plain(text)) : null);
