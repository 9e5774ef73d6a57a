/** The language of this phone: chosen on the list, known to the server by a cookie. */
import { LANGUAGE } from './words.js';

const A_YEAR_S = 31_536_000;

/**
 * Go on in another language. Without a connection that works once its pages are on this phone.
 * @param {string} language
 * @param {{speak: (language: string) => Promise<boolean>}} offline
 * @returns {Promise<boolean>} false when its pages could not be fetched: then nothing has changed
 */
export async function speak(language, offline) {
  if (!(await offline.speak(language))) return false;
  const safely = location.protocol === 'https:' ? '; secure' : '';
  document.cookie = `language=${language}; path=/; max-age=${A_YEAR_S}; samesite=lax${safely}`;
  location.replace(location.pathname);
  return true;
}

/** The server answers in another language than this page's: somebody chose one, on the sign-in page or elsewhere.
 * @param {string | undefined} answered */
export const isOther = (answered) => Boolean(answered) && answered !== LANGUAGE;
